/** Why a message, an attempt or a lane is as it is: a sentence for a person, from the record alone. Pure. */
import type { AttemptRow, DeliveryRow } from '../store/messages.ts';
import type { LaneOverview } from '../store/supplier-lanes.ts';
import { catalogue, type Key, type Language, say } from './catalogue.ts';
import { translated } from './phrases.ts';
import { titleOf } from './titles.ts';

/** Why the delivery is where it is, and what comes next and when. `now`: whether a time lies ahead. */
export function explain(delivery: DeliveryRow, now: Date, language: Language): string {
  const cause = causeOf(delivery.reason, delivery.detail, language);
  const last = delivery.attempts.at(-1);
  switch (delivery.state) {
    case 'delivered':
      return delivered(delivery, language);
    case 'sending':
      return say(language, 'delivery.sending', { number: last?.number ?? 1, at: stamp(last?.startedAt, language) });
    case 'refused':
      if (delivery.reason === 'superseded')
        return say(language, 'delivery.superseded', { detail: detailOf(delivery.detail, language) });
      return say(language, 'delivery.refused', {
        cause: delivery.reason === 'message-refused' ? detailOf(delivery.detail, language) : cause,
      });
    case 'held':
      return say(language, heldKey(delivery.reason), { cause });
    case 'cancelled':
      return say(language, 'delivery.cancelled', { at: when(delivery.changedAt, language), cause });
    case 'waiting':
      return waiting(delivery, cause, now, language);
  }
}

function delivered(delivery: DeliveryRow, language: Language): string {
  const at = when(delivery.deliveredAt, language);
  const name = delivery.address ?? say(language, 'piece.unknown');
  const address = delivery.agent === undefined ? name : say(language, 'piece.agents', { name, agent: delivery.agent });
  if (delivery.deliveredBy === 'collected') return say(language, 'delivery.collected', { at, address });
  if (delivery.deliveredBy !== 'pushed') return say(language, 'delivery.delivered', { at, address });
  const { status, number } = delivery.attempts.findLast(({ outcome }) => outcome === 'delivered') ?? {};
  const answer =
    status === undefined || number === undefined ? '' : say(language, 'delivery.answer', { status, number });
  return say(language, 'delivery.pushed', { at, address, answer });
}

function heldKey(reason: string | undefined): Key {
  if (reason === 'mandate-ended') return 'delivery.held-mandate';
  return reason === 'no-address' || reason === 'type-not-agreed' ? 'delivery.held-no-address' : 'delivery.held';
}

function waiting(delivery: DeliveryRow, cause: string, now: Date, language: Language): string {
  const fetched = delivery.fetchedAt;
  if (fetched !== undefined && delivery.delivery !== 'push')
    return say(language, 'waiting.fetched', { at: when(fetched, language) });
  if (delivery.delivery === 'pull' || delivery.delivery === 'manual')
    return say(language, `waiting.${delivery.delivery}`);
  const laneCause = laneCauseOf(delivery.laneReason, delivery.laneDetail, language);
  const at = when(delivery.laneWakeAt, language);
  if (delivery.laneState === 'paused') return say(language, 'waiting.paused', { cause: laneCause });
  if (delivery.laneState === 'held')
    return say(language, 'waiting.held', { cause: laneCause, probed: probed(delivery.laneWakeAt, language) });
  if (delivery.laneState === 'backing-off') {
    const ours = delivery.laneReason === 'proxy-failed' || delivery.laneReason === 'certificate-invalid';
    return say(language, ours ? 'waiting.ours' : 'waiting.backing-off', { cause: laneCause, at });
  }
  if (delivery.nextTryAt !== undefined && delivery.nextTryAt > now)
    return say(language, 'waiting.next-try', { at: when(delivery.nextTryAt, language), cause });
  return delivery.strict === true ? say(language, 'waiting.strict') : say(language, 'waiting.turn', { cause });
}

/** What became of one attempt: what happened, who refused whom, and with which certificate. */
export function explainAttempt(attempt: AttemptRow, language: Language): string {
  const { outcome, fault, status, excerpt, totalMs, peerFingerprint, detail } = attempt;
  const known = detail === undefined || detail === '' ? undefined : translated(detail, language);
  return say(language, attemptKey(attempt), {
    status: status ?? say(language, 'piece.no-status'),
    after: totalMs === undefined ? '' : say(language, 'piece.after', { ms: Math.round(totalMs) }),
    wrote: excerpt === undefined || excerpt === '' ? '' : say(language, 'piece.wrote', { text: shortened(excerpt) }),
    title: inSentence(titleOf(fault ?? outcome ?? '', language)),
    detail: known === undefined || known === titleOf(fault ?? '', language) ? '' : `: ${known}`,
    // The detail names the certificate where that is the matter.
    shown:
      peerFingerprint === undefined || detail?.includes(peerFingerprint) === true
        ? ''
        : say(language, 'piece.shown', { fingerprint: peerFingerprint }),
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
  language: Language,
): string {
  return say(language, `lane.${lane.state}`, {
    since: stamp(lane.since, language),
    cause: laneCauseOf(lane.reason, lane.detail, language),
    at: when(lane.nextWake, language),
    probed: probed(lane.nextWake, language),
  });
}

/** A lane whose schedule is spent has no alarm: nobody looks again. */
const probed = (wakeAt: Date | undefined, language: Language): string =>
  wakeAt === undefined
    ? say(language, 'piece.not-probed')
    : say(language, 'piece.probed', { at: stamp(wakeAt, language) });

/** `: title (detail)`; nothing when nothing is known. */
function causeOf(reason: string | undefined, detail: string | undefined, language: Language): string {
  const said = detail === undefined ? undefined : translated(detail, language);
  if (reason === undefined) return said === undefined ? '' : `: ${said}`;
  const title = titleOf(reason, language);
  // A detail that begins with the title says it all.
  if (said?.startsWith(title) === true) return `: ${inSentence(said)}`;
  return said === undefined ? `: ${inSentence(title)}` : `: ${inSentence(title)} (${said})`;
}

/** A lane backs off for messages that fail only when several did. */
export function laneCauseOf(reason: string | undefined, detail: string | undefined, language: Language): string {
  if (reason !== 'message-failed') return causeOf(reason, detail, language);
  const last = detail === undefined ? '' : ` (${translated(detail, language)})`;
  return `: ${say(language, 'piece.many-fail')}${last}`;
}

/** After a colon a sentence goes on in lower case; what is written in capitals, such as URL, stays so. */
const inSentence = (text: string): string => text.replace(/^\p{Lu}(?=[\p{Ll}\s])/u, (first) => first.toLowerCase());

const detailOf = (detail: string | undefined, language: Language): string =>
  detail === undefined ? '' : `: ${translated(detail, language)}`;

/** Of a stranger's text as much as is read at a glance. */
function shortened(text: string): string {
  const most = 200;
  const characters = Array.from(text);
  return characters.length <= most ? text : `${characters.slice(0, most).join('')}…`;
}

export const stamp = (at: Date | undefined, language: Language): string =>
  at === undefined ? say(language, 'piece.some-time') : `${at.toISOString().slice(0, 19).replace('T', ' ')} UTC`;

const when = (at: Date | undefined, language: Language): string =>
  at === undefined ? say(language, 'piece.some-time') : say(language, 'piece.time', { time: stamp(at, language) });
