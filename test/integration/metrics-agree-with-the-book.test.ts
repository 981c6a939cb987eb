import { strict as assert } from 'node:assert';
import { checkDigitIsRight, isSoleTrader, type OrganisationNumber } from '../../src/domain/organisation-number.ts';
import { readSettings } from '../../src/platform/config/read.ts';
import type { Settings } from '../../src/platform/config/settings.ts';
import { type Gateway, settingsFor, startGateway } from '../../src/roles/start.ts';
import { eventually } from '../support/eventually.ts';
import { openGateway, type TestGateway } from '../support/gateway.ts';
import { type GatewaySupplier, startSupplier } from '../support/gateway-supplier.ts';
import { rememberingLog } from '../support/http.ts';
import { kaDocuments } from '../support/ka.ts';
import { programOf } from '../support/mailbox.ts';
import { probesAt } from '../support/probes.ts';

/** A sole trader's, made up: born on 1 January 1980. */
function soleTraderNumber(serial: number): OrganisationNumber {
  const nine = `800101${String(serial).padStart(3, '0')}`;
  const digit = '0123456789'.split('').find((last) => checkDigitIsRight(nine + last));
  const number = `${nine}${digit}`;
  assert.ok(isSoleTrader(number));
  return number as OrganisationNumber;
}

const roles = ['intake', 'delivery', 'supplier-api'] as const;

describe('metrics and the log of a whole gateway', function () {
  this.timeout(180_000);
  let given: TestGateway;
  let gateway: Gateway;
  const log = rememberingLog();
  let pushed: GatewaySupplier;
  let fetching: GatewaySupplier;
  before(async () => {
    given = await openGateway();
    const { certificates, environment } = given;
    const settings = readSettings(settingsFor(roles), {
      ...environment,
      KUVERT_SUPPLIER_HOST: '127.0.0.1',
      KUVERT_SUPPLIER_PORT: '0',
      KUVERT_SUPPLIER_KEY_FILE: certificates.supplierListener.keyFile,
      KUVERT_SUPPLIER_CERTIFICATE_FILE: certificates.supplierListener.certificateFile,
      KUVERT_DATABASE_CONNECTIONS: '10',
      KUVERT_METRICS_PORT: '0',
    }) as Settings;
    const signing = certificates.signing.certificatePem;
    pushed = await startSupplier(certificates.authority, signing, soleTraderNumber(11), { status: 500 });
    fetching = await startSupplier(certificates.authority, signing, soleTraderNumber(23));
    await given.register(pushed.entry(), fetching.entry({ delivery: 'pull', url: undefined }));
    gateway = await startGateway(settings, roles, log, '0.0.0');
  });
  after(async () => {
    await gateway?.stop();
    await Promise.all([pushed?.endpoint.stop(), fetching?.endpoint.stop()]);
    await given?.close();
  });

  it('each event is counted once, and is one line with its ids and without a sole trader’s number', async () => {
    const probes = probesAt(gateway.metricsPort);
    const toPush = kaDocuments(pushed.organisationNumber, 3);
    const toFetch = kaDocuments(fetching.organisationNumber, 2);
    const [first] = toPush;
    assert.ok(first);
    await given.ka.send([...toPush, ...toFetch, { ...first, headers: { ...first.headers } }]);
    await given.ka.send([{ headers: {}, body: Buffer.from('no document'), isText: true }]);
    await eventually('an attempt has failed', () => pushed.endpoint.requests.length > 0);
    pushed.endpoint.behave('ok');
    const program = programOf(gateway.supplierPort ?? 0, given.certificates.authority.rootPem, fetching.credential);
    const ids = await eventually('two wait', async () => {
      const listed = await program.listed();
      return listed.length === 2 && listed;
    });
    for (const id of ids) assert.equal((await program.fetch(id)).status, 200);
    assert.equal((await program.receipt(ids[0] ?? '')).status, 200);
    assert.equal((await program.receipt(ids[0] ?? '')).status, 200);
    await program.receipts([ids[1] ?? '']);
    assert.equal((await program.ask('GET', `/v1/${fetching.organisationNumber}`)).status, 404);
    await given.settled(7);

    const { rows } = await given.pool.query<{ outcome: string; n: number }>(
      'select outcome, count(*) as n from attempt group by outcome',
    );
    for (const { outcome, n } of rows)
      assert.equal(await probes.metric(`kuvert_pushes_total{outcome="${outcome}"}`), n, outcome);
    assert.ok(rows.length >= 2, 'one failed, and all were delivered');
    const all = rows.reduce((sum, { n }) => sum + n, 0);
    assert.equal(await probes.metric('kuvert_push_duration_seconds_count'), all);
    for (const [line, value] of [
      ['kuvert_frames_taken_total{verdict="accepted"}', 5],
      ['kuvert_frames_taken_total{verdict="duplicate"}', 1],
      ['kuvert_frames_taken_total{verdict="rejected"}', 1],
      ['kuvert_frames_taken_total{verdict="again"}', 0],
      ['kuvert_envelopes_sealed_total{way="push"}', 3],
      ['kuvert_envelopes_sealed_total{way="fetch"}', 2],
      ['kuvert_fetches_total', 2],
      ['kuvert_receipts_total{result="received"}', 2],
      ['kuvert_receipts_total{result="already-received"}', 1],
      ['kuvert_http_requests_total{listener="supplier-api",status="4xx"}', 1],
      ['kuvert_outbox_rows', 0],
      ['kuvert_delivery_oldest_due_seconds', 0],
      ['kuvert_postgresql_up', 1],
      ['kuvert_postgresql_connections_waited_for{role="intake"}', 0],
    ] as const)
      await eventually(`${line} is ${value}`, async () => (await probes.metric(line)) === value);

    const lines = log.lines.map((one) => JSON.stringify(one));
    for (const number of [pushed.organisationNumber, fetching.organisationNumber]) {
      const found = lines.filter(
        (one) => one.includes(number) || one.includes(`${number.slice(0, 6)}-${number.slice(6)}`),
      );
      assert.deepEqual(found, [], 'a person’s number is in the log');
    }
    assert.equal(
      lines.some((one) => one.includes('no document')),
      false,
      'content of a document is in the log',
    );
    for (const one of log.lines) {
      if (one.event === 'request') assert.equal(typeof one['requestId'], 'string');
      if (one.event === 'pushed') assert.equal(typeof one['messageId'], 'string');
      if (one.event === 'request' && String(one['route']).startsWith('/v1/messages/:id'))
        assert.ok(ids.includes(String(one['messageId'])), JSON.stringify(one));
      if (one.event === 'receipt')
        assert.deepEqual([typeof one['requestId'], typeof one['messageId']], ['string', 'string']);
    }
    const { body } = await probes.get('/metrics');
    for (const number of [pushed.organisationNumber, fetching.organisationNumber]) assert.ok(!body.includes(number));
    assert.ok(lines.filter((one) => one.includes('"event":"pushed"')).length === all);
  });
});
