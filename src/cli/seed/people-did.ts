/** What people did in a seeded book, for its audit. */
import type { AuditEntry } from '../../store/audit.ts';
import { seedAction } from '../../store/seed/register.ts';
import type { Person } from './people.ts';
import { type Plan, span } from './plan.ts';
import { roll } from './roll.ts';
import { documentNumberOf, messageIdOf } from './rows.ts';
import { teller } from './story.ts';

const day = 86_400_000;
/** Of what was done with messages; a book's audit is read, not only counted. */
const mostMessages = 4_000;
const operators = ['operator:anna', 'operator:erik', 'operator:maria', 'token:anna/nightly', 'cli:drift'];
const reasons = ['ticket 4711', 'the supplier called', 'wrong order, KA sends a new one', 'duplicate in their system'];

/** Oldest first; the last row is now, and says what is seeded here. */
export function peopleDid(plan: Plan, people: readonly Person[], now: Date): AuditEntry[] {
  const entries = [...imports(plan, people), ...days(plan), ...lanes(plan, people), ...messages(plan, people)];
  return [
    ...entries.sort((a, b) => a.at.getTime() - b.at.getTime()),
    {
      actor: 'cli:seed',
      action: seedAction,
      subject: 'store',
      reason: 'an invented book, for development',
      details: { ...plan },
      at: now,
    },
  ];
}

const by = (plan: Plan, at: number, salt: number): Pick<AuditEntry, 'actor' | 'reason'> => ({
  actor: operators[Math.floor(roll(plan.seed, at, salt) * operators.length)] ?? 'cli:drift',
  reason: reasons[Math.floor(roll(plan.seed, at, salt + 1) * reasons.length)],
});

const imports = (plan: Plan, people: readonly Person[]): AuditEntry[] =>
  people
    .filter(({ way }) => way !== 'unknown')
    .map(({ index, organisationNumber, name }) => ({
      actor: 'cli:drift',
      action: 'supplier.import',
      subject: `supplier/${organisationNumber}`,
      reason: 'onboarding',
      details: { name },
      at: new Date(plan.endsAt - span - 30 * day + index * 1_000),
    }));

/** Somebody signs in each morning. */
const days = (plan: Plan): AuditEntry[] =>
  Array.from({ length: span / day }, (_, n) => ({
    actor: operators[n % 3] ?? '',
    action: 'account.sign-in',
    subject: `account/${(operators[n % 3] ?? '').split(':')[1]}`,
    reason: undefined,
    details: { how: 'password' },
    at: new Date(plan.endsAt - span + n * day + 7 * 3_600_000),
  }));

const lanes = (plan: Plan, people: readonly Person[]): AuditEntry[] =>
  people.flatMap(({ index, organisationNumber, trouble }) =>
    trouble?.state !== 'paused'
      ? []
      : [
          {
            ...by(plan, index, 60),
            action: 'lane.pause',
            subject: `supplier/${organisationNumber}/main`,
            details: {},
            at: new Date(plan.endsAt - trouble.since),
          },
        ],
  );

function messages(plan: Plan, people: readonly Person[]): AuditEntry[] {
  const tell = teller(plan, people, new Map());
  const found: AuditEntry[] = [];
  for (let index = 0; index < plan.messages && found.length < mostMessages; index++) {
    const story = tell(index);
    const action =
      story.reason === 'held-by-operator'
        ? 'hold'
        : story.reason === 'cancelled-by-operator'
          ? 'cancel'
          : story.withdrawn
            ? 'withdraw'
            : undefined;
    if (action === undefined) continue;
    const who = story.withdrawn ? { actor: 'ka', reason: 'fel mottagare' } : by(plan, index, 62);
    const details = { documentNumber: documentNumberOf(story), delivery: 1, before: 'waiting', after: story.state };
    const subject = `message/${messageIdOf(plan, story)}`;
    found.push({ ...who, action: `message.${action}`, subject, details, at: new Date(story.changedAt) });
  }
  return found;
}
