/** For every JSON rule, changes to a valid document that break it: [what, the document, the change, where the finding is]. */
import type { Rule } from '../../../../src/documents/rules.ts';

type JsnRule = Extract<Rule, `JSN-${string}`>;
// oxlint-disable-next-line typescript/no-explicit-any -- a mutation may put anything anywhere
export type Loose = any;
type Mutation = readonly [claim: string, file: string, change: (document: Loose) => unknown, where: string];

const order = 'purchase-order';
const invoice = 'self-invoice';
const credit = 'self-invoice-credit';

/** They start from test/samples/json. */
export const mutations: Readonly<Record<JsnRule, readonly Mutation[]>> = {
  'JSN-SCH-01': [
    ['a missing name', invoice, (d) => delete d.issueDate, '/issueDate'],
    ['a name that is not ours', invoice, (d) => (d.lines[1].colour = 'blue'), '/lines/1/colour'],
    ['an amount as a JSON number', invoice, (d) => (d.totals.net = 1.1), '/totals/net'],
    ['an amount with one decimal', order, (d) => (d.lines[0].amount = '1.1'), '/lines/0/amount'],
    ['an amount with a comma', order, (d) => (d.lines[0].amount = '1,10'), '/lines/0/amount'],
    ['a day that is in no calendar', order, (d) => (d.issueDate = '2026-02-30'), '/issueDate'],
    ['no lines', order, (d) => (d.lines = []), '/lines'],
    ['a rate that Sweden does not have', invoice, (d) => (d.lines[0].vatPercent = '19'), '/lines/0/vatPercent'],
    ['a credit of nothing', credit, (d) => delete d.corrects, '/corrects'],
    ['a document number with a line break', order, (d) => (d.number = 'A\nB'), '/number'],
    ['a document number of 201 characters', order, (d) => (d.number = 'A'.repeat(201)), '/number'],
    ['a name with a slash, escaped', order, (d) => (d['a/b~c'] = 1), '/a~1b~0c'],
  ],
  'JSN-ORG-01': [
    [
      'a seller with a wrong check digit',
      order,
      (d) => (d.seller.organisationNumber = '5599990017'),
      '/seller/organisationNumber',
    ],
    [
      'a buyer with a wrong check digit',
      order,
      (d) => (d.buyer.organisationNumber = '2021002115'),
      '/buyer/organisationNumber',
    ],
  ],
  'JSN-ORG-02': [
    [
      'a VAT number of another organisation',
      order,
      (d) => (d.seller.vatNumber = 'SE559999002401'),
      '/seller/vatNumber',
    ],
  ],
  'JSN-ORG-03': [['a buyer that sells to itself', order, (d) => (d.seller = d.buyer), '/seller/organisationNumber']],
  'JSN-LIN-01': [
    ['a line off by 0.03', order, (d) => (d.lines[0].amount = plus(d.lines[0].amount, 3)), '/lines/0/amount'],
  ],
  'JSN-LIN-02': [['two lines with one id', order, (d) => (d.lines[1].id = '1'), '/lines/1/id']],
  'JSN-SUM-01': [
    ['a net sum of an order off by 0.01', order, (d) => (d.totals.net = plus(d.totals.net, 1)), '/totals/net'],
    ['a net sum of an invoice off by 0.01', invoice, (d) => (d.totals.net = plus(d.totals.net, 1)), '/totals/net'],
  ],
  'JSN-SUM-02': [['a sum of VAT off by 0.01', invoice, (d) => (d.totals.vat = plus(d.totals.vat, 1)), '/totals/vat']],
  'JSN-SUM-03': [
    ['a gross sum off by 0.01', credit, (d) => (d.totals.gross = plus(d.totals.gross, 1)), '/totals/gross'],
  ],
  'JSN-SUM-04': [
    ['a sum to pay off by 0.01', invoice, (d) => (d.totals.payable = plus(d.totals.payable, 1)), '/totals/payable'],
  ],
  'JSN-SUM-05': [['a rounding of a thousand', invoice, (d) => (d.totals.rounding = '1000.00'), '/totals/rounding']],
  'JSN-VAT-01': [
    [
      'a taxable amount off by 0.01',
      invoice,
      (d) => (d.vat[0].taxableAmount = plus(d.vat[0].taxableAmount, 1)),
      '/vat/0/taxableAmount',
    ],
  ],
  'JSN-VAT-02': [
    [
      'VAT off by 0.05 with two lines at the rate',
      invoice,
      (d) => (d.vat[0].vatAmount = plus(d.vat[0].vatAmount, 5)),
      '/vat/0/vatAmount',
    ],
  ],
  'JSN-VAT-03': [
    ['a rate without a row', invoice, (d) => d.vat.pop(), '/vat'],
    ['two rows for a rate', invoice, (d) => d.vat.splice(3, 1, d.vat[0]), '/vat/3/percent'],
  ],
  'JSN-VAT-04': [
    ['a taxed exemption', invoice, (d) => (d.vat[0].category = 'E'), '/vat/0/percent'],
    ['an untaxed row of category S', invoice, (d) => (d.vat[1].category = 'S'), '/vat/1/percent'],
  ],
  'JSN-REF-01': [['a credit of itself', credit, (d) => (d.corrects.number = d.number), '/corrects/number']],
  'JSN-PER-01': [
    ['a period that ends before it starts', invoice, (d) => (d.period.to = '2026-02-01'), '/period/to'],
    ['a delivery that ends before it starts', order, (d) => (d.deliveryPeriod.to = '2026-02-01'), '/deliveryPeriod/to'],
    [
      'a line whose period ends before it starts',
      order,
      (d) => (d.lines[0].period = { from: '2026-03-02', to: '2026-03-01' }),
      '/lines/0/period/to',
    ],
  ],
};

/** `amount` plus hundredths, in whole hundredths. */
function plus(amount: string, hundredths: number): string {
  const digits = String(BigInt(amount.replace('.', '')) + BigInt(hundredths)).padStart(3, '0');
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
