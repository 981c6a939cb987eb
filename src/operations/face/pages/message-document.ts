/** What a message holds: the document, opened with a reason; its envelope and whether that is genuine; all that proves it as one file. */
import type { DocumentLimits } from '../../../documents/limits.ts';
import { readReadable } from '../../../documents/readable/view.ts';
import { Fault, faultTable } from '../../../domain/fault.ts';
import type { Who } from '../../access/entered.ts';
import type { Language } from '../../catalogue.ts';
import { decimal, moment } from '../../console/moments.ts';
import { isWord, word } from '../../console/words.ts';
import { checkEnvelope, type EnvelopeCheck, type OwnSigning, readOwnSigning } from '../../envelope-check.ts';
import { openDocument } from '../../open-document.ts';
import { openEvidence, type Prover } from '../../open-evidence.ts';
import { faultSaid, mostActionBytes, reasonOf } from '../actions.ts';
import { shownNumber } from '../masking.ts';
import { show } from '../pages.ts';
import type { OperatorRoute } from '../route.ts';
import { idOf, type MessageParts, messagePage } from './message.ts';

export type DocumentParts = MessageParts & Prover;

/** What is laid out; a larger document is shown as it came. */
const limits: DocumentLimits = { bytes: 5_000_000, depth: 100, elements: 200_000 };
/** Characters of a document that a page shows as they came; evidence has all. */
const mostShown = 1_000_000;

export function messageDocumentRoutes(parts: DocumentParts): readonly OperatorRoute[] {
  const { pool, pages } = parts;
  return [
    {
      method: 'POST',
      path: '/messages/:id/document',
      needs: 'open',
      shows: 'page',
      mostBodyBytes: mostActionBytes,
      handle: (asked, response) =>
        opening(parts, asked, response, 'document', async (reason) => {
          const messageId = idOf(asked);
          const { actor } = asked.who;
          const opened = await openDocument(pool, { messageId, actor, reason, how: 'page', now: asked.now });
          const { text, view } = readReadable(opened.document, limits);
          const raw = text ?? opened.document.toString('latin1');
          show(pages, asked, response, {
            view: 'document',
            title: opened.documentNumber,
            place: 'messages',
            data: {
              id: messageId,
              number: opened.documentNumber,
              document: view,
              decimal: (text: string | undefined) => text && decimal(text, asked.language),
              unit: (code = '') => unitText(code, asked.language),
              raw: raw.slice(0, mostShown),
              cut: raw.length > mostShown,
            },
          });
        }),
    },
    {
      method: 'POST',
      path: '/messages/:id/evidence',
      needs: 'open',
      shows: 'page',
      mostBodyBytes: mostActionBytes,
      handle: (asked, response) =>
        opening(parts, asked, response, 'evidence', async (reason) => {
          const messageId = idOf(asked);
          const archive = await openEvidence(
            pool,
            { messageId, actor: asked.who.actor, reason, now: asked.now },
            parts,
          );
          response
            .set('content-disposition', `attachment; filename="kuvert-evidence-${messageId}.zip"`)
            .type('application/zip')
            .send(archive);
        }),
    },
    {
      method: 'GET',
      path: '/messages/:id/envelope',
      needs: 'view',
      shows: 'page',
      handle: async (asked, response) => {
        const id = idOf(asked);
        const check = await checkEnvelope(pool, id, await ownSigning(parts));
        show(pages, asked, response, {
          view: 'envelope',
          title: word(asked.language, 'envelope'),
          place: 'messages',
          data: {
            id,
            ...check,
            facts: Object.entries(withShown(asked.who, check.opened)).flatMap(([name, value]) =>
              value === undefined ? [] : [[name, String(value)] as const],
            ),
            when: (at: Date) => moment(at, asked.now).html,
          },
        });
      },
    },
  ];
}

function unitText(code: string, language: Language): string {
  const key = `unit.${code}`;
  return isWord(key) ? word(language, key) : code;
}

/** A person's number is told to nobody who may not open it, on any page. */
const withShown = (who: Who, opened: EnvelopeCheck['opened']): object =>
  opened === undefined ? {} : { ...opened, recipient: shownNumber(who, opened.recipient) };

const ownSigning = ({ pool, signing }: DocumentParts): Promise<OwnSigning> => readOwnSigning(pool, signing());

/** Shows what was opened, or the message's page with why not. */
async function opening(
  parts: DocumentParts,
  asked: Parameters<typeof messagePage>[1],
  response: Parameters<typeof messagePage>[2],
  name: string,
  open: (reason: string) => Promise<void>,
): Promise<void> {
  try {
    await open(reasonOf(asked));
  } catch (error) {
    if (!(error instanceof Fault) || faultTable[error.code].status >= 500 || error.code === 'not-found') throw error;
    const told = { notice: faultSaid(asked.language, error), bad: true };
    const failed = { name, reason: asked.form.get('reason') ?? '' };
    await messagePage(parts, asked, response, { told, status: faultTable[error.code].status, failed });
  }
}
