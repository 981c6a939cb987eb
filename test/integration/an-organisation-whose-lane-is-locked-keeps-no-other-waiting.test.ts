/** What one organisation waits for in the database is its own: it takes neither the connections nor the time of another. */
import { strict as assert } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WaitingRoom } from '../../src/collection/waiting.ts';
import { eventually } from '../support/eventually.ts';
import { rememberingLog } from '../support/http.ts';
import { framesFor, type Line, openLine, type TestSupplier } from '../support/line.ts';
import { type Answered, type Mailbox, openMailbox, type Program } from '../support/mailbox.ts';

const [atOnce, queue] = [3, 6];

describe('an organisation whose lane is locked', () => {
  const log = rememberingLog();
  let line: Line;
  let mailbox: Mailbox;
  let room: WaitingRoom;
  let a: { supplier: TestSupplier; program: Program; ids: string[] };
  let b: typeof a;
  before(async () => {
    line = await openLine();
    // One connection is the door's, four are the mailboxes'.
    mailbox = await openMailbox(line, {
      log,
      compose: (parts) => {
        room = parts.waiting;
        return parts;
      },
      settings: {
        KUVERT_DATABASE_CONNECTIONS: '5',
        KUVERT_SUPPLIER_AT_ONCE: String(atOnce),
        KUVERT_SUPPLIER_QUEUE: String(queue),
        KUVERT_SUPPLIER_CONNECTIONS_EACH: '200',
      },
    });
  });
  beforeEach(async () => {
    a = await fetched(50);
    b = await fetched(1);
  });
  after(async () => {
    await mailbox.stop();
    await line.close();
  });

  async function fetched(count: number): Promise<typeof a> {
    const supplier = await line.addSupplier({ delivery: 'pull' });
    const { verdicts } = await line.take(framesFor(supplier.organisationNumber, count));
    const ids = verdicts.map((verdict) => (verdict.kind === 'accepted' ? verdict.messageId : ''));
    await line.pool.query(
      `insert into envelope (message_id, format, head, signature, sha256, key_thumbprint)
       select id, 'cloudevents', 'h', 's', document_sha256, 't' from message where id = any($1)`,
      [ids],
    );
    return { supplier, program: mailbox.as(supplier), ids };
  }

  /** Receipts, all at once; `answers` fills as they are answered. */
  function receipt(ids: readonly string[], signal?: AbortSignal, { program } = a) {
    const answers: Answered[] = [];
    const done = ids.map(async (id) => {
      const answer = await program.ask('PUT', `/v1/messages/${id}/receipt`, signal && { signal });
      answers.push(answer);
      return answer;
    });
    for (const one of done) one.catch(() => undefined);
    return { answers, done };
  }

  function refused(answers: readonly Answered[], how: number): void {
    assert.deepEqual(
      answers.map(({ status, json }) => [status, json['type']]),
      Array.from({ length: how }, () => [429, 'urn:kuvert:fault:too-many-requests']),
    );
    for (const { headers } of answers) assert.match(String(headers['retry-after']), /^[1-9]\d*$/);
  }

  const whileLocked = <T>(work: () => Promise<T>, locked = [a]): Promise<T> =>
    line.pool.transaction(async (db) => {
      const lanes = locked.map(({ supplier }) => supplier.lane);
      await db.query('select 1 from lane where id = any($1) order by id for update', [lanes]);
      return work();
    });

  const lockWaits = async () => {
    const { rows } = await line.pool.query<{ n: number }>(
      `select count(*) as n from pg_stat_activity
        where datname = current_database() and application_name = 'kuvert supplier-api' and wait_event_type = 'Lock'`,
    );
    return rows[0]?.n;
  };

  it('has so many requests at work and so many queued, more are 429; another lists, fetches and receipts meanwhile; then all are on record', async () => {
    const sent = await whileLocked(async () => {
      const receipts = receipt(a.ids);
      await eventually('all are answered that find no place', () => receipts.answers.length === 50 - atOnce - queue);
      assert.equal(await lockWaits(), atOnce);
      assert.deepEqual(await b.program.listed(), b.ids);
      assert.equal((await b.program.receipt(String(b.ids[0]))).json['result'], 'received');
      assert.equal((await b.program.ask('GET', '/v1/status')).status, 200);
      // And A's own are still unanswered.
      refused(receipts.answers, 50 - atOnce - queue);
      return receipts;
    });
    const later = (await Promise.all(sent.done)).filter(({ status }) => status !== 429);
    assert.deepEqual(
      later.map(({ status, json }) => [status, json['result']]),
      Array.from({ length: atOnce + queue }, () => [200, 'received']),
    );
    assert.deepEqual(await line.states(a.supplier.lane), {
      delivered: atOnce + queue,
      waiting: 50 - atOnce - queue,
    });
  });

  it('frees its queue when its clients go away; what was at work is done all the same', async () => {
    const later = await whileLocked(async () => {
      const gone = new AbortController();
      const first = receipt(a.ids.slice(0, atOnce + queue + 1), gone.signal);
      await eventually('one finds no place', () => first.answers.length === 1);
      refused(first.answers, 1);
      const answered = () => log.lines.filter(({ event, broken }) => event === 'request' && broken === true).length;
      const before = answered();
      gone.abort();
      await eventually('all have gone', () => answered() === before + atOnce + queue);
      const second = receipt(a.ids.slice(20, 20 + queue + 1));
      await eventually('one finds no place again', () => second.answers.length === 1);
      refused(second.answers, 1);
      assert.equal(await lockWaits(), atOnce);
      return second;
    });
    const statuses = (await Promise.all(later.done)).map(({ status }) => status);
    assert.deepEqual(
      statuses.toSorted((one, two) => one - two),
      [...Array.from({ length: queue }, () => 200), 429],
    );
    // The first ones began before their clients had gone.
    assert.deepEqual(await line.states(a.supplier.lane), { delivered: atOnce + queue, waiting: 50 - atOnce - queue });
    await line.conserved();
  });

  it('has waits that need no place: more of them than may work at once, and it is served', async () => {
    const empty = await line.addSupplier({ delivery: 'pull' });
    const program = mailbox.as(empty);
    const waits = Array.from({ length: atOnce + 1 }, () => program.listed('?wait=30'));
    await eventually('all wait', () => room.waiting === atOnce + 1);
    for (let i = 0; i < 5; i++) assert.deepEqual(await program.listed(), []);
    await line.take(framesFor(empty.organisationNumber, 1));
    for (const wait of waits) assert.equal((await wait).length, 1);
  });

  it('breaks off nobody, even when several fill all the mailboxes have and the register has to be asked about everybody', async () => {
    const third = await fetched(50);
    const idle = await line.addSupplier({ delivery: 'pull' });
    const wait = mailbox.as(idle).listed('?wait=30');
    await eventually('it waits', () => room.waiting === 1);
    const before = log.lines.length;
    const said = (what: RegExp) => log.lines.slice(before).filter(({ event }) => what.test(event));
    const works = await whileLocked(async () => {
      const receipts = [receipt(a.ids.slice(0, 9)), receipt(third.ids.slice(0, 9), undefined, third)];
      await eventually('every connection is taken', async () => (await lockWaits()) === 4);
      await line.pool.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query like 'listen %'",
      );
      await eventually('it hears nothing', () => said(/trouble/).length > 0);
      const listening = async () => {
        const { rowCount } = await line.pool.query(
          "select from pg_stat_activity where datname = current_database() and query like 'listen %' and state = 'idle'",
        );
        return rowCount === 1;
      };
      await eventually('it hears again', listening);
      // As long as the door waits for an answer of the register, and more; the lanes are given back sooner than a lock is waited for.
      await sleep(1_000);
      return receipts;
    }, [a, third]);
    assert.deepEqual(said(/broken off|register/), []);
    await line.take(framesFor(idle.organisationNumber, 1));
    assert.equal((await wait).length, 1);
    await Promise.all(works.flatMap(({ done }) => done));
  });
});
