import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OrganisationNumber } from '../../src/domain/organisation-number.ts';
import { envelopeBytes } from '../../src/envelope/bytes.ts';
import { jwks } from '../../src/envelope/keys.ts';
import { seal } from '../../src/envelope/seal.ts';
import { loadSigner } from '../../src/envelope/signer.ts';
import { createPool, type Pool } from '../../src/store/pool.ts';
import { tamper } from '../support/audit.ts';
import { command, type Said, startCommand } from '../support/command.ts';
import { issueDevCertificate } from '../support/dev-authority.ts';
import { addressEntry, certificate, deliveriesOf, putInState, supplierFile, takeMessage } from '../support/register.ts';
import { freshDatabase } from '../support/servers.ts';

const a = '5560160680';

describe('commands on a real store', () => {
  let url: string;
  let pool: Pool;
  let folder: string;

  beforeEach(async () => {
    url = await freshDatabase();
    pool = createPool({ url, connections: 3, name: 'test' });
    folder = mkdtempSync(join(tmpdir(), 'kuvert-commands-'));
  });
  afterEach(async () => {
    await pool.close();
    rmSync(folder, { recursive: true });
  });

  const kuvert = (args: readonly string[], more: Record<string, string> = {}): Promise<Said> =>
    command(args, { DATABASE_URL: url, ...more });
  /** Runs it, wants exit code 0, and reads its JSON. */
  const asked = async <T>(...args: string[]): Promise<T> => {
    const { code, out, err } = await kuvert([...args, '--json']);
    assert.equal(code, 0, err);
    return JSON.parse(out) as T;
  };
  const supplier = async () => {
    const file = join(folder, 'supplier.json');
    writeFileSync(join(folder, 'own.pem'), await certificate('Ett'));
    writeFileSync(file, JSON.stringify(supplierFile(a, [addressEntry({ certificates: [{ file: 'own.pem' }] })])));
    return file;
  };

  it('a supplier is imported, shown, paused and resumed, and the audit knows who did it and why', async () => {
    const file = await supplier();
    const rehearsal = await asked<{ rehearsal: boolean }>('supplier', 'import', file, '--dry-run');
    assert.equal(rehearsal.rehearsal, true);
    assert.deepEqual(await asked('supplier', 'list'), []);
    const imported = await kuvert(['supplier', 'import', file, '--reason', 'ärende 7'], { SUDO_USER: 'anna' });
    assert.equal(imported.code, 0, imported.err);
    assert.match(imported.out, /^5560160680 Exempel 5560160680 AB: added\n/);
    assert.match((await kuvert(['supplier', 'import', file, '--reason', 'x'])).out, /: unchanged\n$/);
    const moved = await asked('supplier', 'pause', '556016-0680', '--reason', 'they asked');
    assert.deepEqual(moved, { organisationNumber: a, address: 'default', before: 'flowing', after: 'paused' });
    const released = await kuvert(['supplier', 'release', a, '--reason', 'x']);
    assert.equal(released.code, 4);
    assert.match(released.err, /kuvert supplier resume/);
    assert.equal((await kuvert(['supplier', 'resume', a, '--reason', 'x'])).code, 0);
    const { rows } = await pool.query('select actor, action, reason from audit order by id limit 1');
    assert.deepEqual(rows, [{ actor: 'cli:anna', action: 'supplier.import', reason: 'ärende 7' }]);
    const withoutReason = await kuvert(['supplier', 'import', file]);
    assert.deepEqual([withoutReason.code, /--reason <text> must be given/.test(withoutReason.err)], [2, true]);
    assert.match((await kuvert(['supplier', 'list'])).out, /^ORGANISATION +NAME .*\n5560160680 /);
    assert.equal((await kuvert(['supplier', 'show', '2021005489'])).code, 3);
  });

  it('an import warns of an address inside a house unless the settings of this shell allow it', async () => {
    const file = join(folder, 'inside.json');
    const certificates = [await certificate('Ett')];
    writeFileSync(
      file,
      JSON.stringify(supplierFile(a, [addressEntry({ url: 'https://127.0.0.1:9443/', certificates })])),
    );
    const warning = async (allow: string) =>
      (await kuvert(['supplier', 'import', file, '--dry-run'], { KUVERT_EGRESS_ALLOW: allow })).err;
    assert.match(
      await warning(''),
      /^warning: \/addresses\/0\/url: .*KUVERT_EGRESS_ALLOW.* 127\.0\.0\.1 \(loopback\)\n$/,
    );
    assert.equal(await warning('127.0.0.0/8'), '');
  });

  it('a message that is held for something is held by an operator then, and what is said tells what has changed', async () => {
    const id = await takeMessage(pool, a);
    const held = await kuvert(['message', 'hold', id, '--reason', 'ticket 8']);
    assert.match(
      held.out,
      /is held as before, but by an operator now, no longer for “No address is known for the recipient”: only `kuvert message release` sends it\n$/,
    );
    const [again] = [await kuvert(['message', 'hold', id, '--reason', 'ticket 8'])];
    assert.match(again.out, /is held already; nothing was changed/);
    await kuvert(['supplier', 'import', await supplier(), '--reason', 'x']);
    assert.match((await kuvert(['message', 'release', id, '--reason', 'x'])).out, /was held and is waiting\n$/);
  });

  it('status tells that a lane is leased, while the lease of a dead worker is waited out', async () => {
    await kuvert(['supplier', 'import', await supplier(), '--reason', 'x']);
    await takeMessage(pool, a);
    assert.match((await kuvert(['status'])).out, /flowing +– +now /);
    await pool.query("update lane set holder = 'gone', lease_until = clock_timestamp() + interval '1 minute'");
    const { lanes } = await asked<{ lanes: { leaseUntil: string }[] }>('status');
    const until = lanes[0]?.leaseUntil ?? '';
    assert.match((await kuvert(['status'])).out, new RegExp(`flowing +– +leased until ${until.slice(11, 19)} `));
    assert.match((await kuvert(['supplier', 'show', a])).out, /\nLeased until +\d{4}-/);
    await pool.query("update lane set lease_until = clock_timestamp() - interval '1 second'");
    assert.match((await kuvert(['status'])).out, /flowing +– +now /);
  });

  it('the audit is listed newest first, by subject, action and time, a page at a time', async () => {
    await kuvert(['supplier', 'import', await supplier(), '--reason', 'new']);
    await kuvert(['supplier', 'pause', a, '--reason', 'maintenance']);
    await kuvert(['supplier', 'resume', a, '--reason', 'over']);
    const id = await takeMessage(pool, a);
    await kuvert(['message', 'hold', id, '--reason', 'ticket 9'], { SUDO_USER: 'anna' });
    interface Page {
      rows: { id: number; action: string; reason: string; details: unknown }[];
      next: number | null;
    }
    const listed = async (...filter: string[]) => {
      const { rows, next } = await asked<Page>('audit', 'list', ...filter);
      return [rows.map((row) => row.action), next];
    };
    const all = ['message.hold', 'lane.resume', 'lane.pause', 'supplier.import'];
    assert.deepEqual(await listed(), [all, null]);
    assert.deepEqual(await listed('--limit', '3'), [all.slice(0, 3), 2]);
    assert.deepEqual(await listed('--limit', '3', '--after', '2'), [all.slice(3), null]);
    assert.deepEqual(await listed('--subject', `supplier/${a}`), [all.slice(1), null]);
    assert.deepEqual(await listed('--subject', `supplier/${a.slice(0, 9)}`), [[], null], 'no half a name');
    assert.deepEqual(await listed('--action', 'lane'), [all.slice(1, 3), null]);
    assert.deepEqual(await listed('--action', 'lane.pause'), [all.slice(2, 3), null]);
    assert.deepEqual(await listed('--since', '1h'), [all, null]);
    assert.deepEqual(await listed('--since', '2099-01-01'), [[], null]);
    const { out, err } = await kuvert(['audit', 'list', '--limit', '1']);
    assert.match(out, new RegExp(`^ROW .*\\n +4  \\d{4}-.* +cli:anna +message\\.hold +message/${id} +ticket 9\\n$`));
    assert.equal(err, 'There may be more: --after 4\n');
  });

  it('a wrong file is told everything that is wrong with it, and nothing is changed', async () => {
    const file = join(folder, 'wrong.json');
    writeFileSync(
      file,
      JSON.stringify({ ...(supplierFile('5560160681', [addressEntry({ url: 'http://a.se/' })]) as object) }),
    );
    const { code, err } = await kuvert(['supplier', 'import', file, '--dry-run']);
    assert.equal(code, 2);
    assert.match(err, /^kuvert: 2 mistakes; nothing was changed\n\/organisationNumber: .*\n\/addresses\/0\/url: /);
  });

  it('a message is listed, shown with why, and moved by document number or id', async () => {
    await kuvert(['supplier', 'import', await supplier(), '--reason', 'x']);
    const id = await takeMessage(pool, a, { documentNumber: 'SF-1' });
    await takeMessage(pool, a, { documentNumber: 'SF-1', messageType: 'purchase-order' });
    const list = await asked<{ messages: { id: string }[]; next: number | null }>('message', 'list', '--limit', '1');
    assert.equal(list.messages.length, 1);
    assert.notEqual(list.next, null);
    const ambiguous = await kuvert(['message', 'hold', 'SF-1', '--reason', 'x']);
    assert.equal(ambiguous.code, 2);
    assert.ok(ambiguous.err.includes(id), 'the ids to choose from are named');
    assert.equal((await kuvert(['message', 'hold', id, '--reason', 'ticket 7'])).code, 0);
    const shown = await kuvert(['message', 'show', id]);
    assert.match(shown.out, /Why +Held: an operator holds it \(ticket 7\)/);
    const swedish = await kuvert(['message', 'show', id, '--language', 'sv']);
    assert.match(swedish.out, /Why +Stoppat: en operatör har stoppat det \(ticket 7\)/);
    assert.equal((await kuvert(['message', 'show', id, '--language', 'no'])).code, 2);
    const [json] = await asked<{ why: string; deliveries: unknown[] }[]>('message', 'show', id);
    assert.equal(json?.deliveries.length, 1);
    assert.equal((await kuvert(['message', 'release', id, '--reason', 'x'])).code, 0);
    await putInState(pool, id, 'delivered');
    assert.equal((await kuvert(['message', 'cancel', id, '--reason', 'x'])).code, 4);
    assert.equal((await kuvert(['message', 'resend', id, '--reason', 'x'])).code, 0);
    assert.equal((await deliveriesOf(pool, id)).length, 2);
    assert.equal((await kuvert(['message', 'show', 'no-such-thing'])).code, 3);
  });

  it('status tells whether every message is accounted for, by its exit code too', async () => {
    await kuvert(['supplier', 'import', await supplier(), '--reason', 'x']);
    await takeMessage(pool, a);
    await takeMessage(pool, '2021005489');
    const status = await asked<{ conservation: { conserved: boolean; messages: number }; lanes: unknown[] }>('status');
    assert.deepEqual([status.conservation.conserved, status.conservation.messages, status.lanes.length], [true, 2, 1]);
    assert.match(
      (await kuvert(['status'])).out,
      /^Conserved: taken 2 = .*\n(.*\n)+Held, no address takes them: 1 for 2021005489/,
    );
    await pool.query('update recipient set counter = counter + 1');
    const broken = await kuvert(['status']);
    assert.equal(broken.code, 6);
    assert.match(broken.out, /^NOT CONSERVED/);
  });

  it('the audit is verified, and a change in it gives exit code 6', async () => {
    await kuvert(['supplier', 'import', await supplier(), '--reason', 'x']);
    const verdict = await asked<{ head: { id: number; hash: string } }>('audit', 'verify');
    await tamper(pool, "update audit set actor = 'cli:somebody'");
    const tampered = await kuvert(['audit', 'verify', '--expect', `${verdict.head.id}:${verdict.head.hash}`]);
    assert.equal(tampered.code, 6);
    assert.match(tampered.out, /breaks at row 1: its content is not what was written/);
  });

  it('an envelope is verified by anyone, and one that is not genuine gives exit code 6', async () => {
    const signing = await issueDevCertificate(undefined, { name: 'Kuvert', usages: ['signing'] });
    const document = Buffer.from('{}');
    const sealed = await seal(
      loadSigner(signing.keyPem, signing.certificatePem),
      {
        id: '019a0000-0000-7000-8000-000000000001',
        source: 'https://example.test/ka',
        messageType: 'self-invoice',
        documentNumber: 'SF-1',
        eventTime: '2026-01-02T03:04:05Z',
        mediaType: 'application/json',
        dataSchema: 'urn:test',
        sequence: 1,
        environment: 'test',
        documentSha256: createHash('sha256').update(document).digest('hex'),
        recipient: a as OrganisationNumber,
        recipientCertificate: undefined,
        recipientUrl: undefined,
      },
      document,
    );
    const path = (name: string) => join(folder, name);
    writeFileSync(path('e.json'), envelopeBytes(sealed.head, document, sealed.sha256));
    writeFileSync(path('e.jws'), `${sealed.signature}\n`);
    writeFileSync(path('jwks.json'), JSON.stringify(jwks([signing.certificatePem])));
    writeFileSync(path('signing.pem'), signing.certificatePem);
    const verify = (...more: string[]) => kuvert(['envelope', 'verify', path('e.json'), ...more], { DATABASE_URL: '' });
    const good = await verify('--signature-file', path('e.jws'), '--jwks', path('jwks.json'), '--for', a);
    assert.equal(good.code, 0, good.err);
    assert.match(good.out, /^The envelope is genuine\.\n/);
    assert.equal((await verify('--signature', sealed.signature, '--cert', path('signing.pem'))).code, 0);
    assert.equal(
      (await verify('--signature', sealed.signature, '--cert', path('signing.pem'), '--for', '2021005489')).code,
      6,
    );
    assert.equal(
      (await verify('--signature', `${sealed.signature.slice(0, -4)}AAAA`, '--cert', path('signing.pem'))).code,
      6,
    );
    assert.equal((await verify('--signature', 'x', '--jwks', path('none'))).code, 2);
  });

  it('settings are shown without secrets, and all their mistakes at once', async () => {
    const secret = 'postgres://me:s3cret@127.0.0.1/x';
    const good = await kuvert(['config', '--json'], { DATABASE_URL: secret, BROKER_PASSWORD: 's3cret' });
    // Shown, and then what is missing: nothing could be started with these.
    assert.equal(good.code, 2);
    assert.match(good.err, /^kuvert: \d+ settings are not right:\n {2}KUVERT_ENVIRONMENT must be set: /);
    assert.ok(!`${good.out}${good.err}`.includes('s3cret'));
    const values = JSON.parse(good.out) as Record<string, unknown>;
    assert.deepEqual(values['DATABASE_URL'], { from: 'set' });
    assert.deepEqual(values['KUVERT_QUEUE_IN'], { from: 'default', value: 'kuvert.in' });
    const bad = await kuvert(['config'], { KUVERT_LEASE: 'long', KUVERT_NO_SUCH: '1', KUVERT_RETRY_JITTER: '7' });
    assert.equal(bad.code, 2);
    for (const name of ['KUVERT_LEASE', 'KUVERT_NO_SUCH', 'KUVERT_RETRY_JITTER']) assert.ok(bad.err.includes(name));
  });

  it('a database that does not answer, does not know us or is not migrated gives exit code 5 and one sentence', async () => {
    for (const [other, how] of [
      ['postgres://127.0.0.1:1/x', 'does not answer'],
      [url.replace(/[^/]*$/, 'no_such_database'), 'does not let us in'],
    ] as const) {
      const { code, err } = await kuvert(['status'], { DATABASE_URL: other });
      assert.equal(code, 5);
      assert.match(err, new RegExp(`^kuvert: PostgreSQL, which DATABASE_URL names, ${how}: .+\\n$`));
    }
    await pool.query('drop table migration');
    const { code, err } = await kuvert(['status']);
    assert.equal(code, 5);
    assert.match(err, /kuvert migrate/);
    assert.equal((await kuvert(['status'], { DATABASE_URL: '' })).code, 2);
  });

  it('a reader that goes away early is no failure', async () => {
    for (let n = 0; n < 30; n++) await takeMessage(pool, a);
    const { child } = startCommand(['message', 'list', '--json'], { DATABASE_URL: url });
    child.stdout?.destroy();
    assert.equal(await new Promise((resolve) => child.on('exit', resolve)), 0);
  });
});
