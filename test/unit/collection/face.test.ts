import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { supplierApp } from '../../../src/collection/face.ts';
import { envelopeBytes } from '../../../src/envelope/bytes.ts';
import { jwks, keysOfJwks } from '../../../src/envelope/keys.ts';
import { openEnvelope } from '../../../src/envelope/open.ts';
import { seal } from '../../../src/envelope/seal.ts';
import { loadSigner } from '../../../src/envelope/signer.ts';
import { listenTls, type TlsListener } from '../../../src/platform/http/listen.ts';
import { silentLog } from '../../../src/platform/log.ts';
import { createDevAuthority, type DevCredential, issueDevCertificate } from '../../support/dev-authority.ts';
import { ask } from '../../support/http.ts';

describe("the suppliers' listener", () => {
  const path = '/.well-known/jwks.json';
  let listener: TlsListener;
  let ca: string;
  let signing: DevCredential;
  let old: DevCredential;
  let keySet: object;
  before(async () => {
    const authority = await createDevAuthority();
    ca = authority.certificatePem;
    const own = await issueDevCertificate(authority, { name: 'Kuvert', ipAddresses: ['127.0.0.1'] });
    signing = await issueDevCertificate(authority, { name: 'Sigill', usages: ['signing'] });
    old = await issueDevCertificate(authority, { name: 'Gammalt sigill', usages: ['signing'] });
    keySet = jwks([signing.chainPem, old.certificatePem]);
    listener = await listenTls(
      { log: silentLog, now: () => new Date() },
      { key: own.keyPem, cert: own.chainPem, ca },
      supplierApp({ log: silentLog, jwks: () => keySet }),
      { host: '127.0.0.1', port: 0, requestCertificate: true },
    );
  });
  after(() => listener.close(0));

  it('shows the key set to a client without a certificate, to be kept for five minutes', async () => {
    const { status, headers, body } = await ask({ port: listener.port, ca, path });
    assert.equal(status, 200);
    assert.equal(headers['content-type'], 'application/jwk-set+json');
    assert.equal(headers['cache-control'], 'public, max-age=300');
    assert.deepEqual(JSON.parse(body), keySet);
    assert.ok(!body.includes('"d"'));
  });

  it('an unchanged key set is not sent twice', async () => {
    const { headers } = await ask({ port: listener.port, ca, path });
    const again = await ask({
      port: listener.port,
      ca,
      path,
      headers: { 'if-none-match': String(headers['etag']) },
    });
    assert.equal(again.status, 304);
    assert.equal(again.body, '');
  });

  it('a supplier verifies envelopes with what it fetched, those of the old key too', async () => {
    const keys = keysOfJwks(JSON.parse((await ask({ port: listener.port, ca, path })).body));
    const document = Buffer.from('{"total":1.10}');
    for (const { keyPem, certificatePem } of [signing, old]) {
      const sealed = await seal(
        loadSigner(keyPem, certificatePem),
        {
          id: '0197a3c2-6f10-7c3a-9d52-5b1c6a7e8f90',
          source: 'https://arbetsformedlingen.se/ka',
          messageType: 'purchase-order',
          documentNumber: 'PO-1',
          eventTime: '2026-03-02T08:15:30Z',
          mediaType: 'application/json',
          dataSchema: 'urn:kuvert:schema:purchase-order:1',
          sequence: 1,
          environment: 'test',
          documentSha256: createHash('sha256').update(document).digest('hex'),
          recipient: '5560160680' as never,
          recipientCertificate: undefined,
          recipientUrl: undefined,
        },
        document,
      );
      const bytes = envelopeBytes(sealed.head, document, sealed.sha256);
      assert.deepEqual((await openEnvelope(bytes, sealed.signature, { keys })).document, document);
    }
  });

  it('anything else is not there yet, and says so as a problem', async () => {
    const { status, headers } = await ask({ port: listener.port, ca, path: '/v1/messages' });
    assert.equal(status, 404);
    assert.equal(headers['content-type'], 'application/problem+json');
    assert.equal((await ask({ port: listener.port, ca, path, method: 'POST' })).status, 405);
  });
});
