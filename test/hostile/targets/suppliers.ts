/** Supplier files to the reader of supplier files. */
import { strict as assert } from 'node:assert';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { array, constantFrom, nat, record, uint8Array } from 'fast-check';
import { egressJudge } from '../../../src/delivery/push/egress.ts';
import { Fault } from '../../../src/domain/fault.ts';
import { checkDigitIsRight, type OrganisationNumber } from '../../../src/domain/organisation-number.ts';
import { type ReadSuppliers, readSupplierFile } from '../../../src/suppliers/read-file.ts';
import { createDevAuthority, issueDevCertificate } from '../../support/dev-authority.ts';
import { edited, edits, type Grammar } from '../edits.ts';
import { opened, type Target } from '../target.ts';
import { inherited, rarely } from '../words.ts';

const grammar: Grammar = {
  values: /"(?:[^"\\]|\\.)*"|-?\d[\d.]*|true|false|null/g,
  places: /[{[,:]/g,
  words: [
    ...inherited.map((name) => `"${name}"`),
    '"__proto__":{},',
    '"constructor":1,',
    'null',
    'true',
    '0',
    '-1',
    '1.5',
    '1e400',
    '{}',
    '[]',
    '{},',
    'null,',
    '""',
    '"\\u0000"',
    '"\\ud800"',
    '"\\u202e"',
    '"5560160680"',
    '"5560160681"',
    '"push"',
    '"pull"',
    '"manual"',
    '"strict"',
    '"sfti"',
    '"production"',
    '"purchase-order"',
    '"https://127.0.0.1/"',
    '"https://[::1]/"',
    '"https://user:secret@exempel.se/"',
    '"http://exempel.se/"',
    '"https://exempel.se:0/"',
    '"https://exempel.se/#x"',
    '"https://xn--/"',
    '"https://%00/"',
    '"https://exempel.se:99999/"',
    '"javascript:alert(1)"',
    `"https://exempel.se/${'å'.repeat(700)}"`,
    '{"file":"/etc/passwd"}',
    '{"file":"../../../../etc/shadow"}',
    '{"file":"/dev/zero"}',
    '{"file":"\\u0000"}',
    '{"file":""}',
    `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
    `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`,
    '"-----BEGIN CERTIFICATE-----\\nMIIB\\n-----END CERTIFICATE-----"',
    '"-----BEGIN PRIVATE KEY-----"',
    `"${'x'.repeat(3_000)}"`,
    '// x\n',
    ',',
    '\uFEFF',
    '\0',
  ],
};

const inputs = record({
  many: nat(3),
  second: nat(2),
  der: array(record({ at: nat(2_000), value: nat(255) }), { maxLength: 4 }),
  damaged: nat(3),
  list: edits(grammar, 4),
  noise: rarely(uint8Array({ maxLength: 100 }), 30),
  url: constantFrom('https://b2b.exempel.se/in', 'https://b2b.exempel.se:8443/a?b=c', 'https://10.0.0.1/'),
});

export const suppliers: Target = {
  name: 'suppliers',
  about: 'supplier files with any contents and damaged certificates, to the import',
  share: 8,
  limit: 5_000,
  open: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kuvert-hostile-'));
    const file = join(folder, 'suppliers.json');
    const authority = await createDevAuthority();
    const issue = async (organisationNumber: string) =>
      (
        await issueDevCertificate(authority, {
          name: 'Exempel AB',
          organisationNumber: organisationNumber as OrganisationNumber,
        })
      ).certificatePem;
    const pems = [await issue('5560160680'), await issue('2021005489')];
    return opened({
      inputs,
      meet: (input) => {
        const pem = input.damaged === 0 ? damagedPem(pems[0] ?? '', input.der) : (pems[0] ?? '');
        const one = supplier('556016-0680', pem, input.url);
        const value =
          input.many === 0
            ? [one, ...(input.second === 0 ? [supplier('2021005489', pems[1] ?? '', input.url)] : [])]
            : one;
        const text = input.noise ?? edited(Buffer.from(JSON.stringify(value)), input.list, grammar);
        writeFileSync(file, text);
        return judgeImport(file);
      },
      close: () => rmSync(folder, { recursive: true, force: true }),
    });
  },
};

const supplier = (organisationNumber: string, pem: string, url: string) => ({
  organisationNumber,
  name: 'Exempel AB',
  language: 'en',
  addresses: [
    {
      environment: 'test',
      delivery: 'push',
      url,
      certificates: [pem],
      messageTypes: ['self-invoice', 'self-invoice-credit'],
    },
    {
      name: 'order',
      environment: 'test',
      delivery: 'pull',
      certificates: [pem],
      messageTypes: ['purchase-order'],
      concurrency: 4,
    },
  ],
});

function damagedPem(pem: string, flips: readonly { readonly at: number; readonly value: number }[]): string {
  const der = Buffer.from(pem.replaceAll(/-----[A-Z ]+-----|\s/g, ''), 'base64');
  for (const { at, value } of flips) der[at % der.length] = value;
  return `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`;
}

function judgeImport(file: string): string {
  const judge = egressJudge([]);
  let read: ReadSuppliers;
  try {
    read = readSupplierFile(file, {
      now: new Date(),
      whyNoPush: (address) => {
        const verdict = judge(address);
        return verdict.ok ? undefined : verdict.why;
      },
    });
  } catch (error) {
    assert.ok(error instanceof Fault, error instanceof Error ? error.stack : String(error));
    assert.equal(error.code, 'supplier-invalid');
    for (const { where, rule, text } of error.findings)
      for (const said of [where, rule, text]) assert.equal(typeof said, 'string');
    return error.findings.length > 0 ? 'mistakes, each with its place' : 'no JSON';
  }
  const numbers = read.suppliers.map(({ organisationNumber }) => organisationNumber);
  assert.equal(new Set(numbers).size, numbers.length);
  for (const { organisationNumber, name, addresses } of read.suppliers) {
    assert.ok(/^\d{10}$/.test(organisationNumber) && checkDigitIsRight(organisationNumber));
    assert.ok(typeof name === 'string' && name.length > 0);
    assert.equal(new Set(addresses.map((address) => address.name)).size, addresses.length);
    const routes = addresses.flatMap(({ environment, messageTypes }) =>
      messageTypes.map((type) => `${environment} ${type}`),
    );
    assert.equal(new Set(routes).size, routes.length, 'a message would have two ways to go');
    for (const { delivery, url, certificates } of addresses) {
      assert.equal(delivery === 'push', url !== undefined);
      if (url !== undefined) {
        const { protocol, username, password, hash } = new URL(url);
        assert.deepEqual([protocol, username, password, hash], ['https:', '', '', '']);
        assert.ok(certificates.length > 0, 'an address without a certificate could be anybody');
      }
      for (const { pem, isAuthority, fingerprint } of certificates) {
        assert.equal(isAuthority, false);
        assert.equal(new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase(), fingerprint);
      }
    }
  }
  return 'accepted';
}
