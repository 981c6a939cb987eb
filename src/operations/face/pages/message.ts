/** One message: why it is where it is, what happened, and what can be done. */
import { Fault } from '../../../domain/fault.ts';
import { findMessages, type MessageDetails, type MessageRow, readMessage } from '../../../store/messages.ts';
import { readLaneChangesAround } from '../../../store/operator/lane-changes.ts';
import type { Pool } from '../../../store/pool.ts';
import type { Who } from '../../access/entered.ts';
import { count, moment } from '../../console/moments.ts';
import { isWord, word } from '../../console/words.ts';
import { explain, explainAttempt } from '../../explain.ts';
import { findingSaid } from '../../finding-said.ts';
import { actsOf } from '../../message-acts.ts';
import { actionsFor, type Chapter, spansOf, storyOf } from '../../message-story.ts';
import { type MessageAction, moveMessage } from '../../messages.ts';
import { explainLateness } from '../../standstills.ts';
import { supplierPaths } from '../../supplier-page.ts';
import { titleOf } from '../../titles.ts';
import { type ActionForm, act, mostActionBytes, type Told, toldBy } from '../actions.ts';
import { maySeeNumber, shownNumber } from '../masking.ts';
import { type Pages, show } from '../pages.ts';
import type { Asked, OperatorRoute } from '../route.ts';

export interface MessageParts {
  readonly pool: Pool;
  readonly pages: Pages;
}

type AskedBy = Asked & { readonly who: Who };

const messageActions: readonly MessageAction[] = ['release', 'resend', 'hold', 'cancel'];

export function messageRoutes(parts: MessageParts): readonly OperatorRoute[] {
  const { pool } = parts;
  return [
    {
      method: 'GET',
      path: '/messages/:id',
      needs: 'view',
      shows: 'page',
      handle: async (asked, response) => messagePage(parts, asked, response, { told: toldBy(asked) }),
    },
    ...messageActions.map(
      (action): OperatorRoute => ({
        method: 'POST',
        path: `/messages/:id/${action}`,
        needs: 'act',
        shows: 'page',
        mostBodyBytes: mostActionBytes,
        handle: (asked, response) => {
          const messageId = idOf(asked);
          return act(asked, response, {
            name: action,
            back: `/messages/${messageId}`,
            run: async (reason) => {
              const { actor } = asked.who;
              const { changed } = await moveMessage(pool, { action, messageId, actor, reason, now: asked.now });
              return changed ? `message-${action}` : 'message-same';
            },
            again: (told, status, failed) => messagePage(parts, asked, response, { told, status, failed }),
          });
        },
      }),
    ),
  ];
}

/** @throws Fault `not-found` for what is no id */
export function idOf({ request }: Pick<Asked, 'request'>): string {
  const { id } = request.params;
  if (typeof id !== 'string' || !/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id))
    throw new Fault('not-found', 'a message is named by its id');
  return id;
}

/** Rows of the audit that stand on the page. */
const mostActs = 200;

export interface MessageShown {
  readonly told?: Told | undefined;
  readonly status?: number;
  readonly failed?: { readonly name: string; readonly reason: string };
}

export async function messagePage(
  { pool, pages }: MessageParts,
  asked: AskedBy,
  response: Parameters<typeof show>[2],
  { told, status, failed }: MessageShown,
): Promise<void> {
  const id = idOf(asked);
  const { language, now, who } = asked;
  const [[row], details] = await Promise.all([findMessages(pool, id, 1), readMessage(pool, id)]);
  const audit = await actsOf(pool, id, details, mostActs);
  const found = details?.deliveries.find((delivery) => delivery.current);
  const current = found?.agent === undefined ? found : { ...found, agent: shownNumber(who, found.agent) };
  if (row === undefined || details === undefined || current === undefined)
    throw new Fault('not-found', `there is no message ${id}`);
  const forms = who.may.has('act')
    ? actionsFor(current, details.replacedBy !== undefined).map((action) => formOf(action, asked, row, failed))
    : [];
  const pathOf = await supplierPaths(pool, [row.recipient]);
  const telling = { language, on: 'page' } as const;
  const changes = await readLaneChangesAround(pool, current.id, current.createdAt, current.deliveredAt ?? now);
  show(pages, asked, response, {
    view: 'message',
    title: row.documentNumber,
    place: 'messages',
    ...(status === undefined ? {} : { status }),
    data: {
      told,
      row,
      details,
      current,
      why: explain(current, now, telling),
      late: explainLateness(current, changes, telling),
      forms,
      story: storyOf(row, details, audit).map((chapter) => chapterShown(chapter, asked)),
      shown: shownNumber(who, row.recipient),
      supplierPath: row.supplier === undefined ? messagesOf(row, who) : pathOf(row.recipient),
      opening: who.may.has('open') ? openingOf(row, details, asked, failed) : undefined,
      when: (at: Date) => moment(at, now).html,
      bytes: (n: number) => count(n, language),
    },
  });
}

/** Who is no supplier yet has no page, but messages. */
const messagesOf = ({ recipient }: MessageRow, who: Who): string | undefined =>
  maySeeNumber(who, recipient) ? `/messages?supplier=${recipient}` : undefined;

type Failed = MessageShown['failed'];

function formOf(action: MessageAction, { language }: Asked, row: MessageRow, failed: Failed): ActionForm {
  return {
    name: action,
    path: `/messages/${row.id}/${action}`,
    // What is held goes on its way by itself when what it waits for comes; held by hand it does not.
    label: word(
      language,
      action === 'hold' && row.state === 'held' ? 'message.act-hold-stays' : `message.act-${action}`,
    ),
    says: word(language, `message.act-${action}-says`),
    grave: action === 'cancel',
    ...(failed?.name === action ? { open: true, reason: failed.reason } : {}),
  };
}

/** What may be opened: the document on a page, and what proves it as one file. */
function openingOf(
  row: MessageRow,
  { envelope }: MessageDetails,
  { language }: Asked,
  failed: Failed,
): readonly ActionForm[] {
  return (['document', ...(envelope === undefined ? [] : ['evidence' as const])] as const).map((name) => ({
    name,
    path: `/messages/${row.id}/${name}`,
    label: word(language, `message.open-${name}`),
    says: word(language, `message.open-${name}-says`),
    ...(failed?.name === name ? { open: true, reason: failed.reason } : {}),
  }));
}

/** A chapter with its sentences and times, as the view puts it. */
function chapterShown(chapter: Chapter, { language, now, who }: AskedBy) {
  const base = { ...chapter, time: moment(chapter.at, now).html };
  if (chapter.kind === 'attempt') {
    const { attempt } = chapter;
    return {
      ...base,
      why: explainAttempt(attempt, { language, on: 'page' }),
      title: attempt.fault === undefined ? undefined : titleOf(attempt.fault, language),
      ...barOf(attempt),
    };
  }
  // What a document says is for who may open it.
  if (chapter.kind === 'checked')
    return {
      ...base,
      findings: chapter.findings.map((finding) => {
        const { found, ...said } = findingSaid(finding, language);
        return who.may.has('open') ? { ...said, found } : said;
      }),
    };
  if (chapter.kind === 'acted') {
    const key = `act.${chapter.row.action}`;
    return { ...base, title: isWord(key) ? word(language, key) : chapter.row.action };
  }
  return base;
}

/** The bar's parts, in hundredths of the whole. */
function barOf(attempt: Parameters<typeof spansOf>[0]) {
  const spans = spansOf(attempt);
  const whole = spans.reduce((sum, { ms }) => sum + ms, 0);
  const part = (ms: number): number => Math.round((ms / whole) * 10_000) / 100;
  return {
    spans: spans.map(({ name, from, ms }) => ({ name, x: part(from), width: part(ms), ms: Math.round(ms) })),
    wholeMs: Math.round(whole),
  };
}
