/** A supplier gets the next certificate with the one it has, and does not give up for a lost answer. */
import { X509Certificate } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EnrolledLine } from '../certificate-lines.ts';
import type { Journal } from '../journal.ts';
import { problemOf } from '../problem.ts';
import { drawn } from '../random.ts';
import { askEst, type EstAnswer } from './ask.ts';
import { certificateIn, keyOf, newRequest, type Requested } from './request.ts';

export interface RenewOptions {
  readonly org: string;
  /** PEM; `cert` with its chain. */
  readonly shows: { readonly key: string; readonly cert: string };
  readonly ca: string;
  /** Doors to the same gateway: when one fails, the next is tried. */
  readonly ports: readonly number[];
  readonly journal: Pick<Journal<EnrolledLine>, 'write'>;
}

export interface Renewed {
  readonly keyPem: string;
  /** With the chain of the one before. */
  readonly certificatePem: string;
  readonly fingerprint: string;
}

/** Milliseconds: for one answer, between two tries, and in all. */
const waits = { answer: 14_000, pause: 400, all: 120_000 } as const;

/**
 * Asks until it has it, always with the same key: the answer may be lost, the authority be away, the gateway be killed. Some ask at two
 * doors at once, some go away before the first answer. Who has it asks once more, and then for another key, which it must not get.
 * @throws when it is refused, or two minutes have gone
 */
export async function renew(options: RenewOptions): Promise<Renewed> {
  const { org, shows, ports, journal } = options;
  const old = new X509Certificate(shows.cert);
  const renews = plain(old.fingerprint256);
  const requested = newRequest(`renewal of ${org}`);
  const { key, keyPem } = requested;
  const late = performance.now() + waits.all;
  const habit = habits[drawn(renews, 'habit') % habits.length];
  let door = drawn(renews, 'door') % 2;
  const once = (patience: number = waits.answer) =>
    ask(options, requested, renews, 'this', ports[door % ports.length], patience);
  journal.write({ event: 'asking', org, key, renews, wants: 'this' });
  if (habit === 'leaves') await once(20 + (drawn(renews, 'leaves') % 150));
  let found: X509Certificate | undefined;
  if (habit === 'twice at once') {
    const first = once();
    door += 1;
    [found] = (await Promise.all([first, once()])).flatMap((one) => (one instanceof X509Certificate ? [one] : []));
  }
  while (found === undefined) {
    const answer = await once();
    if (answer instanceof X509Certificate) found = answer;
    else {
      if (answer !== undefined && answer.status >= 400 && answer.status < 500 && answer.status !== 429)
        throw new Error(`${org} is refused the renewal of ${renews}: ${answer.status} ${problemOf(answer.body)}`);
      if (performance.now() > late) throw new Error(`${org} gets no certificate in the place of ${renews}`);
      door += 1;
      await sleep(waits.pause);
    }
  }
  // The same again is the same, and another key gets nothing.
  await once();
  const other = newRequest(`another of ${org}`);
  journal.write({ event: 'asking', org, key: other.key, renews, wants: 'another' });
  await ask(options, other, renews, 'another', ports[door % ports.length], waits.answer);
  const [, ...chain] = blocks(shows.cert);
  return {
    keyPem,
    certificatePem: [found.toString(), ...chain].join('\n'),
    fingerprint: plain(found.fingerprint256),
  };
}

const habits = ['patient', 'leaves', 'twice at once'] as const;

/** @returns the certificate; what was said instead; or nothing, when no answer came */
async function ask(
  { org, shows, ca, journal }: RenewOptions,
  { key, body }: Requested,
  renews: string,
  wants: 'this' | 'another',
  port: number | undefined,
  patience: number,
): Promise<X509Certificate | EstAnswer | undefined> {
  const begun = Date.now();
  const about = { org, key, renews, wants, begun };
  const path = '/.well-known/est/simplereenroll';
  let answer: EstAnswer;
  try {
    answer = await askEst({ ca, port: port ?? 0, path, body, shows, patience });
  } catch {
    journal.write({ event: 'unanswered', ...about });
    return undefined;
  }
  if (answer.status !== 200) {
    journal.write({ event: 'not-issued', ...about, status: answer.status, fault: problemOf(answer.body) });
    return answer;
  }
  const certificate = certificateIn(answer.body);
  journal.write({
    event: 'issued',
    ...about,
    fingerprint: plain(certificate.fingerprint256),
    holds: keyOf(certificate),
  });
  return certificate;
}

const blocks = (pem: string): string[] => pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];

const plain = (fingerprint: string): string => fingerprint.replaceAll(':', '').toLowerCase();
