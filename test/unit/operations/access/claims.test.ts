import { strict as assert } from 'node:assert';
import { parseRolesByClaim } from '../../../../src/domain/operator-role.ts';
import { accountName } from '../../../../src/operations/access/accounts.ts';
import { claimOf, personOf } from '../../../../src/operations/access/oidc/claims.ts';
import { beginRequest, readRequest, requestFor } from '../../../../src/operations/access/oidc/request.ts';

const roles = parseRolesByClaim('ops=operator; CN=Kuvert,OU=Admins,DC=x=administrator,viewer;/kuvert/audit=auditor');
const who = (claims: Readonly<Record<string, unknown>>, claim = 'groups') =>
  personOf({ iss: 'https://login.example.se', sub: 's-1', ...claims }, { claim, roles });

describe('claims of a provider', () => {
  it('give roles by whole values, of a text or a list, each role once', () => {
    assert.deepEqual(who({ groups: 'ops' }).roles, ['operator']);
    assert.deepEqual(who({ groups: ['CN=Kuvert,OU=Admins,DC=x', 'ops', 'ops'] }).roles, [
      'viewer',
      'operator',
      'administrator',
    ]);
    for (const groups of ['op', 'OPS', ' ops', 'ops,x', ['ops '], [['ops'], 1, null, {}], { ops: true }, true, null])
      assert.deepEqual([who({ groups }).roles, who({ groups }).lacks], [[], 'value'], JSON.stringify(groups));
    assert.equal(who({}).lacks, 'claim');
    assert.equal(who({ groups: 'ops' }).lacks, undefined);
  });

  it('are found by their whole name, or inside one another', () => {
    assert.deepEqual(who({ realm_access: { roles: ['ops'] } }, 'realm_access.roles').roles, ['operator']);
    assert.deepEqual(who({ 'https://example.se/roles': 'ops' }, 'https://example.se/roles').roles, ['operator']);
    for (const name of ['constructor', '__proto__', 'realm_access.constructor', 'a.b.c', 'sub.length'])
      assert.equal(claimOf({ realm_access: {}, sub: 'x' }, name), undefined, name);
  });

  it('name an account as accounts are named, whatever the person is called', () => {
    const named = (preferred_username: unknown, more = {}) => who({ preferred_username, ...more }).name;
    assert.equal(named('Åsa.Ek@Example.se'), 'asa.ek@example.se');
    assert.equal(named('DOMAIN\\anna ek'), 'domain-anna-ek');
    assert.equal(named(undefined, { email: 'Bo@example.se' }), 'bo@example.se');
    assert.equal(named(undefined), 's-1');
    for (const odd of ['  ', '---', '李小龍', '\u0000', 'x'.repeat(500), '@@a', 7, ['a'], '<script>'])
      assert.match(named(odd), accountName, String(odd));
    assert.equal(who({ name: ' Anna\n\u202eEk\u0000 ' }).displayName, 'Anna Ek');
    assert.equal(who({ name: 'x'.repeat(500) }).displayName.length, 200);
    assert.equal(who({ name: '' }).displayName, 's-1');
  });
});

describe('the roles that values of a claim give', () => {
  it('are read by the last equals sign of each entry', () => {
    assert.deepEqual(
      [...roles],
      [
        ['ops', ['operator']],
        ['CN=Kuvert,OU=Admins,DC=x', ['viewer', 'administrator']],
        ['/kuvert/audit', ['auditor']],
      ],
    );
    for (const wrong of ['', ';', 'ops', '=operator', 'ops=', 'ops=king', 'ops=operator,', 'a=viewer;a=operator'])
      assert.throws(() => parseRolesByClaim(wrong), /^Error: (must|has)/, wrong);
    assert.throws(() => parseRolesByClaim('ops=operator,king'), /“king” is no role; the roles are viewer, operator/);
  });
});

describe('a sign-in on its way by the provider', () => {
  const now = new Date('2026-11-22T10:00:00Z');

  it('is remembered by its cookie alone, for ten minutes', () => {
    const begun = beginRequest('/messages?state=held', now);
    assert.deepEqual(readRequest(begun.cookie, new Date(now.getTime() + requestFor - 1)), begun);
    assert.equal(readRequest(begun.cookie, new Date(now.getTime() + requestFor)), undefined);
    assert.match(begun.cookie, /^[\w.-]+$/);
    assert.ok(beginRequest(`/${'x'.repeat(2_000)}`, now).cookie.length < 4_000);
    for (const text of [undefined, '', 'x', `${'x'.repeat(43)}..`, `${begun.cookie}.x`, begun.cookie.slice(1)])
      assert.equal(readRequest(text, now), undefined, text);
  });

  it('shows the provider nothing of it; whatever is changed in the cookie is another request', () => {
    const { cookie, state, nonce, verifier } = beginRequest('/', now);
    const [secret = '', began, next] = cookie.split('.');
    assert.equal(new Set([secret, state, nonce, verifier]).size, 4);
    const first = cookie.startsWith('A') ? 'B' : 'A';
    for (const changed of [`${secret}.${began}0.${next}`, `${secret}.${began}.${next}AA`, first + cookie.slice(1)]) {
      const read = readRequest(changed, now);
      for (const other of [read?.state, read?.nonce, read?.verifier])
        assert.ok(![state, nonce, verifier].includes(other ?? ''), changed);
    }
  });
});
