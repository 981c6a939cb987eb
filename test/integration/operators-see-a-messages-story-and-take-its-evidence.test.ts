import { strict as assert } from 'node:assert';
import { addAccount } from '../../src/operations/access/accounts.ts';
import { verifyEvidence } from '../../src/operations/evidence/verify.ts';
import { readZip } from '../../src/operations/evidence/zip.ts';
import { readSettings } from '../../src/platform/config/read.ts';
import { type OperatorApi, operatorApiSettings, startOperatorApi } from '../../src/roles/operator-api.ts';
import { listAudit } from '../../src/store/audit.ts';
import { type Visitor, visitor } from '../support/browser.ts';
import { eventually } from '../support/eventually.ts';
import { testLog } from '../support/gateway-log.ts';
import { frameFor, type Line, openLine } from '../support/line.ts';

describe('operators see a message’s story and take its evidence', () => {
  let line: Line;
  let api: OperatorApi;
  let browser: Visitor;
  let id: string;
  before(async () => {
    line = await openLine();
    const supplier = await line.addSupplier();
    await line.take([frameFor(supplier.organisationNumber, { documentNumber: 'SF-1' })]);
    await line.deliver();
    await eventually('it is delivered', async () => (await line.states())['delivered'] === 1);
    id = supplier.received()[0] ?? '';
    const settings = readSettings([...operatorApiSettings], {
      KUVERT_ENVIRONMENT: 'test',
      DATABASE_URL: line.databaseUrl,
      KUVERT_OPERATOR_PORT: '0',
      KUVERT_SIGNING_OLD_CERTIFICATES_FILE: line.certificates.signing.certificateFile,
    });
    api = await startOperatorApi(settings, testLog());
    const act = { actor: 'cli:test', reason: 'a test', now: new Date() };
    const account = { name: 'olle', displayName: 'Olle', roles: ['operator' as const] };
    const link = await addAccount(line.pool, account, 3_600_000, act);
    browser = visitor(api.origin);
    await browser.post(`/sign-in/link/${link.secret}`, {});
    await browser.get('/account');
  });
  after(async () => {
    await api?.stop();
    await line?.close();
  });

  it('from KA to the supplier’s answer, with what the wire showed', async () => {
    const { body } = await browser.get(`/messages/${id}`);
    for (const says of [
      /Mottaget från KA/,
      /Förseglat och signerat/,
      /Försök 1 <span class="status">20\d<\/span>/,
      /TLSv1\.3/,
      /Visat certifikat<\/dt><dd><code>[0-9a-f]{64}/,
      /<rect class="tls"/,
    ])
      assert.match(body, says);
    assert.doesNotMatch(body, / style=/, 'nothing that the policy would stop');
  });

  it('and whether its envelope is what was signed: one that was changed is not', async () => {
    assert.match((await browser.get(`/messages/${id}/envelope`)).body, /Äkta: /);
    await line.pool.query('alter table envelope disable trigger envelope_unchanged');
    await line.pool.query("update envelope set head = replace(head, 'SF-1', 'SF-2') where message_id = $1", [id]);
    assert.match((await browser.get(`/messages/${id}/envelope`)).body, /INTE det som signerades/);
    await line.pool.query("update envelope set head = replace(head, 'SF-2', 'SF-1') where message_id = $1", [id]);
    await line.pool.query('alter table envelope enable trigger envelope_unchanged');
  });

  it('and take evidence with them that anybody can verify, for a reason that is on record', async () => {
    assert.equal((await browser.post(`/messages/${id}/evidence`, { reason: '' })).status, 400);
    const answer = await browser.post(`/messages/${id}/evidence`, { reason: 'tvist' });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['content-type'], 'application/zip');
    const claims = await verifyEvidence(await readZip(answer.bytes), {
      authorities: undefined,
      certificate: undefined,
    });
    assert.deepEqual(
      claims.filter(({ verdict }) => verdict === 'wrong'),
      [],
    );
    const [row] = await listAudit(line.pool, { subject: `message/${id}`, limit: 1 });
    assert.deepEqual(
      [row?.actor, row?.action, row?.reason, row?.details],
      ['operator:olle', 'document.open', 'tvist', { documentNumber: 'SF-1', how: 'evidence' }],
    );
  });
});
