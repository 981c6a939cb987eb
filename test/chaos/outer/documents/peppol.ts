/** Peppol BIS Self-Billing 3 and Order-only 3 as KA writes them. */
import { type DocumentOptions, type Figures, figuresOf } from './figures.ts';

const namespaces = (root: string): string => `xmlns="urn:oasis:names:specification:ubl:schema:xsd:${root}-2"
  xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
  xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"`;

const tax = (name: string): string =>
  `<cac:${name}><cbc:ID>S</cbc:ID><cbc:Percent>25</cbc:Percent><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:${name}>`;

export function peppolSelfInvoice(options: DocumentOptions): string {
  return selfBilling('Invoice', options, '<cbc:InvoiceTypeCode>389</cbc:InvoiceTypeCode>', 'Invoiced');
}

export function peppolCredit(options: DocumentOptions): string {
  return selfBilling('CreditNote', options, '<cbc:CreditNoteTypeCode>261</cbc:CreditNoteTypeCode>', 'Credited');
}

function selfBilling(root: 'Invoice' | 'CreditNote', options: DocumentOptions, code: string, quantity: string): string {
  const figures = figuresOf(options);
  const corrects =
    root === 'CreditNote'
      ? `\n  <cac:BillingReference><cac:InvoiceDocumentReference><cbc:ID>${options.original}</cbc:ID></cac:InvoiceDocumentReference></cac:BillingReference>`
      : '';
  return `<?xml version="1.0" encoding="UTF-8"?>
<${root} ${namespaces(root)}>
  <cbc:CustomizationID>urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:selfbilling:3.0</cbc:CustomizationID>
  <cbc:ProfileID>urn:fdc:peppol.eu:2017:poacc:selfbilling:01:1.0</cbc:ProfileID>
  <cbc:ID>${options.number}</cbc:ID>
  <cbc:IssueDate>2026-04-02</cbc:IssueDate>
  ${root === 'Invoice' ? '<cbc:DueDate>2026-05-02</cbc:DueDate>\n  ' : ''}${code}
  <cbc:Note>${options.words}</cbc:Note>
  <cbc:DocumentCurrencyCode>SEK</cbc:DocumentCurrencyCode>
  <cbc:BuyerReference>KA</cbc:BuyerReference>${corrects}
  <cac:AccountingSupplierParty>${party(options.org, `Utförare ${options.org} AB`)}</cac:AccountingSupplierParty>
  <cac:AccountingCustomerParty>${party(options.sender, 'Arbetsförmedlingen')}</cac:AccountingCustomerParty>
  <cac:TaxTotal>
    <cbc:TaxAmount currencyID="SEK">${figures.tax}</cbc:TaxAmount>
    <cac:TaxSubtotal><cbc:TaxableAmount currencyID="SEK">${figures.net}</cbc:TaxableAmount><cbc:TaxAmount currencyID="SEK">${figures.tax}</cbc:TaxAmount>${tax('TaxCategory')}</cac:TaxSubtotal>
  </cac:TaxTotal>
  <cac:LegalMonetaryTotal>${total(figures)}</cac:LegalMonetaryTotal>
  <cac:${root}Line>
    <cbc:ID>1</cbc:ID>
    <cbc:${quantity}Quantity unitCode="DAY">${options.quantity}</cbc:${quantity}Quantity>
    <cbc:LineExtensionAmount currencyID="SEK">${figures.net}</cbc:LineExtensionAmount>
    <cac:Item><cbc:Name>Rusta och matcha</cbc:Name>${tax('ClassifiedTaxCategory')}</cac:Item>
    <cac:Price><cbc:PriceAmount currencyID="SEK">${figures.price}</cbc:PriceAmount></cac:Price>
  </cac:${root}Line>
</${root}>
`;
}

export function peppolOrder(options: DocumentOptions): string {
  const figures = figuresOf(options);
  return `<?xml version="1.0" encoding="UTF-8"?>
<Order ${namespaces('Order')}>
  <cbc:CustomizationID>urn:fdc:peppol.eu:poacc:trns:order:3</cbc:CustomizationID>
  <cbc:ProfileID>urn:fdc:peppol.eu:poacc:bis:order_only:3</cbc:ProfileID>
  <cbc:ID>${options.number}</cbc:ID>
  <cbc:IssueDate>2026-02-20</cbc:IssueDate>
  <cbc:OrderTypeCode>220</cbc:OrderTypeCode>
  <cbc:Note>${options.words}</cbc:Note>
  <cbc:DocumentCurrencyCode>SEK</cbc:DocumentCurrencyCode>
  <cbc:CustomerReference>KA</cbc:CustomerReference>
  <cac:BuyerCustomerParty>${party(options.sender, 'Arbetsförmedlingen')}</cac:BuyerCustomerParty>
  <cac:SellerSupplierParty>${party(options.org, `Utförare ${options.org} AB`)}</cac:SellerSupplierParty>
  <cac:TaxTotal><cbc:TaxAmount currencyID="SEK">${figures.tax}</cbc:TaxAmount></cac:TaxTotal>
  <cac:AnticipatedMonetaryTotal>${total(figures)}</cac:AnticipatedMonetaryTotal>
  <cac:OrderLine><cac:LineItem>
    <cbc:ID>1</cbc:ID>
    <cbc:Quantity unitCode="DAY">${options.quantity}</cbc:Quantity>
    <cbc:LineExtensionAmount currencyID="SEK">${figures.net}</cbc:LineExtensionAmount>
    <cac:Price><cbc:PriceAmount currencyID="SEK">${figures.price}</cbc:PriceAmount></cac:Price>
    <cac:Item><cbc:Name>Rusta och matcha</cbc:Name>${tax('ClassifiedTaxCategory')}</cac:Item>
  </cac:LineItem></cac:OrderLine>
</Order>
`;
}

const total = ({ net, gross }: Figures): string =>
  `<cbc:LineExtensionAmount currencyID="SEK">${net}</cbc:LineExtensionAmount><cbc:TaxExclusiveAmount currencyID="SEK">${net}</cbc:TaxExclusiveAmount>` +
  `<cbc:TaxInclusiveAmount currencyID="SEK">${gross}</cbc:TaxInclusiveAmount><cbc:PayableAmount currencyID="SEK">${gross}</cbc:PayableAmount>`;

function party(org: string, name: string): string {
  return `
    <cac:Party>
      <cbc:EndpointID schemeID="0007">${org}</cbc:EndpointID>
      <cac:PartyName><cbc:Name>${name}</cbc:Name></cac:PartyName>
      <cac:PostalAddress><cbc:StreetName>Storgatan 1</cbc:StreetName><cbc:CityName>Åmål</cbc:CityName><cbc:PostalZone>66231</cbc:PostalZone><cac:Country><cbc:IdentificationCode>SE</cbc:IdentificationCode></cac:Country></cac:PostalAddress>
      <cac:PartyTaxScheme><cbc:CompanyID>SE${org}01</cbc:CompanyID><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme>
      <cac:PartyLegalEntity><cbc:RegistrationName>${name}</cbc:RegistrationName><cbc:CompanyID schemeID="0007">${org}</cbc:CompanyID></cac:PartyLegalEntity>
    </cac:Party>
  `;
}
