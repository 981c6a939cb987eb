/** Certificates for scripts: what ends when, one with where it is used, revoking it, and our own. */
import { Fault } from '../../../domain/fault.ts';
import type { RevocationReason } from '../../../domain/revocation.ts';
import { listOwn } from '../../../store/enrol/own-certificates.ts';
import {
  type CertificateSeen,
  type CertificateState,
  type ListedCertificateRow,
  pageOfCertificates,
  readCertificate,
} from '../../../store/operator/certificates.ts';
import { supplierName } from '../../supplier-page.ts';
import { shownCertificate, shownNumber, shownPerson } from '../masking.ts';
import type { CertificateParts } from '../pages/certificates.ts';
import type { OperatorRoute } from '../route.ts';
import { type AskedBy, acts, known, looks, namedIn, oneIn, textIn, timeIn } from './ask.ts';
import { keyIn, limitIn, pageOf } from './paging.ts';

export type CertificatesApiParts = Pick<CertificateParts, 'pool' | 'revoke'>;

interface RevokeBody {
  readonly as: RevocationReason;
  readonly rehearsal?: boolean;
}

export function certificatesApi({ pool, revoke }: CertificatesApiParts): readonly OperatorRoute[] {
  const seenBy = async (asked: AskedBy): Promise<CertificateSeen> => {
    const seen = await readCertificate(pool, namedIn(asked, 'fingerprint'));
    if (seen === undefined) throw new Fault('not-found', 'there is no such certificate in the register');
    return seen;
  };
  return [
    looks('/certificates', 'view', async (asked) => {
      const limit = limitIn(asked);
      const key = keyIn(asked, ['number', 'string']);
      const rows = await pageOfCertificates(pool, {
        find: textIn(asked, 'q'),
        opens: asked.who.may.has('open'),
        state: oneIn<CertificateState>(asked, 'state'),
        from: timeIn(asked, 'from'),
        before: timeIn(asked, 'to'),
        after: key && { notAfter: new Date(key[0]), fingerprint: key[1] },
        limit: limit + 1,
        now: asked.now,
      });
      return pageOf(
        rows,
        limit,
        (last) => [last.notAfter.getTime(), last.fingerprint],
        (row) => rowOf(row, asked),
      );
    }),
    looks('/certificates/:fingerprint', 'view', async (asked) => seenOf(await seenBy(asked), asked)),
    acts<RevokeBody>('/certificates/:fingerprint/revoke', 'certify', async (asked, { body, ...act }) => {
      const { fingerprint: named } = await seenBy(asked);
      const { as, rehearsal = false } = body;
      const { held, followed } = await revoke({ named, as, ...act, rehearsal });
      return { value: { rehearsal, held, followed, certificate: seenOf(await seenBy(asked), asked) } };
    }),
    looks('/own-certificates', 'view', async () => ({ items: (await listOwn(pool)).map(known) })),
  ];
}

function rowOf(row: ListedCertificateRow, { who, now }: Pick<AskedBy, 'who' | 'now'>) {
  const { organisationNumber, addressId, supplierId, organisation, ...rest } = shownCertificate(who, row);
  return {
    ...rest,
    supplier: supplierName(organisationNumber, addressId, supplierId),
    organisationNumber: shownNumber(who, organisationNumber),
    name: organisation,
    state: row.withdrawnAt !== undefined ? 'withdrawn' : row.notAfter <= now ? 'ended' : 'in-use',
  };
}

function seenOf({ contact, email, phone, contactId, ...seen }: CertificateSeen, asked: AskedBy) {
  return {
    ...rowOf(seen, asked),
    contact:
      contact === undefined || email === undefined || phone === undefined
        ? undefined
        : { id: contactId, ...shownPerson({ name: contact, email, phone }) },
  };
}
