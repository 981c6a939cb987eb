import { strict as assert } from 'node:assert';
import {
  alertAboutOurCertificate,
  answerTrouble,
  connectTimedOut,
  connectTrouble,
} from '../../../../src/delivery/push/trouble.ts';

const error = (code: string, message = code) => Object.assign(new Error(message), { code });
const closed = error('UND_ERR_SOCKET', 'other side closed');

describe('trouble on the wire', () => {
  it('a TLS alert about our certificate is the endpoint turning us away, in the handshake or after it', () => {
    const codes = [
      'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
      'ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE',
      'ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE',
      'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
      'ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_UNKNOWN',
      'ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_REVOKED',
      'ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_EXPIRED',
      'ERR_SSL_SSL/TLS_ALERT_UNSUPPORTED_CERTIFICATE',
      'ERR_SSL_TLSV1_ALERT_ACCESS_DENIED',
    ];
    for (const code of codes) {
      assert.ok(alertAboutOurCertificate(error(code)), code);
      assert.equal(connectTrouble('tls', error(code)).kind, 'turned-away', code);
      const late = { error: closed, socketError: error(code), firstOnTls13: true, begun: false };
      assert.equal(answerTrouble(late).fault, 'endpoint-rejects-us', code);
    }
    assert.equal(alertAboutOurCertificate(error('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED')), 'certificate required');
  });

  it('other alerts and handshake failures are trouble with the endpoint', () => {
    for (const code of [
      'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
      'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE',
      'ECONNRESET',
    ])
      assert.equal(connectTrouble('tls', error(code)).fault, 'endpoint-tls', code);
  });

  it('name and TCP trouble is an endpoint that cannot be reached, timed out or not', () => {
    assert.equal(connectTrouble('name', error('ENOTFOUND')).fault, 'endpoint-unreachable');
    const both = new AggregateError([
      error('ECONNREFUSED', 'connect ECONNREFUSED 10.0.0.1:443'),
      error('EHOSTUNREACH'),
    ]);
    assert.match(connectTrouble('tcp', both).detail, /ECONNREFUSED 10\.0\.0\.1:443/);
    assert.equal(connectTimedOut('name', 5).fault, 'endpoint-unreachable');
    assert.equal(connectTimedOut('tcp', 5).fault, 'endpoint-unreachable');
    assert.equal(connectTimedOut('tls', 5).fault, 'endpoint-tls');
  });

  it('a connection closed on its first request over TLS 1.3 says that our certificate is probably refused', () => {
    const said = (firstOnTls13: boolean, begun: boolean) =>
      answerTrouble({ error: closed, socketError: undefined, firstOnTls13, begun }).detail;
    assert.match(said(true, false), /probably refuses our certificate/);
    assert.doesNotMatch(said(false, false), /certificate/);
    assert.doesNotMatch(said(true, true), /certificate/);
  });
});
