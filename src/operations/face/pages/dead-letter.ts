/** One dead letter: what was wrong with it, its document for who may open it, and a corrected one entered in its place. */
import type { Response } from 'express';
import { Fault, type Finding } from '../../../domain/fault.ts';
import { listReentered, readDeadLetter, reenteredFor } from '../../../store/operator/dead-letters.ts';
import type { Pool } from '../../../store/pool.ts';
import type { Language } from '../../catalogue.ts';
import { moment } from '../../console/moments.ts';
import { word } from '../../console/words.ts';
import { openDeadLetter } from '../../dead-letters/open.ts';
import { type Entrance, originOf, reenter } from '../../dead-letters/re-entry.ts';
import { markedDocument, type ShownDocument } from '../../dead-letters/shown.ts';
import { faultDetailSaid, findingSaid } from '../../finding-said.ts';
import { titleOf } from '../../titles.ts';
import { type ActionForm, faultSaid, mostActionBytes, reasonOf, type Told, toldBy } from '../actions.ts';
import { type Pages, show } from '../pages.ts';
import type { Asked, GuardedRoute, OperatorRoute } from '../route.ts';
import { deadLetterId, shownLetter } from './dead-letters.ts';

export interface DeadLetterParts {
  readonly pool: Pool;
  readonly pages: Pages;
  /** Intake's way for a corrected document. */
  readonly entrance: Entrance;
  /** Largest document that intake takes. */
  readonly documentBytes: number;
}

type AskedBy = Parameters<GuardedRoute['handle']>[0];

/** What the page shows beside what it always does. */
interface More {
  readonly status?: number;
  readonly told?: Told | undefined;
  /** Opened, with a reason that is in the audit. */
  readonly opened?: ShownDocument;
  /** A correction that was not right, as it was typed. */
  readonly tried?: { readonly text: string; readonly reason: string; readonly fault?: Fault };
  readonly openReason?: string;
}

export function deadLetterRoutes(parts: DeadLetterParts): readonly OperatorRoute[] {
  return [
    {
      method: 'GET',
      path: '/dead-letters/:id',
      needs: 'view',
      shows: 'page',
      handle: (asked, response) => showLetter(parts, asked, response, { told: toldBy(asked) }),
    },
    {
      method: 'POST',
      path: '/dead-letters/:id/document',
      needs: 'open',
      shows: 'page',
      mostBodyBytes: mostActionBytes,
      handle: (asked, response) => open(parts, asked, response),
    },
    {
      method: 'POST',
      path: '/dead-letters/:id/re-enter',
      needs: 'act',
      shows: 'page',
      // Each byte of a document may be written as three in a form.
      mostBodyBytes: mostActionBytes + 3 * parts.documentBytes,
      handle: (asked, response) => enter(parts, asked, response),
    },
  ];
}

async function open(parts: DeadLetterParts, asked: AskedBy, response: Response): Promise<void> {
  const { pool } = parts;
  const { who, now } = asked;
  const reason = reasonIn(asked);
  if (typeof reason === 'object') return showLetter(parts, asked, response, { ...reason, openReason: '' });
  const order = { deadLetterId: idOf(asked), actor: who.actor, reason, now };
  // Once: the page is kept nowhere.
  const { letter, text } = await openDeadLetter(pool, order);
  await showLetter(parts, asked, response, { opened: markedDocument(text, letter.findings, letter.detail) });
}

async function enter(parts: DeadLetterParts, asked: AskedBy, response: Response): Promise<void> {
  const { form, who, now, language } = asked;
  // A browser ends each line of a form's text with CR LF, whatever it was.
  const text = (form.get('document') ?? '').replaceAll('\r\n', '\n');
  const tried = { text, reason: form.get('reason') ?? '' };
  const reason = reasonIn(asked);
  if (typeof reason === 'object') return showLetter(parts, asked, response, { ...reason, tried });
  if (text.trim() === '') {
    const told = { notice: word(language, 'dead.empty'), bad: true };
    return showLetter(parts, asked, response, { status: 422, told, tried });
  }
  const id = idOf(asked);
  const order = { deadLetterId: id, document: text, actor: who.actor, reason, now };
  const fault = await reenter(parts.pool, parts.entrance, order).catch((error: unknown) => {
    if (error instanceof Fault && error.code === 'not-possible-now') return error;
    throw error;
  });
  if (fault?.code === 'not-possible-now') {
    const told = { notice: word(language, 'dead.once'), bad: true };
    return showLetter(parts, asked, response, { status: 409, told });
  }
  if (fault === undefined) return response.redirect(303, `/dead-letters/${id}?done=dead-entered`);
  await showLetter(parts, asked, response, { status: 422, tried: { ...tried, fault } });
}

/** The reason, or what the page says when there is none. */
function reasonIn(asked: AskedBy): string | { readonly status: number; readonly told: Told } {
  try {
    return reasonOf(asked);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { status: 422, told: { notice: faultSaid(asked.language, error), bad: true } };
  }
}

function idOf({ request }: Asked): string {
  const id = String(request.params['id']).toLowerCase();
  if (!deadLetterId.test(id)) throw new Fault('not-found', 'there is no such dead letter');
  return id;
}

async function letterOf(pool: Pool, asked: Asked) {
  const letter = await readDeadLetter(pool, idOf(asked));
  if (letter === undefined) throw new Fault('not-found', 'there is no such dead letter');
  return letter;
}

async function showLetter({ pool, pages }: DeadLetterParts, asked: AskedBy, response: Response, more: More) {
  const { language, now, who } = asked;
  const letter = await letterOf(pool, asked);
  const maySee = who.may.has('open');
  const opening: ActionForm = {
    name: 'document',
    path: `/dead-letters/${letter.id}/document`,
    label: word(language, 'dead.open'),
    says: word(language, 'dead.open-says'),
    ...(more.openReason === undefined ? {} : { open: true, reason: more.openReason }),
  };
  const fault = more.tried?.fault;
  const hasDocument = letter.size > 0;
  // Where there is nothing to open, what was wrong with it tells of nothing but its headers.
  const shown =
    more.opened ?? (maySee && !hasDocument ? markedDocument('', letter.findings, letter.detail) : undefined);
  const entered = (await listReentered(pool, originOf(letter))).filter((one) => one.deadLetterId !== letter.id);
  const isMessage = entered.some(({ verdict }) => verdict === 'message');
  const mayEnter = more.opened ?? more.tried ?? (!hasDocument && !letter.fault.startsWith('withdrawal-'));
  show(pages, asked, response, {
    view: 'dead-letter',
    title: `${word(language, 'dead.title')} ${letter.documentNumber ?? ''}`.trim(),
    place: 'dead-letters',
    status: more.status ?? 200,
    data: {
      told: more.told,
      // The fault's own words quote the document, as what was expected and found does.
      letter: {
        ...shownLetter(letter, asked),
        detail:
          shown && letter.findings.length === 0 && letter.detail ? faultDetailSaid(letter.detail, language) : undefined,
      },
      findings: findingsFor(letter.findings, language, shown),
      shown: shown !== undefined,
      hasDocument,
      opening: maySee && more.opened === undefined && hasDocument ? opening : undefined,
      opened: more.opened,
      mayEnter: who.may.has('act') && !isMessage && Boolean(mayEnter),
      tried: more.tried,
      document: documentRows(more.tried?.text ?? more.opened?.text ?? ''),
      still: fault && {
        title: titleOf(fault.code, language),
        detail: fault.findings.length === 0 ? faultDetailSaid(fault.message, language) : undefined,
        findings: findingsFor(
          fault.findings,
          language,
          markedDocument(more.tried?.text ?? '', fault.findings, fault.message),
        ),
      },
      entered: entered.map((one) => ({ ...one, takenAt: moment(one.takenAt, now).html })),
      enteredFor: reenteredFor(letter.brokerMessageId),
    },
  });
}

/** @param opened what they are in, for who may see it: with it goes what was expected there, and found */
const findingsFor = (findings: readonly Finding[], language: Language, opened: ShownDocument | undefined) =>
  findings.map((finding, i) => {
    const { where, rule, text, expected, found } = findingSaid(finding, language);
    return {
      // A line may end after each step of a path.
      steps: where.split(/(?<=\/)/),
      rule,
      text,
      english: language !== 'en' && text === finding.text,
      ...(opened === undefined ? {} : { expected, found, line: opened.lines[i] }),
    };
  });

/** A field as high as its text, but for a few lines and a whole book. */
const documentRows = (text: string) => ({ text, rows: Math.min(30, Math.max(8, text.split('\n').length + 1)) });
