/**
 * What is revoked is of no use any more, also where it was in use just then. That nothing is *begun* afterwards the claims about
 * identities and about fetching say; this one says that what was begun has an end, that connections are ended, and that there is no
 * next certificate for it.
 */
import { deadline, ofDelivery, ofListeners } from '../disturbance.ts';
import type { Evidence } from '../evidence.ts';
import type { At, CollectedLine } from '../lines.ts';
import type { Breach, Claim } from './claim.ts';
import { type Term, termsOf } from './identity.ts';

export const revokedIsEnded: Claim = (evidence) => {
  const terms = termsOf(evidence);
  return [...pushed(evidence, terms), ...given(evidence, terms), ...open(evidence), ...renewed(evidence, terms)];
};

type Terms = ReadonlyMap<string, readonly Term[]>;

/** Milliseconds by which it was too late; undefined: it was not, or the certificate never counted, which others judge. */
function tooLate(
  evidence: Evidence,
  terms: Terms,
  { org, identity, at }: { readonly org: string; readonly identity: string; readonly at: number },
  touches: (target: string) => boolean,
): number | undefined {
  const own = terms.get(`${org} ${identity}`) ?? [];
  if (own.length === 0 || own.some(({ from, to }) => from <= at && at <= to)) return undefined;
  const ended = own.filter(({ from }) => from <= at).map(({ to }) => to);
  const last = Math.max(...ended);
  return ended.length > 0 && at > deadline(evidence, last, touches) ? at - last : undefined;
}

const after = (identity: string, late: number): string =>
  `${(late / 1_000).toFixed(1)} s after the certificate ${identity.slice(0, 12)}… had been taken out of use`;

function pushed(evidence: Evidence, terms: Terms): Breach[] {
  return evidence.received.flatMap((line) => {
    const late = tooLate(evidence, terms, line, ofDelivery);
    if (late === undefined) return [];
    const { org, id, identity } = line;
    return [{ what: `message ${id} came to ${org} ${after(identity, late)}, on a connection that showed it`, id }];
  });
}

function given(evidence: Evidence, terms: Terms): Breach[] {
  return evidence.collected.flatMap((line) => {
    if (!isGiven(line)) return [];
    const late = tooLate(evidence, terms, line, ofListeners);
    if (late === undefined) return [];
    const { org, identity } = line;
    const id = 'id' in line ? line.id : undefined;
    return [{ what: `${org} was answered (${line.event}) ${after(identity, late)}, which it showed`, id }];
  });
}

const isGiven = (line: At<CollectedLine>): boolean => {
  if (line.event === 'receipted') return line.result === 'received' || line.result === 'already-received';
  return line.event === 'listed' || line.event === 'fetched' || line.event === 'numbers';
};

/** Connections that were open then: also of who asks for nothing. */
function open(evidence: Evidence): Breach[] {
  const { connections, register, books } = evidence;
  const ends = new Map(
    connections.flatMap((one) => (one.event === 'ended' ? [[one.connection, one.at] as const] : [])),
  );
  const over = register.filter(({ event }) => event === 'withdrawn');
  const last = Math.max(books.now, ...connections.map(({ at }) => at));
  return connections.flatMap((one): Breach[] => {
    if (one.event !== 'connected') return [];
    const { org, identity, connection, at } = one;
    const isIts = (line: { readonly org: string; readonly fingerprint: string }): boolean =>
      line.org === org && line.fingerprint === identity;
    const withdrawn = over.find((line) => isIts(line) && line.at >= at);
    if (withdrawn === undefined) return [];
    // One that was opened while the command ran may have been too late to be ended with it.
    const begun = register.findLast((line) => line.event === 'withdrawing' && isIts(line) && line.at <= withdrawn.at);
    if (at > (begun ?? withdrawn).at) return [];
    const until = deadline(evidence, withdrawn.at, ofListeners);
    const end = ends.get(connection) ?? Number.POSITIVE_INFINITY;
    if (end <= until || last <= until) return [];
    const so = Number.isFinite(end) ? `was ended ${after(identity, end - withdrawn.at)}` : 'was never ended';
    return [
      {
        what: `connection ${connection} of ${org}, which showed ${identity.slice(0, 12)}… when that was taken out of use, ${so}`,
      },
    ];
  });
}

function renewed({ enrolled }: Evidence, terms: Terms): Breach[] {
  return enrolled.flatMap((line): Breach[] => {
    if (line.event !== 'issued') return [];
    const { org, renews, fingerprint, begun } = line;
    const own = terms.get(`${org} ${renews}`) ?? [];
    if (own.length === 0 || own.some(({ to }) => begun <= to)) return [];
    return [
      {
        what: `${org} was given the certificate ${fingerprint.slice(0, 12)}… in the place of ${renews.slice(0, 12)}…, which had been taken out of use`,
      },
    ];
  });
}
