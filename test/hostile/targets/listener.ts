/** Bytes from anybody, to our own listeners: that of the suppliers, and that of `kuvert receive`. */
import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { startReceiver } from '../../../src/cli/receive-server.ts';
import { supplierApp } from '../../../src/collection/face.ts';
import { jwks, keysOfCertificates } from '../../../src/envelope/keys.ts';
import { listenTls } from '../../../src/platform/http/listen.ts';
import { memoryStore } from '../../../src/receiver/memory.ts';
import { createDevAuthority, type DevCredential, issueDevCertificate } from '../../support/dev-authority.ts';
import { rememberingLog } from '../../support/http.ts';
import { type Approach, approaches, wellKnown } from '../requests.ts';
import { opened, type Target } from '../target.ts';

export const listener: Target = {
  name: 'listener',
  about:
    'garbage, handshakes, requests of every shape, over TCP and TLS, to the listeners of supplier-api and `kuvert receive`',
  share: 4,
  limit: 10_000,
  open: async () => {
    const authority = await createDevAuthority();
    const issue = (name: string) => issueDevCertificate(authority, { name, ipAddresses: ['127.0.0.1'] });
    const [own, client] = [
      await issue('Kuvert'),
      await issueDevCertificate(authority, { name: 'Klient', usages: ['clientAuth'] }),
    ];
    const credentials = { key: own.keyPem, cert: own.chainPem, ca: authority.certificatePem };
    const log = rememberingLog();
    const suppliers = await listenTls(
      { log, now: () => new Date() },
      credentials,
      supplierApp({ log, jwks: () => jwks([own.certificatePem]) }),
      { host: '127.0.0.1', port: 0, requestCertificate: true },
    );
    const keys = keysOfCertificates([own.certificatePem]);
    const receiver = await startReceiver(
      {
        store: { ...memoryStore(), keep: () => assert.fail('nothing here is an envelope') },
        keys: async () => keys,
        recipients: undefined,
        environment: undefined,
        mostBytes: 100_000,
        now: () => new Date(),
      },
      { host: '127.0.0.1', port: 0, credentials, clients: undefined, pretend: undefined, onEvent: () => undefined },
    );
    let met = 0;
    return opened({
      inputs: approaches,
      meet: async (approach) => {
        const port = approach.to === 'suppliers' ? suppliers.port : receiver.port;
        const said = await approached(port, approach, authority.certificatePem, client);
        const label = judge(approach, said);
        const errors = log.lines.filter(({ level, error }) => level === 'error' || error !== undefined);
        assert.deepEqual(
          errors.filter(({ event }) => event !== 'handshake failed'),
          [],
        );
        (log.lines as unknown[]).length = 0;
        // Whoever comes next is served.
        if (met++ % 50 === 0) {
          const good = { ...wellKnown, to: 'suppliers' } as const;
          assert.match(await approached(suppliers.port, good, authority.certificatePem, client), /^HTTP\/1\.1 200 /);
        }
        return label;
      },
      close: async () => {
        await suppliers.close(0);
        await receiver.close(0);
      },
    });
  },
};

/** Writes everything, hangs up its own end, and listens until the other side has gone. */
async function approached(
  port: number,
  { over, packets, to, ending }: Approach,
  ca: string,
  client: DevCredential,
): Promise<string> {
  let socket: Socket;
  if (over === 'tls') {
    const as = to === 'receiver' ? { key: client.keyPem, cert: client.chainPem } : {};
    const secure = connectTls({ port, host: '127.0.0.1', ca, ...as });
    secure.on('error', () => undefined);
    await once(secure, 'secureConnect');
    socket = secure;
  } else socket = connectTcp(port, '127.0.0.1');
  socket.setNoDelay(true);
  let said = '';
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    said += chunk.toString('latin1');
  });
  const gone = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  for (const packet of packets) {
    if (socket.writable) socket.write(packet);
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (ending === 'late') await new Promise((resolve) => setTimeout(resolve, 20));
  if (ending === 'reset') socket.destroy();
  else if (ending !== 'none') socket.end();
  await gone;
  return said;
}

function judge({ over, requests, ending, to }: Approach, said: string): string {
  if (over === 'tcp') return said === '' ? 'no TLS: hung up' : 'no TLS: an alert';
  if (ending === 'reset') return 'hung up by the caller';
  const statuses = [...said.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
  assert.ok(said === '' || said.startsWith('HTTP/1.1 '), said.slice(0, 200));
  assert.ok(!statuses.some((status) => status >= 500), said);
  assert.doesNotMatch(said, /node_modules|at Object|express|TypeError|RangeError|<html|<!DOCTYPE/i);
  for (const [, type] of said.matchAll(/"type":"([^"]*)"/g))
    assert.match(type ?? '', /^urn:kuvert:(?:fault|receive):(?!internal)[a-z-]+$/);
  const granted = statuses.filter((status) => status === 200).length;
  if (requests !== undefined) assert.equal(granted, to === 'suppliers' ? requests : 0, said);
  else if (to === 'receiver') assert.equal(granted, 0, said);
  return statuses.length === 0 ? 'hung up without a word' : String(statuses.at(-1));
}
