/**
 * What a Svefaktura may contain, where and how often: SFTI BasicInvoice 1.0 and SFTI CommonAggregateComponents 1.0 as a table.
 * A second LegalTotal or SellerParty is a way to make two systems read two different invoices, so this is checked, not skipped.
 */
import type { Finding } from '../../domain/fault.ts';
import { breach, findingsLimit } from '../rules.ts';
import type { Vocabulary, XmlElement } from '../xml.ts';

export const invoiceNamespace = 'urn:sfti:documents:BasicInvoice:1:0';

export const vocabulary: Vocabulary = new Map([
  [invoiceNamespace, ''],
  ['urn:sfti:CommonAggregateComponents:1:0', 'cac:'],
  ['urn:oasis:names:tc:ubl:CommonBasicComponents:1:0', 'cbc:'],
]);

/** Children in order; `?` none or one, `*` any number, `+` one or more, nothing exactly one, `{3}` at most three. */
const contents: Readonly<Record<string, string>> = {
  Invoice: `ID cbc:IssueDate InvoiceTypeCode cbc:Note? TaxPointDate? cbc:TaxPointDate? InvoiceCurrencyCode? TaxCurrencyCode?
    LineItemCountNumeric AdditionalDocumentReference* cac:BuyerParty cac:SellerParty cac:Delivery? cac:PaymentMeans{3}
    cac:PaymentTerms? AllowanceCharge* cac:ExchangeRate? cac:TaxTotal? cac:LegalTotal cac:InvoiceLine+
    RequisitionistDocumentReference* InitialInvoiceDocumentReference* cac:DeliveryTerms? InvoicingPeriod?`,
  AdditionalDocumentReference: 'cac:ID',
  RequisitionistDocumentReference: 'cac:ID',
  InitialInvoiceDocumentReference: 'cac:ID',
  'cac:DocumentReference': 'cac:ID',
  'cac:BuyerParty': 'cac:Party',
  'cac:SellerParty': 'cac:Party cac:AccountsContact?',
  'cac:Party': 'cac:PartyIdentification* cac:PartyName cac:Address cac:PartyTaxScheme* cac:Contact?',
  'cac:PartyIdentification': 'cac:ID',
  'cac:PartyName': 'cbc:Name+',
  'cac:PayeePartyName': 'cbc:Name+',
  'cac:PartyTaxScheme':
    'cbc:RegistrationName? cac:CompanyID cbc:ExemptionReason? cac:RegistrationAddress? cac:TaxScheme',
  'cac:TaxScheme': 'cac:ID',
  'cac:Contact': 'cbc:Name? cbc:Telephone? cbc:Telefax? cbc:ElectronicMail?',
  'cac:AccountsContact': 'cbc:Name? cbc:Telephone? cbc:Telefax? cbc:ElectronicMail?',
  'cac:Country': 'cac:IdentificationCode?',
  'cac:AddressLine': 'cbc:Line+',
  'cac:PaymentMeans': 'cac:PaymentMeansTypeCode cbc:DuePaymentDate? cac:PayeeFinancialAccount? cac:PayeePartyName?',
  'cac:PayeeFinancialAccount': 'cac:ID? cac:FinancialInstitutionBranch? cac:PaymentInstructionID?',
  'cac:FinancialInstitutionBranch': 'cac:FinancialInstitution?',
  'cac:FinancialInstitution': 'cac:ID?',
  'cac:PaymentTerms': 'cbc:Note? cbc:PenaltySurchargePercent?',
  AllowanceCharge:
    'cbc:ChargeIndicator cac:ReasonCode? cbc:MultiplierFactorNumeric? cbc:Amount cac:TaxCategory+ cac:AllowanceChargeBaseAmount?',
  'cac:AllowanceCharge': 'cbc:ChargeIndicator cbc:Amount cac:AllowanceChargeBaseAmount?',
  'cac:ExchangeRate':
    'cac:SourceCurrencyCode cbc:SourceCurrencyBaseRate? cac:TargetCurrencyCode cbc:TargetUnitBaseRate? cbc:CalculationRate? cbc:Date?',
  'cac:TaxTotal': 'cbc:TotalTaxAmount cac:TaxSubTotal*',
  'cac:TaxSubTotal':
    'cbc:TaxableAmount cbc:TaxAmount cac:TaxCategory cac:TaxCurrencyTaxAmount? cac:InitialInvoiceTaxAmount?',
  'cac:TaxCategory': 'cac:ID cbc:Percent? cbc:ExemptionReason? cac:TaxScheme',
  'cac:LegalTotal':
    'cbc:LineExtensionTotalAmount cbc:TaxExclusiveTotalAmount? cbc:TaxInclusiveTotalAmount cac:RoundOffAmount?',
  'cac:InvoiceLine': `cac:ID cbc:InvoicedQuantity? cbc:LineExtensionAmount cbc:Note? cac:OrderLineReference? cac:DespatchLineReference?
    cac:Delivery? cac:AllowanceCharge? cac:Item`,
  'cac:OrderLineReference': 'cac:BuyersLineID? cac:OrderReference?',
  'cac:OrderReference': 'cac:BuyersID?',
  'cac:DespatchLineReference': 'cac:LineID cac:DocumentReference?',
  'cac:Delivery': 'cbc:ActualDeliveryDateTime? cac:DeliveryAddress?',
  'cac:Item': `cbc:Description? cac:BuyersItemIdentification? cac:SellersItemIdentification? cac:StandardItemIdentification?
    cac:TaxCategory* cac:BasePrice?`,
  'cac:BuyersItemIdentification': 'cac:ID',
  'cac:SellersItemIdentification': 'cac:ID',
  'cac:StandardItemIdentification': 'cac:ID',
  'cac:BasePrice': 'cbc:PriceAmount cbc:BaseQuantity?',
  'cac:DeliveryTerms': 'cbc:SpecialTerms?',
  InvoicingPeriod: 'cbc:StartDateTime? cbc:EndDateTime?',
};
const address =
  'cac:ID? cbc:Postbox? cbc:StreetName? cbc:Department? cbc:CityName? cbc:PostalZone? cac:AddressLine? cac:Country?';
const addressElements = ['cac:Address', 'cac:RegistrationAddress', 'cac:DeliveryAddress'];

interface Slot {
  readonly name: string;
  readonly least: number;
  readonly most: number;
}

function slotOf(word: string): Slot {
  const [, name = '', mark = ''] = /^([A-Za-z:]+)(.*)$/.exec(word) ?? [];
  const many = mark === '*' || mark === '+';
  return {
    name,
    least: mark === '' || mark === '+' ? 1 : 0,
    most: many ? Number.POSITIVE_INFINITY : mark === '{3}' ? 3 : 1,
  };
}

const models: ReadonlyMap<string, readonly Slot[]> = new Map(
  [...Object.entries(contents), ...addressElements.map((name) => [name, address] as const)].map(
    ([name, words]) => [name, words.split(/\s+/).map(slotOf)] as const,
  ),
);

/** Findings SVE-STR-* for the whole tree, at most `findingsLimit`. An element outside the table is reported, not entered. */
export function checkStructure(element: XmlElement, where: string, findings: Finding[]): void {
  const model = models.get(element.name) ?? [];
  if (model.length > 0 && element.text.trim() !== '') {
    findings.push(breach('SVE-STR-04', where, 'only elements', element.text.trim()));
  }
  const seen = new Map<string, number>();
  let reached = 0;
  for (const child of element.children) {
    if (findings.length >= findingsLimit) return;
    const count = (seen.get(child.name) ?? 0) + 1;
    seen.set(child.name, count);
    const path = `${where}/${child.local}${count > 1 ? `[${count}]` : ''}`;
    const index = model.findIndex(({ name }) => name === child.name);
    const slot = model[index];
    if (slot === undefined) {
      findings.push(breach('SVE-STR-01', path, expectedIn(model), child.name));
      continue;
    }
    if (count > slot.most) findings.push(breach('SVE-STR-03', path, `at most ${slot.most}`, String(count)));
    if (index < reached) findings.push(breach('SVE-STR-01', path, `before ${model[reached]?.name}`, 'after it'));
    reached = Math.max(reached, index);
    checkStructure(child, path, findings);
  }
  for (const { name, least } of model) {
    if (least > 0 && !seen.has(name)) {
      findings.push(breach('SVE-STR-02', `${where}/${name.replace(/^.*:/, '')}`, name, undefined));
    }
  }
}

function expectedIn(model: readonly Slot[]): string {
  return model.length === 0 ? 'text only' : `one of ${model.map(({ name }) => name).join(', ')}`;
}
