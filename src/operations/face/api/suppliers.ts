/** Suppliers for scripts: the list, one with all that is of it, and its contacts for who may open them. */
import { Fault } from '../../../domain/fault.ts';
import { pageOfSuppliers } from '../../../store/operator/script-lists.ts';
import type { Pool } from '../../../store/pool.ts';
import { recordReveal } from '../../reveal-contacts.ts';
import { findSupplier, readSupplier, type SupplierSeen, supplierName } from '../../supplier-page.ts';
import { maySeeNumber, shownNumber, shownPerson } from '../masking.ts';
import type { OperatorRoute } from '../route.ts';
import { type AskedBy, acts, looks, namedIn, textIn } from './ask.ts';
import { laneSeen } from './lane-shown.ts';
import { keyIn, limitIn, pageOf } from './paging.ts';

export function suppliersApi({ pool }: { readonly pool: Pool }): readonly OperatorRoute[] {
  const load = async (asked: AskedBy): Promise<SupplierSeen> => {
    const number = await findSupplier(pool, namedIn(asked, 'supplier'));
    const seen = number === undefined ? undefined : await readSupplier(pool, number, asked.now);
    if (seen === undefined) throw new Fault('not-found', 'there is no such supplier');
    return seen;
  };
  return [
    looks('/suppliers', 'view', async (asked) => {
      const limit = limitIn(asked);
      const [after] = keyIn(asked, ['number']) ?? [];
      const opens = asked.who.may.has('open');
      const rows = await pageOfSuppliers(pool, { find: textIn(asked, 'q'), opens, after, limit: limit + 1 });
      return pageOf(
        rows,
        limit,
        ({ supplierId }) => [supplierId],
        ({ organisationNumber, addressId, supplierId, name, language }) => ({
          supplier: supplierName(organisationNumber, addressId, supplierId),
          organisationNumber: shownNumber(asked.who, organisationNumber),
          name,
          language,
        }),
      );
    }),
    looks('/suppliers/:supplier', 'view', async (asked) => supplierOf(await load(asked), asked)),
    acts('/suppliers/:supplier/contacts', 'open', async (asked, { actor, reason, now }) => {
      const { supplier, contacts } = await load(asked);
      const { organisationNumber } = supplier;
      await recordReveal(pool, { organisationNumber, contacts: contacts.map(({ id }) => id), actor, reason, now });
      return { value: { organisationNumber, items: contacts } };
    }),
  ];
}

function supplierOf(seen: SupplierSeen, asked: AskedBy) {
  const { supplier, addresses, retired, contacts, given, held, history } = seen;
  const { organisationNumber, name, language } = supplier;
  const { who } = asked;
  const number = shownNumber(who, organisationNumber);
  const mandates = (rows: SupplierSeen['given']) =>
    rows.map(({ principal, agent, ...rest }) => ({
      principal: shownNumber(who, principal),
      agent: shownNumber(who, agent),
      ...rest,
    }));
  return {
    supplier: supplierName(organisationNumber, seen.row.addressId, seen.row.supplierId),
    organisationNumber: number,
    name,
    language,
    lanes: addresses.map((one) => laneSeen(one, supplier, asked)),
    retired: retired.map((one) => ({ ...one, certificates: one.certificates.map(({ fingerprint }) => fingerprint) })),
    contacts: contacts.map(shownPerson),
    mandates: { given: mandates(given), held: mandates(held) },
    history: history.map((row) => ({
      ...row,
      subject: maySeeNumber(who, organisationNumber) ? row.subject : row.subject.replaceAll(organisationNumber, number),
    })),
  };
}
