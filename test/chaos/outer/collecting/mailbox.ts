/** What can be asked of the gateway (docs/supplier-guide.md), each with its line in the journal. */
import { openEnvelope, sha256 } from '../envelope.ts';
import type { Journal } from '../journal.ts';
import type { CollectedLine, ToldNumbers } from '../lines.ts';
import { problemOf } from '../problem.ts';
import type { Answer, Client } from './client.ts';

export interface MailboxOptions {
  readonly org: string;
  readonly environment: string;
  readonly client: Client;
  readonly signingCertificate: string;
  readonly journal: Pick<Journal<CollectedLine>, 'write'>;
}

export interface Listed {
  readonly id: string;
  readonly sequence: number;
}

export interface Mailbox {
  /** One page, after a sequence; and whether there is more. Nothing when it was turned away. */
  list(after: string | undefined, wait: number): Promise<{ listed: readonly Listed[]; next: string | undefined }>;
  /** True when the supplier has it now: it is signed, and for us. */
  fetch(id: string): Promise<boolean>;
  /** @returns what it was told of each */
  receipt(ids: readonly string[], how: 'one by one' | 'together'): Promise<ReadonlyMap<string, string>>;
  /** What became of each of its numbers. True when it was told of all. */
  numbers(): Promise<boolean>;
}

export function openMailbox({ org, environment, client, signingCertificate, journal }: MailboxOptions): Mailbox {
  const told = new Set<string>();
  const turnedAway = (what: string, { status, body, begun, identity }: Answer): string => {
    const fault = problemOf(body);
    journal.write({ event: 'turned-away', org, identity, begun, what, status, fault });
    return fault;
  };
  const receipted = (id: string, result: string, { begun, identity }: Answer): string => {
    journal.write({ event: 'receipted', org, identity, begun, id, result });
    return result;
  };
  return {
    list: async (after, wait) => {
      const place = after === undefined ? '' : `&after=${after}`;
      const answer = await client.ask('GET', `/v1/messages?limit=40&wait=${wait}${place}`);
      if (answer.status !== 200) {
        turnedAway('list', answer);
        return { listed: [], next: undefined };
      }
      const page = JSON.parse(answer.body.toString()) as {
        messages: { id: string; sequence: string }[];
        next?: string;
      };
      const listed = page.messages.map(({ id, sequence }) => ({ id, sequence: Number(sequence) }));
      for (const one of listed) {
        if (told.has(one.id)) continue;
        told.add(one.id);
        journal.write({ event: 'listed', org, identity: answer.identity, begun: answer.begun, ...one });
      }
      return { listed, next: page.next };
    },
    fetch: async (id) => {
      const answer = await client.ask('GET', `/v1/messages/${id}`);
      if (answer.status !== 200) {
        turnedAway('fetch', answer);
        return false;
      }
      const jws = answer.headers['x-jws-signature'];
      const opened = openEnvelope(answer.body, typeof jws === 'string' ? jws : undefined, signingCertificate);
      const { signature, documentSha256, claims } = opened;
      journal.write({
        event: 'fetched',
        org,
        identity: answer.identity,
        begun: answer.begun,
        id,
        bodySha256: sha256(answer.body),
        signature,
        ...(documentSha256 === undefined ? {} : { documentSha256 }),
        ...(claims === undefined ? {} : { claims }),
      });
      return (
        signature === 'valid' &&
        claims?.recipient === org &&
        claims.environment === environment &&
        claims.id === id &&
        answer.headers['idempotency-key'] === id
      );
    },
    receipt: async (ids, how) => {
      // On record before the first byte: what was said is known, whatever becomes of the answer.
      journal.write({ event: 'receipting', org, identity: client.identity(), begun: Date.now(), ids });
      if (how === 'one by one') {
        const results = new Map<string, string>();
        for (const id of ids) {
          const answer = await client.ask('PUT', `/v1/messages/${id}/receipt`);
          const result = answer.status === 200 ? resultOf(answer.body) : turnedAway('receipt', answer);
          results.set(id, receipted(id, result, answer));
        }
        return results;
      }
      const answer = await client.ask('POST', '/v1/receipts', { ids });
      if (answer.status !== 200) {
        turnedAway('receipts', answer);
        return new Map();
      }
      const { results } = JSON.parse(answer.body.toString()) as { results: { id: string; result: string }[] };
      return new Map(results.map(({ id, result }) => [id, receipted(id, result, answer)]));
    },
    numbers: async () => {
      const begun = Date.now();
      const numbers: ToldNumbers[] = [];
      for (let from = '1'; ; ) {
        const answer = await client.ask('GET', `/v1/messages/missing?from=${from}`);
        if (answer.status !== 200) {
          turnedAway('numbers', answer);
          return false;
        }
        const page = JSON.parse(answer.body.toString()) as {
          numbers: { first: string; last: string; state: string; id?: string }[];
          highest: string;
          next?: string;
        };
        for (const { first, last, state, id } of page.numbers)
          numbers.push({ first: Number(first), last: Number(last), state, ...(id === undefined ? {} : { id }) });
        if (page.next === undefined) {
          journal.write({
            event: 'numbers',
            org,
            identity: answer.identity,
            begun,
            highest: Number(page.highest),
            numbers,
          });
          return true;
        }
        from = page.next;
      }
    },
  };
}

const resultOf = (body: Buffer): string => (JSON.parse(body.toString()) as { result: string }).result;
