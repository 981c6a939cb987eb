/** Properties of all formats: whatever is generated passes, whatever single thing is changed in it is found. */
import { strict as assert } from 'node:assert';
import { date, assert as holds, integer, nat, property, record, stringMatching } from 'fast-check';
import { readDocument } from '../../../src/documents/read.ts';
import { sampleOrganisationNumber } from '../../../src/documents/sample.ts';
import { Fault } from '../../../src/domain/fault.ts';
import {
  documentLimits,
  jsonCredit,
  jsonPurchaseOrder,
  jsonSelfInvoice,
  peppolCredit,
  peppolOrder,
  peppolSelfInvoice,
  svefaktura,
} from '../../support/documents.ts';

const formats = {
  'JSON purchase order': jsonPurchaseOrder,
  'JSON self-invoice': jsonSelfInvoice,
  'JSON credit': jsonCredit,
  'Svefaktura self-invoice': (options: object) => svefaktura(options),
  'Svefaktura credit': (options: object) => svefaktura({ ...options, credit: true }),
  'Peppol self-invoice': peppolSelfInvoice,
  'Peppol credit note': peppolCredit,
  'Peppol order': peppolOrder,
} as const;

const options = record({
  seed: integer({ min: 0, max: 2_000_000_000 }),
  lines: integer({ min: 1, max: 12 }),
  recipient: integer({ min: 0, max: 499 }).map(sampleOrganisationNumber),
  number: stringMatching(/^[A-ZÅÄÖa-zåäö0-9<&"'][A-ZÅÄÖa-zåäö0-9 <>&"'/.-]{0,38}[A-Za-z0-9]$/),
  sellerName: stringMatching(/^[A-ZÅÄÖ][A-Za-zåäö &<'"-]{0,58}[a-z]$/),
  issued: date({ min: new Date('2020-01-01'), max: new Date('2039-12-31'), noInvalidDate: true }).map((day) =>
    day.toISOString().slice(0, 10),
  ),
});

/** Where in a list to strike: the same number points into lists of any length. */
const place = nat();
const runs = { numRuns: 30 };

/** What is wrong with it; empty: nothing. */
function wrong(bytes: Uint8Array, messageType: string | undefined, recipient: string | undefined): string[] {
  try {
    const read = readDocument(bytes, documentLimits, 'text');
    // The headers say what the document said before.
    if (read.messageType !== messageType) return ['messageType'];
    if (read.recipient !== recipient) return ['recipient'];
    return read.findings.map(({ rule }) => rule);
  } catch (error) {
    if (error instanceof Fault && error.code.startsWith('document-')) return [error.code];
    throw error;
  }
}

const pick = <T>(list: readonly T[], at: number): T => {
  assert.ok(list.length > 0);
  return list[at % list.length] as T;
};

/** Puts `to` in place of one match of the pattern. */
function replaceOne(text: string, pattern: RegExp, at: number, to: (match: RegExpMatchArray) => string): string {
  const match = pick([...text.matchAll(pattern)], at);
  return text.slice(0, match.index) + to(match) + text.slice(match.index + match[0].length);
}

const xml = {
  amount: /(?<=(?:Amount|amountCurrencyID|currencyID)[^>]*>)-?\d+\.\d+(?=<)/g,
  typeCode: /(?<=TypeCode>)(?:380|381|389|261)(?=<)/g,
  /** Any start tag of an element with content, the root's excepted. */
  start: /<(?!\?)(?!Invoice |CreditNote |Order )([\w:]+)(?: [^>]*[^/])?>/g,
};
const json = {
  amount: /(?<="(?:amount|unitPrice|taxableAmount|vatAmount|net|vat|gross|rounding|payable)": ")-?\d+\.\d+(?=")/g,
  member: /"(\w+)":/g,
};

for (const [name, make] of Object.entries(formats)) {
  const isJson = name.startsWith('JSON');
  const changed = (change: (text: string, at: number, recipient: string) => string) => {
    holds(
      property(options, place, (chosen, at) => {
        const bytes = make(chosen);
        const { messageType, recipient } = readDocument(bytes, documentLimits, 'text');
        const text = change(bytes.toString('utf8'), at, chosen.recipient);
        assert.notEqual(text, bytes.toString('utf8'));
        assert.notDeepEqual(wrong(Buffer.from(text), messageType, recipient), [], text);
      }),
      runs,
    );
  };

  describe(`a ${name}`, () => {
    it('passes, whatever is in it', () => {
      holds(
        property(options, (chosen) => {
          const read = readDocument(make(chosen), documentLimits, 'text');
          assert.deepEqual(read.findings, []);
          assert.deepEqual(
            [read.recipient, read.documentNumber, read.issued],
            [chosen.recipient, chosen.number, chosen.issued],
          );
        }),
        runs,
      );
    });

    it('does not pass with any one amount changed', () => {
      changed((text, at) =>
        replaceOne(text, isJson ? json.amount : xml.amount, at, ([amount]) => (Number(amount) + 7).toFixed(2)),
      );
    });

    it('does not pass with any one of the receiver’s numbers changed', () => {
      changed((text, at, recipient) =>
        replaceOne(text, new RegExp(recipient, 'g'), at, () => sampleOrganisationNumber(500 + (at % 400))),
      );
    });

    it('does not pass as what it is with another type', () => {
      changed((text, at) => {
        if (isJson) {
          const others = ['purchase-order', 'self-invoice', 'self-invoice-credit'].filter(
            (type) => !text.includes(`schemas:${type}:1`),
          );
          return text.replace(/schemas:[a-z-]+:1/, `schemas:${pick(others, at)}:1`);
        }
        if (text.includes('<Order '))
          return text.replace('trns:order:3', pick(['trns:order:2', 'trns:order_response:3'], at));
        return replaceOne(text, xml.typeCode, at, ([code]) =>
          pick(
            ['380', '381', '389', '261'].filter((other) => other !== code),
            at,
          ),
        );
      });
    });

    it('does not pass with any one name changed', () => {
      changed((text, at) => {
        if (isJson) return replaceOne(text, json.member, at, ([, member]) => `"${member}X":`);
        const [start, element = ''] = pick([...text.matchAll(xml.start)], at);
        const end = `</${element}>`;
        const from = text.indexOf(start);
        const to = text.indexOf(end, from);
        const inner = text.slice(from + start.length, to);
        return `${text.slice(0, from)}${start.replace(element, `${element}X`)}${inner}</${element}X>${text.slice(to + end.length)}`;
      });
    });

    it('does not pass with anything put into any place of it', () => {
      changed((text, at) => {
        if (isJson) return replaceOne(text, json.member, at, ([member]) => `"surprise": "x", ${member}`);
        return replaceOne(text, xml.start, at, ([start]) => `${start}<Surprise/>`);
      });
    });

    it('does not pass cut short anywhere', () => {
      changed((text, at) => text.slice(0, at % (text.trimEnd().length - 1)));
    });
  });
}
