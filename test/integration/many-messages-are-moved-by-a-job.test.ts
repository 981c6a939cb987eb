import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { parseOrganisationNumber } from '../../src/domain/organisation-number.ts';
import { disableAccount } from '../../src/operations/access/accounts.ts';
import { runNextJob } from '../../src/operations/jobs/run.ts';
import { moveMessage } from '../../src/operations/messages.ts';
import { accept } from '../../src/store/accept/accept.ts';
import { listAudit } from '../../src/store/audit.ts';
import { conservation } from '../../src/store/conservation.ts';
import { readAccountNamed } from '../../src/store/operator/accounts.ts';
import { takeJob } from '../../src/store/operator/job-run.ts';
import { readJob } from '../../src/store/operator/jobs.ts';
import type { Visitor } from '../support/browser.ts';
import { type Console, openConsole } from '../support/console.ts';
import { eventually } from '../support/eventually.ts';
import { testLog } from '../support/gateway-log.ts';
import { framesFor } from '../support/line.ts';
import {
  addressEntry,
  certificate,
  deliveriesOf,
  importValue,
  supplierFile,
  takeMessage,
} from '../support/register.ts';

const firm = '5560160680';

describe('many messages are moved by a job', () => {
  let desk: Console;
  let operator: Visitor;
  before(async () => {
    // It looks for jobs when one is started, and hardly ever else.
    desk = await openConsole({ options: { jobs: { lease: 60_000, every: 600_000 } } });
    const pem = await certificate('Ett');
    await importValue(desk.pool, supplierFile(firm, [addressEntry({ certificates: [pem] })]));
    operator = await desk.signedIn('olle', 'operator');
  });
  after(async () => {
    const { breaches } = await conservation(desk.pool);
    await desk?.stop();
    assert.deepEqual(breaches, []);
  });
  // Each begins with nothing held.
  afterEach(() =>
    desk.pool.query(
      "update job set state = 'stopped', ended_at = now(), holder = null, lease_until = null where state in ('queued', 'running', 'stopping')",
    ),
  );

  const order = (action: 'hold' | 'release', messageId: string) =>
    moveMessage(desk.pool, { action, messageId, actor: 'cli:test', reason: 'a test', now: new Date() });
  const held = async (many: number): Promise<string[]> => {
    const ids: string[] = [];
    for (let i = 0; i < many; i++) ids.push(await takeMessage(desk.pool, firm));
    for (const id of ids) await order('hold', id);
    return ids;
  };
  const stateOf = async (id: string) => (await deliveriesOf(desk.pool, id)).at(-1)?.state;
  const states = async (ids: readonly string[]) => Promise.all(ids.map(stateOf));
  const drafted = async (fields: Readonly<Record<string, string>>): Promise<{ path: string; id: number }> => {
    await operator.get('/jobs/new');
    const answer = await operator.post('/jobs', {
      action: 'release',
      state: 'held',
      recipient: firm,
      rate: '1000',
      ...fields,
    });
    assert.equal(answer.status, 303, answer.body);
    const path = String(answer.headers['location']);
    await operator.get(path);
    return { path, id: Number(path.split('/').at(-1)) };
  };
  const rows = (reason: string) =>
    listAudit(desk.pool, { action: 'message.release', limit: 1000 }).then((all) =>
      all.filter((row) => row.reason === reason),
    );
  const ended = (id: number) =>
    eventually('the job is over', async () => {
      const job = await readJob(desk.pool, id);
      return job?.endedAt === undefined ? undefined : job;
    });

  it('shows first how many it is and to whom, and does nothing until it is started', async () => {
    const ids = await held(3);
    const list = (await operator.get(`/messages?supplier=${firm}&state=held`)).body;
    const link = /href="(\/jobs\/new\?[^"]+)"/.exec(list)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const form = (await operator.get(link)).body;
    assert.match(form, new RegExp(`name="recipient" value="${firm}"`), 'the list leads to it, with what it showed');
    const { path } = await drafted({ reason: 'first' });
    const { body } = await operator.get(path);
    assert.match(body, /3 meddelanden till Exempel 5560160680 AB skulle släppas fram/);
    assert.deepEqual(await states(ids), ['held', 'held', 'held']);
    assert.deepEqual(await rows('first'), []);
    assert.equal((await operator.post(`${path}/discard`, {})).status, 303);
    assert.equal((await operator.get(path)).status, 404);
    for (const id of ids) await order('release', id);
  });

  it('does what the dry run showed and nothing else: what came later is left, what was moved meanwhile is passed over', async () => {
    const ids = await held(4);
    const { path, id } = await drafted({ reason: 'second' });
    const [later = ''] = await held(1);
    await order('release', ids[1] ?? '');
    assert.equal((await operator.post(`${path}/start`, {})).headers['location'], path);
    const job = await ended(id);
    assert.deepEqual([job.state, job.total, job.moved, job.notMoved], ['done', 4, 3, 1]);
    assert.deepEqual(await states(ids), ['waiting', 'waiting', 'waiting', 'waiting']);
    assert.equal(await stateOf(later), 'held');
    assert.deepEqual(
      job.examples.map(({ messageId, code }) => [messageId, code]),
      [[ids[1], 'not-possible-now']],
    );
    const [many] = await listAudit(desk.pool, { action: 'message.release-many', limit: 1 });
    assert.deepEqual([many?.actor, many?.reason, many?.id], ['operator:olle', 'second', job.orderRow]);
    const details = (await rows('second')).map((row) => (row.details as { order?: number }).order);
    assert.deepEqual(details, [many?.id, many?.id, many?.id], 'each message has its row, which names the order');
    assert.match((await operator.get(path)).body, /Det var i ett annat läge när turen kom/);
    // Started once is started.
    assert.equal((await operator.post(`${path}/start`, {})).status, 409);
    await order('release', later);
  });

  it('stops at a word: not one more is moved, and a new job for the same reason takes up where it ended', async () => {
    const ids = await held(12);
    const { path, id } = await drafted({ reason: 'third', rate: '2' });
    await operator.post(`${path}/start`, {});
    await eventually('two are moved', async () => ((await readJob(desk.pool, id))?.moved ?? 0) >= 2);
    assert.equal((await operator.post(`${path}/stop`, { reason: '' })).status, 400, 'a stop wants a reason');
    assert.equal((await operator.post(`${path}/stop`, { reason: 'fel leverantör' })).status, 303);
    const moved = (await rows('third')).length;
    const job = await ended(id);
    assert.deepEqual([job.state, job.moved], ['stopped', moved]);
    assert.equal((await rows('third')).length, moved, 'what was moved when it was stopped is all that was moved');
    assert.ok(moved < 12);
    const [stop] = await listAudit(desk.pool, { subject: `job/${id}`, limit: 1 });
    assert.deepEqual([stop?.action, stop?.reason], ['job.stop', 'fel leverantör']);
    const again =
      /href="(\/jobs\/new\?[^"]+)"/.exec((await operator.get(path)).body)?.[1]?.replaceAll('&amp;', '&') ?? '';
    assert.match((await operator.get(again)).body, /name="recipient" value="5560160680"[^]*>third<\/textarea>/);
    const rest = await drafted({ reason: 'third' });
    await operator.post(`${rest.path}/start`, {});
    assert.equal((await ended(rest.id)).moved, 12 - moved);
    assert.deepEqual(
      await states(ids),
      ids.map(() => 'waiting'),
    );
    assert.equal((await rows('third')).length, 12);
  });

  it('of a process that ended in the middle goes on in another when its lease is over, and no message is moved twice', async () => {
    const ids = await held(6);
    const { path, id } = await drafted({ reason: 'fourth' });
    // 1. Ours is a process that is killed after two: it is at it, and says nothing more.
    const holder = randomUUID();
    await desk.pool.query("update job set state = 'queued', order_row = 1 where id = $1", [id]);
    let asked = 0;
    const killed = runNextJob({
      pool: desk.pool,
      log: testLog(),
      now: () => new Date(),
      holder,
      lease: 4_000,
      wait: async () => undefined,
      // A killed process leaves its row with its lease, and does not even give that back.
      ending: () => {
        if (++asked > 3) throw Object.assign(new Error('killed'), { code: '57P01' });
        return false;
      },
    });
    await assert.rejects(killed, /killed/);
    const { moved = 0 } = (await readJob(desk.pool, id)) ?? {};
    assert.ok(moved >= 1 && moved < 6, String(moved));
    // 2. While the lease runs nobody else has it.
    assert.equal(await takeJob(desk.pool, randomUUID(), 1_000, new Date()), undefined);
    // 3. Then another process goes on.
    const other = await desk.another({ jobs: { lease: 60_000, every: 50 } });
    const job = await ended(id);
    await other.stop();
    assert.deepEqual([job.state, job.moved, job.notMoved], ['done', 6, 0]);
    assert.deepEqual(
      await states(ids),
      ids.map(() => 'waiting'),
    );
    assert.equal((await rows('fourth')).length, 6);
    assert.match((await operator.get(path)).body, /6 av 6/);
  });

  it('whose lease is over moves nothing any more, even if it thinks it does', async () => {
    const ids = await held(2);
    const { id } = await drafted({ reason: 'fifth', rate: '2' });
    await desk.pool.query("update job set state = 'queued', order_row = 1 where id = $1", [id]);
    // It stands still after the first, for longer than its lease is; nobody else has taken the job meanwhile.
    const slept = async (milliseconds: number): Promise<void> => {
      await desk.pool.query("update job set lease_until = now() - interval '1 second' where id = $1", [id]);
      await pause(milliseconds);
    };
    const deps = { pool: desk.pool, log: testLog(), now: () => new Date(), holder: randomUUID(), lease: 60_000 };
    assert.equal(await runNextJob({ ...deps, wait: slept, ending: () => false }), true);
    const job = await readJob(desk.pool, id);
    assert.deepEqual([job?.state, job?.done, job?.moved], ['running', 1, 1]);
    assert.deepEqual(await states(ids), ['waiting', 'held']);
    assert.equal((await rows('fifth')).length, 1);
    await order('release', ids[1] ?? '');
  });

  it('waits behind one that is under way, and says behind which', async () => {
    const ids = await held(2);
    const [first, second] = [await drafted({ reason: 'slow' }), await drafted({ reason: 'next' })];
    // Another process is at the first.
    await desk.pool.query(
      "update job set state = 'running', order_row = 1, holder = $2, lease_until = now() + interval '1 hour' where id = $1",
      [first.id, randomUUID()],
    );
    const line = async (): Promise<string> => (await operator.get(second.path)).body;
    assert.doesNotMatch(await line(), /Väntar bakom/, 'a dry run waits for nobody');
    await desk.pool.query("update job set state = 'queued', order_row = 1 where id = $1", [second.id]);
    assert.match(await line(), new RegExp(`Väntar bakom <a href="${first.path}">jobb ${first.id}</a>`));
    assert.match((await operator.get(`/job-progress/${second.id}`)).body, new RegExp(`jobb ${first.id}</a>`));
    assert.equal((await readJob(desk.pool, second.id))?.behind, first.id);
    assert.doesNotMatch((await operator.get(first.path)).body, /Väntar bakom/);
    await desk.pool.query(
      "update job set state = 'done', ended_at = now(), holder = null, lease_until = null where id = $1",
      [first.id],
    );
    assert.doesNotMatch(await line(), /Väntar bakom/);
    for (const id of ids) await order('release', id);
  });

  it('stands for whoever starts it, and stops when that account is disabled', async () => {
    const ids = await held(5);
    const { path, id } = await drafted({ reason: 'account', rate: '0,5' });
    const eva = await desk.signedIn('eva', 'operator');
    const drafter = (await readJob(desk.pool, id))?.accountId;
    await eva.get(path);
    await eva.post(`${path}/start`, {});
    const queued = await readJob(desk.pool, id);
    assert.equal(queued?.accountId, (await readAccountNamed(desk.pool, 'eva'))?.id);
    assert.notEqual(queued?.accountId, drafter);
    const later = await drafted({ reason: 'account, later' });
    await eva.get(later.path);
    await eva.post(`${later.path}/start`, {});
    await eventually('one is moved', async () => ((await readJob(desk.pool, id))?.moved ?? 0) >= 1);
    await disableAccount(desk.pool, 'eva', { actor: 'operator:ada', reason: 'missbruk', now: new Date() });
    const moved = (await rows('account')).length;
    assert.deepEqual([(await ended(id)).state, (await ended(later.id)).state], ['stopped', 'stopped']);
    assert.ok(moved < 5);
    assert.equal((await rows('account')).length + (await rows('account, later')).length, moved);
    for (const one of [id, later.id]) {
      const [stop] = await listAudit(desk.pool, { subject: `job/${one}`, limit: 1 });
      assert.deepEqual([stop?.actor, stop?.action, stop?.reason], ['operator:ada', 'job.stop', 'missbruk']);
    }
    for (const one of ids.slice(moved)) await order('release', one);
  });

  it('is stopped by the process that is at it when its account may not act any more', async () => {
    const ids = await held(5);
    for (const [name, barred] of [
      ['fia', `update operator_account set roles = '{viewer}' where name = 'fia'`],
      ['gun', `update operator_account set disabled_at = now() where name = 'gun'`],
    ] as const) {
      const other = await desk.signedIn(name, 'operator');
      const { path, id } = await drafted({ reason: name, rate: '5' });
      await other.get(path);
      await other.post(`${path}/start`, {});
      await eventually('one is moved', async () => ((await readJob(desk.pool, id))?.moved ?? 0) >= 1);
      await desk.pool.query(barred);
      const job = await ended(id);
      assert.equal(job.state, 'stopped');
      assert.ok(job.moved < job.total);
      assert.equal((await rows(name)).length, job.moved);
      const [stop] = await listAudit(desk.pool, { subject: `job/${id}`, limit: 1 });
      assert.deepEqual([stop?.actor, stop?.action], ['operator-api', 'job.stop']);
    }
    for (const one of ids) if ((await stateOf(one)) === 'held') await order('release', one);
  });

  it('is not drafted when it would take longer than a day, and says at which rate it would not', async () => {
    const nowhere = parseOrganisationNumber('5566778899');
    assert.ok(nowhere);
    // No address is known: all of them are held.
    await accept(desk.pool, framesFor(nowhere, 865));
    await operator.get('/jobs/new');
    const wanted = { action: 'release', state: 'held', recipient: nowhere, reason: 'a day' };
    const slow = await operator.post('/jobs', { ...wanted, rate: '0,01' });
    assert.equal(slow.status, 422);
    assert.match(slow.body, /865 meddelanden skulle ta längre tid än ett dygn\. Minst 0,02 i sekunden/);
    const { rows: jobs } = await desk.pool.query("select 1 from job where reason = 'a day'");
    assert.equal(jobs.length, 0);
    assert.equal((await operator.post('/jobs', { ...wanted, rate: '0,02' })).status, 303);
  });

  it('is not for those who may only look', async () => {
    const ids = await held(1);
    const viewer = await desk.signedIn('vera', 'viewer');
    const { path } = await drafted({ reason: 'sixth' });
    assert.equal((await viewer.get('/jobs')).status, 200);
    assert.doesNotMatch((await viewer.get(path)).body, /action="[^"]*\/start"/);
    assert.equal((await viewer.get('/jobs/new')).status, 403);
    assert.equal(
      (await viewer.post('/jobs', { action: 'release', state: 'held', recipient: firm, rate: '1', reason: 'x' }))
        .status,
      403,
    );
    for (const what of ['start', 'stop', 'discard'])
      assert.equal((await viewer.post(`${path}/${what}`, { reason: 'x' })).status, 403);
    assert.deepEqual(await states(ids), ['held']);
    await order('release', ids[0] ?? '');
  });

  it('says in words what is not right with its form, and keeps what was typed', async () => {
    await operator.get('/jobs/new');
    const said = async (fields: Readonly<Record<string, string>>) => {
      const all = { action: 'release', state: 'held', recipient: firm, rate: '20', reason: 'ärende 7', ...fields };
      const { status, body } = await operator.post('/jobs', all);
      assert.equal(status, 422, JSON.stringify(fields));
      assert.match(body, /ärende 7/);
      return /role="alert">([^<]*)</.exec(body)?.[1] ?? '';
    };
    assert.match(await said({ recipient: '5560160681' }), /inget organisationsnummer/);
    assert.match(await said({ from: '9', to: '3' }), /efter det sista/);
    assert.match(await said({ rate: '0' }), /Takten/);
    assert.match(await said({ action: 'resend' }), /allt som någonsin har levererats/);
    assert.match(await said({ since: '2999-01-01T00:00' }), /har varit/);
    assert.match(await said({ state: 'refused' }), /Inget meddelande passar in/);
  });
});
