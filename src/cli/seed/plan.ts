/** What book is wanted; kept in the audit of the database, so that a seed that was stopped goes on as it began. */

export interface Wanted {
  readonly messages: number;
  readonly suppliers: number;
  /** Bytes of a document, about. */
  readonly documentBytes: number;
  readonly seed: number;
}

export interface Plan extends Wanted {
  /** The last moment of the book, milliseconds since 1970; it begins `span` earlier. */
  readonly endsAt: number;
  /** The first of the numbers that were set aside for it. */
  readonly firstMessage: number;
  readonly firstDelivery: number;
}

/** Milliseconds of the book. */
export const span = 90 * 86_400_000;
/** Messages in one transaction. A plan that was begun is not carried on with another number. */
export const batchSize = 2_000;

export const batchesOf = ({ messages }: Wanted): number => Math.ceil(messages / batchSize);

/**
 * When message `index` came: as evenly as it gets, but four fifths less by night than by day.
 * @returns milliseconds since 1970, later for each
 */
export function acceptedAt({ messages, endsAt }: Plan, index: number): number {
  const even = (endsAt % day) / day + ((index + 0.5) / messages - 1) * days;
  const swung = even - (0.8 * Math.sin(2 * Math.PI * (even - 0.04))) / (2 * Math.PI);
  const last = (endsAt % day) / day;
  const lastSwung = last - (0.8 * Math.sin(2 * Math.PI * (last - 0.04))) / (2 * Math.PI);
  return Math.round(endsAt + (swung - lastSwung) * day);
}

const day = 86_400_000;
const days = span / day;

/** Messages that lie in the one very full lane. */
export const backlogOf = ({ messages }: Wanted): number => Math.min(50_000, Math.floor(messages / 20));

/** They come in the last two fifths of the time, evenly. */
export function isBacklog(wanted: Wanted, index: number): boolean {
  const from = Math.floor(wanted.messages * 0.6);
  if (index < from) return false;
  const share = backlogOf(wanted) / (wanted.messages - from);
  return Math.floor((index - from + 1) * share) > Math.floor((index - from) * share);
}
