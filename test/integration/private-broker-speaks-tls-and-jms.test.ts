import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import type { Local } from '../../src/platform/local/local.ts';
import { answers } from '../../src/platform/local/probe.ts';
import { ownServers } from '../support/servers.ts';

describe('a private broker speaks TLS and JMS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kuvert-tls-'));
  const certificate = join(folder, 'broker.pem');
  const store = { file: join(folder, 'broker.p12'), password: 'not & a "secret" <here>' };
  let set: Local;

  before(async () => {
    const key = join(folder, 'broker.key.pem');
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const make = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    execFileSync('openssl', [...make, ...subject, '-keyout', key, '-out', certificate], { stdio: 'pipe' });
    const pack = ['pkcs12', '-export', '-inkey', key, '-in', certificate, '-name', 'broker', '-out', store.file];
    execFileSync('openssl', [...pack, '-passout', `pass:${store.password}`], { stdio: 'pipe' });
    set = await ownServers({ broker: true }, { brokerKeyStore: store });
  });
  after(async () => {
    await set.stop();
    rmSync(folder, { recursive: true });
  });

  it('STOMP over TLS with the certificate it was given', async () => {
    const { tlsUrl, user, password } = set.broker!;
    const socket = connect({
      host: '127.0.0.1',
      port: Number(new URL(tlsUrl ?? '').port),
      ca: readFileSync(certificate),
    });
    await once(socket, 'secureConnect');
    socket.write(`CONNECT\naccept-version:1.2\nhost:x\nlogin:${user}\npasscode:${password}\n\n\0`);
    const [answer] = await once(socket, 'data');
    assert.match(String(answer), /^CONNECTED/);
    socket.destroy();
  });

  it('OpenWire, which JMS programs speak', async () => {
    const port = Number(new URL(set.broker?.openwireUrl ?? '').port);
    // The broker greets first, with its wire format.
    assert.equal(await answers(port, '', 'ActiveMQ'), true);
  });
});
