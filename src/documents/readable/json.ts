/** JSON documents, as people read them. Nothing of their shape is taken for granted. */
import { named, present, type ReadableDocument, type ReadableParty, spanOf } from './shape.ts';

export function viewJson(value: unknown): ReadableDocument {
  const schema = textAt(value, 'schema') ?? '';
  const totals = (name: string) => textAt(value, 'totals', name);
  return {
    kind: schema.includes('credit') ? 'credit' : schema.includes('order') ? 'order' : 'invoice',
    number: textAt(value, 'number'),
    currency: textAt(value, 'currency'),
    facts: named([
      ['issued', textAt(value, 'issueDate')],
      ['due', textAt(value, 'dueDate')],
      ['period', spanOf(textAt(value, 'period', 'from'), textAt(value, 'period', 'to'))],
      ['delivery', spanOf(textAt(value, 'deliveryPeriod', 'from'), textAt(value, 'deliveryPeriod', 'to'))],
      ['order', textAt(value, 'orderNumber')],
      ['contract', textAt(value, 'contractNumber')],
      ['corrects', textAt(value, 'corrects', 'number')],
      ['reference', present([textAt(value, 'buyer', 'reference'), textAt(value, 'seller', 'reference')]).join(' / ')],
    ]),
    buyer: party(at(value, 'buyer')),
    seller: party(at(value, 'seller')),
    notes: present([textAt(value, 'note')]),
    lines: listAt(value, 'lines').map((line) => ({
      id: textAt(line, 'id'),
      text: textAt(line, 'description'),
      quantity: textAt(line, 'quantity'),
      unit: textAt(line, 'unit'),
      price: textAt(line, 'unitPrice'),
      amount: textAt(line, 'amount'),
      vatPercent: textAt(line, 'vatPercent'),
    })),
    vat: listAt(value, 'vat').map((row) => ({
      percent: textAt(row, 'percent'),
      taxable: textAt(row, 'taxableAmount'),
      amount: textAt(row, 'vatAmount'),
    })),
    sums: named([
      ['net', totals('net')],
      ['vat', totals('vat')],
      ['gross', totals('gross')],
      ['rounding', totals('rounding')],
      ['payable', totals('payable')],
    ]),
  };
}

function party(value: unknown): ReadableParty {
  return {
    name: textAt(value, 'name'),
    organisationNumber: textAt(value, 'organisationNumber'),
    vatNumber: textAt(value, 'vatNumber'),
    more: present([
      textAt(value, 'address', 'street'),
      present([textAt(value, 'address', 'postalCode'), textAt(value, 'address', 'city')]).join(' '),
    ]),
  };
}

function at(value: unknown, ...path: readonly string[]): unknown {
  let here = value;
  for (const name of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, name)) return undefined;
    here = (here as Record<string, unknown>)[name];
  }
  return here;
}

function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : typeof found === 'number' ? String(found) : undefined;
}

function listAt(value: unknown, name: string): readonly unknown[] {
  const found = at(value, name);
  return Array.isArray(found) ? found : [];
}
