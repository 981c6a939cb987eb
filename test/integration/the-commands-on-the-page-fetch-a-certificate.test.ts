/** From the command that orders to a certificate on disk, as the people concerned do it, with the programs that the page names. */
import { strict as assert } from 'node:assert';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCertificates } from '../../src/pki/certificate.ts';
import { freePorts } from '../../src/platform/local/ports.ts';
import { testAuthority } from '../support/authority.ts';
import { run } from '../support/cluster.ts';
import { command } from '../support/command.ts';
import { sampleOrganisationNumber } from '../support/documents.ts';
import { enter } from '../support/door.ts';
import { certificateIn, type Enrolment, openEnrolment } from '../support/enrolment.ts';
import { eventually } from '../support/eventually.ts';
import { ask } from '../support/http.ts';
import { mustHave } from '../support/installed.ts';
import { headerOf, linkIn } from '../support/smtp.ts';

describe('the commands on the page fetch a certificate', () => {
  let stage: Enrolment;
  let port = 0;
  let settings: Record<string, string>;
  let ca: string;
  before(async () => {
    stage = await openEnrolment();
    await stage.startCa();
    ca = stage.authority.issuing.certificatePem + stage.authority.root.certificatePem;
    [port = 0] = await freePorts(1);
    settings = {
      KUVERT_SUPPLIER_PORT: String(port),
      KUVERT_PUBLIC_URL: `https://localhost:${port}`,
      KUVERT_MAIL_URL: `file:${join(stage.folder, 'mail')}`,
      KUVERT_SMS_URL: `file:${join(stage.folder, 'sms')}`,
      // The first root is that of others, whose certificates some supplier has registered.
      KUVERT_CA_FILE: stage.file('authorities.pem', (await testAuthority(new Date())).root.certificatePem + ca),
    };
    await stage.startApi({ settings });
  });
  after(() => stage.close());

  /** What lies in a folder that was empty; what is sent of orders before this one may come in between. */
  const filed = async (name: string, about: string): Promise<string> => {
    const folder = join(stage.folder, name);
    return eventually(`a file in ${name}`, () =>
      readdirSync(folder)
        .filter((file) => !file.endsWith('.new'))
        .map((file) => readFileSync(join(folder, file), 'utf8'))
        .find((text) => text.includes(about)),
    );
  };

  /** Orders for a new supplier, reads letter and SMS, opens the page. @returns the organisation, the link and the page's commands */
  async function opened(
    n: number,
  ): Promise<{ number: string; link: string; commands: readonly string[]; cwd: string }> {
    for (const name of ['mail', 'sms', 'contact']) {
      rmSync(join(stage.folder, name), { recursive: true, force: true });
      mkdirSync(join(stage.folder, name));
    }
    const number = sampleOrganisationNumber(n);
    await enter(stage.pool, number, [], { delivery: 'pull', name: 'main' });
    const contact = ['--name', 'Anna Ek', '--email', 'anna@exempel.se', '--phone', '+46701234567', '--language', 'en'];
    const ordered = await command(
      [...'certificate order --type pull-client --description payroll --reason test'.split(' '), number, ...contact],
      { DATABASE_URL: stage.databaseUrl, KUVERT_ENVIRONMENT: 'test', ...settings },
    );
    assert.equal(ordered.code, 0, ordered.err);
    assert.equal(ordered.err, '');
    const letter = (await filed('mail', '/orders/')).replaceAll(/\r?\n/g, '\r\n');
    assert.match(headerOf(letter, 'subject') ?? '', /Fetch the certificate/);
    const link = linkIn(letter);
    const path = `/orders/${link}`;
    assert.equal((await ask({ port, ca, path })).status, 200);
    assert.equal((await ask({ port, ca, path: `${path}/pin`, method: 'POST' })).status, 200);
    const pin = /\b\d{6}\b/.exec((await filed('sms', 'PIN')).split('\n\n')[1] ?? '')?.[0];
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const { body } = await ask({ port, ca, path, method: 'POST', headers, body: `pin=${pin}` });
    const text = body.replaceAll(/&#(\d+);/g, (_all, code: string) => String.fromCharCode(Number(code)));
    const commands = [...text.matchAll(/<pre>(.*?)<\/pre>/gs)].map(([, one = '']) => one);
    assert.equal(commands.length, 5);
    return { number, link, commands, cwd: join(stage.folder, 'contact') };
  }

  async function isRegistered(file: string, number: string, link: string): Promise<void> {
    const { fingerprint } = certificateIn(readFileSync(file, 'utf8'));
    const { rows } = await stage.pool.query(
      'select organisation_number, contact_id is not null as contact from certificate where fingerprint = $1',
      [fingerprint],
    );
    assert.deepEqual(rows, [{ organisation_number: number, contact: true }]);
    const gone = await ask({ port, ca, path: `/orders/${link}` });
    assert.equal(gone.status, 410);
    assert.match(gone.body, /The certificate has been fetched/);
  }

  it('curl and openssl, in one shell, as they stand there', async () => {
    mustHave('curl');
    mustHave('openssl', 'openssl', 'version');
    const { number, link, commands, cwd } = await opened(50);
    const [, , codes = '', trust = '', fetchIt = ''] = commands;
    writeFileSync(join(cwd, 'codes.txt'), codes);
    const printed = await run(`${trust}\n${fetchIt}\n`, { cwd, env: { PATH: process.env['PATH'] } });
    // Nobody else is trusted, whatever came with it.
    const root = certificateIn(stage.authority.root.certificatePem).fingerprint;
    const trusted = readCertificates(readFileSync(join(cwd, 'ca.pem'), 'utf8')).map(({ fingerprint }) => fingerprint);
    assert.deepEqual(trusted, [root], printed);
    await isRegistered(join(cwd, 'certificate.pem'), number, link);
  });

  it('kuvert enrol, with the password from a file where there is no keyboard', async () => {
    const { number, link, commands, cwd } = await opened(51);
    const [enrol = '', renew = '', codes = ''] = commands;
    writeFileSync(join(cwd, 'password'), /:(.*)"/.exec(codes)?.[1] ?? '');
    const [program, ...args] = enrol.replaceAll(/\\\n\s*/g, '').split(/\s+/);
    assert.equal(program, 'kuvert');
    const out = join(cwd, 'erp');
    const done = await command([...args, '--password-file', join(cwd, 'password'), '--out', out], {});
    assert.equal(done.code, 0, done.err);
    await isRegistered(join(out, 'chain.pem'), number, link);
    const [renewing, ...more] = renew.replace('kuvert-certificate', out).split(' ');
    assert.equal(renewing, 'kuvert');
    assert.deepEqual(await command(more, {}), { code: 0, out: '', err: '' }, 'it is not due');
  });
});
