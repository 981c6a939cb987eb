import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Local } from '../../src/platform/local/local.ts';
import { collect, numbered, sendPatiently, testBroker } from '../support/broker.ts';
import { ownServers } from '../support/servers.ts';

const password = 'only-for-this-test';

/** A self-signed certificate for these names, as PKCS #12 for the broker and as PEM for us. */
function keyStore(folder: string, name: string, names: string): { file: string; pem: string } {
  const path = (kind: string): string => join(folder, `${name}.${kind}`);
  const make = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const named = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=${names}`];
  execFileSync('openssl', [...make, ...named, '-keyout', path('key'), '-out', path('pem')], { stdio: 'pipe' });
  const pack = ['pkcs12', '-export', '-inkey', path('key'), '-in', path('pem'), '-name', name, '-out', path('p12')];
  execFileSync('openssl', [...pack, '-passout', `pass:${password}`], { stdio: 'pipe' });
  return { file: path('p12'), pem: readFileSync(path('pem'), 'utf8') };
}

describe('a broker over TLS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kuvert-tls-'));
  let right: Local;
  let wrong: Local;
  let pems: { right: string; wrong: string };
  before(async () => {
    const stores = {
      right: keyStore(folder, 'right', 'IP:127.0.0.1,DNS:localhost'),
      wrong: keyStore(folder, 'wrong', 'DNS:other.example'),
    };
    pems = { right: stores.right.pem, wrong: stores.wrong.pem };
    [right, wrong] = await Promise.all([
      ownServers({ broker: true }, { brokerKeyStore: { file: stores.right.file, password } }),
      ownServers({ broker: true }, { brokerKeyStore: { file: stores.wrong.file, password } }),
    ]);
  });
  after(async () => {
    await Promise.all([right.stop(), wrong.stop()]);
    rmSync(folder, { recursive: true });
  });

  it('takes and gives frames, by address and by name', async () => {
    const local = right.broker!;
    for (const url of [local.tlsUrl!, local.tlsUrl!.replace('127.0.0.1', 'localhost')]) {
      // ActiveMQ's stomp+nio+ssl loses the first words of some connections: the next one does it.
      const broker = testBroker([url], local, { ca: pems.right, watchdog: 1_500 });
      const sender = broker.createSender();
      await sendPatiently(sender, numbered('in', 0, 3));
      const taken = collect(broker, 'in');
      await taken.reached(3);
      await taken.consumer.close();
      await sender.close();
      assert.deepEqual(taken.texts(), ['0', '1', '2']);
    }
  });

  it('is refused when its certificate is for another host, or from another authority', async () => {
    const other = testBroker([wrong.broker!.tlsUrl!], wrong.broker!, { ca: pems.wrong }).createSender();
    await assert.rejects(other.send(numbered('in', 0, 1)), /altnames|IP: 127\.0\.0\.1/i);
    const unknown = testBroker([right.broker!.tlsUrl!], right.broker!, { ca: pems.wrong }).createSender();
    await assert.rejects(unknown.send(numbered('in', 0, 1)), /self-signed|unable to verify|issuer/i);
    const machine = testBroker([right.broker!.tlsUrl!], right.broker!).createSender();
    await assert.rejects(machine.send(numbered('in', 0, 1)), /self-signed|unable to verify|issuer/i);
  });

  it('that wants another password says so', async () => {
    const stranger = testBroker([right.broker!.url], { user: 'kuvert', password: 'guess' }).createSender();
    await assert.rejects(stranger.send(numbered('in', 0, 1)), /password|invalid/i);
  });
});
