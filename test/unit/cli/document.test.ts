import { strict as assert } from 'node:assert';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../../src/cli/run.ts';

const samples = new URL('../../samples/', import.meta.url).pathname;

async function kuvert(...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await run(['document', ...args], { out: (text) => out.push(text), err: (text) => err.push(text) });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

describe('kuvert document', () => {
  it('check says of every file whether it would be accepted, and ends with 6 when one would not', async () => {
    const good = await kuvert('check', `${samples}peppol/purchase-order.xml`, `${samples}json/self-invoice.json`);
    assert.equal(good.code, 0);
    assert.equal(good.out.match(/would be accepted/g)?.length, 2);
    const mixed = await kuvert(
      'check',
      `${samples}peppol/purchase-order.xml`,
      `${samples}peppol/broken/wrong-total.xml`,
    );
    assert.equal(mixed.code, 6);
    assert.match(
      mixed.out,
      /\[BR-CO-16\] Invoice\/LegalMonetaryTotal\/PayableAmount: .*expected 6994\.00, found 7000\.00/,
    );
  });

  it('check tells a program the same', async () => {
    const { code, out } = await kuvert('check', '--json', `${samples}svefaktura/broken/truncated.xml`);
    assert.equal(code, 6);
    const { documents } = JSON.parse(out) as { documents: { accepted: boolean; fault?: { code: string } }[] };
    assert.deepEqual(
      documents.map(({ accepted, fault }) => [accepted, fault?.code]),
      [[false, 'document-not-wellformed']],
    );
  });

  it('check compares type and recipient with what the headers will say', async () => {
    const file = `${samples}peppol/self-invoice-every-rate.xml`;
    assert.equal((await kuvert('check', '--type', 'sjalvfaktura', '--recipient', '559999-0016', file)).code, 0);
    assert.match((await kuvert('check', '--type', 'purchase-order', file)).out, /document-wrong-type/);
    const other = await kuvert('check', '--recipient', '5599990024', file);
    assert.equal(other.code, 6);
    assert.match(other.out, /document-wrong-recipient/);
  });

  it('check reads as a text message when told to', async () => {
    const file = `${samples}svefaktura/self-invoice-iso-8859-1.xml`;
    assert.equal((await kuvert('check', file)).code, 0);
    assert.match((await kuvert('check', '--text', file)).out, /document-encoding/);
  });

  it('check notes what the rules let pass', async () => {
    const file = `${samples}peppol/broken/wrong-total.xml`;
    const warned = await kuvert('check', '--rules', 'peppol-self-billing-3=warn', file);
    assert.equal(warned.code, 0);
    assert.match(warned.out, /would be accepted[\s\S]*warning: \[BR-CO-16\]/);
    assert.equal((await kuvert('check', '--rules', 'nonsense', file)).code, 2);
  });

  it('check ends with 2 when a file is not there', async () => {
    assert.equal((await kuvert('check', '/no/such/file.xml')).code, 2);
  });

  it('sample writes, in each format and type, what check accepts', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kuvert-sample-'));
    for (const type of ['purchase-order', 'self-invoice', 'self-invoice-credit']) {
      for (const format of ['json', 'svefaktura', 'peppol']) {
        const { code, out } = await kuvert('sample', type, '--format', format, '--number', 'X-1');
        if (type === 'purchase-order' && format === 'svefaktura') {
          assert.equal(code, 2);
          continue;
        }
        const file = join(folder, `${type}-${format}`);
        writeFileSync(file, out);
        const checked = await kuvert('check', '--text', '--type', type, file);
        assert.equal(checked.code, 0, checked.out);
        assert.match(checked.out, /X-1/);
      }
    }
  });
});
