/** A message, its story and its tries as scripts see them. */
import type { Finding } from '../../../domain/fault.ts';
import type { AuditRow } from '../../../store/audit.ts';
import type { AttemptRow, DeliveryRow, MessageDetails, MessageRow } from '../../../store/messages.ts';
import type { LaneChange } from '../../../store/operator/lane-changes.ts';
import type { ListedMessage } from '../../../store/operator/messages.ts';
import type { Language } from '../../catalogue.ts';
import { explain, explainAttempt } from '../../explain.ts';
import { actionsFor, type Chapter, storyOf } from '../../message-story.ts';
import { explainLateness } from '../../standstills.ts';
import { maySeeNumber, shownNumber } from '../masking.ts';
import type { AskedBy } from './ask.ts';

type Who = AskedBy['who'];

export function messageOf(row: MessageRow & Partial<ListedMessage>, { who }: Pick<AskedBy, 'who'>) {
  const { number: _number, recipient, supplier: name, ...rest } = row;
  return {
    ...rest,
    organisationNumber: shownNumber(who, recipient),
    // A person's number is in no path of who may not see it.
    supplier: name !== undefined && maySeeNumber(who, recipient) ? recipient : undefined,
    name,
  };
}

export function attemptOf(attempt: AttemptRow, delivery: number, language: Language) {
  const { number, startedAt, finishedAt, outcome, fault, detail, status, excerpt } = attempt;
  const { tlsVersion, cipher, peerFingerprint, connectMs, tlsMs, firstByteMs, totalMs, remoteAddress } = attempt;
  return {
    delivery,
    number,
    startedAt,
    finishedAt,
    outcome,
    fault,
    detail,
    status,
    excerpt,
    tlsVersion,
    cipher,
    peerFingerprint,
    connectMs,
    tlsMs,
    firstByteMs,
    totalMs,
    remoteAddress,
    why: explainAttempt(attempt, language),
  };
}

/** What a document says is for who may open it. */
const findingsFor = (findings: readonly Finding[], who: Who) =>
  findings.map(({ found, ...finding }) => ({ ...finding, found: who.may.has('open') ? found : undefined }));

export function storyFor(
  row: MessageRow,
  details: MessageDetails,
  { audit, changes }: { readonly audit: readonly AuditRow[]; readonly changes: readonly LaneChange[] },
  asked: AskedBy,
) {
  const { who, now, language } = asked;
  const { deliveries, findings, envelope, replaces, replacedBy, collections: _collections, ...document } = details;
  const shown = deliveries.map((one) => deliveryOf(one, who));
  const current = deliveries.find((delivery) => delivery.current);
  const named = current?.agent === undefined ? current : { ...current, agent: shownNumber(who, current.agent) };
  return {
    message: messageOf(row, asked),
    why: named && explain(named, now, language),
    late: named && explainLateness(named, changes, language),
    actions: current === undefined ? [] : actionsFor(current, replacedBy !== undefined),
    document,
    replaces,
    replacedBy,
    envelope,
    findings: findingsFor(findings ?? [], who),
    deliveries: shown,
    timeline: storyOf(row, details, audit).map((chapter) => chapterOf(chapter, asked)),
  };
}

function deliveryOf({ id: _id, attempts, agent, strict: _strict, ...rest }: DeliveryRow, who: Who) {
  return { ...rest, agent: agent && shownNumber(who, agent), attempts: attempts.length };
}

/** `kind` says which of the other members is there. */
function chapterOf(chapter: Chapter, { who, language }: AskedBy) {
  const { kind, at } = chapter;
  switch (chapter.kind) {
    case 'checked':
      return { kind, at, findings: findingsFor(chapter.findings, who) };
    case 'sealed':
      return { kind, at, envelope: chapter.envelope };
    case 'again':
      return { kind, at, delivery: chapter.delivery.number };
    case 'attempt':
      return {
        kind,
        at,
        delivery: chapter.delivery.number,
        attempt: attemptOf(chapter.attempt, chapter.delivery.number, language),
      };
    case 'collected':
      return { kind, at, collection: chapter.collection };
    case 'receipt': {
      const { number, receiptFingerprint: fingerprint, receiptFrom: remoteAddress } = chapter.delivery;
      return { kind, at, delivery: number, receipt: { fingerprint, remoteAddress } };
    }
    case 'acted': {
      const { id, actor, action, reason } = chapter.row;
      return { kind, at, act: { id, actor, action, reason } };
    }
    case 'taken':
    case 'planned':
      return { kind, at };
  }
}
