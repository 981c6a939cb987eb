import { strict as assert } from 'node:assert';
import { Fault, faultCodes, faultTable } from '../../../../src/domain/fault.ts';
import { problemOf } from '../../../../src/platform/http/problem.ts';

const id = '5f0c1c7a-9f0e-4c55-8d8e-0d8b3d1f5a11';

describe('problemOf', () => {
  it('every fault becomes a problem of its own type and status; details only of those that are the caller’s', () => {
    for (const code of faultCodes) {
      const finding = { where: 'a', rule: 'b', text: 'c' };
      const problem = problemOf(new Fault(code, 'in particular', { findings: [finding] }), id);
      assert.equal(problem.type, `urn:kuvert:fault:${code}`);
      assert.equal(problem.title, faultTable[code].title);
      assert.equal(problem.status, faultTable[code].status);
      assert.equal(problem.instance, `urn:uuid:${id}`);
      assert.equal('detail' in problem, problem.status < 500);
      assert.equal('findings' in problem, problem.status < 500);
    }
  });

  it('a title is not said twice, and no findings is no member', () => {
    assert.deepEqual(Object.keys(problemOf(new Fault('not-found'), id)), ['type', 'title', 'status', 'instance']);
  });

  for (const [what, error] of [
    ['an error', new TypeError('secret')],
    ['a text', 'secret'],
    ['an object', { secret: 1 }],
    ['null', null],
    ['nothing', undefined],
    ['an error of ours', { status: 500, message: 'secret' }],
    ['an error with the status of a success', { status: 200 }],
  ] as const)
    it(`${what} is internal and says nothing`, () => {
      assert.deepEqual(problemOf(error, id), {
        type: 'urn:kuvert:fault:internal',
        title: faultTable.internal.title,
        status: 500,
        instance: `urn:uuid:${id}`,
      });
    });
});
