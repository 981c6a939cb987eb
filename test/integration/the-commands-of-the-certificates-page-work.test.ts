/** What a supplier copies from docs/certificates.md, from the authority's root to a list that has the certificate. */
import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { revokeCertificate } from '../../src/enrolment/revoke.ts';
import { readNewestList } from '../../src/store/enrol/revocation-lists.ts';
import { run } from '../support/cluster.ts';
import { certificateIn, day, type Enrolment, type OpenedOrder, openEnrolment } from '../support/enrolment.ts';
import { eventually } from '../support/eventually.ts';
import { mustHave } from '../support/installed.ts';

const page = readFileSync(new URL('../../docs/certificates.md', import.meta.url), 'utf8');

/** The commands under a heading, in order. */
function commandsUnder(heading: string): string[] {
  const [, section = ''] = page.split(`${heading}\n`);
  const own = section.split(/^#{2,3} /m, 1)[0] ?? '';
  return [...own.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, commands = '']) => commands);
}

describe('the commands of docs/certificates.md', () => {
  let stage: Enrolment;
  let ports: { readonly port: number; readonly crlPort: number | undefined };
  const clock = { shift: 0 };
  const now = () => new Date(Date.now() + clock.shift);
  before(async () => {
    mustHave('curl');
    mustHave('openssl', 'openssl', 'version');
    mustHave('pki', 'strongswan-pki', '--help');
    stage = await openEnrolment();
    await stage.startCa({ now });
    ports = await stage.startApi({ now, settings: { KUVERT_CRL_HOST: '127.0.0.1', KUVERT_CRL_PORT: '0' } });
  });
  after(() => stage.close());
  afterEach(() => {
    clock.shift = 0;
  });

  const typed = (commands: string | undefined, order?: OpenedOrder): Promise<string> => {
    assert.ok(commands, 'the page has these commands');
    const text = commands
      .replaceAll('kuvert.example:8443', `localhost:${ports.port}`)
      .replaceAll('crl.kuvert.example', `localhost:${ports.crlPort}`)
      .replaceAll('K7PXM-4QWTZ:K7PXM-4QWTZ-9HJKR-3CDEF', `${order?.transferId}:${order?.password}`);
    return run(text, { cwd: stage.folder, env: { PATH: process.env['PATH'] } });
  };
  const file = (name: string) => certificateIn(readFileSync(join(stage.folder, name), 'utf8'));

  it('fetch the authority, whose root is the last', async () => {
    const [authority] = commandsUnder('## Fetching a certificate');
    const said = await typed(authority);
    const { fingerprint256 } = stage.authority.root.certificate.x509;
    assert.ok(said.includes(fingerprint256), said);
    assert.equal(file('ca-1.pem').fingerprint, stage.authority.issuing.certificate.fingerprint);
  });

  it('fetch a certificate with curl and openssl, and renew it; a list has it when it is revoked', async () => {
    const order = await stage.order();
    const [enrol, renew] = commandsUnder('### With curl and openssl');
    assert.match(await typed(enrol, order), /certificate\.pem: OK/);
    const { fingerprint } = file('certificate.pem');
    const { rows } = await stage.pool.query('select 1 from certificate where fingerprint = $1 and order_id = $2', [
      fingerprint,
      order.id,
    ]);
    assert.equal(rows.length, 1);
    clock.shift = 680 * day;
    await typed(renew);
    assert.equal(file('next.pem').subject, file('certificate.pem').subject);
    clock.shift = 0;
    const [list] = commandsUnder('### Revocation lists');
    assert.match(await typed(list), /certificate\.pem: OK/);
    const { fingerprint: authority } = stage.authority.issuing.certificate;
    const before = await readNewestList(stage.pool, authority);
    await revokeCertificate(stage.pool, {
      named: fingerprint,
      as: 'keyCompromise',
      actor: 'cli:test',
      reason: 'a test',
      now: new Date(),
      heldProbe: 1_000,
      rehearsal: false,
    });
    await eventually('there is another list', async () => {
      const newest = await readNewestList(stage.pool, authority);
      return (newest?.number ?? 0) > (before?.number ?? 0);
    });
    await assert.rejects(typed(list), /certificate revoked/);
  });

  it('fetch a certificate with strongSwan', async () => {
    const order = await stage.order();
    const [enrol] = commandsUnder('### With strongSwan');
    await typed(enrol, order);
    const { rows } = await stage.pool.query('select 1 from certificate where fingerprint = $1 and order_id = $2', [
      file('certificate.pem').fingerprint,
      order.id,
    ]);
    assert.equal(rows.length, 1);
  });
});
