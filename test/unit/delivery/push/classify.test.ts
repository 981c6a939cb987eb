import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { type Answer, classify } from '../../../../src/delivery/push/classify.ts';

const id = '01936f0e-7c3a-7b7e-9d55-0b9f6f1f2a10';
const now = Date.parse('2025-03-01T12:00:00Z');
const answer = (status: number, more: Partial<Answer> = {}): Answer => ({ status, headers: {}, body: '', ...more });

/** The rows of the table under "Answers" in docs/outcomes.md: each with the statuses it speaks of. */
function documentedRows() {
  const text = readFileSync(new URL('../../../../docs/outcomes.md', import.meta.url), 'utf8');
  const section = text.slice(text.indexOf('## Answers'), text.indexOf('## No answer'));
  const rows = [...section.matchAll(/^\| (\d[^|]*) \| ([a-z-]+) \| ([a-z-]*) ?\|$/gm)];
  return rows.map(([, cell = '', outcome = '', fault = '']) => ({ cell, outcome, fault, statuses: statusesIn(cell) }));
}

function statusesIn(cell: string): Set<number> {
  const found = new Set<number>();
  for (const [, from = '', to = from] of cell.matchAll(/(\d{3})(?:–(\d{3}))?/g))
    for (let status = Number(from); status <= Number(to); status++) found.add(status);
  return found;
}

describe('what an answer means', () => {
  it('docs/outcomes.md says of every status from 200 to 599 what the gateway does', () => {
    const rows = documentedRows();
    assert.ok(rows.length >= 10, 'the table was not found');
    for (let status = 200; status <= 599; status++) {
      const row = rows.filter((one) => one.statuses.has(status) && !one.cell.includes('says "already received"'));
      assert.equal(row.length, 1, `${status} has ${row.length} rows`);
      const meaning = classify(answer(status), id, now);
      const fault = meaning.kind === 'delivered' ? '' : meaning.fault;
      assert.deepEqual([meaning.kind, fault], [row[0]?.outcome, row[0]?.fault], String(status));
      if (meaning.kind !== 'delivered') assert.match(meaning.detail, new RegExp(`answered ${status}`));
    }
  });

  it('a status above 599 counts as 5xx, and one below 200 is no answer', () => {
    assert.equal(classify(answer(999), id, now).kind, 'message-failed');
    assert.equal(classify(answer(150), id, now).kind, 'endpoint-failed');
  });

  it('Retry-After counts in both forms, and only where the endpoint is busy', () => {
    const asked = (status: number, value: string) => {
      const meaning = classify(answer(status, { headers: { 'retry-after': value } }), id, now);
      return meaning.kind === 'endpoint-failed' ? meaning.retryAfterMs : 'not busy';
    };
    assert.equal(asked(503, '120'), 120_000);
    assert.equal(asked(429, 'Sat, 01 Mar 2025 12:05:00 GMT'), 300_000);
    assert.equal(asked(503, 'Sat, 01 Mar 2025 11:00:00 GMT'), 0);
    assert.equal(asked(503, 'soon'), undefined);
    assert.equal(asked(500, '120'), 'not busy');
  });

  describe('409', () => {
    const problem = (body: unknown, type = 'application/problem+json') =>
      classify(
        answer(409, {
          headers: { 'content-type': type },
          body: typeof body === 'string' ? body : JSON.stringify(body),
        }),
        id,
        now,
      ).kind;
    const type = 'https://supplier.example/problems/already-received';

    it('is a receipt if it is a problem of type already-received that names our id', () => {
      assert.equal(problem({ type, messageId: id }), 'delivered');
      assert.equal(
        problem({ type, messageId: id.toUpperCase() }, 'Application/Problem+JSON; charset=utf-8'),
        'delivered',
      );
      assert.equal(problem({ type, instance: `/in/${id}` }), 'delivered');
      assert.equal(problem({ type, instance: `urn:uuid:${id}` }), 'delivered');
      assert.equal(problem({ type, instance: `https://supplier.example/in/${id}?again=1` }), 'delivered');
    });

    it('names our id in the last part of the path, whatever query and fragment follow', () => {
      assert.equal(problem({ type, instance: `/in/${id}?a#b?c/d` }), 'delivered');
      assert.equal(problem({ type, instance: `/in/${id}#` }), 'delivered');
      assert.equal(problem({ type, instance: `/in?${id}` }), 'message-failed');
      assert.equal(problem({ type, instance: `/in/?/${id}` }), 'message-failed');
      assert.equal(problem({ type, instance: `/in#/${id}` }), 'message-failed');
    });

    it('may be as long as it likes without keeping other suppliers waiting', () => {
      // As long as the largest answer that a setting lets through. Looked at from each character anew, this takes hours.
      for (const instance of [`${'a'.repeat(10_000_000)}/`, `${'?'.repeat(10_000_000)}\n`])
        assert.equal(problem({ type, instance }), 'message-failed');
    });

    it('is no receipt if anything of that is missing or is about another message', () => {
      const other = '01936f0e-7c3a-7b7e-9d55-0b9f6f1f2a11';
      assert.equal(problem({ type }), 'message-failed');
      assert.equal(problem({ type, messageId: other }), 'message-failed');
      assert.equal(problem({ type, instance: `/in/${id}/other` }), 'message-failed');
      assert.equal(problem({ type, instance: `/in/x${id}` }), 'message-failed');
      assert.equal(problem({ type: `${type}-not`, messageId: id }), 'message-failed');
      assert.equal(problem({ type: 'already-received', messageId: id }), 'message-failed');
      assert.equal(problem({ messageId: id }), 'message-failed');
      assert.equal(problem({ type, messageId: id }, 'application/json'), 'message-failed');
      assert.equal(problem(`{"type":"${type}","messageId":"${id}"`), 'message-failed');
      assert.equal(problem('null'), 'message-failed');
      assert.equal(problem([type, id]), 'message-failed');
    });
  });
});
