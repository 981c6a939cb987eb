/** The contract of scripts cannot lie: what it describes is served, what is served it describes, and each answer is as it says, with no member more. */
import { strict as assert } from 'node:assert';
import { createHash, randomUUID } from 'node:crypto';
import { Fault } from '../../src/domain/fault.ts';
import { readZip } from '../../src/operations/evidence/zip.ts';
import { operatorContract } from '../../src/operations/face/api/contract.ts';
import type { Contract } from '../../src/platform/http/contract.ts';
import { accept } from '../../src/store/accept/accept.ts';
import { listAudit } from '../../src/store/audit.ts';
import { openIncident } from '../../src/store/enrol/incidents.ts';
import { registerOwn } from '../../src/store/enrol/own-certificates.ts';
import { type Console, openConsole } from '../support/console.ts';
import { type Operation, openContract } from '../support/contract.ts';
import { jsonPurchaseOrder } from '../support/documents.ts';
import { certificateIn } from '../support/enrolment.ts';
import { eventually } from '../support/eventually.ts';
import { frameFor, framesFor, type Line, openLine, type TestSupplier } from '../support/line.ts';
import { place, registerSupplier } from '../support/orders.ts';
import { certificate, registerPerson } from '../support/register.ts';
import { asked, openScript, type Script, type Told } from '../support/script.ts';

/** A member that the document does not have is a mistake here, and allowed to those who read answers. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (value === null || typeof value !== 'object') return value;
  const copy = Object.fromEntries(Object.entries(value).map(([name, member]) => [name, closed(member)]));
  const isSchema = copy['type'] === 'object' && copy['properties'] !== undefined;
  return isSchema ? { additionalProperties: false, ...copy } : copy;
}

const contract = openContract(closed(operatorContract) as Contract);
const reason = 'ticket 12';

/** A path of Express as OpenAPI writes it. */
const shapeOf = (path: string): string => path.replaceAll(/:(\w+)/g, '{$1}');

describe('the contract of scripts and the operators’ listener', () => {
  let line: Line;
  let desk: Console;
  let all: Script;
  let viewer: Script;
  let narrow: Script;
  const answered = new Set<string>();
  before(async () => {
    line = await openLine();
    desk = await openConsole({
      store: line,
      settings: { KUVERT_SIGNING_OLD_CERTIFICATES_FILE: line.certificates.signing.certificateFile },
    });
    const at = { origin: desk.api.origin, pool: line.pool };
    all = await openScript(at, 'anna', ['operator', 'security-officer', 'administrator']);
    viewer = await openScript(at, 'vera', ['viewer']);
    narrow = await openScript(at, 'rut', ['auditor'], ['audit']);
  });
  after(async () => {
    await desk?.stop();
    await line?.close();
  });

  const operationOf = (method: string, path: string): Operation => {
    const bare = path.split('?', 1)[0] ?? '';
    const pattern = (one: Operation) => new RegExp(`^${one.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`);
    const found =
      contract.operations.find((one) => one.method === method && one.path === bare) ??
      contract.operations.find((one) => one.method === method && pattern(one).test(bare));
    assert.ok(found, `${method} ${path} is not described`);
    return found;
  };
  /** Asks below /api/v1, and holds the answer against the contract. */
  async function held(script: Script, method: string, below: string, ...more: readonly unknown[]): Promise<Told> {
    const path = `/api/v1${below}`;
    const answer = await script.ask(method, path, ...(more as [unknown]));
    const operation = operationOf(method, path);
    contract.allows(operation, answer);
    answered.add(`${method} ${operation.path} ${answer.status}`);
    return answer;
  }
  const items = ({ json }: Told) => json['items'] as Record<string, unknown>[];
  const dead = async (recipient: string): Promise<string> => {
    const body = Buffer.from('{"number":');
    const findings = [
      { where: 'document', rule: 'well-formed', text: 'A rule', expected: 'another', found: 'HEMLIGT' },
    ];
    const { verdicts } = await accept(line.pool, [
      {
        kind: 'dead-letter',
        brokerMessageId: `ID:${randomUUID()}`,
        bodySha256: createHash('sha256').update(body).digest(),
        kaMessageId: 'KA-1',
        correlationId: undefined,
        fault: new Fault('document-invalid', 'document: found HEMLIGT', { findings }),
        body,
        isText: true,
        headers: { recipient, correlationId: 'C-7', 'message-id': 'ID:before' },
        messageType: 'self-invoice',
        documentNumber: 'T-1',
        recipient,
      },
    ]);
    const [verdict] = verdicts;
    assert.ok(verdict?.kind === 'rejected');
    return verdict.deadLetterId;
  };
  const taken = async (supplier: TestSupplier, count = 1): Promise<string[]> =>
    (await line.take(framesFor(supplier.organisationNumber, count))).verdicts.map((verdict) => {
      assert.ok(verdict.kind === 'accepted');
      return verdict.messageId;
    });

  it('have the same operations', () => {
    const served = desk.api.routes
      .filter(({ path }) => path.startsWith('/api/'))
      .map(({ method, path }) => `${method} ${shapeOf(path)}`);
    assert.deepEqual(served.toSorted(), contract.operations.map(({ method, path }) => `${method} ${path}`).toSorted());
    const asPages = desk.api.routes.filter(({ path, shows }) => path.startsWith('/api/') && shows !== 'data');
    assert.deepEqual(asPages, []);
  });

  it('agree on what each operation needs', () => {
    const needs = new Map(desk.api.routes.map((route) => [`${route.method} ${shapeOf(route.path)}`, route.needs]));
    for (const { method, path } of contract.operations) {
      const operation = operatorContract.paths[path]?.[method.toLowerCase()] as { description?: string } | undefined;
      const [, said] = /(?:Needs the permission `(\w+)`|Any account may)\.$/.exec(operation?.description ?? '') ?? [
        undefined,
        'nothing',
      ];
      assert.equal(said ?? 'entered', needs.get(`${method} ${path}`), `${method} ${path}`);
    }
  });

  it('agree on how all is, on settings and accounts, and on the document itself', async () => {
    assert.deepEqual((await held(all, 'GET', '/openapi.json')).json, JSON.parse(JSON.stringify(operatorContract)));
    await eventually('the sums are made', async () => (await held(all, 'GET', '/overview')).json['sums'] !== undefined);
    const settings = items(await held(viewer, 'GET', '/settings'));
    assert.ok(settings.some(({ name, secret, value }) => name === 'DATABASE_URL' && secret === true && !value));
    assert.deepEqual(
      items(await held(all, 'GET', '/accounts')).map(({ name }) => name),
      ['anna', 'rut', 'vera'],
    );
    assert.doesNotMatch((await held(all, 'GET', '/accounts/anna')).body, /kuvert_/);
    assert.equal((await held(all, 'GET', '/accounts/nobody')).status, 404);
    assert.equal((await held(all, 'GET', '/accounts/A%20B')).status, 400);
  });

  it('agree on a message that is tried, held, released, delivered, opened and resent', async () => {
    const supplier = await line.addSupplier();
    const [id = '', other = ''] = await taken(supplier, 2);
    assert.equal((await held(all, 'POST', `/messages/${id}/hold`, { reason })).json['changed'], true);
    assert.equal((await held(all, 'POST', `/messages/${id}/hold`, { reason })).json['changed'], false);
    assert.equal((await held(all, 'POST', `/messages/${id}/resend`, { reason })).status, 409);
    const { json } = await held(viewer, 'GET', `/messages/${id}`);
    assert.deepEqual(json['actions'], ['release', 'cancel']);
    const timeline = json['timeline'] as { kind: string; act?: { reason?: string } }[];
    assert.equal(timeline.find(({ kind }) => kind === 'acted')?.act?.reason, reason);
    assert.equal((await held(all, 'GET', `/messages/${id}/envelope`)).json['verdict'], 'not-sealed');
    assert.equal((await held(all, 'POST', `/messages/${id}/evidence`, { reason })).status, 409);
    const moved = await held(all, 'POST', `/messages/${id}/release`, { reason });
    assert.equal((moved.json['message'] as Record<string, unknown>)['state'], 'waiting');
    assert.equal((await held(all, 'POST', `/messages/${other}/cancel`, { reason })).json['before'], 'waiting');
    assert.equal((await held(all, 'POST', `/messages/${other}/release`, { reason })).status, 409);
    assert.equal((await held(all, 'POST', `/messages/${other}/hold`, { reason })).status, 409);
    const role = await line.deliver();
    await eventually('it is delivered', async () => (await line.states(supplier.lane))['delivered'] === 1);
    await role.stop();
    assert.equal((await held(all, 'POST', `/messages/${id}/cancel`, { reason })).status, 409);
    const whole = await held(viewer, 'GET', `/messages/${id}`, undefined, { 'accept-language': 'en' });
    assert.match(String(whole.json['why']), /^Delivered /);
    assert.match(String(whole.json['why']), / UTC/);
    assert.equal((await held(viewer, 'GET', `/messages/${id}/envelope`)).json['verdict'], 'genuine');
    const opened = await held(all, 'POST', `/messages/${id}/document`, { reason: ' to see it ' });
    assert.equal(Buffer.from(String(opened.json['base64']), 'base64').toString(), opened.json['text']);
    assert.match(String(opened.headers['cache-control']), /no-store/);
    const [row] = await listAudit(line.pool, { action: 'document.open', limit: 1 });
    assert.deepEqual([row?.actor, row?.reason, row?.subject], [all.actor, 'to see it', `message/${id}`]);
    const { bytes } = await held(all, 'POST', `/messages/${id}/evidence`, { reason });
    assert.ok((await readZip(bytes)).size > 3);
    await line.pool.query('delete from content where message_id = $1', [other]);
    assert.equal((await held(all, 'POST', `/messages/${other}/document`, { reason })).status, 409);
    await held(all, 'POST', `/messages/${id}/resend`, { reason });
    const again = await held(viewer, 'GET', `/messages/${id}`);
    assert.equal((again.json['deliveries'] as unknown[]).length, 2);
    assert.equal(items(await held(viewer, 'GET', `/messages/${id}/attempts`)).length, 1);
    await held(viewer, 'GET', '/outbox');
  });

  it('agree on lists, which come to everything once and to their end', async () => {
    const supplier = await line.addSupplier({ delivery: 'pull' });
    const { organisationNumber: number } = supplier;
    const ids = await taken(supplier, 7);
    await dead(number);
    await dead(number);
    for (const path of [
      `/messages?supplier=${number}`,
      '/messages?state=waiting&type=self-invoice&from=2020-01-01T00:00:00Z&to=2090-01-01T00:00:00%2B01:00',
      '/messages?fault=no-address',
      '/messages?document=none',
      '/outbox',
      '/suppliers',
      '/lanes',
      `/dead-letters?supplier=${number}&fault=document-invalid&document=T-1&from=2020-01-01T00:00:00Z&to=2999-01-01T00:00:00Z`,
      '/audit',
      '/audit?actor=token&action=message&from=2020-01-01T00:00:00Z',
      '/jobs',
      '/certificates?state=in-use&from=2020-01-01T00:00:00Z&to=2090-01-01T00:00:00Z',
      '/certificate-orders?state=open',
      `/lanes/${supplier.lane}/test-calls`,
    ]) {
      const whole = items(await held(all, 'GET', `${path}${path.includes('?') ? '&' : '?'}limit=500`));
      const found: unknown[] = [];
      let next: string | undefined;
      do {
        const after = next === undefined ? '' : `&after=${next}`;
        const page = await held(all, 'GET', `${path}${path.includes('?') ? '&' : '?'}limit=2${after}`);
        assert.ok(items(page).length <= 2);
        found.push(...items(page));
        next = page.json['next'] as string | undefined;
        assert.ok(found.length <= 500);
      } while (next !== undefined);
      assert.deepEqual(found, whole, path);
    }
    const listed = items(await held(viewer, 'GET', `/messages?supplier=${number}&limit=500`));
    assert.deepEqual(
      listed.map(({ id }) => id),
      ids.toReversed(),
    );
    for (const path of ['/messages', '/suppliers', '/lanes', '/audit', '/jobs', '/dead-letters', '/certificates'])
      for (const query of [
        'after=x',
        'after=WzllOTld',
        'after=WyJcdTAwMDAiXQ',
        'after=WyJcdTAwMDAiLDEsMV0',
        'after=W10',
        'limit=501',
        'limit=0',
        'limit=1&limit=2',
        'page=2',
      ])
        assert.equal((await held(all, 'GET', `${path}?${query}`)).status, 400, `${path}?${query}`);
    for (const path of [
      '/messages?from=yesterday',
      '/messages?document=%00',
      '/suppliers?q=%00',
      '/audit?subject=a%00',
    ])
      assert.equal((await held(all, 'GET', path)).status, 400, path);
    assert.equal((await held(all, 'GET', `/messages/${ids[0]}/attempts?after=WzgwMDAwMDAwMDAwMDAsMV0`)).status, 200);
  });

  it('agree on a supplier, its lane in trouble, and test calls', async () => {
    const supplier = await line.addSupplier({ behaviour: 503 });
    const { organisationNumber: number, lane } = supplier;
    const role = await line.deliver({ KUVERT_RETRY_SCHEDULE: '1h' });
    await taken(supplier, 3);
    await eventually('it backs off', async () => (await line.lane(lane)).state === 'backing-off');
    await role.stop();
    assert.deepEqual(
      items(await held(viewer, 'GET', '/lanes?state=backing-off')).map((one) => one['lane']),
      [lane],
    );
    const seen = await held(viewer, 'GET', `/lanes/${lane}`);
    assert.ok((seen.json['tries'] as unknown[]).length > 0);
    assert.equal((await held(all, 'POST', `/lanes/${lane}/resume`, { reason })).json['changed'], false);
    const moved = await held(all, 'POST', `/lanes/${lane}/release`, { reason });
    assert.deepEqual([moved.json['changed'], moved.json['before']], [true, 'backing-off']);
    const paused = await held(all, 'POST', `/lanes/${lane}/pause`, { reason });
    assert.equal((paused.json['lane'] as Record<string, unknown>)['state'], 'paused');
    assert.equal((await held(all, 'POST', `/lanes/${lane}/pause`, { reason })).json['changed'], false);
    assert.equal((await held(all, 'POST', `/lanes/${lane}/release`, { reason })).status, 409);
    await held(viewer, 'GET', `/suppliers/${number}`);
    await held(viewer, 'GET', '/overview');
    assert.equal((await held(all, 'POST', `/lanes/${lane}/resume`, { reason })).json['before'], 'paused');
    await line.pool.query("update lane set state = 'held', reason = 'endpoint-tls', wake_at = null where id = $1", [
      lane,
    ]);
    assert.equal((await held(all, 'POST', `/lanes/${lane}/resume`, { reason })).status, 409);
    assert.equal((await held(all, 'POST', `/lanes/${lane}/release`, { reason })).json['before'], 'held');
    const called = await held(all, 'POST', `/lanes/${lane}/test-calls`, { reason });
    assert.equal(called.status, 202);
    assert.equal((await held(all, 'POST', `/lanes/${lane}/test-calls`, { reason })).status, 409);
    const again = await line.deliver();
    const path = String(called.headers['location']).replace('/api/v1', '');
    await eventually('it is answered', async () => (await held(viewer, 'GET', path)).json['result'] !== undefined);
    await again.stop();
    assert.equal(items(await held(viewer, 'GET', `/lanes/${lane}/test-calls`)).length, 1);
    for (const path404 of ['/lanes/999999', '/suppliers/5560009465', '/test-calls/999999', '/lanes/999999/test-calls'])
      assert.equal((await held(all, 'GET', path404)).status, 404);
  });

  it('agree on certificates and their orders, and on contacts that are opened', async () => {
    await registerSupplier(line.pool);
    const at = new Date();
    const order = await place(line.pool, {}, { now: at });
    const awaited = await place(line.pool, { approval: true, description: 'Another' }, { now: at });
    const seen = await held(all, 'GET', `/certificate-orders/${order.transferId}`);
    assert.doesNotMatch(seen.body, /anna@exempel\.se|Anna Ek/);
    assert.equal(
      (await held(all, 'POST', `/certificate-orders/${awaited.transferId}/approve`, { reason })).json['approval'],
      'given',
    );
    assert.equal(
      (await held(all, 'POST', `/certificate-orders/${awaited.transferId}/approve`, { reason })).status,
      409,
    );
    const renewed = await held(all, 'POST', `/certificate-orders/${order.transferId}/reorder`, { reason });
    assert.match(String(renewed.json['pin']), /^\d+$/);
    assert.equal((await held(all, 'POST', `/certificate-orders/${order.transferId}/reorder`, { reason })).status, 409);
    const path = String(renewed.headers['location']).replace('/api/v1', '');
    assert.equal((await held(all, 'GET', path)).json['state'], 'ordered');
    assert.equal((await held(all, 'POST', `${path}/cancel`, { reason })).json['state'], 'cancelled');
    assert.equal((await held(all, 'POST', `${path}/cancel`, { reason })).status, 409);
    assert.equal((await held(all, 'GET', '/certificate-orders/NO-SUCH')).status, 404);
    const [{ fingerprint = '' } = {}] = items(await held(viewer, 'GET', '/certificates?q=5560160680'));
    const certified = `/certificates/${String(fingerprint)}`;
    await held(viewer, 'GET', certified);
    const wanted = { reason, as: 'keyCompromise' };
    const rehearsed = await held(all, 'POST', `${certified}/revoke`, { ...wanted, rehearsal: true });
    assert.deepEqual(rehearsed.json['held'], ['push']);
    assert.equal((rehearsed.json['certificate'] as Record<string, unknown>)['state'], 'in-use');
    assert.equal((await listAudit(line.pool, { action: 'certificate.revoke', limit: 1 })).length, 0);
    const done = await held(all, 'POST', `${certified}/revoke`, wanted);
    assert.equal((done.json['certificate'] as Record<string, unknown>)['state'], 'withdrawn');
    assert.equal((await held(all, 'POST', `${certified}/revoke`, wanted)).status, 409);
    assert.equal((await held(all, 'GET', `/certificates/${'0'.repeat(64)}`)).status, 404);
    const pem = await certificate('Vår egen');
    const own = { ...certificateIn(pem), serial: '01' };
    await registerOwn(line.pool, { purpose: 'client', environment: 'test', pem, certificate: own, useFrom: at }, at);
    const owned = items(await held(viewer, 'GET', '/own-certificates'));
    assert.ok(owned.some((one) => one['fingerprint'] === own.fingerprint));
    const supplier = await held(viewer, 'GET', '/suppliers/5560160680');
    assert.ok((supplier.json['contacts'] as unknown[]).length > 0);
    assert.doesNotMatch(supplier.body, /anna@exempel\.se|Anna Ek/);
    const opened = await held(all, 'POST', '/suppliers/5560160680/contacts', { reason });
    assert.match(opened.body, /anna@exempel\.se/);
    const [row] = await listAudit(line.pool, { action: 'contact.open', limit: 1 });
    assert.deepEqual([row?.actor, row?.reason], [all.actor, reason]);
  });

  it('agree on a dead letter that is opened and corrected', async () => {
    const supplier = await line.addSupplier({ delivery: 'pull' });
    const id = await dead(supplier.organisationNumber);
    const path = `/dead-letters/${id}`;
    for (const anybody of [viewer, all])
      assert.doesNotMatch((await held(anybody, 'GET', path)).body, /HEMLIGT/, 'findings quote the document');
    const opened = await held(all, 'POST', `${path}/document`, { reason });
    assert.equal(opened.json['text'], '{"number":');
    assert.match(JSON.stringify(opened.json['findings']), /HEMLIGT/);
    assert.equal((await listAudit(line.pool, { action: 'dead-letter.open', limit: 9 })).length, 1);
    const still = await held(all, 'POST', `${path}/re-enter`, { reason, document: '{"number":"X"}' });
    assert.equal(still.status, 422);
    assert.equal((await listAudit(line.pool, { action: 'dead-letter.re-enter', limit: 9 })).length, 0);
    const { organisationNumber: recipient } = supplier;
    const document = jsonPurchaseOrder({ number: 'T-1', recipient }).toString();
    const entered = await held(all, 'POST', `${path}/re-enter`, { reason, document });
    const [became] = entered.json['entered'] as Record<string, unknown>[];
    assert.equal(became?.['verdict'], 'message');
    const second = jsonPurchaseOrder({ number: 'T-2', recipient }).toString();
    assert.equal((await held(all, 'POST', `${path}/re-enter`, { reason, document: second })).status, 409);
    const message = await held(all, 'GET', `/messages/${String(became['messageId'])}`);
    assert.equal((message.json['document'] as Record<string, unknown>)['enteredFor'], id);
    const timeline = message.json['timeline'] as { readonly act?: Record<string, unknown> }[];
    const acts = timeline.flatMap(({ act }) => (act === undefined ? [] : [act]));
    assert.deepEqual(
      acts.map((act) => [act['action'], act['actor'], act['reason']]),
      [['dead-letter.re-enter', all.actor, reason]],
    );
    assert.equal((await held(all, 'GET', `/dead-letters/${randomUUID()}`)).status, 404);
  });

  it('agree that what a finding quotes of a document is for who may open it, on the page too', async () => {
    const [frame] = framesFor((await line.addSupplier({ delivery: 'pull' })).organisationNumber, 1);
    assert.ok(frame);
    const findings = [{ where: 'a/b', rule: 'R-1', text: 'A rule', expected: 'another', found: 'HEMLIGT' }];
    const { verdicts } = await line.take([{ ...frame, findings }]);
    assert.ok(verdicts[0]?.kind === 'accepted');
    const path = `/messages/${verdicts[0].messageId}`;
    const pages = { viewer: await desk.signedIn('ivar', 'viewer'), operator: await desk.signedIn('oda', 'operator') };
    for (const body of [(await held(viewer, 'GET', path)).body, (await pages.viewer.get(path)).body]) {
      assert.match(body, /R-1/);
      assert.doesNotMatch(body, /HEMLIGT/);
    }
    for (const body of [(await held(all, 'GET', path)).body, (await pages.operator.get(path)).body])
      assert.match(body, /HEMLIGT/);
  });

  it('agree on a job from its dry run to its end, and on one that is stopped', async () => {
    const supplier = await line.addSupplier({ delivery: 'pull' });
    const ids = await taken(supplier, 3);
    for (const id of ids) await held(all, 'POST', `/messages/${id}/hold`, { reason });
    const wanted = { action: 'release', recipient: supplier.organisationNumber, state: 'held' };
    const draft = async (more: object) => {
      const answer = await held(all, 'POST', '/jobs', { ...wanted, ...more });
      assert.equal(answer.status, 201, answer.body);
      return String(answer.headers['location']).replace('/api/v1', '');
    };
    const gone = await draft({ reason: 'not meant' });
    assert.equal((await held(all, 'DELETE', gone)).status, 204);
    assert.equal((await held(all, 'DELETE', gone)).status, 404);
    const slow = await draft({ reason: 'slowly', rate: 0.01 });
    assert.equal((await held(viewer, 'GET', slow)).json['total'], 3);
    assert.equal(items(await held(viewer, 'GET', `${slow}/messages?limit=2`)).length, 2);
    assert.equal((await held(all, 'POST', `${slow}/start`)).status, 202);
    assert.equal((await held(all, 'POST', `${slow}/start`)).status, 409);
    assert.equal((await held(all, 'DELETE', slow)).status, 409);
    assert.equal((await held(all, 'POST', `${slow}/stop`, { reason })).status, 202);
    const over = async (path: string, state: string) =>
      eventually('it is over', async () => (await held(viewer, 'GET', path)).json['state'] === state);
    await over(slow, 'stopped');
    assert.equal((await held(all, 'POST', `${slow}/stop`, { reason })).status, 409);
    const rest = await draft({ reason: 'the rest', rate: 1000 });
    await held(all, 'POST', `${rest}/start`);
    await over(rest, 'done');
    assert.equal((await line.states(supplier.lane))['held'] ?? 0, 0);
    assert.equal((await held(all, 'POST', '/jobs', { ...wanted, reason })).status, 409);
    assert.equal((await held(all, 'POST', '/jobs', { ...wanted, action: 'resend', reason })).status, 400);
    assert.equal((await held(all, 'POST', '/jobs', { ...wanted, fromSequence: 3, toSequence: 2, reason })).status, 400);
    assert.ok(items(await held(viewer, 'GET', '/jobs')).length >= 2);
    const { id } = items(await held(all, 'GET', '/audit?action=message.release-many'))[0] ?? {};
    assert.equal((await held(all, 'GET', `/audit/${String(id)}`)).json['reason'], 'the rest');
    assert.equal((await held(all, 'GET', '/audit/999999999')).status, 404);
  });

  it('agree that a person’s number is told to nobody who may not open it', async () => {
    const number = '8001011231';
    await registerPerson(line.pool, number);
    const ending = {
      organisation: 'Eva Persson',
      organisationNumber: number,
      addresses: ['main'],
      waiting: 0,
      contact: 1,
    };
    const key = { kind: 'certificate-expiring', subject: 'certificate/eva' };
    await openIncident(line.pool, key, { ...ending, description: 'Eva', notAfter: '2027-01-01T00:00:00Z' }, new Date());
    await line.take([frameFor(number as TestSupplier['organisationNumber'], { documentNumber: 'EVA-1' })]);
    const [one = {}] = items(await held(viewer, 'GET', '/suppliers?q=Eva'));
    assert.deepEqual([one['organisationNumber'], one['name']], ['80********', 'Eva Persson']);
    const [message = {}] = items(await held(viewer, 'GET', '/messages?document=EVA-1'));
    const decoded: string[] = [];
    for (const path of [
      `/suppliers/${String(one['supplier'])}`,
      '/suppliers?limit=500',
      '/lanes?q=Eva',
      '/messages?document=EVA-1',
      `/messages/${String(message['id'])}`,
      '/overview',
    ]) {
      assert.doesNotMatch((await held(viewer, 'GET', path)).body, new RegExp(number), path);
    }
    for (const list of ['/suppliers', '/lanes', '/messages']) {
      let next: string | undefined;
      do {
        const page = await held(viewer, 'GET', `${list}?limit=1${next === undefined ? '' : `&after=${next}`}`);
        next = page.json['next'] as string | undefined;
        decoded.push(Buffer.from(next ?? '', 'base64url').toString());
      } while (next !== undefined);
    }
    assert.ok(decoded.length > 5);
    assert.deepEqual(
      decoded.filter((text) => text.includes(number)),
      [],
    );
    assert.match((await held(all, 'GET', '/suppliers?q=Eva')).body, new RegExp(number));
    const { origin } = desk.api;
    const blind = await openScript({ origin, pool: line.pool }, 'bo', ['operator'], ['act', 'view']);
    const lane = `/lanes/${String(one['supplier']).replace('address-', '')}`;
    assert.equal((await held(blind, 'POST', `${lane}/pause`, { reason })).status, 200);
    const late = await held(blind, 'POST', `${lane}/release`, { reason });
    assert.match(String(late.json['detail']), /80\*{8}/);
    assert.doesNotMatch(late.body, new RegExp(number));
  });

  for (const { method, path, requestBody, parameters } of contract.operations)
    it(`agree on what ${method} ${path} refuses`, async () => {
      const at = path
        .replace('/api/v1', '')
        .replaceAll(
          /\{(\w+)\}/g,
          (_, name: string) => filled[name] ?? (path.startsWith('/api/v1/audit') ? '999999999' : randomUUID()),
        );
      const body =
        requestBody === undefined
          ? undefined
          : (Object.values(requestBody['content'] as object)[0] as { example: unknown }).example;
      const nobody = {
        ...all,
        ask: (m: string, p: string, b?: unknown) => all.ask(m, p, b, { authorization: 'Bearer kuvert_x' }),
      };
      assert.equal((await held(nobody, method, at, body)).status, 401);
      const { needs } = desk.api.routes.find((one) => one.method === method && shapeOf(one.path) === path) ?? {};
      if (needs !== 'entered')
        assert.equal((await held(needs === 'view' ? narrow : viewer, method, at, body)).status, 403);
      const misspelt = await held(all, method, `${at}?limt=5`, body);
      assert.equal(misspelt.status, 400);
      if (parameters.some((one) => one['in'] === 'path')) {
        const missing = await held(all, method, at, body);
        assert.equal(missing.status, 404, missing.body);
        assert.match(String(missing.headers['content-type']), /^application\/problem\+json/);
      }
      if (body === undefined) {
        if (method !== 'GET') assert.equal((await held(all, method, at, { reason })).status, 413);
        return;
      }
      assert.equal((await held(all, method, at, body, { 'content-type': 'text/plain' })).status, 415);
      assert.equal((await held(all, method, at, '{')).status, 400);
      const most = path.endsWith('/re-enter') ? 40_000_000 : 20_000;
      if (most < 1_000_000) assert.equal((await held(all, method, at, ' '.repeat(most))).status, 413);
      for (const wrong of [
        { reason: undefined },
        { reason: '' },
        { reason: ' \n' },
        { reason: 'a\0b' },
        { reason: 'x'.repeat(1_001) },
        { more: 1 },
      ]) {
        const answer = await held(all, method, at, { ...(body as object), ...wrong });
        assert.equal(answer.status, 400, JSON.stringify(wrong));
      }
    });

  it('answer in problems below /api, whoever asks and whatever for', async () => {
    for (const [path, method, status] of [
      ['/api/v1/nothing', 'GET', 404],
      ['/api/', 'GET', 404],
      ['/api/v1/messages', 'DELETE', 405],
    ] as const) {
      const { json, ...answer } = await all.ask(method, path, undefined, { authorization: '' });
      assert.ok([status, 401].includes(answer.status));
      assert.match(String(answer.headers['content-type']), /^application\/problem\+json/);
      contract.holds({ $ref: '#/components/schemas/Problem' }, json, path);
    }
  });

  it('let a session act only from a page of ours, with its form token', async () => {
    const supplier = await line.addSupplier({ delivery: 'pull' });
    const [id = ''] = await taken(supplier);
    const browser = await desk.signedIn('berit', 'operator');
    const page = await browser.get('/account');
    const [, form = ''] = /name="form" value="([^"]+)"/.exec(page.body) ?? [];
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const ask = (headers: Readonly<Record<string, string>>) =>
      held(
        { ...all, ask: (method, path, body) => asSession(method, path, body, { cookie, ...headers }) },
        'POST',
        `/messages/${id}/hold`,
        { reason },
      );
    const { origin } = desk.api;
    assert.equal((await ask({})).status, 403);
    assert.equal((await ask({ origin })).status, 403);
    assert.equal((await ask({ origin: 'https://elsewhere.example', 'x-kuvert-form': form })).status, 403);
    assert.equal((await ask({ origin, 'x-kuvert-form': `${form}x` })).status, 403);
    assert.equal((await ask({ origin, 'x-kuvert-form': form, 'sec-fetch-site': 'cross-site' })).status, 403);
    assert.equal((await line.states(supplier.lane))['waiting'], 1);
    assert.equal((await ask({ origin, 'x-kuvert-form': form })).json['changed'], true);
    const looked = await asSession('GET', '/api/v1/messages', undefined, { cookie });
    assert.equal(looked.status, 200);
  });
  const asSession: Script['ask'] = async (method, path, body, headers = {}) => {
    return asked(desk.api.origin, method, path, body, headers);
  };

  it('were seen to agree on every status that is described for an operation', () => {
    const described = contract.operations.flatMap(({ method, path, responses }) =>
      Object.keys(responses)
        .filter((status) => /^\d+$/.test(status))
        .map((status) => `${method} ${path} ${status}`),
    );
    const unseen = described.filter((one) => !answered.has(one));
    assert.deepEqual(unseen, ['POST /api/v1/dead-letters/{id}/re-enter 413'], 'too large is tens of megabytes there');
  });
});

/** What fits the contract, and is of nothing. */
const filled: Readonly<Record<string, string>> = {
  supplier: '5560009465',
  lane: '999999',
  job: '999999',
  call: '999999',
  fingerprint: '0'.repeat(64),
  order: 'NO-SUCH',
  account: 'nobody',
};
