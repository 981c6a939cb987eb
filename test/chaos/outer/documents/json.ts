/** The JSON documents as KA writes them. */
import { type DocumentOptions, figuresOf } from './figures.ts';

export function jsonOrder(options: DocumentOptions): string {
  const { net } = figuresOf(options);
  return text({
    schema: 'urn:kuvert:schemas:purchase-order:1',
    ...head(options),
    contractNumber: 'Af-2025/0042',
    deliveryPeriod: { from: '2026-03-01', to: '2026-03-31' },
    lines: lines(options),
    totals: { net },
  });
}

export function jsonSelfInvoice(options: DocumentOptions): string {
  return text({ schema: 'urn:kuvert:schemas:self-invoice:1', ...head(options), ...invoice(options) });
}

export function jsonCredit(options: DocumentOptions): string {
  return text({
    schema: 'urn:kuvert:schemas:self-invoice-credit:1',
    ...head(options),
    corrects: { number: options.original },
    reason: 'Fel antal dagar',
    ...invoice(options),
  });
}

const text = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;

function head({ number, sender, org }: DocumentOptions): object {
  return {
    number,
    issueDate: '2026-04-02',
    currency: 'SEK',
    buyer: { ...party(sender, 'Arbetsförmedlingen'), reference: 'KA' },
    seller: party(org, `Utförare ${org} AB`),
  };
}

function party(organisationNumber: string, name: string): object {
  const address = { street: 'Storgatan 1', postalCode: '66231', city: 'Åmål' };
  return { organisationNumber, vatNumber: `SE${organisationNumber}01`, name, address };
}

function invoice(options: DocumentOptions): object {
  const { net, tax, gross } = figuresOf(options);
  return {
    dueDate: '2026-05-02',
    period: { from: '2026-03-01', to: '2026-03-31' },
    note: `Självfakturering, ${options.words}`,
    lines: lines(options),
    vat: [{ category: 'S', percent: '25', taxableAmount: net, vatAmount: tax }],
    totals: { net, vat: tax, gross, rounding: '0.00', payable: gross },
  };
}

function lines(options: DocumentOptions): object[] {
  const { price, net } = figuresOf(options);
  const description = `Rusta och matcha, ${options.words}`;
  const amounts = { quantity: String(options.quantity), unit: 'dag', unitPrice: price, amount: net };
  return [{ id: '1', description, ...amounts, vatPercent: '25' }];
}
