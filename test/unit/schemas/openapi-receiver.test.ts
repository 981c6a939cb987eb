import { strict as assert } from 'node:assert';
import { type Answer, classify } from '../../../src/delivery/push/classify.ts';
import { loadContract } from '../../../src/platform/http/contract.ts';

interface Documented {
  readonly description: string;
  readonly 'x-outcome': string;
  readonly 'x-outcome-already-received'?: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content?: Readonly<Record<string, { readonly examples?: Record<string, { readonly value: object }> }>>;
}

const { paths } = loadContract('openapi/receiver/1.json');
const { post } = paths['/'] as { post: { responses: Record<string, Documented> } };
const id = '01936f0e-7c3a-7b7e-9d55-0b9f6f1f2a10';
const now = Date.parse('2026-03-01T12:00:00Z');

/** A status of its own goes before its range (OpenAPI 3.1 §4.8.16.1). */
const documented = (status: number): Documented =>
  post.responses[status] ?? post.responses[`${String(status)[0]}XX`] ?? assert.fail(`${status} is not documented`);
const answer = (status: number, more: Partial<Answer> = {}): Answer => ({ status, headers: {}, body: '', ...more });

describe('the contract of what suppliers build', () => {
  it('says of every answer from 200 to 599 what the gateway does', () => {
    for (let status = 200; status <= 599; status++)
      assert.equal(classify(answer(status), id, now).kind, documented(status)['x-outcome'], String(status));
  });

  it('says no status apart that is like its range, and each is met', () => {
    for (const [status, said] of Object.entries(post.responses)) {
      assert.match(status, /^[2-5](?:XX|\d\d)$/);
      if (status.endsWith('XX') || said['x-outcome-already-received'] !== undefined) continue;
      assert.notEqual(said['x-outcome'], post.responses[`${status[0]}XX`]?.['x-outcome'], status);
    }
  });

  it('offers Retry-After where it is honoured, and nowhere else', () => {
    for (let status = 200; status <= 599; status++) {
      const meaning = classify(answer(status, { headers: { 'retry-after': '120' } }), id, now);
      const honoured = meaning.kind === 'endpoint-failed' && meaning.retryAfterMs === 120_000;
      assert.equal(honoured, documented(status).headers?.['retry-after'] !== undefined, String(status));
    }
  });

  it('and each example of “already received” is taken for one, of this message and of no other', () => {
    const said = documented(409);
    const [[type, { examples = {} }] = assert.fail('no content')] = Object.entries(said.content ?? {});
    assert.equal(Object.keys(examples).length, 2);
    for (const { value } of Object.values(examples)) {
      const told = answer(409, { headers: { 'content-type': type }, body: JSON.stringify(value) });
      assert.equal(classify(told, id, now).kind, said['x-outcome-already-received']);
      assert.equal(classify(told, id.replace('0', '1'), now).kind, said['x-outcome']);
    }
  });
});
