import { strict as assert } from 'node:assert';
import { announceAll } from '../../src/enrolment/announce.ts';
import { changeContact } from '../../src/enrolment/contact.ts';
import { sendNext } from '../../src/enrolment/postman.ts';
import { silentLog } from '../../src/platform/log.ts';
import { openStore } from '../../src/roles/parts.ts';
import { createPool, type Pool } from '../../src/store/pool.ts';
import { type Desk, openDesk, passwordOn } from '../support/order-page.ts';
import { act, anna, later, orderedAt, place, registerSupplier } from '../support/orders.ts';
import { freshDatabase } from '../support/servers.ts';

describe('statements of orders and letters are planned once and by key', () => {
  let pool: Pool;
  let operators: Pool;
  let desk: Desk;
  before(async () => {
    const databaseUrl = await freshDatabase();
    operators = createPool({ url: databaseUrl, connections: 2, name: 'test' });
    await registerSupplier(operators);
    pool = await openStore({ databaseUrl, databaseConnections: 1 }, 'supplier-api', silentLog);
    desk = await openDesk(pool);
  });
  after(async () => {
    await desk.close();
    await pool.close();
    await operators.close();
  });

  it('what the postman and the page ask is not planned for its values, and reads no whole table', async () => {
    const { rows: certificates } = await operators.query<{ fingerprint: string }>(
      'select fingerprint from certificate',
    );
    const fingerprint = certificates[0]?.fingerprint ?? '';
    const send = { refused: { kind: 'refused', why: '550' }, sent: { kind: 'sent' } } as const;
    for (let round = 0; round < 8; round++) {
      const { link } = await desk.ordered();
      await desk.visit('x'.repeat(43));
      await desk.visit(link);
      desk.sms = () => ({ kind: 'not-sent', why: 'no' });
      await desk.askForPin(link);
      desk.sms = () => ({ kind: 'sent' });
      desk.now = later(60_000);
      await desk.askForPin(link);
      await desk.open(
        link,
        desk.lastPin().replace(/\d$/, (last) => String((Number(last) + 1) % 10)),
      );
      assert.ok(passwordOn(await desk.open(link, desk.lastPin())));
      desk.now = orderedAt;
      const contact = { ...anna, name: `Contact ${round}` };
      await changeContact(operators, { named: fingerprint, contact }, act({ now: new Date() }));
      await place(operators);
      for (const outcome of ['refused', 'sent', 'sent'] as const)
        await sendNext(
          {
            log: silentLog,
            pool,
            send: () => Promise.resolve(send[outcome]),
            publicUrl: 'https://kuvert.exempel.se',
            now: () => later(10_000),
            random: () => 0.5,
          },
          new AbortController().signal,
        );
    }
    // One of our own that follows another.
    await operators.query(
      `insert into own_certificate (fingerprint, purpose, environment, pem, subject, spki_sha256, not_before, not_after, use_from)
       select repeat(n::text, 64), 'signing', 'test', 'pem', 'CN=Kuvert', sha256(n::text::bytea), now(), now() + interval '1 year', now() + n * interval '1 day'
         from generate_series(1, 2) n`,
    );
    await announceAll({ log: silentLog, pool, environment: 'test', now: () => new Date() });
    const told = await operators.query("select 1 from letter where kind = 'own-certificate'");
    assert.ok(told.rows.length > 0);
    const { rows } = await pool.query<{ name: string; statement: string; custom_plans: number; parameters: string[] }>(
      'select name, statement, custom_plans, parameter_types::text[] as parameters from pg_prepared_statements',
    );
    // Placing is a command: another pool has it.
    const ours = rows.filter(
      ({ statement, parameters }) =>
        parameters.length > 0 &&
        /certificate_order|letter|technical_contact|incident|from certificate c|own_certificate/.test(statement),
    );
    assert.ok(ours.length >= 14, `${ours.length} statements`);
    for (const { name, statement, parameters, custom_plans: custom } of ours) {
      assert.equal(custom, 0, statement);
      const nulls = parameters.map(() => 'null').join(', ');
      const plan = await pool.query<{ 'QUERY PLAN': string }>(`explain execute "${name}"(${nulls})`);
      const text = plan.rows.map((row) => row['QUERY PLAN']).join('\n');
      assert.ok(!/Seq Scan on|Hash Join|Merge Join/.test(text), `${statement}\n${text}`);
    }
  });
});
