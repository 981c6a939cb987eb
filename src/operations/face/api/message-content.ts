/** What a message holds, for scripts: its document and its evidence for who may open them, and whether its envelope is genuine. */
import { readReadable } from '../../../documents/readable/view.ts';
import type { Pool } from '../../../store/pool.ts';
import { checkEnvelope, readOwnSigning } from '../../envelope-check.ts';
import { openDocument } from '../../open-document.ts';
import { openEvidence, type Prover } from '../../open-evidence.ts';
import { shownNumber } from '../masking.ts';
import type { OperatorRoute } from '../route.ts';
import { acts, looks, namedIn } from './ask.ts';

export function messageContentApi(parts: Prover & { readonly pool: Pool }): readonly OperatorRoute[] {
  const { pool } = parts;
  return [
    acts('/messages/:id/document', 'open', async (asked, { actor, reason, now }) => {
      const messageId = namedIn(asked, 'id');
      const opened = await openDocument(pool, { messageId, actor, reason, how: 'page', now });
      const { documentNumber, mediaType, document } = opened;
      // No more is wanted than its text: nothing is laid out.
      const { text } = readReadable(document, { bytes: 0, depth: 1, elements: 1 });
      return { value: { documentNumber, mediaType, base64: document.toString('base64'), text } };
    }),
    acts('/messages/:id/evidence', 'open', (asked, { actor, reason, now }) =>
      openEvidence(pool, { messageId: namedIn(asked, 'id'), actor, reason, now }, parts),
    ),
    looks('/messages/:id/envelope', 'view', async (asked) => {
      const own = await readOwnSigning(pool, parts.signing());
      const { opened, ...check } = await checkEnvelope(pool, namedIn(asked, 'id'), own);
      return {
        ...check,
        says: opened && {
          ...opened,
          sequence: Number(opened.sequence),
          recipient: shownNumber(asked.who, opened.recipient),
        },
      };
    }),
  ];
}
