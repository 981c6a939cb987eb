import { strict as assert } from 'node:assert';
import { X509Certificate } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { fingerprintOf } from '../../../src/pki/certificate.ts';
import { judgePeer } from '../../../src/pki/judge-peer.ts';
import { peerChain } from '../../../src/pki/peer-chain.ts';
import { createDevAuthority, type DevCredential, issueDevCertificate } from '../../support/dev-authority.ts';

/** Handshakes as a client with a server that shows `credential`, and looks at the chain before anything is written. */
async function shownBy(credential: DevCredential, version: 'TLSv1.2' | 'TLSv1.3'): Promise<X509Certificate[]> {
  const server = createServer({ key: credential.keyPem, cert: credential.chainPem }).listen(0, '127.0.0.1');
  server.on('tlsClientError', () => undefined);
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const socket: TLSSocket = connect({
    port,
    host: '127.0.0.1',
    rejectUnauthorized: false,
    minVersion: version,
    maxVersion: version,
  });
  try {
    await new Promise((resolve, reject) => {
      socket.once('secureConnect', resolve);
      socket.once('error', reject);
    });
    return peerChain(socket);
  } finally {
    socket.destroy();
    server.close();
  }
}

describe('peerChain', () => {
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const)
    it(`what a peer shows over ${version}, with an authority between, is judged at secureConnect`, async () => {
      const root = await createDevAuthority();
      const middle = await createDevAuthority({ name: 'Mellan', parent: root });
      const leaf = await issueDevCertificate(middle, { name: 'Exempel AB' });
      const shown = await shownBy(leaf, version);
      const own = fingerprintOf(new X509Certificate(leaf.certificatePem));
      assert.deepEqual(shown.map(fingerprintOf), [own, fingerprintOf(new X509Certificate(middle.certificatePem))]);
      const judgement = judgePeer({
        shown,
        authorities: [new X509Certificate(root.certificatePem)],
        registered: [{ fingerprint: own, withdrawn: false }],
        now: new Date(),
        role: 'server',
      });
      assert.deepEqual(judgement, { ok: true, fingerprint: own });
    });

  it('a self-signed certificate is a chain of one, not an endless one', async () => {
    assert.equal((await shownBy(await issueDevCertificate(undefined, { name: 'Ensam' }), 'TLSv1.3')).length, 1);
  });
});
