import { strict as assert } from 'node:assert';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSettings } from '../../src/platform/config/read.ts';
import { freePorts } from '../../src/platform/local/ports.ts';
import { startSupplierApi, supplierApiSettings } from '../../src/roles/supplier-api.ts';
import type { Store } from '../chaos/outer/books.ts';
import { readJournal } from '../chaos/outer/journal.ts';
import type { CollectedLine, ProducedLine } from '../chaos/outer/lines.ts';
import { type OuterName, type OuterProcess, outerNames, startOuter } from '../chaos/outer/processes.ts';
import { judge, verdictText } from '../chaos/outer/verdict.ts';
import { messageTypes, type World, type WorldSupplier } from '../chaos/outer/world.ts';
import { sampleOrganisationNumber } from '../support/documents.ts';
import { eventually } from '../support/eventually.ts';
import { openGateway, type TestGateway } from '../support/gateway.ts';
import { testLog } from '../support/gateway-log.ts';
import { issueSupplierCredential } from '../support/gateway-supplier.ts';

type Cast = Pick<WorldSupplier, 'temper' | 'ordering' | 'format' | 'concurrency' | 'collects'>;

/** Who is pushed to, and, at the end, who only fetches. */
const cast: readonly (Cast & { readonly delivery?: 'pull' })[] = [
  { temper: 'healthy', ordering: 'any', format: 'cloudevents', concurrency: 1 },
  { temper: 'healthy', ordering: 'strict', format: 'sfti', concurrency: 1 },
  { temper: 'slow', ordering: 'any', format: 'cloudevents', concurrency: 8 },
  { temper: 'refusing', ordering: 'any', format: 'cloudevents', concurrency: 2 },
  { temper: 'lying', ordering: 'any', format: 'sfti', concurrency: 2 },
  { temper: 'slow', ordering: 'any', format: 'cloudevents', concurrency: 1, collects: 'fetching-twice' },
  { temper: 'healthy', ordering: 'any', format: 'cloudevents', concurrency: 1, collects: 'prompt', delivery: 'pull' },
  { temper: 'healthy', ordering: 'strict', format: 'sfti', concurrency: 1, collects: 'forgetful', delivery: 'pull' },
  {
    temper: 'healthy',
    ordering: 'any',
    format: 'sfti',
    concurrency: 1,
    collects: 'receipting-twice',
    delivery: 'pull',
  },
];

async function makeWorld(gateway: TestGateway, folder: string, apiPort: number): Promise<World> {
  const { settings, certificates } = gateway;
  const ports = await freePorts(cast.length);
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return name;
  };
  const suppliers = await Promise.all(
    cast.map(async ({ delivery: _delivery, ...one }, i): Promise<WorldSupplier> => {
      const org = sampleOrganisationNumber(i + 1);
      const { key, certificate } = await issueSupplierCredential(certificates.authority, org);
      const [keyFile, certificateFile] = [write(`${org}.key`, key), write(`${org}.pem`, certificate)];
      return { ...one, org, name: `Utförare ${org} AB`, messageTypes, port: ports[i] ?? 0, keyFile, certificateFile };
    }),
  );
  const world: World = {
    seed: 1,
    environment: settings.environment,
    sender: settings.senderOrganisation,
    queues: { in: settings.queueIn, status: settings.queueStatus, dead: settings.queueDead },
    broker: {
      url: settings.brokerUrls[0] ?? '',
      user: settings.brokerUser ?? '',
      password: write('broker.secret', settings.brokerPassword ?? ''),
    },
    gatewayCa: certificates.caFile,
    signing: { certificateFile: certificates.signing.certificateFile },
    api: { ports: [apiPort], caFile: certificates.caFile },
    suppliers,
  };
  write('world.json', JSON.stringify(world));
  await gateway.register(
    ...suppliers.map(({ org, name, port, certificateFile, format, ordering, concurrency }, i) => ({
      organisationNumber: org,
      name,
      addresses: [
        {
          environment: settings.environment,
          ...(cast[i]?.delivery === 'pull'
            ? { delivery: 'pull' }
            : { delivery: 'push', url: `https://127.0.0.1:${port}/in` }),
          certificates: [readFileSync(join(folder, certificateFile), 'utf8')],
          messageTypes,
          envelopeFormat: format,
          order: ordering,
          concurrency,
        },
      ],
    })),
  );
  return world;
}

/** Where suppliers fetch. */
function startApi({ environment, certificates }: TestGateway) {
  const settings = readSettings(supplierApiSettings, {
    ...environment,
    KUVERT_SUPPLIER_HOST: '127.0.0.1',
    KUVERT_SUPPLIER_PORT: '0',
    KUVERT_SUPPLIER_KEY_FILE: certificates.supplierListener.keyFile,
    KUVERT_SUPPLIER_CERTIFICATE_FILE: certificates.supplierListener.certificateFile,
  });
  return startSupplierApi(settings, testLog());
}

/** Everything that was sent is taken, nothing waits but in a lane that says why, and KA has every answer. */
async function settled({ pool }: TestGateway, folder: string, queues: OuterProcess): Promise<void> {
  const sent = readJournal<ProducedLine>(folder, 'produced.jsonl').filter(({ event }) => event === 'sent').length;
  let last: unknown;
  const look = async (): Promise<boolean> => {
    const { rows } = await pool.query<Record<'taken' | 'moving' | 'owed' | 'answers' | 'letters', number>>(
      `select (select count(*) from frame) as taken, (select count(*) from outbox where sent_at is null) as owed,
              (select count(*) from delivery d join lane l on l.id = d.lane_id
                where d.state = 'sending' or d.state = 'waiting' and l.state <> 'held') as moving,
              (select count(*) from outbox where queue = 'status') as answers, (select count(*) from dead_letter) as letters`,
    );
    const [now] = rows;
    const got = await queues.order({ do: 'count' });
    last = { ...now, sent, got };
    if (!now || now.taken < sent || now.moving + now.owed > 0) return false;
    return Number(got['status']) >= now.answers && Number(got['dead']) >= now.letters;
  };
  await eventually(() => `all is settled: ${JSON.stringify(last)}`, look, 90_000);
}

describe('the outer world of a campaign, around a gateway without faults', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kuvert-outer-'));
  const running = new Map<OuterName, OuterProcess>();
  let gateway: TestGateway;
  let api: Awaited<ReturnType<typeof startApi>>;
  let store: Store;

  before(async () => {
    gateway = await openGateway();
    store = { query: (sql) => gateway.pool.query(sql) };
    // What is on KA's queues is for the outer world.
    await gateway.ka.close();
    api = await startApi(gateway);
    await makeWorld(gateway, folder, api.port);
    for (const name of outerNames) running.set(name, await startOuter(folder, name));
    await gateway.start();
    const [producer, queues, collectors] = (['producer', 'queues', 'collectors'] as const).map((name) =>
      running.get(name),
    );
    assert.ok(producer && queues && collectors);
    // A seed that gives the supplier who wants SFTI and order nothing that stands in the way of the rest.
    await producer.order({ do: 'send', count: 150, seed: 2 });
    await settled(gateway, folder, queues);
    // Programs ask for what is another's only now and then.
    const turnedAway = () =>
      readJournal<CollectedLine>(folder, 'collected.jsonl').some(({ event }) => event === 'turned-away');
    await eventually('somebody asked for what is not his', turnedAway);
    await collectors.order({ do: 'numbers' });
  });
  after(async () => {
    await Promise.all([...running.values()].map((one) => one.stop()));
    await api.stop();
    await gateway.close();
    rmSync(folder, { recursive: true });
  });

  it('ends with a clean verdict, in which every kind of thing has happened', async () => {
    const verdict = await judge(folder, store);
    assert.ok(verdict.clean, verdictText(verdict));
    const { counts } = verdict;
    for (const name of [
      'messages',
      'duplicates',
      'deadLetters',
      'delivered',
      'refused',
      'held',
      'repeats',
      'fetches',
      'collected',
      'turnedAway',
      'numbersTold',
      'keptWithoutReceipt',
    ])
      assert.ok((counts[name] ?? 0) > 0, `${name}: ${JSON.stringify(counts)}`);
    assert.equal(counts['sending'], 0);
  });

  it('says so when a supplier lost what it had confirmed', async () => {
    const lines = readFileSync(join(folder, 'received.jsonl'), 'utf8').split('\n');
    const at = lines.findIndex((line) => line.includes('"receipt":true'));
    const { id } = JSON.parse(lines[at] ?? '{}') as { id: string };
    writeFileSync(join(folder, 'received.jsonl'), lines.filter((line) => !line.includes(id)).join('\n'));
    const { clean, findings } = await judge(folder, store);
    assert.equal(clean, false);
    assert.deepEqual([...new Set(findings.map((one) => one.id))], [id]);
    assert.ok(findings.some(({ claim }) => claim === 'books and suppliers agree'));
    const [finding] = findings;
    assert.ok(
      finding?.story.some((line) => line.includes('KA        hears delivered')),
      finding?.story.join('\n'),
    );
  });
});
