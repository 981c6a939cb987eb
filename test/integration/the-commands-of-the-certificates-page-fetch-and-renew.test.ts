import { strict as assert } from 'node:assert';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { run } from '../support/cluster.ts';
import { certificateIn, type Enrolment, type OpenedOrder, openEnrolment } from '../support/enrolment.ts';
import { mustHave } from '../support/installed.ts';

const page = readFileSync('docs/certificates.md', 'utf8');

/** The commands under a mark. */
function block(part: 'enrol' | 'renew', name: string): string {
  const [, commands] = new RegExp(`<!-- ${part}: ${name} -->\n\`\`\`sh\n([\\s\\S]*?)\`\`\``).exec(page) ?? [];
  assert.ok(commands, `${part}: ${name}`);
  return commands;
}

/** A file of the page: one line that begins so, with what is the reader's own in it. */
function lineOf(begins: string, own: Readonly<Record<string, string>>): string {
  const line = page.split('\n').find((one) => one.startsWith(begins));
  assert.ok(line, begins);
  return Object.entries(own).reduce((text, [from, to]) => {
    assert.ok(text.includes(from), `${begins} has ${from}`);
    return text.replace(from, to);
  }, `${line}\n`);
}

describe('the commands of the certificates page', function () {
  this.timeout(240_000);
  let stage: Enrolment;
  let gateway: string;
  let folders = 0;
  before(async () => {
    mustHave('curl');
    mustHave('openssl', 'openssl', 'version');
    // What is issued is due at once.
    stage = await openEnrolment({ KUVERT_CERTIFICATE_LIFETIME: '30d', KUVERT_RENEWAL_FROM: '60d' });
    await stage.startCa();
    gateway = `https://localhost:${(await stage.startApi()).port}`;
    mkdirSync(join(stage.folder, 'bin'));
    symlinkSync(resolve('bin/kuvert'), join(stage.folder, 'bin/kuvert'));
  });
  after(() => stage?.close());

  /** A supplier with an opened order, and a shell in a folder of its own. */
  const reader = async () => {
    const order = await stage.order({ type: 'both', dnsNames: ['b2b.exempel.se'] });
    const folder = join(stage.folder, `reader-${(folders += 1)}`);
    mkdirSync(folder);
    const env = {
      PATH: `${stage.folder}/bin:${process.env['PATH']}`,
      GATEWAY: gateway,
      TRANSFER_ID: order.transferId,
      ROOT_SHA256: stage.authority.root.certificate.fingerprint,
    };
    return {
      order,
      own: {
        'https://kuvert.exempel.se:8443': gateway,
        'K7PXM-4QWTZ:TransferPassword': `${order.transferId}:${order.password}`,
      },
      sh: (...commands: string[]) => run(commands.join('\n'), { cwd: folder, env }),
      write: (name: string, text: string) => writeFileSync(join(folder, name), text),
      read: (name: string) => readFileSync(join(folder, name), 'utf8'),
    };
  };
  const registered = async ({ organisationNumber }: OpenedOrder): Promise<string[]> => {
    const { rows } = await stage.pool.query<{ fingerprint: string }>(
      'select fingerprint from certificate where organisation_number = $1 order by registered_at',
      [organisationNumber],
    );
    return rows.map(({ fingerprint }) => fingerprint);
  };

  it('kuvert enrol and kuvert renew', async () => {
    const { order, sh, write, read } = await reader();
    write('password', `${order.password}\n`);
    const said = await sh(block('enrol', 'kuvert'));
    const first = certificateIn(read('erp/chain.pem')).fingerprint;
    assert.match(said, new RegExp(first));
    await sh(block('renew', 'kuvert'));
    assert.deepEqual(
      [await registered(order), read('reloaded')],
      [[first, certificateIn(read('erp/chain.pem')).fingerprint], 'reload me\n'],
    );
  });

  it('curl and openssl', async () => {
    const { order, own, sh, write, read } = await reader();
    write('codes', lineOf('user = ', { 'K7PXM-4QWTZ:TransferPassword': own['K7PXM-4QWTZ:TransferPassword'] }));
    const root = block('enrol', 'curl-root');
    assert.match(await sh(root), /Root CA/);
    const said = await sh('est=$GATEWAY/.well-known/est', block('enrol', 'curl-enrol'), block('enrol', 'curl-keep'));
    assert.match(said, /^200\ncertificate\.pem: OK\nsubject=.*NTRSE-[\s\S]*DNS:b2b\.exempel\.se/);
    const first = certificateIn(read('chain.pem')).fingerprint;
    await sh('est=$GATEWAY/.well-known/est', block('renew', 'curl'));
    assert.deepEqual(await registered(order), [first, certificateIn(read('next.pem')).fingerprint]);
    // Only who has the SHA-256 of the page is kept.
    await assert.rejects(sh('rm -f root.pem; ROOT_SHA256=00$ROOT_SHA256', root), /root\.pem/);
  });

  it('strongSwan’s pki', async () => {
    mustHave('pki', 'strongswan-pki', '--help');
    const { order, own, sh, write, read } = await reader();
    await sh(block('enrol', 'curl-root'));
    write('enrol.options', lineOf('--url https://kuvert.exempel.se:8443 --cacert root.pem --in request.der', own));
    await sh(block('enrol', 'strongswan'));
    const first = certificateIn(read('certificate.pem')).fingerprint;
    const { 'https://kuvert.exempel.se:8443': url } = own;
    const renewing = { 'https://kuvert.exempel.se:8443': url };
    write('renew.options', lineOf('--url https://kuvert.exempel.se:8443 --cacert root.pem --in next.der', renewing));
    await sh(block('renew', 'strongswan'));
    assert.deepEqual(await registered(order), [first, certificateIn(read('next.pem')).fingerprint]);
  });
});
