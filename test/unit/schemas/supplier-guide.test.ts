import { strict as assert } from 'node:assert';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { classify } from '../../../src/delivery/push/classify.ts';
import { type FaultCode, faultTable } from '../../../src/domain/fault.ts';
import { settingsTable } from '../../../src/platform/config/settings.ts';

const schema = JSON.parse(readFileSync('schemas/envelope/1.json', 'utf8')) as {
  properties: object;
  required: string[];
};
const guides = {
  English: { file: 'docs/supplier-guide.md', yes: 'yes' },
  Swedish: { file: 'docs/supplier-guide.sv.md', yes: 'ja' },
} as const;
const supplierApi = JSON.parse(readFileSync('schemas/openapi/supplier-api/1.json', 'utf8')) as {
  components: { schemas: { ReceiptResult: { properties: { result: { enum: string[] } } } } };
};
/** Where it is said why a client's certificate is refused. */
const sayings = ['src/collection/caller.ts', 'src/pki/judge-peer.ts']
  .map((file) => readFileSync(file, 'utf8'))
  .join('\n')
  .replaceAll('${role}', 'client');
const texts = Object.values(guides).map(({ file }) => readFileSync(file, 'utf8'));

/** Cells of the table that follows a text, without its head. */
function tableAfter(page: string, start: string): string[][] {
  const lines = page.slice(page.indexOf(start)).split('\n');
  const first = lines.findIndex((line) => line.startsWith('|'));
  const rows = lines.slice(first, lines.indexOf('', first));
  return rows.slice(2).map((row) => row.split(' | ').map((cell) => cell.replaceAll(/^\| | \|$/g, '')));
}

function statusesIn(cell: string): number[] {
  return [...cell.matchAll(/\b(\d{3})(?:–(\d{3}))?/g)].flatMap(([, from = '', to = from]) =>
    Array.from({ length: Number(to) - Number(from) + 1 }, (_, i) => Number(from) + i),
  );
}

for (const [language, { file, yes }] of Object.entries(guides))
  describe(`the guide for suppliers in ${language}`, () => {
    const page = readFileSync(file, 'utf8');

    it('has every attribute of the envelope, and says which are always there', () => {
      const rows = tableAfter(page, '<!-- fields -->');
      const named = rows.map(([name = '']) => name.replaceAll('`', ''));
      assert.deepEqual(named.toSorted(), Object.keys(schema.properties).toSorted());
      const always = rows.filter(([, cell]) => cell === yes).map(([name = '']) => name.replaceAll('`', ''));
      assert.deepEqual(always.toSorted(), schema.required.toSorted());
    });

    it('says of every answer to a push what the gateway does', () => {
      const said = new Map<number, string>();
      // 409 stands in two rows: one that names the id, and any other.
      for (const [statuses = '', , outcome = ''] of tableAfter(page, '<!-- answers -->'))
        for (const status of statusesIn(statuses))
          if (status !== 409 || outcome === '`message-failed`') said.set(status, outcome.replaceAll('`', ''));
      for (let status = 200; status <= 599; status++) {
        const { kind } = classify({ status, headers: {}, body: '' }, 'an id', 0);
        // No new status has come since; what nobody uses needs no row.
        assert.equal(said.get(status), kind, String(status));
      }
    });

    it('names codes and statuses of our answers as the fault table has them', () => {
      const rows = tableAfter(page, language === 'English' ? '| we answer |' : '| vi svarar |');
      assert.ok(rows.length >= 9);
      for (const [status, code = ''] of rows)
        assert.equal(Number(status), faultTable[code.replaceAll('`', '') as FaultCode].status, code);
    });

    it('quotes what is said of a certificate that is refused', () => {
      const rows = tableAfter(page, language === 'English' ? '| `detail` says |' : '| `detail` säger |');
      const quoted = rows
        .slice(0, -1)
        .flatMap(([cell = '']) => cell.replace('(401)', '').split(/[…,]/))
        .map((text) => text.trim())
        .filter((text) => text !== '' && text !== 'anything else' && text !== 'något annat');
      assert.equal(new Set(quoted).size, 8);
      for (const text of quoted) assert.ok(sayings.includes(text), text);
    });

    it('has a row for every result of a receipt', () => {
      const rows = tableAfter(page, '| `result` |');
      const named = rows.map(([name = '']) => name.replaceAll('`', ''));
      assert.deepEqual(
        named.toSorted(),
        supplierApi.components.schemas.ReceiptResult.properties.result.enum.toSorted(),
      );
    });

    it('has the limits that are set when nothing else is', () => {
      const grouped = page.replaceAll(/(?<=\d) (?=\d{3}\b)/g, '');
      for (const [key, said] of [
        ['supplierRate', /(\d+) (?:a second|i sekunden)/],
        ['supplierBurst', /(\d+) (?:at once after|på en gång)/],
        ['supplierConnectionsEach', /(?:connections for an organisation|förbindelser från en organisation) \| (\d+) /],
        ['supplierAtOnce', /\| (\d+) (?:at work|i arbete)/],
        ['supplierQueue', /, (\d+) (?:queued behind|i kö bakom)/],
        ['supplierWaits', /; (\d+) (?:such|sådana)/],
        ['supplierAnswerTimeout', /\| (\d+ m)in \|/],
        ['pushTimeout', /\| (\d+ s), (?:of which|därav)/],
        ['connectTimeout', /(\d+ s) (?:for connecting|för att koppla upp)/],
      ] as const)
        assert.equal(said.exec(grouped)?.[1]?.replace(' ', ''), settingsTable[key].default, key);
    });

    it('leads nowhere that is not there', () => {
      const anchors = new Set(
        [...page.matchAll(/^## (.*)$/gm)].map(([, title = '']) =>
          title
            .toLowerCase()
            .replaceAll(/[^\p{L}\d\s-]/gu, '')
            .replaceAll(' ', '-'),
        ),
      );
      for (const [, target = ''] of page.matchAll(/\]\(([^)]+)\)/g)) {
        if (target.startsWith('https:')) continue;
        const [path = '', anchor] = target.split('#');
        if (path === '') assert.ok(anchors.has(anchor ?? ''), target);
        else assert.ok(existsSync(join('docs', path)), target);
      }
    });
  });

describe('the two guides for suppliers', () => {
  it('are one guide: as many sections, rows, commands and claims to tick, in the same order', () => {
    const shapes = texts.map((page) => ({
      blocks: [...page.matchAll(/<!-- (first message: \S+|fields|answers) -->/g)].map(([, name]) => name),
      lines: page
        .split('\n')
        .map((line) => /^(?:#+|\||- \[ \]|-|```|\d\.)/.exec(line)?.[0])
        .filter(Boolean),
      // Codes and names are the same in both; other words in code letters are not many.
      names: [...page.matchAll(/`([a-z][a-z0-9_-]+)`/g)].map(([, name]) => name),
    }));
    assert.deepEqual(shapes[1], shapes[0]);
  });
});
