/** What the page of one supplier shows of an address and its lane: sentences, tries on the axis, what can be done. */
import { nextLaneState } from '../../../domain/lane.ts';
import type { LaneTry } from '../../../store/operator/lane-tries.ts';
import { type TestCall, testCallPatience } from '../../../store/operator/test-calls.ts';
import { duration, moment, relative } from '../../console/moments.ts';
import { type Mark, type MarkKind, timeAxis } from '../../console/time-axis.ts';
import { word } from '../../console/words.ts';
import { explainAttempt, explainLane } from '../../explain.ts';
import { explainStandstill, type Standstill, standstillsOf } from '../../standstills.ts';
import type { AddressSeen } from '../../supplier-page.ts';
import type { ActionForm } from '../actions.ts';
import { shownSubject, shownTexts } from '../masking.ts';
import { counted, endOf, type Failed, type SeenBy as In } from './register-parts.ts';

const mostStandstills = 8;

/** @param owner the number of whose address it is */
export function addressShown(
  one: AddressSeen,
  { language, now, who }: In,
  { base, owner }: { readonly base: string; readonly owner: string },
  failed: Failed,
) {
  const { address, lane, tries, planned, calls } = one;
  const standstills = standstillsOf(one.changes);
  const telling = { language, on: 'page' } as const;
  const form = (name: 'pause' | 'resume' | 'release'): ActionForm[] => {
    const next = nextLaneState(lane.state, name);
    return next === 'same' || next === 'conflict'
      ? []
      : [formOf(`lane.${name}`, name, `${base}/addresses/${address.id}/${name}`)];
  };
  const formOf = (key: 'lane.pause' | 'lane.resume' | 'lane.release' | 'call.do', name: string, path: string) => {
    const id = `${name}-${address.id}`;
    return {
      name: id,
      path,
      label: word(language, key),
      says: word(language, key === 'call.do' ? 'call.says' : `${key}-says`),
      ...(failed?.name === id ? { open: true, reason: failed.reason } : {}),
    };
  };
  const callable = address.delivery === 'push' && !calls.some(({ open }) => open);
  const actions = who.may.has('act')
    ? [
        ...form('release'),
        ...form('resume'),
        ...form('pause'),
        ...(callable ? [formOf('call.do', 'test-call', `${base}/addresses/${address.id}/test-call`)] : []),
      ]
    : [];
  return {
    ...address,
    lane,
    why: explainLane(lane, telling),
    waitingMany: counted(lane.waiting, language),
    oldest: lane.oldestWaiting && relative(lane.oldestWaiting, now, language),
    stopped:
      lane.held + lane.refused > 0
        ? word(language, 'supplier.stopped', {
            held: counted(lane.held, language),
            refused: counted(lane.refused, language),
          })
        : undefined,
    actions,
    calls: calls.map((call) => callShown(call, { language, now })),
    standstills: standstills.slice(0, mostStandstills).map((still) => ({
      began: still.began,
      states: [...new Set(still.changes.map(({ state }) => state))],
      open: still.ended === undefined,
      lasted: duration((still.ended ?? now).getTime() - still.began.getTime(), language),
      said: explainStandstill(still, telling),
    })),
    axis: axisOf({ tries, planned, calls, standstills }, { language, now, who }),
    tries: tries
      .slice(0, 20)
      .map((attempt) => ({ ...attempt, kind: kindOf(attempt), said: explainAttempt(attempt, telling) })),
    waiting: one.waiting,
    certificates: address.certificates.toReversed().map((certificate) => ({
      ...certificate,
      subject: shownSubject(who, certificate.subject, owner),
      end: endOf(certificate.notAfter, now),
    })),
  };
}

const kindOf = ({ outcome }: Pick<LaneTry, 'outcome'>): MarkKind =>
  outcome === 'delivered'
    ? 'delivered'
    : outcome === 'refused'
      ? 'refused'
      : outcome === undefined
        ? 'planned'
        : 'failed';

interface OnAxis extends Pick<AddressSeen, 'tries' | 'planned' | 'calls'> {
  readonly standstills: readonly Standstill[];
}

function axisOf({ tries, planned, calls, standstills }: OnAxis, { language, now, who }: In): string | undefined {
  const marks: Mark[] = [
    ...tries.map(
      (one): Mark => ({
        at: one.startedAt,
        kind: kindOf(one),
        said: `${one.documentNumber}: ${shownTexts(who, explainAttempt(one, { language, on: 'page' }))}`,
      }),
    ),
    ...calls.map(({ askedAt }): Mark => ({ at: askedAt, kind: 'called', said: word(language, 'axis.called') })),
    ...planned.map((at): Mark => ({ at: at < now ? now : at, kind: 'planned', said: word(language, 'axis.planned') })),
  ];
  if (marks.length === 0) return undefined;
  const failures = tries.filter((one) => ['failed', 'refused'].includes(kindOf(one))).length;
  const said = word(language, 'axis.said', { past: tries.length, failed: failures, planned: planned.length });
  const bands = standstills.flatMap(({ changes, ended }) =>
    changes.map((change, place) => ({
      from: change.at,
      to: changes[place + 1]?.at ?? ended ?? now,
      kind: change.state,
      said: word(language, `lane-state.${change.state}`),
    })),
  );
  return timeAxis({ marks, bands }, now, { said, nowSaid: word(language, 'axis.now') }).html;
}

/** A line for each: what came of it, or that it is awaited, or that nobody made it. */
export function callShown(call: TestCall, { language, now }: Pick<In, 'language' | 'now'>) {
  const { id, open, result, askedAt, actor, reason } = call;
  const said = open
    ? word(language, 'call.open')
    : result === undefined
      ? word(language, 'call.nobody', { seconds: testCallPatience })
      : result.kind === 'reachable'
        ? word(language, 'call.reachable', { tls: result.tlsVersion ?? 'TLS', ms: Math.round(result.totalMs) })
        : explainAttempt(attemptOf(call, result), { language, on: 'page' });
  return {
    id,
    open,
    said,
    good: result?.kind === 'reachable',
    when: moment(askedAt, now).html,
    by: word(language, 'call.by', { who: actor }),
    reason,
    peer: result?.peerFingerprint,
  };
}

/** What a call met is told as what a try meets. */
const attemptOf = ({ askedAt, answeredAt }: TestCall, result: NonNullable<TestCall['result']>) => ({
  deliveryId: 0,
  number: 1,
  startedAt: askedAt,
  finishedAt: answeredAt,
  outcome: result.kind,
  fault: result.fault,
  detail: result.detail,
  status: undefined,
  excerpt: undefined,
  tlsVersion: result.tlsVersion,
  cipher: result.cipher,
  peerFingerprint: result.peerFingerprint,
  connectMs: result.connectMs,
  tlsMs: result.tlsMs,
  firstByteMs: undefined,
  totalMs: result.totalMs,
  remoteAddress: result.remoteAddress,
});
