import { strict as assert } from 'node:assert';
import { storeUnavailable } from '../../../src/roles/parts.ts';

describe('a store that cannot be used', () => {
  const of = (message: string, code?: string) => Object.assign(new Error(message), code === undefined ? {} : { code });
  const refused = of('connect ECONNREFUSED 127.0.0.1:1', 'ECONNREFUSED');

  for (const [what, error, says] of [
    ['nobody listens', refused, 'does not answer: connect ECONNREFUSED 127.0.0.1:1'],
    ['on no address of its name', new AggregateError([refused]), 'does not answer: connect ECONNREFUSED 127.0.0.1:1'],
    ['is silent', of('timeout expired'), 'does not answer: timeout expired'],
    [
      'wrong password',
      of('password authentication failed for user "a"', '28P01'),
      'does not let us in: 28P01: password',
    ],
    ['no such database', of('database "x" does not exist', '3D000'), 'does not let us in: 3D000: database'],
    ['too many', of('sorry, too many clients already', '53300'), 'does not let us in: 53300: sorry'],
    ['TLS', of('self-signed certificate', 'DEPTH_ZERO_SELF_SIGNED_CERT'), 'cannot be used: DEPTH_ZERO'],
  ] as const)
    it(`says how: ${what}`, () => {
      const { code, message } = storeUnavailable(error);
      assert.equal(code, 'server-unavailable');
      assert.ok(message.startsWith(`PostgreSQL, which DATABASE_URL names, ${says}`), message);
    });
});
