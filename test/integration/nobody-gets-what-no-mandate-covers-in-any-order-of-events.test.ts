/** Mandates come and go by command and by the clock, under a running delivery role and listener; judged by records alone. */
import { strict as assert } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import { Fault } from '../../src/domain/fault.ts';
import { type MessageType, messageTypes } from '../../src/domain/message.ts';
import { eventually } from '../support/eventually.ts';
import { frameFor, type Line, openLine, type TestSupplier } from '../support/line.ts';
import { type Mailbox, openMailbox } from '../support/mailbox.ts';
import { giveMandate, strangerNumber, takeMandate } from '../support/mandate.ts';

/** mulberry32 */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

describe('nobody gets what no mandate covers, in any order of events', function () {
  this.timeout(120_000);
  let line: Line;
  let mailbox: Mailbox;
  beforeEach(async () => {
    line = await openLine();
    mailbox = await openMailbox(line, { settings: { KUVERT_SUPPLIER_BURST: '1000000' } });
  });
  afterEach(async () => {
    await mailbox.stop();
    await line.close();
  });

  for (const seed of [1, 2, 3])
    it(`events of seed ${seed}`, async () => {
      const random = dice(seed);
      const one = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T;
      const agents: TestSupplier[] = [
        await line.addSupplier({ concurrency: 3, behaviour: { status: 204, delay: 20 } }),
        await line.addSupplier({ ordering: 'strict', behaviour: 503 }),
        await line.addSupplier({ delivery: 'pull' }),
      ];
      const principals = [1, 2, 3].map((n) => strangerNumber(200 + 10 * seed + n));
      const given: number[] = [];
      const outcomes = new Map<string, number>();
      const note = (what: string) => outcomes.set(what, (outcomes.get(what) ?? 0) + 1);
      const give = async () => {
        const types = messageTypes.filter(() => random() < 0.6);
        const begins = random() < 0.4 ? random() * 500 : undefined;
        const { mandate } = await giveMandate(line.pool, {
          principal: one(principals),
          agent: one(agents).organisationNumber,
          types: types.length === 0 ? messageTypes : types,
          ...(begins === undefined ? {} : { begins }),
          ends: 700 + random() * 2_300,
        });
        given.push(mandate.id);
      };
      const take = async () => {
        const recipients = [...principals, ...agents.map(({ organisationNumber }) => organisationNumber)];
        const frames = Array.from({ length: 1 + Math.floor(random() * 5) }, () =>
          frameFor(one(recipients), { messageType: one<MessageType>(messageTypes) }),
        );
        await line.take(frames);
      };
      const fetch = async () => {
        const program = mailbox.as(one(agents));
        const headers = { 'kuvert-principal': one(principals) };
        const page = await program.ask('GET', '/v1/messages', { headers });
        note(`list ${page.status}`);
        if (page.status !== 200) return;
        for (const { id } of page.json['messages'] as { id: string }[]) {
          const got = await program.fetch(id, headers);
          note(`fetch ${got.status}`);
          if (random() < 0.5)
            note(`receipt ${(await program.ask('PUT', `/v1/messages/${id}/receipt`, { headers })).status}`);
        }
      };
      const change = async () => {
        const lane = one(agents);
        lane.endpoint.behave(one(['ok', 503, 500, { status: 204, delay: 100 }] as const));
      };
      await line.deliver({ KUVERT_SWEEP_EVERY: '200ms' });
      const wanted = ['list 200', 'list 403', 'fetch 200', 'receipt 200', 'mandate-invalid'];
      const all = () => wanted.every((what) => (outcomes.get(what) ?? 0) > 0);
      const workers = Array.from({ length: 3 }, async () => {
        // On a busy machine mandates are over before much has come of them.
        for (let step = 0; step < 40 || (step < 400 && !all()); step++) {
          const deed = one([
            give,
            give,
            take,
            take,
            fetch,
            fetch,
            change,
            () => takeMandate(line.pool, one([0, ...given])),
          ]);
          await Promise.resolve(deed()).catch((error: unknown) => {
            assert.ok(error instanceof Fault, String(error));
            note(error.code);
          });
          await sleep(random() * 60);
        }
      });
      await Promise.all(workers);
      assert.ok(all(), JSON.stringify([...outcomes]));

      // Everything goes in the end: one agent for all of it.
      for (const agent of agents) agent.endpoint.behave('ok');
      for (const id of given)
        await takeMandate(line.pool, id).catch((error: unknown) => assert.ok(error instanceof Fault, String(error)));
      const [last] = agents as [TestSupplier];
      for (const principal of principals) await giveMandate(line.pool, { principal, agent: last.organisationNumber });
      await line.pool.query(
        "update delivery set state = 'cancelled', next_try_at = null, reason = 'cancelled-by-operator' where state in ('held', 'refused') and reason = 'schedule-spent'",
      );
      await eventually(
        'all that was sent to principals is delivered',
        async () => {
          const { rows } = await line.pool.query<{ n: number }>(
            `select count(*) as n from delivery d join message m on m.id = d.message_id
              where m.organisation_number = any($1) and d.current and d.state not in ('delivered', 'cancelled')`,
            [principals],
          );
          return rows[0]?.n === 0;
        },
        60_000,
      );

      // Whoever got anything of a principal had a mandate for it at that time, to the second.
      for (const agent of agents)
        for (const request of agent.endpoint.requests) {
          const { rows } = await line.pool.query<{ ok: boolean }>(
            `select m.organisation_number = $2 or exists (
               select from mandate x where x.principal = m.organisation_number and x.agent = $2 and m.message_type = any(x.message_types)
                  and x.valid_from <= $3::timestamptz and x.ends_at + interval '1 second' > $3) as ok
               from message m where m.id = $1`,
            [request.headers['idempotency-key'], agent.organisationNumber, new Date(request.at)],
          );
          assert.equal(rows[0]?.ok, true, `${String(request.headers['idempotency-key'])} came at ${request.at}`);
        }
      const { rows: strayed } = await line.pool.query(
        `select c.message_id, c.first_at, c.last_at from collection c join message m on m.id = c.message_id
           join certificate k on k.fingerprint = c.fingerprint
          where k.organisation_number <> m.organisation_number
            and exists (select from unnest(array[c.first_at, c.last_at]) as t (at) where not exists (
              select from mandate x where x.principal = m.organisation_number and x.agent = k.organisation_number
                 and m.message_type = any(x.message_types) and x.valid_from <= t.at and x.ends_at + interval '1 second' > t.at))`,
      );
      assert.deepEqual(strayed, []);
    });
});
