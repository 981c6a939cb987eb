/** `kuvert status`: is every message accounted for, and do the lanes flow? */
import type { Command } from 'commander';
import type { Language } from '../operations/catalogue.ts';
import { explainLane } from '../operations/explain.ts';
import { type AuditStanding, auditStanding } from '../store/audit-heads.ts';
import { type Conservation, conservation } from '../store/conservation.ts';
import { countOpenIncidents } from '../store/enrol/incidents.ts';
import { type LaneOverview, laneOverview, unaddressed } from '../store/supplier-lanes.ts';
import { type Context, examples } from './context.ts';
import { languageOption } from './language.ts';
import { withStore } from './store.ts';
import type { ToldLane } from './supplier-print.ts';
import { moment, printable, span, table } from './table.ts';
import { json } from './terminal.ts';

export function addStatus(program: Command, { terminal, exitWith }: Context): void {
  program
    .command('status')
    .description('Whether every message is accounted for, and how each lane is. Exit code 6 when one is not.')
    .option('--json', 'for programs')
    .addOption(languageOption())
    .addHelpText(
      'after',
      examples(
        ['kuvert status', 'conservation on top, then a line for each lane, and why those stand still that do'],
        ['kuvert status --language sv', 'the same; why, in Swedish'],
        ['kuvert status --json | jq .conservation.conserved', 'for a monitor'],
      ),
    )
    .action(async (options: { json?: true; language: Language }) => {
      const status = await withStore(async (pool) => ({
        conservation: await conservation(pool),
        lanes: (await laneOverview(pool)).map((lane) => ({ ...lane, why: explainLane(lane, options.language) })),
        unaddressed: await unaddressed(pool),
        openIncidents: await countOpenIncidents(pool),
        audit: await auditStanding(pool),
      }));
      if (!status.conservation.conserved) exitWith(6);
      terminal.out(
        options.json
          ? json(status)
          : [
              `${showConservation(status.conservation)}\n${showAudit(status.audit)}`,
              showUnaddressed(status.unaddressed),
              showIncidents(status.openIncidents),
              showLanes(status.lanes, new Date()),
              showReasons(status.lanes),
            ]
              .filter((part) => part !== '')
              .join('\n\n'),
      );
    });
}

/** The one line that must always hold, and where it does not. */
export function showConservation(c: Conservation): string {
  const sums = `taken ${c.taken} = messages ${c.messages} + duplicates ${c.duplicates} + dead letters ${c.deadLetters} + withdrawals ${c.withdrawals}`;
  const states = (['delivered', 'waiting', 'sending', 'held', 'refused', 'cancelled'] as const)
    .filter((state) => c[state] > 0)
    .map((state) => `${c[state]} ${state}`);
  return [
    `${c.conserved ? 'Conserved' : 'NOT CONSERVED'}: ${sums}`,
    `Messages: ${states.join(', ') || 'none'}${c.purged > 0 ? `, ${c.purged} purged` : ''}; answers not sent yet: ${c.outboxDepth}${c.voided > 0 ? `; numbers that are void: ${c.voided}` : ''}`,
    ...c.breaches.map((breach) => `  broken: ${breach}`),
  ].join('\n');
}

/** How much of the audit is signed, and whether that is known outside the database. */
function showAudit({ newest, head, outside }: AuditStanding): string {
  if (head === undefined) return `Audit: ${newest} rows; none is signed for yet`;
  const since = newest > head.row ? `, ${newest - head.row} since` : '';
  const known =
    outside === undefined
      ? '; in no file outside the database (KUVERT_AUDIT_HEAD_FILE)'
      : outside.row < head.row
        ? `; outside the database only up to row ${outside.row}, ${moment(outside.at)}`
        : '; also outside the database';
  return `Audit: signed up to row ${head.row}, ${moment(head.at)}${since}${known}`;
}

function showUnaddressed(rows: readonly { organisationNumber: string; held: number; oldest: Date }[]): string {
  return rows
    .map(
      ({ organisationNumber, held, oldest }) =>
        `Held, no address takes them: ${held} for ${organisationNumber}, the oldest since ${moment(oldest)}`,
    )
    .join('\n');
}

const showIncidents = (open: number): string =>
  open === 0 ? '' : `Open incidents: ${open}; see \`kuvert incident list --open\``;

/** A sentence for each lane that does not flow. */
function showReasons(lanes: readonly ToldLane[]): string {
  const standing = lanes.filter(({ state }) => state !== 'flowing');
  return standing.map(({ supplier, address, why }) => printable(`${supplier}, ${address}: ${why}`)).join('\n');
}

export function showLanes(lanes: readonly LaneOverview[], now: Date): string {
  if (lanes.length === 0) return 'No lanes yet: `kuvert supplier import FILE` makes them.';
  const ahead = ({ nextWake: at, leaseUntil }: LaneOverview) => {
    if (at === undefined) return undefined;
    // Nobody takes it before: the worker that has it goes on, or is dead and is waited out.
    if (leaseUntil !== undefined && leaseUntil > now && leaseUntil > at)
      return `leased until ${leaseUntil.toISOString().slice(11, 19)}`;
    return at <= now ? 'now' : `in ${span(at.getTime() - now.getTime())}`;
  };
  return table(
    [
      { title: 'ORGANISATION', value: ({ organisationNumber }) => organisationNumber },
      { title: 'SUPPLIER', value: ({ supplier }) => supplier },
      { title: 'ADDRESS', value: ({ address }) => address },
      { title: 'LANE', value: ({ state }) => state },
      { title: 'REASON', value: ({ reason }) => reason },
      { title: 'NEXT WAKE', value: ahead },
      { title: 'WAITING', value: ({ waiting }) => waiting },
      { title: 'SENDING', value: ({ sending }) => sending },
      { title: 'HELD', value: ({ held }) => held },
      { title: 'REFUSED', value: ({ refused }) => refused },
      { title: 'DELIVERED', value: ({ delivered }) => delivered },
      {
        title: 'OLDEST WAITING',
        value: ({ oldestWaiting }) => oldestWaiting && span(now.getTime() - oldestWaiting.getTime()),
      },
    ],
    lanes,
  );
}
