/** Certificates: what ends when, one with where it is used, revoking it after a rehearsal; and our own. */
import { Fault } from '../../../domain/fault.ts';
import { type RevocationReason, revocationReasons } from '../../../domain/revocation.ts';
import { maskEmail, maskPhone } from '../../../store/enrol/contacts.ts';
import { listOwn } from '../../../store/enrol/own-certificates.ts';
import {
  type CertificateKey,
  type CertificateSeen,
  certificateStates,
  countEnding,
  type ListedCertificateRow,
  pageOfCertificates,
  readCertificate,
} from '../../../store/operator/certificates.ts';
import type { Pool } from '../../../store/pool.ts';
import { calendarEnd, calendarOf, monthOf } from '../../console/calendar.ts';
import { day, moment } from '../../console/moments.ts';
import { word } from '../../console/words.ts';
import { supplierPath } from '../../supplier-page.ts';
import { type ActionForm, act, mostActionBytes, type Told, toldBy } from '../actions.ts';
import { shownCertificate, shownNumber, shownSubject } from '../masking.ts';
import { type Pages, show } from '../pages.ts';
import { pageRows, pagingOf, queryOf } from '../paging.ts';
import type { GuardedRoute, OperatorRoute } from '../route.ts';
import { commonName, endOf } from './register-parts.ts';

export interface RevocationWanted {
  readonly named: string;
  readonly as: RevocationReason;
  readonly actor: string;
  readonly reason: string;
  readonly now: Date;
  readonly rehearsal: boolean;
}

export interface RevocationDone {
  readonly serial: string | undefined;
  /** Addresses that are left without another. */
  readonly held: readonly string[];
  /** Those in use that were renewed from it. */
  readonly followed: readonly string[];
}

export interface CertificateParts {
  readonly pool: Pool;
  /** Connections that may read whole tables. */
  readonly sums: Pool;
  readonly pages: Pages;
  /** @throws Fault `not-found` · `not-possible-now` when it is revoked already */
  revoke(wanted: RevocationWanted): Promise<RevocationDone>;
}

type In = Parameters<GuardedRoute['handle']>[0];

export function certificateRoutes(parts: CertificateParts): readonly OperatorRoute[] {
  const { pool, pages } = parts;
  const seenBy = async ({ request }: In): Promise<CertificateSeen> => {
    const named = String(request.params['fingerprint']);
    const seen = /^[0-9a-f]{64}$/.test(named) ? await readCertificate(pool, named) : undefined;
    if (seen === undefined) throw new Fault('not-found');
    return seen;
  };
  const asOf = (asked: In): RevocationReason | undefined =>
    revocationReasons.find((one) => one === queryOf(asked.request).get('as'));
  const showRevoke = async (
    asked: In,
    response: Parameters<GuardedRoute['handle']>[1],
    more: { readonly told?: Told; readonly status?: number; readonly reason?: string } = {},
  ) => {
    const seen = await seenBy(asked);
    const as = asOf(asked);
    const { actor } = asked.who;
    const rehearsed =
      as === undefined || seen.revocationReason !== undefined
        ? undefined
        : await parts.revoke({ named: seen.fingerprint, as, actor, reason: '-', now: asked.now, rehearsal: true });
    const form: ActionForm | undefined = as &&
      rehearsed && {
        name: 'revoke',
        path: `/certificates/${seen.fingerprint}/revoke?as=${as}`,
        label: word(asked.language, 'revoke.do'),
        says: word(asked.language, 'revoke.do-says'),
        grave: true,
        ...(more.reason === undefined ? {} : { open: true, reason: more.reason }),
      };
    show(pages, asked, response, {
      view: 'revoke',
      title: word(asked.language, 'revoke.title'),
      place: 'certificates',
      status: more.status ?? 200,
      data: { ...shownOf(seen, asked), as, rehearsed, form1: form, reasons: revocationReasons, told: more.told },
    });
  };
  return [
    {
      method: 'GET',
      path: '/certificates',
      needs: 'view',
      shows: 'page',
      handle: async (asked, response) => {
        const query = queryOf(asked.request);
        const { now } = asked;
        const month = monthOf(query.get('month'));
        const chosen = query.get('state') ?? 'in-use';
        const filter = { find: query.get('q'), state: certificateStates.find((one) => one === chosen) };
        const [rows, ending] = await Promise.all([
          pageOfCertificates(pool, {
            ...filter,
            opens: asked.who.may.has('open'),
            from: month?.from,
            before: month?.before,
            after: keyOf(query.get('after')),
            limit: pageRows + 1,
            now,
          }),
          countEnding(parts.sums, now, calendarEnd(now)),
        ]);
        const shown = rows.slice(0, pageRows);
        const last = rows.length > pageRows ? shown.at(-1) : undefined;
        show(pages, asked, response, {
          view: 'certificates',
          title: word(asked.language, 'nav.certificates'),
          place: 'certificates',
          data: {
            part: 'list',
            filter,
            states: certificateStates,
            calendar: calendarOf(now, ending, { language: asked.language, chosen: month?.name }),
            rows: shown.map((row) => rowOf(row, asked)),
            day: (at: Date) => day(at).html,
            paging: pagingOf('/certificates', query, last && `${last.notAfter.getTime()}-${last.fingerprint}`),
          },
        });
      },
    },
    {
      method: 'GET',
      path: '/certificates/own',
      needs: 'view',
      shows: 'page',
      handle: async (asked, response) => {
        const rows = await listOwn(pool);
        show(pages, asked, response, {
          view: 'own-certificates',
          title: word(asked.language, 'certificates.own'),
          place: 'certificates',
          data: {
            part: 'own',
            rows: rows.map((one) => ({ ...one, end: endOf(one.notAfter, asked.now) })),
            when: (at: Date | null) => moment(at ?? undefined, asked.now).html,
            day: (at: Date) => day(at).html,
          },
        });
      },
    },
    {
      method: 'GET',
      path: '/certificates/:fingerprint',
      needs: 'view',
      shows: 'page',
      handle: async (asked, response) => {
        const seen = await seenBy(asked);
        show(pages, asked, response, {
          view: 'certificate',
          title: calledOf(seen, asked.who),
          place: 'certificates',
          data: { ...shownOf(seen, asked), reasons: revocationReasons, told: toldBy(asked) },
        });
      },
    },
    {
      method: 'GET',
      path: '/certificates/:fingerprint/revoke',
      needs: 'certify',
      shows: 'page',
      handle: (asked, response) => showRevoke(asked, response),
    },
    {
      method: 'POST',
      path: '/certificates/:fingerprint/revoke',
      needs: 'certify',
      shows: 'page',
      mostBodyBytes: mostActionBytes,
      handle: async (asked, response) => {
        const { fingerprint: named } = await seenBy(asked);
        const as = asOf(asked);
        if (as === undefined) throw new Fault('request-malformed', 'as: a reason of RFC 5280 is expected');
        await act(asked, response, {
          name: 'revoke',
          back: `/certificates/${named}`,
          run: async (reason) => {
            await parts.revoke({ named, as, actor: asked.who.actor, reason, now: asked.now, rehearsal: false });
            return 'revoke';
          },
          again: (told, status, { reason }) => showRevoke(asked, response, { told, status, reason }),
        });
      },
    },
  ];
}

const rowOf = (row: ListedCertificateRow, { who, now }: Pick<In, 'who' | 'now'>) => ({
  ...shownCertificate(who, row),
  number: shownNumber(who, row.organisationNumber),
  path: supplierPath(row.organisationNumber, row.addressId, row.supplierId),
  state: stateOf(row, now),
  end: endOf(row.notAfter, now),
  called: calledOf(row, who),
});

const calledOf = ({ description, subject, organisationNumber }: ListedCertificateRow, who: In['who']): string =>
  description ?? commonName(shownSubject(who, subject, organisationNumber));

/** Of two withdrawn ones, a revoked one has a reason. */
const stateOf = (
  { withdrawnAt, notAfter }: Pick<ListedCertificateRow, 'withdrawnAt' | 'notAfter'>,
  now: Date,
): (typeof certificateStates)[number] =>
  withdrawnAt !== undefined ? 'withdrawn' : notAfter <= now ? 'ended' : 'in-use';

const shownOf = (seen: CertificateSeen, asked: In) => ({
  one: {
    ...rowOf(seen, asked),
    contact: seen.contact?.replaceAll(/(?<=\S)\S+/g, '***'),
    email: seen.email && maskEmail(seen.email),
    phone: seen.phone && maskPhone(seen.phone),
  },
  when: (at: Date | undefined) => moment(at, asked.now).html,
  day: (at: Date) => day(at).html,
});

function keyOf(text: string | undefined): CertificateKey | undefined {
  const [, time, fingerprint] = /^(\d{1,15})-([0-9a-f]{64})$/.exec(text ?? '') ?? [];
  return time === undefined || fingerprint === undefined
    ? undefined
    : { notAfter: new Date(Number(time)), fingerprint };
}
