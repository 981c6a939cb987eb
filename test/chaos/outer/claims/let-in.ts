/** While a certificate is registered nobody is turned away for it: the old one until it is taken out of use, the new one from when it is there. */
import { deadline } from '../disturbance.ts';
import type { Evidence } from '../evidence.ts';
import type { Breach, Claim } from './claim.ts';

export const registeredAreLetIn: Claim = (evidence) => {
  const certain = certainOf(evidence);
  const isSure = (org: string, fingerprint: string, from: number, to: number): boolean =>
    (certain.get(`${org} ${fingerprint}`) ?? []).some((term) => term.from <= from && to <= term.to);
  const orgs = new Map(evidence.books.lanes.map(({ id, org }) => [id, org]));
  const deliveries = new Map(evidence.books.deliveries.map((row) => [row.id, row]));
  return [
    ...evidence.collected.flatMap((line): Breach[] => {
      if (line.event !== 'turned-away' || !refusals.has(line.fault)) return [];
      const { org, identity, begun, at, what } = line;
      if (!isSure(org, identity, begun, at)) return [];
      return [
        {
          what: `${org} was turned away (${what}: ${line.fault}) with ${identity.slice(0, 12)}…, which was registered`,
        },
      ];
    }),
    ...evidence.books.attempts.flatMap(({ delivery, number, at, finished, fault, peer }): Breach[] => {
      if (fault !== 'endpoint-certificate' || peer === null || finished === null) return [];
      const row = deliveries.get(delivery);
      const org = orgs.get(row?.lane ?? -1) ?? '';
      if (!isSure(org, peer, at, finished) || isClockWrong(evidence, at)) return [];
      const what = `attempt ${number} of ${row?.message} was not made, and the endpoint of ${org} showed ${peer.slice(0, 12)}…, which was registered`;
      return [{ what, id: row?.message }];
    }),
  ];
};

const refusals: ReadonlySet<string> = new Set(['certificate-not-accepted', 'certificate-required']);

/** A process whose clock is wrong takes what is valid for not valid yet. */
function isClockWrong(evidence: Evidence, at: number): boolean {
  const faults = evidence.faults.filter(({ kind }) => kind === 'clock-stepped');
  return faults.some((one) => one.event === 'begins' && one.at <= at && at <= deadline({ faults }, one.at, () => true));
}

interface Term {
  readonly from: number;
  readonly to: number;
}

/** By organisation and certificate, when it counted for certain: from the gateway's word that it does, until somebody begins to end it. */
function certainOf({ register }: Evidence): Map<string, Term[]> {
  const terms = new Map<string, Term[]>();
  for (const { org, fingerprint, event, at } of register) {
    const own = terms.get(`${org} ${fingerprint}`) ?? [];
    const last = own.at(-1);
    if (event === 'confirmed') own.push({ from: at, to: Number.POSITIVE_INFINITY });
    else if (event === 'withdrawing' && last) own[own.length - 1] = { from: last.from, to: at };
    terms.set(`${org} ${fingerprint}`, own);
  }
  return terms;
}
