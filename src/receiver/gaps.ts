/** Numbers that have not come. Pure. */
import type { Received } from './received.ts';

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
