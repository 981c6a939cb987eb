/**
 * A process that is a gateway's role with one defect, made by replacing steps where the crash tests do (test/support/crash-gateway.ts);
 * nothing in src/ knows of it. Run as `node broken-gateway.ts ROLE BREAKAGE`, the settings in its environment. A role that a
 * breakage does not concern is as it should be.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Caller } from '../../../src/collection/caller.ts';
import type { MailboxParts } from '../../../src/collection/mailbox.ts';
import { type DrainDeps, drain } from '../../../src/delivery/drain.ts';
import { createPusher } from '../../../src/delivery/push/push.ts';
import { readProxy } from '../../../src/delivery/push/tunnel.ts';
import { createAlarms, startWorker } from '../../../src/delivery/queue/queue.ts';
import { envelopeBytes } from '../../../src/envelope/bytes.ts';
import { envelopeMediaTypes } from '../../../src/envelope/facts.ts';
import type { ReceiveDeps } from '../../../src/intake/receive.ts';
import { readSettings } from '../../../src/platform/config/read.ts';
import { untilTold } from '../../../src/platform/lifecycle.ts';
import { createLog, errorText, type Log } from '../../../src/platform/log.ts';
import { caSettings, startCa } from '../../../src/roles/ca.ts';
import { loadCredentials } from '../../../src/roles/credentials.ts';
import { type DeliverySettings, deliverySettings, drainDeps, startDelivery } from '../../../src/roles/delivery.ts';
import { intakeSettings, startIntake } from '../../../src/roles/intake.ts';
import { openStore, type Running } from '../../../src/roles/parts.ts';
import { startSupplierApi, supplierApiSettings } from '../../../src/roles/supplier-api.ts';
import type { Hold } from '../../../src/store/lane/take.ts';
import { dueLanes } from '../../../src/store/lane/take.ts';
import { createPool, type Db, type Pool } from '../../../src/store/pool.ts';
import type { Breakage } from './breakages.ts';
import { rememberCallers, rememberingTargets } from './remembering.ts';

const nothing = { verdicts: [], wake: [], filled: [] };

/** The broker may forget the frames as soon as their transaction has begun. */
function ackFirst(deps: ReceiveDeps): ReceiveDeps {
  const later =
    <A>(step: (what: A) => Promise<{ readonly wake: readonly number[] }>) =>
    async (what: A): Promise<typeof nothing> => {
      const store = async (): Promise<void> => {
        const { wake } = await step(what);
        await deps.wake(wake);
      };
      store().catch((error: unknown) => deps.log.warn('stored too late', { error: errorText(error) }));
      return nothing;
    };
  return { ...deps, store: later(deps.store), withdraw: later(deps.withdraw) };
}

/** A pusher that is content with every certificate. */
function withoutPin(deps: DrainDeps, settings: DeliverySettings, log: Log): DrainDeps {
  const { client, authorities: _authorities, proxyCa } = loadCredentials(settings, ['delivery'], new Date()).delivery;
  const pusher = createPusher({
    credential: () => ({ version: client.fingerprint, key: client.key, certificate: client.certificate }),
    judgePeer: () => ({ ok: true }),
    now: Date.now,
    limits: settings,
    egressAllow: settings.egressAllow,
    egressProxy: settings.egressProxy === undefined ? undefined : readProxy(settings.egressProxy, proxyCa),
    log,
    version: '0.0.0',
  });
  const targetOf = ({ lane, url, version, certificates, concurrency }: Parameters<DrainDeps['push']>[0]) => ({
    addressId: lane,
    url,
    version: `${version} ${url}`,
    certificates,
    connections: concurrency,
  });
  return {
    ...deps,
    push: (target, due, envelope, attempt) =>
      pusher.push(targetOf(target), {
        messageId: due.messageId,
        bytes: envelopeBytes(envelope.head, due.document, envelope.sha256, envelope.format),
        signature: envelope.signature,
        contentType: envelopeMediaTypes[envelope.format],
        attempt,
      }),
    probe: async (target) => {
      const probed = await pusher.probe(targetOf(target));
      return probed.kind === 'reachable' ? 'passed' : probed;
    },
  };
}

/** Whoever has the lane now, we act in their name. */
function ignoringEpochs(deps: DrainDeps, pool: Pool): DrainDeps {
  const asHolder = async (hold: Hold): Promise<Hold> => {
    const { rows } = await pool.query<{ epoch: number; holder: string | null }>(
      "update lane set holder = coalesce(holder, $2), lease_until = greatest(lease_until, clock_timestamp() + interval '8 seconds') where id = $1 returning epoch, holder",
      [hold.lane, hold.holder],
    );
    const [row] = rows;
    return row ? { ...hold, epoch: row.epoch, holder: row.holder ?? hold.holder } : hold;
  };
  return {
    ...deps,
    claim: async (hold, ...rest) => deps.claim(await asHolder(hold), ...rest),
    record: async (hold, ...rest) => deps.record(await asHolder(hold), ...rest),
    rest: async (hold) => deps.rest(await asHolder(hold)),
    leave: async (hold) => deps.leave(await asHolder(hold)),
  };
}

/** The role put together by hand, without the look after the alarm is set and without the sweeper that would make up for it. */
async function armOnly(settings: DeliverySettings, log: Log): Promise<Running> {
  const pool = await openStore(settings, 'delivery', log);
  let stopping = false;
  const deps = drainDeps({ settings, log, pool, giveUp: new AbortController(), stopping: () => stopping }, '0.0.0');
  const queue = { redisUrl: settings.redisUrl, prefix: settings.redisPrefix, log };
  const alarms = await createAlarms(queue);
  const worker = await startWorker({
    ...queue,
    concurrency: settings.drainConcurrency,
    drain: (lane) => drain(deps, lane),
    alarmOf: async () => undefined,
    wake: alarms.wake,
  });
  for (const lane of await dueLanes(pool)) await alarms.wake(lane, 0);
  log.info('delivery runs');
  return {
    stop: async () => {
      stopping = true;
      await worker.close();
      await alarms.close();
      await deps.close();
      await pool.close();
    },
  };
}

/** For a receipt it is enough to be somebody: the message's own supplier is taken to be who calls. */
function anyReceipts(parts: MailboxParts): MailboxParts {
  return {
    ...parts,
    callerOf: async (request) => {
      const caller = await parts.callerOf(request);
      const [, id] = /^\/v1\/messages\/([0-9a-f-]{36})\/receipt$/.exec(request.url ?? '') ?? [];
      if (id === undefined) return caller;
      const { rows } = await parts.pool.query<{ organisation: Caller['organisationNumber']; lane: number }>(
        `select m.organisation_number as organisation, d.lane_id as lane from message m
           join delivery d on d.message_id = m.id and d.current and d.lane_id is not null where m.id = $1`,
        [id],
      );
      const [owner] = rows;
      return owner ? { ...caller, organisationNumber: owner.organisation, addresses: [owner.lane] } : caller;
    },
  };
}

/** Of each number it is said that its message was delivered. */
function guessedNumbers(parts: MailboxParts): MailboxParts {
  const { pool } = parts;
  const guessing = (db: Db): Db => ({
    query: async <R extends Record<string, unknown>>(text: string, values?: readonly unknown[]) => {
      const result = await db.query<R>(text, values);
      if (!text.includes('void_range')) return result;
      return { ...result, rows: result.rows.map((row) => ({ ...row, state: 'delivered' })) };
    },
  });
  return {
    ...parts,
    pool: { ...pool, transaction: (work, lockTimeout) => pool.transaction((db) => work(guessing(db)), lockTimeout) },
  };
}

const brokenDoors: Partial<Record<Breakage, (parts: MailboxParts) => MailboxParts>> = {
  'any-receipts': anyReceipts,
  'numbers-guessed': guessedNumbers,
};

async function main(role: string, breakage: Breakage): Promise<void> {
  const log = createLog({ level: 'info', pretty: false });
  const { told } = untilTold();
  const running = await started(role, breakage, log);
  await told;
  await running.stop();
  // Its log is out before the end.
  await sleep(50);
  process.exit(0);
}

function started(role: string, breakage: Breakage, log: Log): Promise<Running> {
  if (role === 'intake') return intake(breakage, log);
  if (role === 'delivery') return delivery(breakage, log);
  if (role === 'ca') return startCa(readSettings(caSettings, process.env), log);
  if (breakage === 'register-remembered') rememberCallers();
  const settings = readSettings(supplierApiSettings, process.env);
  return startSupplierApi(settings, log, brokenDoors[breakage]);
}

function intake(breakage: Breakage, log: Log): Promise<Running> {
  const settings = readSettings(intakeSettings, process.env);
  return startIntake(settings, log, breakage === 'ack-before-commit' ? ackFirst : undefined);
}

function delivery(breakage: Breakage, log: Log): Promise<Running> {
  const settings = readSettings(deliverySettings, process.env);
  if (breakage === 'arm-without-look') return armOnly(settings, log);
  return startDelivery(settings, log, '0.0.0', (deps) => {
    if (breakage === 'no-pin') return withoutPin(deps, settings, log);
    if (breakage === 'register-remembered') return rememberingTargets(deps);
    if (breakage !== 'epoch-ignored') return deps;
    return ignoringEpochs(
      deps,
      createPool({ url: settings.databaseUrl, connections: 2, name: 'chaos broken', onTrouble: () => undefined }),
    );
  });
}

await main(process.argv[2] ?? '', process.argv[3] as Breakage);
