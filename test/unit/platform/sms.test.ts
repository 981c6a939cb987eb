import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import nock from 'nock';
import { openSms } from '../../../src/platform/sms.ts';

const sms = { to: '+46701234567', text: 'Kuvert: PIN-koden är 012345.' };
const send = openSms({ url: 'https://user:p%40ss@api.46elks.com/a1/sms', from: 'Kuvert', timeout: 200 });
const elks = () => nock('https://api.46elks.com');

describe('an SMS by the API of 46elks', () => {
  before(() => nock.disableNetConnect());
  afterEach(() => {
    assert.deepEqual(nock.pendingMocks(), []);
    nock.cleanAll();
  });
  after(() => {
    nock.enableNetConnect();
    nock.restore();
  });

  it('is a form with from, to and message, under the account of the setting', async () => {
    elks()
      .post('/a1/sms', { from: 'Kuvert', to: sms.to, message: sms.text })
      .basicAuth({ user: 'user', pass: 'p@ss' })
      .matchHeader('content-type', /^application\/x-www-form-urlencoded/)
      .reply(200, { status: 'created', id: 's1' });
    assert.deepEqual(await send(sms), { kind: 'sent' });
  });

  it('that is refused surely was not sent; what the provider repeats of it is not kept', async () => {
    for (const status of [400, 401, 403, 302]) {
      elks()
        .post('/a1/sms')
        .reply(status, `Not for ${sms.to}: ${sms.text}`, { location: 'https://elsewhere.example/' });
      assert.deepEqual(await send(sms), { kind: 'not-sent', why: `${status} Not for +…: Kuvert: PIN-koden är ….` });
    }
  });

  it('of which the provider does not say what became of it may have been sent', async () => {
    elks().post('/a1/sms').reply(503, 'try later');
    assert.deepEqual(await send(sms), { kind: 'unknown', why: '503 try later' });
    // One that says nothing at all.
    nock.enableNetConnect('127.0.0.1');
    const server = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const silent = openSms({ url: `http://user:pass@127.0.0.1:${port}/`, from: 'Kuvert', timeout: 200 });
    assert.equal((await silent(sms)).kind, 'unknown');
    server.closeAllConnections();
    server.close();
    nock.disableNetConnect();
    elks().post('/a1/sms').replyWithError('socket hang up');
    assert.equal((await send(sms)).kind, 'unknown');
  });

  it('to a provider that is not there was not sent', async () => {
    elks()
      .post('/a1/sms')
      .replyWithError(Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:443'), { code: 'ECONNREFUSED' }));
    assert.equal((await send(sms)).kind, 'not-sent');
  });

  it('for developers is a file that only they can read', async () => {
    const folder = join(mkdtempSync(join(tmpdir(), 'kuvert-sms-')), 'sms');
    const outcome = await openSms({ url: `file:${folder}`, from: 'Kuvert' })(sms);
    const [name = ''] = readdirSync(folder);
    const file = join(folder, name);
    assert.deepEqual(outcome, { kind: 'sent', file });
    assert.equal(readFileSync(file, 'utf8'), `To: ${sms.to}\n\n${sms.text}\n`);
    assert.equal(statSync(file).mode & 0o777, 0o600);
  });
});
