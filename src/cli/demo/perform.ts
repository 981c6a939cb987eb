/** The acts of the demo, shown as they go. On a terminal the list lives; elsewhere each step is a line. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Listr, type ListrTask, type ListrTaskWrapper } from 'listr2';
import { conservation } from '../../store/conservation.ts';
import { deliveredDocuments, type SupplierTotals, supplierTotals } from '../../store/totals.ts';
import { importSuppliers } from '../../suppliers/import.ts';
import { readSuppliers } from '../../suppliers/read-file.ts';
import { type AnswerCounts, readAnswers } from './answers.ts';
import { type Play, type Player, players, script } from './cast.ts';
import type { Theatre } from './theatre.ts';

const rounds = 8;
/** How long the third supplier stays down, and how long everything may take: milliseconds. */
const downFor = 6_000;
const patience = 45_000;

/** @returns one sentence for everything that is not as it should be at the end; none if all is well. */
export async function perform(theatre: Theatre): Promise<string[]> {
  const plays = script(rounds, Date.now() - 60_000);
  const complaints: string[] = [];
  const deadline = { at: Number.POSITIVE_INFINITY };
  const known = players.filter(({ temper }) => temper !== 'late');
  const list = new Listr(
    [
      step('Private PostgreSQL, Redis and ActiveMQ; certificates', async () => {
        const { migrated } = await theatre.openServers();
        return `ready, migrated (${migrated.length}), certificates in certs-dev/`;
      }),
      step('The gateway: intake, delivery, supplier-api, operator-api', async () => {
        const gateway = await theatre.startGateway();
        return `runs; suppliers find its keys at https://127.0.0.1:${gateway.supplierPort}/.well-known/jwks.json`;
      }),
      step('Five suppliers are registered', async () => {
        await register(theatre, known);
        for (const { organisationNumber, temper } of known)
          if (temper !== 'down') await theatre.suppliers.get(organisationNumber)?.open();
        return known.map(({ name, story }) => `${name} (${story})`).join(', ');
      }),
      step(`KA puts ${plays.length} documents on the queue`, async () => {
        deadline.at = Date.now() + patience;
        await theatre.send(plays);
        return 'orders, self-invoices and credits; one for a stranger, one unwanted, one broken, one twice';
      }),
      {
        title: 'Signed envelopes go out over mutual TLS, or are fetched',
        task: (_, task) =>
          task.newListr(
            known.map((player) => watch(theatre, player, sentTo(plays, player), deadline, complaints)),
            { concurrent: true, exitOnError: false },
          ),
      },
      step('The stranger is registered, and gets what waited for it', async () => {
        const late = players.filter(({ temper }) => temper === 'late');
        for (const { organisationNumber } of late) await theatre.suppliers.get(organisationNumber)?.open();
        const released = await register(theatre, late);
        await until(
          deadline,
          async () => late.every((player) => isDone(rowOf(player, totals), sentTo(plays, player))),
          async () => {
            totals = await supplierTotals(theatre.pool());
          },
        );
        return `${released} released and delivered`;
      }),
      step('KA reads its answers, and the books balance', async () => {
        const answers = await readAnswers(theatre.stage(), expectedAnswers(plays), deadline.at);
        await until(deadline, async () => (await conservation(theatre.pool())).outboxDepth === 0);
        complaints.push(...(await inspect(theatre, plays, answers)));
        return Object.entries(answers)
          .filter(([, count]) => count > 0)
          .map(([kind, count]) => `${count} ${kind}`)
          .join(', ');
      }),
    ],
    {
      exitOnError: true,
      // The demo stops what it started; the list would end the process on the spot.
      registerSignalListeners: false,
      rendererOptions: { collapseSubtasks: false, showErrorMessage: false },
      fallbackRendererOptions: { timestamp: undefined },
    },
  );
  let totals: SupplierTotals[] = [];
  await list.run();
  return complaints;
}

function step(title: string, work: () => Promise<string>): ListrTask {
  return {
    title,
    task: async (_, task) => {
      const what = await work();
      task.title = `${title}: ${what}`;
    },
  };
}

/** One supplier's line, rewritten while its messages go out. */
function watch(
  theatre: Theatre,
  player: Player,
  messages: number,
  deadline: { at: number },
  complaints: string[],
): ListrTask {
  return {
    title: `${player.name} (${player.story})`,
    task: async (_, task) => {
      if (player.temper === 'down')
        setTimeout(() => void theatre.suppliers.get(player.organisationNumber)?.open(), downFor);
      let row: SupplierTotals | undefined;
      const done = await until(
        deadline,
        async () => isDone(row, messages),
        async () => {
          row = rowOf(player, await supplierTotals(theatre.pool()));
          show(task, player, row);
        },
      );
      const trouble = theatre.suppliers.get(player.organisationNumber)?.trouble();
      const why = trouble === undefined ? '' : `: ${trouble}`;
      if (!done) complaints.push(`${player.name} got ${row?.delivered ?? 0} of ${messages} messages in time${why}`);
    },
  };
}

const rowOf = (player: Player, totals: readonly SupplierTotals[]): SupplierTotals | undefined =>
  totals.find((row) => row.organisationNumber === player.organisationNumber);

/** All that was sent to it, not all that has been taken so far: on a slow machine its first messages are through before the last are in. */
const isDone = (row: SupplierTotals | undefined, messages: number): boolean =>
  row !== undefined && row.delivered + row.refused === messages;

const sentTo = (plays: readonly Play[], { organisationNumber }: Player): number =>
  plays.filter((play) => isMessage(play) && play.headers['recipient'] === organisationNumber).length;

function show(
  task: Pick<ListrTaskWrapper<unknown, never, never>, 'title' | 'output'>,
  player: Player,
  row: SupplierTotals | undefined,
): void {
  if (!row) return;
  const refused = row.refused === 0 ? '' : `, ${row.refused} refused`;
  const { name, story, temper } = player;
  const far = `${row.delivered} of ${row.messages}`;
  const how = temper === 'fetching' ? `${far} fetched` : `${far} delivered${refused}, ${row.attempts} attempts`;
  task.title = `${name} (${story}): ${how}`;
  const trouble = row.lane === null ? '' : `the lane is ${row.lane}: ${row.detail ?? ''}`;
  const said =
    trouble !== '' ? `${player.name}: ${trouble}` : task.output ? `${player.name}: the lane flows again` : undefined;
  // Elsewhere than on a terminal each output is a line of its own: only what is new is said.
  if (said !== undefined && said !== task.output) task.output = said;
}

/** Looks until it is true, after doing what there is to do; false when the time is over. */
async function until(
  deadline: { at: number },
  isTrue: () => Promise<boolean>,
  first: () => Promise<void> = async () => undefined,
): Promise<boolean> {
  for (;;) {
    await first();
    if (await isTrue()) return true;
    if (Date.now() > deadline.at) return false;
    await sleep(200);
  }
}

async function register(theatre: Theatre, some: readonly Player[]): Promise<number> {
  const entries = some.map((player) => theatre.suppliers.get(player.organisationNumber)?.entry);
  const read = readSuppliers(entries, { now: new Date(), readPem: () => '' });
  const summary = await importSuppliers(theatre.pool(), read, {
    actor: 'demo',
    reason: 'demo',
    rehearsal: false,
    now: new Date(),
  });
  return summary.suppliers.reduce((sum, { released }) => sum + released, 0);
}

const countOf = (plays: readonly Play[], fate: Play['fate']): number =>
  plays.filter((play) => play.fate === fate).length;

const isMessage = ({ fate }: Play): boolean => fate === 'message' || fate === 'refused';

/** Accepted, and delivered or refused, for each message, one for each other frame, and “held” for the stranger's. */
const expectedAnswers = (plays: readonly Play[]): number => plays.length + plays.filter(isMessage).length + 1;

/** What each supplier really has, against what the book says it should have. */
async function inspect(theatre: Theatre, plays: readonly Play[], answers: AnswerCounts): Promise<string[]> {
  const complaints: string[] = [];
  const found = await conservation(theatre.pool());
  complaints.push(...found.breaches);
  const expected = (fate: Play['fate']): number => countOf(plays, fate);
  const say = (what: string, have: number, want: number) => {
    if (have !== want) complaints.push(`${have} ${what}, expected ${want}`);
  };
  say('frames were taken', found.taken, plays.length);
  const messages = plays.filter(isMessage).length;
  say('messages', found.messages, messages);
  say('delivered', found.delivered, expected('message'));
  say('refused', found.refused, expected('refused'));
  say('duplicates', found.duplicates, expected('duplicate'));
  say('dead letters', found.deadLetters, expected('dead-letter'));
  say('answers are not with KA', found.outboxDepth, 0);
  say('answers “accepted”', answers.accepted, messages);
  say('answers “delivered”', answers.delivered, expected('message'));
  say('answers “refused”', answers.refused, expected('refused'));
  say('answers “duplicate”', answers.duplicate, expected('duplicate'));
  say('answers “rejected”', answers.rejected, expected('dead-letter'));
  for (const player of players) complaints.push(...(await inspectSupplier(theatre, player)));
  return complaints;
}

/** What was refused is not there: a supplier has what was delivered, no more, each as KA sent it and in the envelope it wants. */
async function inspectSupplier(theatre: Theatre, { organisationNumber, name, format }: Player): Promise<string[]> {
  const complaints: string[] = [];
  const wanted = await deliveredDocuments(theatre.pool(), organisationNumber);
  const got = await theatre.suppliers.get(organisationNumber)?.documents();
  for (const { messageId, sha256, envelopeFormat } of wanted) {
    if (got?.get(messageId) !== sha256) complaints.push(`${name} does not have message ${messageId} as it was sent`);
    if (envelopeFormat !== format)
      complaints.push(`${name} got message ${messageId} in an envelope that is ${envelopeFormat}`);
  }
  for (const id of got?.keys() ?? [])
    if (!wanted.some(({ messageId }) => messageId === id))
      complaints.push(`${name} has message ${id}, which is not its own`);
  return complaints;
}
