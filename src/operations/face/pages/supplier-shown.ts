/** What the suppliers' pages show of what was read: sentences, times, marks on the axis. */
import { nextLaneState } from '../../../domain/lane.ts';
import type { LaneTry } from '../../../store/operator/lane-tries.ts';
import { mostCounted } from '../../../store/operator/overview.ts';
import type { ListedSupplier } from '../../../store/operator/suppliers.ts';
import { type TestCall, testCallPatience } from '../../../store/operator/test-calls.ts';
import type { Who } from '../../access/entered.ts';
import type { Language } from '../../catalogue.ts';
import { count, day, moment, relative } from '../../console/moments.ts';
import { glyph, type Mark, type MarkKind, markKinds, timeAxis } from '../../console/time-axis.ts';
import { word } from '../../console/words.ts';
import { explainAttempt, explainLane } from '../../explain.ts';
import { type AddressSeen, type SupplierSeen, supplierPath } from '../../supplier-page.ts';
import type { ActionForm } from '../actions.ts';
import { maySeeNumber, shownNumber, shownPerson } from '../masking.ts';
import type { Asked } from '../route.ts';

type In = Pick<Asked, 'language' | 'now'> & { readonly who: Who };
interface Again {
  readonly failed?: { readonly name: string; readonly reason: string } | undefined;
  readonly opened?: boolean;
}

const counted = (n: number, language: Language): string =>
  n > mostCounted ? `> ${count(mostCounted, language)}` : count(n, language);

/** Days before the end of a certificate from which it is marked. */
const soon = 60 * 86_400_000;
const endOf = (at: Date | undefined, now: Date): 'none' | 'ended' | 'soon' | 'far' =>
  at === undefined ? 'none' : at <= now ? 'ended' : at.getTime() - now.getTime() < soon ? 'soon' : 'far';

export function listShown(rows: readonly ListedSupplier[], { language, now, who }: In) {
  return {
    rows: rows.map(({ organisationNumber, name, address }) => ({
      name,
      number: shownNumber(who, organisationNumber),
      path: supplierPath(organisationNumber, address?.id),
      address: address && {
        ...address,
        why: address.state === 'flowing' ? '' : explainLane(address, { language, on: 'page' }),
        next: address.nextWake && moment(address.nextWake, now).html,
        waiting: counted(address.waiting, language),
        oldest: address.oldestWaiting && relative(address.oldestWaiting, now, language),
        ends: day(address.certificateEnds).html,
        end: endOf(address.certificateEnds, now),
      },
    })),
  };
}

export function supplierShown(seen: SupplierSeen, asked: In, { failed, opened = false }: Again) {
  const { language, now, who } = asked;
  const { supplier } = seen;
  const when = (at: Date | undefined) => moment(at, now).html;
  const number = shownNumber(who, supplier.organisationNumber);
  const base = supplierPath(supplier.organisationNumber, seen.addresses[0]?.address.id ?? seen.retired[0]?.id);
  return {
    supplier,
    number: opened ? supplier.organisationNumber : number,
    // A person's number is in no link of who may not see it.
    messages: maySeeNumber(who, supplier.organisationNumber)
      ? `/messages?supplier=${supplier.organisationNumber}`
      : undefined,
    addresses: seen.addresses.map((one) => addressShown(one, asked, base, failed)),
    retired: seen.retired,
    contacts: seen.contacts.map((one) => (opened ? one : shownPerson(one))),
    reveal: who.may.has('open') && !opened && seen.contacts.length > 0 ? revealForm(base, language, failed) : undefined,
    mandates: [
      { name: 'given', rows: seen.given.map((one) => ({ ...one, other: one.agent, otherName: one.agentName })) },
      { name: 'held', rows: seen.held.map((one) => ({ ...one, other: one.principal, otherName: one.principalName })) },
    ].map(({ name, rows }) => ({
      name,
      rows: rows.map((one) => ({
        ...one,
        other: shownNumber(who, one.other),
        path: maySeeNumber(who, one.other) ? `/suppliers/${one.other}` : undefined,
      })),
    })),
    history: seen.history.map((row) => ({
      ...row,
      subject: row.subject.replace(`supplier/${supplier.organisationNumber}`, '').replace(/^\//, ''),
    })),
    when,
    day: (at: Date) => day(at).html,
    glyphs: markKinds.map((kind) => ({ glyph: glyph(kind).html, name: word(language, `axis.${kind}`) })),
  };
}

function addressShown(one: AddressSeen, { language, now, who }: In, base: string, failed: Again['failed']) {
  const { address, lane, tries, planned, calls } = one;
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
    axis: axisOf(tries, planned, calls, { language, now }),
    tries: tries
      .slice(0, 20)
      .map((attempt) => ({ ...attempt, kind: kindOf(attempt), said: explainAttempt(attempt, telling) })),
    waiting: one.waiting,
    certificates: address.certificates
      .toReversed()
      .map((certificate) => ({ ...certificate, end: endOf(certificate.notAfter, now) })),
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

function axisOf(
  tries: readonly LaneTry[],
  planned: readonly Date[],
  calls: readonly TestCall[],
  { language, now }: Pick<In, 'language' | 'now'>,
): string | undefined {
  const marks: Mark[] = [
    ...tries.map(
      (one): Mark => ({
        at: one.startedAt,
        kind: kindOf(one),
        said: `${one.documentNumber}: ${explainAttempt(one, { language, on: 'page' })}`,
      }),
    ),
    ...calls.map(({ askedAt }): Mark => ({ at: askedAt, kind: 'called', said: word(language, 'axis.called') })),
    ...planned.map((at): Mark => ({ at: at < now ? now : at, kind: 'planned', said: word(language, 'axis.planned') })),
  ];
  if (marks.length === 0) return undefined;
  const failures = tries.filter((one) => ['failed', 'refused'].includes(kindOf(one))).length;
  const said = word(language, 'axis.said', { past: tries.length, failed: failures, planned: planned.length });
  return timeAxis(marks, now, { said, nowSaid: word(language, 'axis.now') }).html;
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

const revealForm = (base: string, language: Language, failed: Again['failed']): ActionForm => ({
  name: 'contacts',
  path: `${base}/contacts`,
  label: word(language, 'contacts.open'),
  says: word(language, 'contacts.open-says'),
  ...(failed?.name === 'contacts' ? { open: true, reason: failed.reason } : {}),
});
