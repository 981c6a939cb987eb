/** What a letter about the end of a mandate says, or why it need not be sent any more. */
import { environments } from '../domain/message.ts';
import { readMandateEnding } from '../store/enrol/mandate-ends.ts';
import type { ClaimedLetter } from '../store/enrol/post.ts';
import type { Db } from '../store/pool.ts';
import type { LetterFacts } from './letters/facts.ts';

const day = 86_400_000;

/** It is written as things are now: it may have lain for days where no mail went out. */
export async function aboutMandate(
  db: Db,
  { details }: Pick<ClaimedLetter, 'details'>,
  now: Date,
): Promise<Omit<LetterFacts, 'language' | 'contact' | 'link'> | string> {
  const environment = environments.find((one) => one === details['environment']);
  if (environment === undefined) return 'it is not said which environment it is about';
  const ending = await readMandateEnding(db, Number(details['mandate']), { environment, now });
  if (ending === undefined) return 'the mandate is over, or another follows it';
  if (ending.given.some((days) => days < Number(details['days']))) return 'a later notice says what this one would';
  const { agentName: agent, principalName, principal: number, unfollowed, waiting, to, id } = ending;
  const principal = principalName === undefined ? number : `${principalName} (${number})`;
  const daysLeft = Math.max(1, Math.ceil((to.getTime() - now.getTime()) / day));
  return {
    organisation: details['side'] === 'principal' ? principal : agent,
    environment,
    description: unfollowed.join(', '),
    ends: to,
    name: String(id),
    end: { daysLeft, pushed: false, fetched: false, waiting },
    mandate: { agent, principal },
  };
}
