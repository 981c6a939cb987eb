/** What a letter about the end of a certificate says, or why it need not be sent any more. */
import { environments } from '../domain/message.ts';
import { readEnding } from '../store/enrol/notices.ts';
import type { ClaimedLetter } from '../store/enrol/post.ts';
import type { Db } from '../store/pool.ts';
import type { LetterFacts } from './letters/facts.ts';

const day = 86_400_000;

/** It is written as things are now: it may have lain for days where no mail went out. */
export async function aboutEnd(
  db: Db,
  { fingerprint, details, kind }: Pick<ClaimedLetter, 'fingerprint' | 'details' | 'kind'>,
  now: Date,
): Promise<Omit<LetterFacts, 'language' | 'contact' | 'link'> | string> {
  const environment = environments.find((one) => one === details['environment']);
  const ending =
    fingerprint === undefined || environment === undefined
      ? undefined
      : await readEnding(db, 'supplier', fingerprint, { environment, now });
  if (ending?.supplier === undefined)
    return 'the certificate is withdrawn, followed by another or at no address in use';
  const left = ending.notAfter.getTime() - now.getTime();
  const superseded = ending.given.some((days) => days < Number(details['days']));
  if (superseded || (left <= 0 && kind === 'certificate-ending')) return 'a later notice says what this one would';
  const { organisation, description, pushed, fetched, waiting } = ending.supplier;
  return {
    organisation,
    environment,
    description: description ?? ending.subject,
    ends: ending.notAfter,
    name: ending.fingerprint,
    end: { daysLeft: Math.max(1, Math.ceil(left / day)), pushed, fetched, waiting },
  };
}
