/** From the command that orders to a certificate on disk, as the people concerned do it, with the programs that the page names. */
import { strict as assert } from 'node:assert';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCertificates } from '../../src/pki/certificate.ts';
import { freePorts } from '../../src/platform/local/ports.ts';
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
  before(async () => {
    stage = await openEnrolment();
    await stage.startCa();
    [port = 0] = await freePorts(1);
    settings = {
      KUVERT_SUPPLIER_PORT: String(port),
      KUVERT_PUBLIC_URL: `https://localhost:${port}`,
      KUVERT_MAIL_URL: `file:${join(stage.folder, 'mail')}`,
      KUVERT_SMS_URL: `file:${join(stage.folder, 'sms')}`,
      KUVERT_CA_FILE: stage.file(
        'authorities.pem',
        stage.authority.issuing.certificatePem + stage.authority.root.certificatePem,
      ),
    };
    await stage.startApi({ settings });
  });
  after(() => stage.close());

  /** What lies in a folder that was empty. */
  const filed = async (name: string): Promise<string> => {
    const folder = join(stage.folder, name);
    return eventually(`a file in ${name}`, () => {
      const [file] = readdirSync(folder, { withFileTypes: true }).filter((one) => !one.name.endsWith('.new'));
      return file && readFileSync(join(folder, file.name), 'utf8');
    });
  };

  it('ordered by a command, the letter and the SMS read, the page opened, its commands run in a shell', async () => {
    mustHave('curl');
    mustHave('openssl', 'openssl', 'version');
    for (const name of ['mail', 'sms', 'contact']) mkdirSync(join(stage.folder, name), { recursive: true });
    const number = sampleOrganisationNumber(50);
    await enter(stage.pool, number, [], { delivery: 'pull', name: 'main' });
    const environment = { DATABASE_URL: stage.databaseUrl, KUVERT_ENVIRONMENT: 'test', ...settings };
    const ordered = await command(
      ['certificate', 'order', number, '--type', 'pull-client', '--description', 'payroll', '--name', 'Anna Ek'].concat(
        ['--email', 'anna@exempel.se', '--phone', '+46701234567', '--language', 'en', '--reason', 'a test'],
      ),
      environment,
    );
    assert.equal(ordered.code, 0, ordered.err);
    assert.equal(ordered.err, '');

    const letter = (await filed('mail')).replaceAll(/\r?\n/g, '\r\n');
    assert.match(headerOf(letter, 'subject') ?? '', /Fetch the certificate/);
    const link = linkIn(letter);
    const ca = stage.authority.issuing.certificatePem + stage.authority.root.certificatePem;
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    assert.equal((await ask({ port, ca, path: `/orders/${link}` })).status, 200);
    assert.equal((await ask({ port, ca, path: `/orders/${link}/pin`, method: 'POST' })).status, 200);
    const pin = /\b\d{6}\b/.exec((await filed('sms')).split('\n\n')[1] ?? '')?.[0];
    const { body: page } = await ask({
      port,
      ca,
      path: `/orders/${link}`,
      method: 'POST',
      headers: form,
      body: `pin=${pin}`,
    });

    const text = page.replaceAll(/&#(\d+);/g, (_all, code: string) => String.fromCharCode(Number(code)));
    const [enrol = '', codes = '', trust = '', fetchIt = ''] = [...text.matchAll(/<pre>(.*?)<\/pre>/gs)].map(
      ([, one]) => one,
    );
    const root = certificateIn(stage.authority.root.certificatePem).fingerprint;
    assert.ok(enrol.includes(`--root-sha256 ${root}`), enrol);
    const cwd = join(stage.folder, 'contact');
    writeFileSync(join(cwd, 'codes.txt'), codes);
    // One shell, as the reader has.
    const printed = await run(`${trust}\n${fetchIt}\n`, { cwd, env: { PATH: process.env['PATH'] } });
    // Nobody else is trusted, whatever came with it.
    const trusted = readCertificates(readFileSync(join(cwd, 'ca.pem'), 'utf8')).map(({ fingerprint }) => fingerprint);
    assert.deepEqual(trusted, [root], printed);
    const certificate = certificateIn(readFileSync(join(cwd, 'certificate.pem'), 'utf8'));
    const { rows } = await stage.pool.query(
      'select organisation_number, contact_id is not null as contact from certificate where fingerprint = $1',
      [certificate.fingerprint],
    );
    assert.deepEqual(rows, [{ organisation_number: number, contact: true }]);
    const gone = await ask({ port, ca, path: `/orders/${link}` });
    assert.equal(gone.status, 410);
    assert.match(gone.body, /The certificate has been fetched/);
  });
});
