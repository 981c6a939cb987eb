import { strict as assert } from 'node:assert';
import { Fault } from '../../../../src/domain/fault.ts';
import { readSettings } from '../../../../src/platform/config/read.ts';

function faultOf(environment: Record<string, string>, needed: Parameters<typeof readSettings>[0] = []): Fault {
  try {
    readSettings(needed, environment);
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error('taken');
}

describe('settings', () => {
  it('one mistake is a sentence, several are a list under a heading', () => {
    assert.equal(faultOf({ KUVERT_LOG_PRETTY: 'maybe' }).message, 'KUVERT_LOG_PRETTY must be yes or no');
    const several = faultOf({ KUVERT_LOG_PRETTY: 'maybe', KUVERT_X: '1' }, ['databaseUrl']);
    const [heading, ...list] = several.message.split('\n');
    assert.equal(heading, '3 settings are not right:');
    assert.deepEqual(
      list.map((line) => /^ {2}(\w+) /.exec(line)?.[1]),
      ['DATABASE_URL', 'KUVERT_LOG_PRETTY', 'KUVERT_X'],
    );
    assert.deepEqual(
      several.findings.map(({ rule }) => rule),
      ['required', 'value', 'unknown'],
    );
  });

  it('a new signing key is announced for no shorter time than processes take to see it', () => {
    const read = (ahead: string) =>
      readSettings(['signingAhead', 'credentialsReload'], {
        KUVERT_SIGNING_AHEAD: ahead,
        KUVERT_CREDENTIALS_RELOAD: '1h',
      });
    assert.equal(read('1h').signingAhead, 3_600_000);
    assert.throws(() => read('59m'), {
      code: 'setting-invalid',
      message: 'KUVERT_SIGNING_AHEAD must not be less than KUVERT_CREDENTIALS_RELOAD',
    });
  });

  it('the sign-in by a provider is set as a whole or not at all, with roles that there are', () => {
    const whole = {
      KUVERT_OIDC_ISSUER: 'https://login.example.se/realms/staff',
      KUVERT_OIDC_CLIENT_ID: 'kuvert',
      KUVERT_OIDC_CLIENT_SECRET: 'secret',
      KUVERT_OIDC_ROLES: 'ops=operator',
    };
    assert.deepEqual([...(readSettings(['oidcRoles'], whole).oidcRoles ?? [])], [['ops', ['operator']]]);
    assert.equal(readSettings(['oidcRoles'], {}).oidcRoles, undefined);
    for (const name of Object.keys(whole)) {
      const { [name]: _left, ...rest } = whole as Record<string, string>;
      assert.match(faultOf(rest).message, new RegExp(`^${name} must be set where another of KUVERT_OIDC_ISSUER, `));
    }
    const unknown = faultOf({ ...whole, KUVERT_OIDC_ROLES: 'ops=operator,king' });
    assert.equal(
      unknown.message,
      'KUVERT_OIDC_ROLES has “ops=operator,king”, in which “king” is no role; the roles are viewer, operator, security-officer, auditor, administrator',
    );
    for (const wrong of [
      'http://login.example.se',
      'https://u:p@login.example.se',
      'https://login.example.se/?a',
      'login.example.se',
    ])
      assert.match(
        faultOf({ ...whole, KUVERT_OIDC_ISSUER: wrong }).message,
        /^KUVERT_OIDC_ISSUER must be an https URL/,
      );
    assert.match(faultOf({ ...whole, KUVERT_OIDC_SCOPE: 'profile' }).message, /^KUVERT_OIDC_SCOPE must be words/);
  });

  it('the sender is an organisation number, its check digit too, kept without a hyphen', () => {
    const { senderOrganisation } = readSettings(['senderOrganisation'], { KUVERT_SENDER_ORGANISATION: '202100-2114' });
    assert.equal(senderOrganisation, '2021002114');
    for (const wrong of ['2021002115', 'Arbetsförmedlingen', '20210021'])
      assert.match(faultOf({ KUVERT_SENDER_ORGANISATION: wrong }).message, /^KUVERT_SENDER_ORGANISATION must be/);
  });

  it('the source is an absolute URI', () => {
    for (const right of ['https://a.se/ka', 'urn:example:ka', 'tag:a.se,2026:ka'])
      assert.equal(readSettings(['source'], { KUVERT_SOURCE: right }).source, right);
    for (const wrong of [
      '/ka',
      'ka',
      'https://',
      'https://a.se/k a',
      'https://a.se/<ka>',
      'urn:é',
      `urn:${'x'.repeat(1_000)}`,
    ])
      assert.match(faultOf({ KUVERT_SOURCE: wrong }).message, /^KUVERT_SOURCE must be an absolute URI/);
  });

  it('a proxy is a URL without a path, and its password is not told', () => {
    for (const right of ['http://proxy:3128', 'https://u:p%40ss@proxy.example', 'http://[::1]:8080/'])
      assert.equal(readSettings(['egressProxy'], { KUVERT_EGRESS_PROXY: right }).egressProxy, right);
    for (const wrong of ['proxy:3128', 'socks5://u:s3cret@a', 'http://u:s3cret@a/path', 'http://u:s3cret%zz@a', 'a']) {
      const { message } = faultOf({ KUVERT_EGRESS_PROXY: wrong });
      assert.match(message, /^KUVERT_EGRESS_PROXY must/, wrong);
      assert.ok(!message.includes('s3cret'));
    }
  });

  it('a broker that cannot be one is a mistake of the settings, and its password is not told', () => {
    const right = 'stomp://a:61613,stomp+ssl://b/name';
    assert.deepEqual(readSettings(['brokerUrls'], { BROKER_URLS: right }).brokerUrls, right.split(','));
    for (const wrong of ['http://a', 'stomp://', 'stomp://a,', 'stomp://me:s3cret@a', 'stomp://a?x=1']) {
      const { message } = faultOf({ BROKER_URLS: wrong });
      assert.match(message, /^BROKER_URLS must/, wrong);
      assert.ok(!message.includes('s3cret'));
    }
  });
});
