/** Why a message, an attempt or a lane is as it is: a sentence for a person, from the record alone. Pure. */
import { localTime } from '../platform/moments.ts';
import type { AttemptRow, DeliveryRow } from '../store/messages.ts';
import type { LaneOverview } from '../store/supplier-lanes.ts';
import { catalogue, type Key, languageOf, say, type Telling } from './catalogue.ts';
import { translated } from './phrases.ts';
import { titleOf } from './titles.ts';

/** Why the delivery is where it is, and what comes next and when. `now`: whether a time lies ahead. */
export function explain(delivery: DeliveryRow, now: Date, to: Telling): string {
  const cause = causeOf(delivery.reason, delivery.detail, to);
  const last = delivery.attempts.at(-1);
  switch (delivery.state) {
    case 'delivered':
      return delivered(delivery, to);
    case 'sending':
      return say(to, 'delivery.sending', { number: last?.number ?? 1, at: stamp(last?.startedAt, to) });
    case 'refused':
      if (delivery.reason === 'superseded')
        return say(to, 'delivery.superseded', { detail: detailOf(delivery.detail, to) });
      return say(to, 'delivery.refused', {
        cause: delivery.reason === 'message-refused' ? detailOf(delivery.detail, to) : cause,
      });
    case 'held':
      return say(to, heldKey(delivery.reason), { cause });
    case 'cancelled':
      return say(to, 'delivery.cancelled', { at: when(delivery.changedAt, to), cause });
    case 'waiting':
      return waiting(delivery, cause, now, to);
  }
}

function delivered(delivery: DeliveryRow, to: Telling): string {
  const at = when(delivery.deliveredAt, to);
  const name = delivery.address ?? say(to, 'piece.unknown');
  const address = delivery.agent === undefined ? name : say(to, 'piece.agents', { name, agent: delivery.agent });
  if (delivery.deliveredBy === 'collected') return say(to, 'delivery.collected', { at, address });
  if (delivery.deliveredBy !== 'pushed') return say(to, 'delivery.delivered', { at, address });
  const { status, number } = delivery.attempts.findLast(({ outcome }) => outcome === 'delivered') ?? {};
  const answer = status === undefined || number === undefined ? '' : say(to, 'delivery.answer', { status, number });
  return say(to, 'delivery.pushed', { at, address, answer });
}

function heldKey(reason: string | undefined): Key {
  if (reason === 'mandate-ended') return 'delivery.held-mandate';
  return reason === 'no-address' || reason === 'type-not-agreed' ? 'delivery.held-no-address' : 'delivery.held';
}

function waiting(delivery: DeliveryRow, cause: string, now: Date, to: Telling): string {
  const fetched = delivery.fetchedAt;
  if (fetched !== undefined && delivery.delivery !== 'push')
    return say(to, 'waiting.fetched', { at: when(fetched, to) });
  if (delivery.delivery === 'pull' || delivery.delivery === 'manual') return say(to, `waiting.${delivery.delivery}`);
  const laneCause = laneCauseOf(delivery.laneReason, delivery.laneDetail, to);
  const at = when(delivery.laneWakeAt, to);
  if (delivery.laneState === 'paused') return say(to, 'waiting.paused', { cause: laneCause });
  if (delivery.laneState === 'held')
    return say(to, 'waiting.held', { cause: laneCause, probed: probed(delivery.laneWakeAt, to) });
  if (delivery.laneState === 'backing-off') {
    const ours = delivery.laneReason === 'proxy-failed' || delivery.laneReason === 'certificate-invalid';
    return say(to, ours ? 'waiting.ours' : 'waiting.backing-off', { cause: laneCause, at });
  }
  if (delivery.nextTryAt !== undefined && delivery.nextTryAt > now)
    return say(to, 'waiting.next-try', { at: when(delivery.nextTryAt, to), cause });
  return delivery.strict === true ? say(to, 'waiting.strict') : say(to, 'waiting.turn', { cause });
}

/** What became of one attempt: what happened, who refused whom, and with which certificate. */
export function explainAttempt(attempt: AttemptRow, to: Telling): string {
  const { outcome, fault, status, excerpt, totalMs, peerFingerprint, detail } = attempt;
  const known = detail === undefined || detail === '' ? undefined : translated(detail, languageOf(to));
  return say(to, attemptKey(attempt), {
    status: status ?? say(to, 'piece.no-status'),
    after: totalMs === undefined ? '' : say(to, 'piece.after', { ms: Math.round(totalMs) }),
    wrote: excerpt === undefined || excerpt === '' ? '' : say(to, 'piece.wrote', { text: shortened(excerpt) }),
    title: inSentence(titleOf(fault ?? outcome ?? '', languageOf(to))),
    detail: known === undefined || known === titleOf(fault ?? '', languageOf(to)) ? '' : `: ${known}`,
    // The detail names the certificate where that is the matter.
    shown:
      peerFingerprint === undefined || detail?.includes(peerFingerprint) === true
        ? ''
        : say(to, 'piece.shown', { fingerprint: peerFingerprint }),
  });
}

/** By fault, and where one fault has several stories, by what was seen. */
function attemptKey({ outcome, fault, status }: AttemptRow): Key {
  if (outcome === undefined) return 'attempt.under-way';
  if (outcome === 'delivered' || outcome === 'not-sent' || outcome === 'unsendable') return `attempt.${outcome}`;
  if (outcome === 'unknown') return 'attempt.outcome-unknown';
  if (fault === 'endpoint-rejects-us' && status === undefined) return 'attempt.certificate-refused';
  if (fault === 'endpoint-rejects-us' && status !== undefined && status >= 300 && status <= 399)
    return 'attempt.redirect';
  const key = `attempt.${fault}`;
  return key in catalogue ? (key as Key) : 'attempt.other';
}

/** How the lane is, since when and why, and what lets it flow again. */
export function explainLane(
  lane: Pick<LaneOverview, 'state' | 'reason' | 'detail' | 'since' | 'nextWake'>,
  to: Telling,
): string {
  return say(to, `lane.${lane.state}`, {
    since: stamp(lane.since, to),
    cause: laneCauseOf(lane.reason, lane.detail, to),
    at: when(lane.nextWake, to),
    probed: probed(lane.nextWake, to),
  });
}

/** A lane whose schedule is spent has no alarm: nobody looks again. */
const probed = (wakeAt: Date | undefined, to: Telling): string =>
  wakeAt === undefined ? say(to, 'piece.not-probed') : say(to, 'piece.probed', { at: stamp(wakeAt, to) });

/** `: title (detail)`; nothing when nothing is known. */
function causeOf(reason: string | undefined, detail: string | undefined, to: Telling): string {
  const said = detail === undefined ? undefined : translated(detail, languageOf(to));
  if (reason === undefined) return said === undefined ? '' : `: ${said}`;
  const title = titleOf(reason, languageOf(to));
  // A detail that begins with the title says it all.
  if (said?.startsWith(title) === true) return `: ${inSentence(said)}`;
  return said === undefined ? `: ${inSentence(title)}` : `: ${inSentence(title)} (${said})`;
}

/** A lane backs off for messages that fail only when several did. */
export function laneCauseOf(reason: string | undefined, detail: string | undefined, to: Telling): string {
  if (reason !== 'message-failed') return causeOf(reason, detail, to);
  const last = detail === undefined ? '' : ` (${translated(detail, languageOf(to))})`;
  return `: ${say(to, 'piece.many-fail')}${last}`;
}

/** The cause alone, for a list: as a sentence begins, without a full stop. What somebody wrote stays as it is. */
export function causeOnly(reason: string | undefined, detail: string | undefined, to: Telling): string {
  const cause = laneCauseOf(reason, detail, to).replace(/^: /, '');
  return reason === undefined ? cause : cause.replace(/^\p{Ll}/u, (first) => first.toUpperCase());
}

/** After a colon a sentence goes on in lower case; what is written in capitals, such as URL, stays so. */
const inSentence = (text: string): string => text.replace(/^\p{Lu}(?=[\p{Ll}\s])/u, (first) => first.toLowerCase());

const detailOf = (detail: string | undefined, to: Telling): string =>
  detail === undefined ? '' : `: ${translated(detail, languageOf(to))}`;

/** Of a stranger's text as much as is read at a glance. */
function shortened(text: string): string {
  const most = 200;
  const characters = Array.from(text);
  return characters.length <= most ? text : `${characters.slice(0, most).join('')}…`;
}

/** In UTC for a terminal; on a page as the clock on the wall, which is Swedish. */
export function stamp(at: Date | undefined, to: Telling): string {
  if (at === undefined) return say(to, 'piece.some-time');
  return typeof to === 'string' ? `${at.toISOString().slice(0, 19).replace('T', ' ')} UTC` : localTime(at);
}

const when = (at: Date | undefined, to: Telling): string =>
  at === undefined ? say(to, 'piece.some-time') : say(to, 'piece.time', { time: stamp(at, to) });
