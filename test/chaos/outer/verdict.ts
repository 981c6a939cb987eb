/** The verdict on a campaign, once the gateway has settled: what the outer world wrote, against what the gateway's books say. */
import type { Store } from './books.ts';
import { agreement } from './claims/agreement.ts';
import { answersTrue } from './claims/answers.ts';
import type { Breach, Claim } from './claims/claim.ts';
import { rightCollector } from './claims/collected.ts';
import { conserved } from './claims/conservation.ts';
import { rightIdentity } from './claims/identity.ts';
import { registeredAreLetIn } from './claims/let-in.ts';
import { listsAreTrue } from './claims/lists.ts';
import { nothingLost } from './claims/nothing-lost.ts';
import { numbersExplained } from './claims/numbers.ts';
import { oneDocument } from './claims/one-document.ts';
import { receiptsTrue } from './claims/receipts.ts';
import { renewedOnce } from './claims/renewals.ts';
import { explainedRepeats } from './claims/repeats.ts';
import { revokedIsEnded } from './claims/revoked.ts';
import { gapless } from './claims/sequences.ts';
import { strictOrder } from './claims/strict-order.ts';
import { type Evidence, fetched, readEvidence } from './evidence.ts';
import { storyOf } from './story.ts';

/** Each claim by the name that findings, reports and tests call it. */
export const claims = {
  'nothing is lost': nothingLost,
  'nothing goes to a wrong identity': rightIdentity,
  'nothing is collected by others': rightCollector,
  'what is revoked is ended': revokedIsEnded,
  'revocation lists are true': listsAreTrue,
  'a renewal is one certificate': renewedOnce,
  'who is registered is let in': registeredAreLetIn,
  'receipts are true': receiptsTrue,
  'an id is one document in one envelope': oneDocument,
  'sequences have no gap': gapless,
  'numbers are explained': numbersExplained,
  'strict lanes are in order': strictOrder,
  'repeats are explained': explainedRepeats,
  'books and suppliers agree': agreement,
  'conservation is true': conserved,
  'answers are complete and true': answersTrue,
} as const satisfies Readonly<Record<string, Claim>>;

export interface Finding extends Breach {
  readonly claim: keyof typeof claims;
  /** What every file and the books say about that message, in the order of time. */
  readonly story: readonly string[];
}

export interface Verdict {
  readonly clean: boolean;
  readonly seed: number;
  readonly findings: readonly Finding[];
  readonly counts: Readonly<Record<string, number>>;
}

/** So many findings get their story: a gateway that is broken on purpose makes thousands. */
const stories = 100;

/** @param store read-only, with plain SQL; a `pg` pool or client will do. */
export async function judge(folder: string, store: Store): Promise<Verdict> {
  const evidence = await readEvidence(folder, store);
  const breaches = Object.entries(claims).flatMap(([claim, look]) =>
    look(evidence).map((breach) => ({ ...breach, claim: claim as Finding['claim'] })),
  );
  const findings = breaches.map(
    (breach, i): Finding => ({ ...breach, story: i < stories ? storyOf(evidence, breach) : [] }),
  );
  return { clean: findings.length === 0, seed: evidence.world.seed, findings, counts: countsOf(evidence) };
}

function countsOf({
  sent,
  produced,
  received,
  answered,
  status,
  dead,
  books,
  collected,
  enrolled,
  register,
  lists,
}: Evidence): Record<string, number> {
  const current = books.deliveries.filter((row) => row.current);
  const states = ['delivered', 'refused', 'held', 'cancelled', 'waiting', 'sending'] as const;
  const kept = new Set(received.flatMap((line) => (line.kept ? [line.id] : [])));
  return {
    sent: produced.filter(({ event }) => event === 'intent').length,
    receipts: produced.filter(({ event }) => event === 'sent').length,
    documents: new Set([...sent.values()].map(({ line }) => line.key)).size,
    messages: books.messages.length,
    duplicates: books.frames.filter(({ verdict }) => verdict === 'duplicate').length,
    deadLetters: books.letters.length,
    withdrawals: books.frames.filter(({ verdict }) => verdict === 'withdrawal').length,
    ...Object.fromEntries(states.map((state) => [state, current.filter((row) => row.state === state).length])),
    requests: received.length,
    kept: kept.size,
    repeats:
      received.filter(({ whole }) => whole).length -
      new Set(received.flatMap((line) => (line.whole ? [line.id] : []))).size,
    // Kept, and answered as if not: what a lying or dying supplier makes of delivery “at least once”.
    keptWithoutReceipt: received.filter(({ kept: has, request }) => has && answered.get(request)?.delivered !== true)
      .length,
    fetches: fetched(collected).length,
    collected: books.receipts.length,
    numbersTold: collected.reduce((sum, line) => sum + (line.event === 'numbers' ? line.highest : 0), 0),
    turnedAway: collected.filter(({ event }) => event === 'turned-away').length,
    renewals: new Set(enrolled.flatMap((line) => (line.event === 'issued' ? [line.fingerprint] : []))).size,
    renewalsUnanswered: enrolled.filter(({ event }) => event === 'unanswered').length,
    withdrawnCertificates: register.filter(({ event }) => event === 'withdrawn').length,
    onTheLists: new Set(lists.flatMap(({ serials }) => serials)).size,
    outcomesUnknown: books.attempts.filter(({ outcome }) => outcome === 'unknown').length,
    attempts: books.attempts.length,
    answers: status.length,
    deadLettersOnTheQueue: dead.length,
  };
}

/** For a person: the seed, then each finding with its story. @param most findings that are told whole. */
export function verdictText({ clean, seed, findings, counts }: Verdict, most = 10): string {
  const figures = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
  if (clean) return `clean; seed ${seed}; ${figures.join(', ')}\n`;
  const told = findings.slice(0, most).flatMap(({ claim, what, story }) => [`\nNOT TRUE: ${claim}. ${what}`, ...story]);
  const rest = findings.length > most ? [`\n… and ${findings.length - most} more`] : [];
  return [`seed ${seed}: ${findings.length} findings; ${figures.join(', ')}`, ...told, ...rest, ''].join('\n');
}
