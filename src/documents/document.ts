/** What reading a document gives, whatever its format. */
import type { Finding } from '../domain/fault.ts';
import type { DocumentFormat, MessageType } from '../domain/message.ts';
import type { OrganisationNumber } from '../domain/organisation-number.ts';

export interface ReadDocument {
  readonly format: DocumentFormat;
  readonly mediaType: string;
  /** URI of the document's schema, for CloudEvents `dataschema`. */
  readonly dataSchema: string;
  /** What the document itself says it is; undefined only with findings. */
  readonly messageType: MessageType | undefined;
  /** The seller: in self-billing, and of an order, the seller receives. Undefined only with findings. */
  readonly recipient: OrganisationNumber | undefined;
  /** The buyer, who sends; undefined when the document gives no organisation number for it, which Svefaktura allows. */
  readonly buyer?: OrganisationNumber;
  /** Empty only with findings. */
  readonly documentNumber: string;
  /** Issue date, YYYY-MM-DD. */
  readonly issued?: string;
  readonly currency?: string;
  /** What is to be paid (of an order: the net sum), as the document writes it; positive on a credit too. */
  readonly total?: string;
  /** Breaches of the format's rules (docs/documents.md); empty = valid. */
  readonly findings: readonly Finding[];
}
