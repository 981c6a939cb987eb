/** Business checks of JSON documents, after their schema has passed. Where is a JSON pointer (RFC 6901). */
import type { Finding } from '../../domain/fault.ts';
import { checkDigitIsRight } from '../../domain/organisation-number.ts';
import { type Amount, agree, amountOf, show, sum, zero } from '../money.ts';
import { breach } from '../rules.ts';
import type { Line, Party, Period, PurchaseOrder, SelfInvoice, VatRow } from './shape.ts';

/** How far a line, or VAT per line, may be off. */
const slack = amountOf('0.02');
const mostRounding = amountOf('0.50');

export function checkPurchaseOrder(order: PurchaseOrder): readonly Finding[] {
  return [
    ...checkParties(order),
    ...checkPeriod(order.deliveryPeriod, '/deliveryPeriod'),
    ...checkLines(order.lines),
    ...checkNet(order),
  ];
}

export function checkSelfInvoice(invoice: SelfInvoice): readonly Finding[] {
  return [
    ...checkParties(invoice),
    ...checkPeriod(invoice.period, '/period'),
    ...checkLines(invoice.lines),
    ...checkVat(invoice),
    ...checkNet(invoice),
    ...checkTotals(invoice),
    ...(invoice.corrects?.number === invoice.number
      ? [breach('JSN-REF-01', '/corrects/number', 'another document number', invoice.number)]
      : []),
  ];
}

function checkParties({ buyer, seller }: { buyer: Party; seller: Party }): Finding[] {
  const findings = [...checkParty(buyer, '/buyer'), ...checkParty(seller, '/seller')];
  if (buyer.organisationNumber === seller.organisationNumber) {
    const where = '/seller/organisationNumber';
    findings.push(breach('JSN-ORG-03', where, 'another organisation than the buyer', seller.organisationNumber));
  }
  return findings;
}

function checkParty({ organisationNumber, vatNumber }: Party, where: string): Finding[] {
  const findings: Finding[] = [];
  if (!checkDigitIsRight(organisationNumber)) {
    const expected = 'ten digits, the last a check digit';
    findings.push(breach('JSN-ORG-01', `${where}/organisationNumber`, expected, organisationNumber));
  }
  const expected = `SE${organisationNumber}01`;
  if (vatNumber !== undefined && vatNumber !== expected) {
    findings.push(breach('JSN-ORG-02', `${where}/vatNumber`, expected, vatNumber));
  }
  return findings;
}

function checkPeriod(period: Period | undefined, where: string): Finding[] {
  if (period === undefined || period.from <= period.to) return [];
  return [breach('JSN-PER-01', `${where}/to`, `${period.from} or later`, period.to)];
}

function checkLines(lines: readonly Line[]): Finding[] {
  const seen = new Set<string>();
  return lines.flatMap((line, i) => {
    const findings = checkPeriod(line.period, `/lines/${i}/period`);
    if (seen.has(line.id))
      findings.push(breach('JSN-LIN-02', `/lines/${i}/id`, 'an id that no other line has', line.id));
    seen.add(line.id);
    const computed = amountOf(line.quantity).times(line.unitPrice);
    if (!agree(computed, amountOf(line.amount), slack)) {
      findings.push(breach('JSN-LIN-01', `/lines/${i}/amount`, show(computed), line.amount));
    }
    return findings;
  });
}

function checkNet({ lines, totals }: { lines: readonly Line[]; totals: { net: string } }): Finding[] {
  return exact('JSN-SUM-01', '/totals/net', sum(lines.map(({ amount }) => amountOf(amount))), totals.net);
}

function checkTotals({ vat, totals }: SelfInvoice): Finding[] {
  const { net, vat: tax, gross, rounding = '0.00', payable } = totals;
  const findings = [
    ...exact('JSN-SUM-02', '/totals/vat', sum(vat.map(({ vatAmount }) => amountOf(vatAmount))), tax),
    ...exact('JSN-SUM-03', '/totals/gross', amountOf(net).plus(tax), gross),
    ...exact('JSN-SUM-04', '/totals/payable', amountOf(gross).plus(rounding), payable),
  ];
  if (!agree(amountOf(rounding), zero, mostRounding)) {
    findings.push(breach('JSN-SUM-05', '/totals/rounding', 'from -0.50 to 0.50', rounding));
  }
  return findings;
}

function exact(
  rule: 'JSN-SUM-01' | 'JSN-SUM-02' | 'JSN-SUM-03' | 'JSN-SUM-04',
  where: string,
  computed: Amount,
  stated: string,
): Finding[] {
  return amountOf(stated).equals(computed) ? [] : [breach(rule, where, show(computed), stated)];
}

function checkVat({ lines, vat }: SelfInvoice): Finding[] {
  const findings = vat.flatMap((row, i) => checkVatRow(row, `/vat/${i}`, lines));
  vat.forEach(({ percent }, i) => {
    if (vat.findIndex((row) => row.percent === percent) < i) {
      findings.push(breach('JSN-VAT-03', `/vat/${i}/percent`, `one row for ${percent} %`, 'another'));
    }
  });
  for (const percent of new Set(lines.map(({ vatPercent }) => vatPercent))) {
    if (!vat.some((row) => row.percent === percent)) {
      findings.push(breach('JSN-VAT-03', '/vat', `a row for ${percent} %`, undefined));
    }
  }
  return findings;
}

function checkVatRow(row: VatRow, where: string, lines: readonly Line[]): Finding[] {
  const findings: Finding[] = [];
  if ((row.category === 'E') !== (row.percent === '0')) {
    const expected = row.category === 'E' ? '0 with category E' : '6, 12 or 25 with category S';
    findings.push(breach('JSN-VAT-04', `${where}/percent`, expected, row.percent));
  }
  const own = lines.filter(({ vatPercent }) => vatPercent === row.percent);
  const taxable = sum(own.map(({ amount }) => amountOf(amount)));
  if (!amountOf(row.taxableAmount).equals(taxable)) {
    findings.push(breach('JSN-VAT-01', `${where}/taxableAmount`, show(taxable), row.taxableAmount));
  }
  const tax = amountOf(row.taxableAmount).times(row.percent).dividedBy(100);
  if (!agree(tax, amountOf(row.vatAmount), slack.times(Math.max(1, own.length)))) {
    findings.push(breach('JSN-VAT-02', `${where}/vatAmount`, show(tax), row.vatAmount));
  }
  return findings;
}
