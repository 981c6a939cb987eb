/**
 * What a Svefaktura may contain, where and how often: SFTI BasicInvoice 1.0 and SFTI CommonAggregateComponents 1.0 as a table.
 */
import { modelsOf, type StructureRules } from '../structure.ts';
import type { Vocabulary } from '../xml.ts';

export const invoiceNamespace = 'urn:sfti:documents:BasicInvoice:1:0';

export const vocabulary: Vocabulary = new Map([
  [invoiceNamespace, ''],
  ['urn:sfti:CommonAggregateComponents:1:0', 'cac:'],
  ['urn:oasis:names:tc:ubl:CommonBasicComponents:1:0', 'cbc:'],
]);

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

export const models = modelsOf({ ...contents, ...Object.fromEntries(addressElements.map((name) => [name, address])) });

export const structureRules: StructureRules = {
  unknown: 'SVE-STR-01',
  missing: 'SVE-STR-02',
  repeated: 'SVE-STR-03',
  text: 'SVE-STR-04',
};
