import { strict as assert } from 'node:assert';
import { appendAudit } from '../../src/store/audit.ts';
import { operate } from '../../src/store/operate.ts';
import { listAuditFor } from '../../src/store/operator/audit.ts';
import { listDeadLetters } from '../../src/store/operator/dead-letters.ts';
import { createPool, type Db } from '../../src/store/pool.ts';
import { type Console, openConsole, type SignedIn } from '../support/console.ts';

describe('the audit is looked through in the console', () => {
  let desk: Console;
  let auditor: SignedIn;
  before(async () => {
    desk = await openConsole();
    auditor = await desk.signedIn('rut', 'auditor');
    for (const [actor, action, subject, at] of [
      ['operator:anna', 'message.release', 'message/1', '2026-01-01T10:00:00Z'],
      ['token:anna/nightly', 'message.resend', 'message/2', '2026-01-02T10:00:00Z'],
      ['cli:anna', 'supplier.import', 'supplier/5560160680', '2026-01-03T10:00:00Z'],
      ['cli:bo', 'lane.pause', 'supplier/5560160680/default', '2026-01-04T10:00:00Z'],
      ['operator:bo', 'message.release', 'message/11', '2026-01-05T10:00:00Z'],
    ] as const)
      await operate(desk.pool, false, (db) =>
        appendAudit(db, { actor, action, subject, reason: `varför ${subject}`, details: {}, at: new Date(at) }),
      );
  });
  after(() => desk.stop());

  const shown = async (query: string): Promise<string[]> => {
    const { status, body } = await auditor.get(`/audit?${query}`);
    assert.equal(status, 200);
    return [...body.matchAll(/<td class="why">varför ([^<]+)<\/td>/g)].map(([, subject = '']) => subject);
  };

  it('newest first, by who, what, to what and when, and by all of them together', async () => {
    const [one, two, three, four, eleven] = [
      'message/1',
      'message/2',
      'supplier/5560160680',
      'supplier/5560160680/default',
      'message/11',
    ];
    assert.deepEqual(await shown(''), [eleven, four, three, two, one]);
    assert.deepEqual(await shown('actor=anna'), [three, two, one], 'whatever she came by');
    assert.deepEqual(await shown('actor=cli'), [four, three]);
    assert.deepEqual(await shown('actor=operator:anna'), [one]);
    assert.deepEqual(await shown('action=message'), [eleven, two, one]);
    assert.deepEqual(await shown('action=message.release'), [eleven, one]);
    assert.deepEqual(await shown('subject=supplier/5560160680'), [four, three], 'with what is below it');
    assert.deepEqual(await shown('subject=message/1'), [one], 'and not with what begins alike');
    assert.deepEqual(await shown('subject=message'), [eleven, two, one]);
    assert.deepEqual(await shown('subject=message&actor=anna'), [two, one]);
    assert.deepEqual(await shown('subject=supplier/5560160680&action=lane'), [four]);
    // Swedish time.
    assert.deepEqual(await shown('from=2026-01-02T11:00&to=2026-01-04T11:00'), [three, two]);
    assert.deepEqual(await shown('from=2026-01-02T11:00&actor=anna'), [three, two]);
    assert.deepEqual(await shown('actor=nobody'), []);
    assert.match((await auditor.get('/audit?from=never')).body, /Tiden går inte att läsa/);
  });

  it('page by page, each row once', async () => {
    const many = Array.from({ length: 60 }, (_, i) => `thing/${i}`);
    for (const subject of many)
      await operate(desk.pool, false, (db) =>
        appendAudit(db, {
          actor: 'cli:many',
          action: 'x.y',
          subject,
          reason: `varför ${subject}`,
          details: {},
          at: new Date(),
        }),
      );
    const first = await auditor.get('/audit?actor=many');
    const next = /href="(\/audit\?actor=many&amp;after=\d+)" rel="next"/.exec(first.body)?.[1] ?? '';
    const query = next.replaceAll('&amp;', '&').split('?')[1] ?? '';
    assert.deepEqual([...(await shown('actor=many')), ...(await shown(query))], many.toReversed());
  });

  it('found by key, as dead letters are, however rare they are among however many', async () => {
    await desk.pool.query(
      `insert into audit (id, at, actor, action, subject, details, previous, hash)
       select (select max(id) from audit) + g, now(), 'cli:' || g % 9, 'message.release', 'message/' || g, '{}', '', ''
         from generate_series(1, 30000) g`,
    );
    await desk.pool.query(
      `insert into dead_letter (id, is_text, body, headers, fault, detail, findings, organisation_number, document_number)
       select gen_random_uuid(), true, '', '{}', case g % 2 when 0 then 'document-invalid' else 'frame-empty' end, 'x', '[]', g % 9, g
         from generate_series(1, 30000) g`,
    );
    await desk.pool.query('analyze audit, dead_letter');
    const keyed = createPool({ url: desk.databaseUrl, connections: 1, name: 'plans', byKey: true });
    try {
      let plan = '';
      const explained: Db = {
        ...keyed,
        query: async (text) => {
          const { rows } = await keyed.query<Record<string, string>>(`explain (generic_plan) ${text}`);
          plan = rows.map((row) => Object.values(row)[0]).join('\n');
          return { rows: [], rowCount: 0 };
        },
      };
      for (const look of [
        { actor: 'x' },
        { action: 'x' },
        { subject: 'x' },
        { subject: 'x/y' },
        { subject: 'x/y', actor: 'x', action: 'x' },
        { subject: 'x', actor: 'x', since: new Date() },
      ]) {
        await listAuditFor(explained, { limit: 51, ...look });
        assert.match(plan, /audit_(group|subject)/);
        assert.doesNotMatch(plan, /audit_pkey|Seq Scan/, `${JSON.stringify(look)}\n${plan}`);
      }
      for (const [name, index] of [
        ['fault', 'dead_letter_fault'],
        ['organisationNumber', 'dead_letter_organisation_number'],
        ['documentNumber', 'dead_letter_document_number'],
      ] as const) {
        await listDeadLetters(explained, { limit: 51, [name]: 'x' });
        assert.match(plan, new RegExp(`Index Scan Backward using ${index} `), plan);
      }
    } finally {
      await keyed.close();
    }
  });
});
