/** Svefaktura 1.0 as KA writes it. */
import { type DocumentOptions, figuresOf } from './figures.ts';

/** @param encoding as the declaration says; the caller writes the text in it. */
export function svefaktura(options: DocumentOptions, isCredit: boolean, encoding = 'UTF-8'): string {
  const { sender, org, number, original, words, quantity } = options;
  const { price, net, tax, gross } = figuresOf(options);
  const category =
    '<cac:TaxCategory><cac:ID>S</cac:ID><cbc:Percent>25</cbc:Percent><cac:TaxScheme><cac:ID>VAT</cac:ID></cac:TaxScheme></cac:TaxCategory>';
  return `<?xml version="1.0" encoding="${encoding}"?>
<Invoice xmlns="urn:sfti:documents:BasicInvoice:1:0" xmlns:cac="urn:sfti:CommonAggregateComponents:1:0" xmlns:cbc="urn:oasis:names:tc:ubl:CommonBasicComponents:1:0">
  <ID>${number}</ID>
  <cbc:IssueDate>2026-04-02</cbc:IssueDate>
  <InvoiceTypeCode>${isCredit ? '381' : '380'}</InvoiceTypeCode>
  <cbc:Note>Självfakturering, ${words}</cbc:Note>
  <InvoiceCurrencyCode>SEK</InvoiceCurrencyCode>
  <LineItemCountNumeric>1</LineItemCountNumeric>
  <cac:BuyerParty>${party(sender, 'Arbetsförmedlingen', 'Stockholm')}</cac:BuyerParty>
  <cac:SellerParty>${party(org, `Utförare ${org} AB`, 'Åmål')}</cac:SellerParty>
  <cac:PaymentMeans><cac:PaymentMeansTypeCode>1</cac:PaymentMeansTypeCode><cbc:DuePaymentDate>2026-05-02</cbc:DuePaymentDate></cac:PaymentMeans>
  <cac:TaxTotal>
    <cbc:TotalTaxAmount amountCurrencyID="SEK">${tax}</cbc:TotalTaxAmount>
    <cac:TaxSubTotal>
      <cbc:TaxableAmount amountCurrencyID="SEK">${net}</cbc:TaxableAmount>
      <cbc:TaxAmount amountCurrencyID="SEK">${tax}</cbc:TaxAmount>
      ${category}
    </cac:TaxSubTotal>
  </cac:TaxTotal>
  <cac:LegalTotal>
    <cbc:LineExtensionTotalAmount amountCurrencyID="SEK">${net}</cbc:LineExtensionTotalAmount>
    <cbc:TaxExclusiveTotalAmount amountCurrencyID="SEK">${net}</cbc:TaxExclusiveTotalAmount>
    <cbc:TaxInclusiveTotalAmount amountCurrencyID="SEK">${gross}</cbc:TaxInclusiveTotalAmount>
  </cac:LegalTotal>
  <cac:InvoiceLine>
    <cac:ID>1</cac:ID>
    <cbc:InvoicedQuantity quantityUnitCode="dag">${quantity}</cbc:InvoicedQuantity>
    <cbc:LineExtensionAmount amountCurrencyID="SEK">${net}</cbc:LineExtensionAmount>
    <cac:Item>
      <cbc:Description>Rusta och matcha</cbc:Description>
      ${category}
      <cac:BasePrice><cbc:PriceAmount amountCurrencyID="SEK">${price}</cbc:PriceAmount></cac:BasePrice>
    </cac:Item>
  </cac:InvoiceLine>
  <RequisitionistDocumentReference><cac:ID>KA</cac:ID></RequisitionistDocumentReference>${
    isCredit
      ? `\n  <InitialInvoiceDocumentReference><cac:ID>${original}</cac:ID></InitialInvoiceDocumentReference>`
      : ''
  }
</Invoice>
`;
}

function party(org: string, name: string, city: string): string {
  return `
    <cac:Party>
      <cac:PartyName><cbc:Name>${name}</cbc:Name></cac:PartyName>
      <cac:Address><cbc:StreetName>Storgatan 1</cbc:StreetName><cbc:CityName>${city}</cbc:CityName><cbc:PostalZone>11399</cbc:PostalZone></cac:Address>
      <cac:PartyTaxScheme><cac:CompanyID>${org}</cac:CompanyID><cac:TaxScheme><cac:ID>SWT</cac:ID></cac:TaxScheme></cac:PartyTaxScheme>
      <cac:PartyTaxScheme><cac:CompanyID>SE${org}01</cac:CompanyID><cac:TaxScheme><cac:ID>VAT</cac:ID></cac:TaxScheme></cac:PartyTaxScheme>
    </cac:Party>
  `;
}
