/** What a message consists of: its document, and what was signed. */
import type { EnvelopeFormat } from '../../domain/message.ts';
import type { Db } from '../pool.ts';

export interface Content {
  readonly documentNumber: string;
  readonly mediaType: string;
  /** Undefined: it is not kept any more. */
  readonly document: Buffer | undefined;
  /** Undefined: it was not sealed yet. */
  readonly sealed:
    | {
        readonly format: EnvelopeFormat;
        readonly head: string;
        readonly signature: string;
        /** Lower-case hex. */
        readonly sha256: string;
        readonly keyThumbprint: string;
      }
    | undefined;
}

/** @returns undefined when there is no such message */
export async function readContent(db: Db, messageId: string): Promise<Content | undefined> {
  const { rows } = await db.query<{
    documentNumber: string;
    mediaType: string;
    document: Buffer | null;
    format: EnvelopeFormat | null;
    head: string;
    signature: string;
    sha256: string;
    keyThumbprint: string;
  }>(
    `select m.document_number as "documentNumber", m.media_type as "mediaType", c.document, e.format, e.head, e.signature,
            encode(e.sha256, 'hex') as sha256, e.key_thumbprint as "keyThumbprint"
       from message m left join content c on c.message_id = m.id left join envelope e on e.message_id = m.id where m.id = $1`,
    [messageId],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  const { documentNumber, mediaType, document, format, head, signature, sha256, keyThumbprint } = row;
  return {
    documentNumber,
    mediaType,
    document: document ?? undefined,
    sealed: format === null ? undefined : { format, head, signature, sha256, keyThumbprint },
  };
}
