/** Valid documents for tests, with everything chosen that a test does not care about. */
import * as sample from '../../src/documents/sample.ts';
import * as peppol from '../../src/documents/sample-peppol.ts';

export const documentLimits = { bytes: 5_000_000, depth: 32, elements: 50_000 } as const;

type Options = Partial<sample.SvefakturaOptions>;

export const { sampleOrganisationNumber } = sample;

/** An invented supplier. */
export const supplierNumber = sampleOrganisationNumber(1);

function complete(options: Options): sample.SvefakturaOptions {
  return { recipient: supplierNumber, number: 'T-1', ...options };
}

export function jsonPurchaseOrder(options: Options = {}): Buffer {
  return sample.jsonPurchaseOrder(complete(options));
}

export function jsonSelfInvoice(options: Options = {}): Buffer {
  return sample.jsonSelfInvoice(complete(options));
}

export function jsonCredit(options: Options = {}): Buffer {
  return sample.jsonCredit(complete(options));
}

export function svefaktura(options: Options = {}): Buffer {
  return sample.svefaktura(complete(options));
}

type PeppolOptions = Partial<peppol.PeppolOptions>;

export function peppolSelfInvoice(options: PeppolOptions = {}): Buffer {
  return peppol.peppolSelfInvoice({ recipient: supplierNumber, number: 'T-1', ...options });
}

export function peppolCredit(options: PeppolOptions = {}): Buffer {
  return peppol.peppolCredit({ recipient: supplierNumber, number: 'T-1', ...options });
}

export function peppolOrder(options: PeppolOptions = {}): Buffer {
  return peppol.peppolOrder({ recipient: supplierNumber, number: 'T-1', ...options });
}
