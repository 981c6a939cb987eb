/** Order and gaps of what was received. Pure. */

/** One received message, as the ledger has it. */
export interface Received {
  readonly id: string;
  readonly recipient: string;
  readonly sequence: string;
  /** RFC 3339, UTC. */
  readonly time: string;
  readonly messageType: string;
  readonly documentNumber: string;
  readonly environment: string;
  /** SHA-256 of the envelope's bytes, lower-case hex. */
  readonly sha256: string;
  /** Where the document lies, relative to the folder. */
  readonly document: string;
  readonly receivedAt: string;
}

/** By event time, then sequence: the order in which things happened, whatever order they came in. */
export function inOrder<T extends Pick<Received, 'time' | 'sequence'>>(messages: readonly T[]): T[] {
  return messages.toSorted(
    (a, b) => compareTimes(a.time, b.time) || (BigInt(a.sequence) < BigInt(b.sequence) ? -1 : 1),
  );
}

/** Fractions may have any number of digits, so neither text nor milliseconds tell which of two times is earlier. */
function compareTimes(a: string, b: string): number {
  const [secondsA = '', fractionA = ''] = a.replace(/Z$/, '').split('.');
  const [secondsB = '', fractionB = ''] = b.replace(/Z$/, '').split('.');
  if (secondsA !== secondsB) return secondsA < secondsB ? -1 : 1;
  const length = Math.max(fractionA.length, fractionB.length);
  const [padA, padB] = [fractionA.padEnd(length, '0'), fractionB.padEnd(length, '0')];
  return padA === padB ? 0 : padA < padB ? -1 : 1;
}

export interface Gap {
  readonly recipient: string;
  readonly from: string;
  readonly to: string;
}

/** Numbers between 1 and the highest that have not come, per recipient. */
export function gapsOf(messages: readonly Pick<Received, 'recipient' | 'sequence'>[]): Gap[] {
  const gaps: Gap[] = [];
  for (const [recipient, own] of Map.groupBy(messages, (message) => message.recipient)) {
    const numbers = [...new Set(own.map(({ sequence }) => BigInt(sequence)))].sort((a, b) => (a < b ? -1 : 1));
    let next = 1n;
    for (const number of numbers) {
      if (number > next) gaps.push({ recipient, from: String(next), to: String(number - 1n) });
      next = number + 1n;
    }
  }
  return gaps;
}

/** What a missing number means, in one sentence. */
export function explainGap({ recipient, from, to }: Gap): string {
  const which = from === to ? `number ${from} has` : `numbers ${from}–${to} have`;
  return `${recipient}: ${which} not come: still on the way, delivered by another way, or refused, held, withdrawn or replaced by a newer version at the sender; ask about it if it stays away`;
}
