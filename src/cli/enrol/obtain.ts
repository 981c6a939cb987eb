/** Asks until there is a certificate, a refusal, or no more patience; the same for a first certificate and for one that follows. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Fault } from '../../domain/fault.ts';
import type { Certificate } from '../../pki/certificate.ts';
import type { Terminal } from '../terminal.ts';
import { readAnswer } from './answer.ts';
import { type Answered, ask, type Question, type Trust, trusted } from './connect.ts';
import { est } from './trust.ts';

/** What leaves the machine. Around it a test ends the process. */
export type Send = (url: URL, trust: Trust, question: Question) => Promise<Answered>;

/** Over a connection of its own that is verified before a byte is sent. */
export const send: Send = async (url, trust, question) => ask(await trusted(url, trust), url, question);

export interface Wanted {
  readonly url: URL;
  readonly operation: 'simpleenroll' | 'simplereenroll';
  /** Base64 in one line. */
  readonly request: string;
  readonly trust: Trust;
  /** `TransferID:TransferPassword`. */
  readonly codes?: string;
  /** Milliseconds for which to ask again while the gateway says “later”. */
  readonly patience: number;
}

/**
 * @returns the certificates of the answer, not looked at yet
 * @throws Fault `server-unavailable` if there is no answer yet: the same command asks the same again
 */
export async function obtain(wanted: Wanted, sending: Send, terminal: Terminal): Promise<readonly Certificate[]> {
  const { url, operation, request, trust, codes, patience } = wanted;
  const question: Question = {
    method: 'POST',
    path: `${est}/${operation}`,
    headers: {
      'content-type': 'application/pkcs10',
      accept: 'application/pkcs7-mime, application/problem+json',
      ...(codes === undefined ? {} : { authorization: `Basic ${Buffer.from(codes).toString('base64')}` }),
    },
    body: request,
  };
  const until = performance.now() + patience;
  while (true) {
    const answer = readAnswer(await sending(url, trust, question));
    if (answer.kind === 'issued') return answer.certificates;
    const left = until - performance.now();
    if (answer.seconds * 1_000 > left)
      throw new Fault(
        'server-unavailable',
        `there is no certificate yet: ${answer.why}. The request stands; give the same command again later`,
      );
    terminal.err(`${answer.why}; asking again in ${answer.seconds} s (for ${Math.ceil(left / 60_000)} min more)`);
    await sleep(answer.seconds * 1_000);
  }
}
