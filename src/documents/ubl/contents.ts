/**
 * What the three Peppol documents may contain: the data models of Peppol BIS Self-Billing 3 and Order-only 3, in the order of UBL 2.1.
 * Required elements are marked here only where the standard has no rule of its own (see presence.ts for the others).
 */
import { modelsOf, type StructureRules } from '../structure.ts';
import type { Vocabulary } from '../xml.ts';

const ubl = 'urn:oasis:names:specification:ubl:schema:xsd:';

export const roots = { Invoice: `${ubl}Invoice-2`, CreditNote: `${ubl}CreditNote-2`, Order: `${ubl}Order-2` } as const;
export type Root = keyof typeof roots;

/** The vocabulary of one of the three documents. */
export function vocabularyOf(root: Root): Vocabulary {
  return new Map([
    [roots[root], ''],
    [`${ubl}CommonAggregateComponents-2`, 'cac:'],
    [`${ubl}CommonBasicComponents-2`, 'cbc:'],
  ]);
}

const references = `cac:InvoicePeriod? cac:OrderReference? cac:BillingReference* cac:DespatchDocumentReference?
  cac:ReceiptDocumentReference?`;
const parties = `cac:AccountingSupplierParty? cac:AccountingCustomerParty? cac:PayeeParty? cac:TaxRepresentativeParty? cac:Delivery?
  cac:PaymentMeans* cac:PaymentTerms? cac:AllowanceCharge* cac:TaxTotal{2} cac:LegalMonetaryTotal`;
const head = 'cbc:UBLVersionID? cbc:CustomizationID? cbc:ProfileID? cbc:ID?';
const currencies = 'cbc:DocumentCurrencyCode? cbc:TaxCurrencyCode? cbc:AccountingCost? cbc:BuyerReference?';
const afterQuantity = `cbc:LineExtensionAmount? cbc:AccountingCost? cac:InvoicePeriod? cac:OrderLineReference? cac:DocumentReference?
  cac:AllowanceCharge* cac:Item cac:Price?`;
const sums = `cbc:LineExtensionAmount? cbc:TaxExclusiveAmount? cbc:TaxInclusiveAmount? cbc:AllowanceTotalAmount?
  cbc:ChargeTotalAmount? cbc:PrepaidAmount? cbc:PayableRoundingAmount? cbc:PayableAmount?`;
const address = `cbc:StreetName? cbc:AdditionalStreetName? cbc:CityName? cbc:PostalZone? cbc:CountrySubentity? cac:AddressLine?
  cac:Country?`;
const category = 'cbc:ID? cbc:Percent? cbc:TaxExemptionReasonCode? cbc:TaxExemptionReason? cac:TaxScheme';
const reference =
  'cbc:ID? cbc:IssueDate? cbc:DocumentTypeCode? cbc:DocumentType? cbc:DocumentDescription? cac:Attachment?';
const period = 'cbc:StartDate? cbc:StartTime? cbc:EndDate? cbc:EndTime? cbc:DescriptionCode?';

export const models = modelsOf({
  Invoice: `${head} cbc:IssueDate? cbc:DueDate? cbc:InvoiceTypeCode? cbc:Note? cbc:TaxPointDate? ${currencies} ${references}
    cac:OriginatorDocumentReference? cac:ContractDocumentReference? cac:AdditionalDocumentReference* cac:ProjectReference? ${parties}
    cac:InvoiceLine*`,
  CreditNote: `${head} cbc:IssueDate? cbc:TaxPointDate? cbc:CreditNoteTypeCode? cbc:Note? ${currencies} ${references}
    cac:ContractDocumentReference? cac:AdditionalDocumentReference* cac:OriginatorDocumentReference? ${parties} cac:CreditNoteLine*`,
  Order: `${head} cbc:SalesOrderID? cbc:IssueDate? cbc:IssueTime? cbc:OrderTypeCode? cbc:Note? cbc:DocumentCurrencyCode?
    cbc:CustomerReference? cbc:AccountingCost? cac:ValidityPeriod? cac:QuotationDocumentReference? cac:OrderDocumentReference?
    cac:OriginatorDocumentReference? cac:CatalogueReference? cac:AdditionalDocumentReference* cac:Contract? cac:ProjectReference?
    cac:BuyerCustomerParty? cac:SellerSupplierParty? cac:OriginatorCustomerParty? cac:AccountingCustomerParty? cac:Delivery?
    cac:DeliveryTerms? cac:PaymentTerms? cac:AllowanceCharge* cac:TaxTotal? cac:AnticipatedMonetaryTotal? cac:OrderLine*`,
  'cac:InvoiceLine': `cbc:ID? cbc:Note? cbc:InvoicedQuantity? ${afterQuantity}`,
  'cac:CreditNoteLine': `cbc:ID? cbc:Note? cbc:CreditedQuantity? ${afterQuantity}`,
  'cac:OrderLine': 'cbc:Note? cac:LineItem',
  'cac:LineItem': `cbc:ID? cbc:Quantity? cbc:LineExtensionAmount? cbc:PartialDeliveryIndicator? cbc:AccountingCost? cac:Delivery?
    cac:OriginatorParty? cac:AllowanceCharge* cac:Price? cac:Item`,
  'cac:Item': `cbc:Description? cbc:Name? cac:BuyersItemIdentification? cac:SellersItemIdentification? cac:StandardItemIdentification?
    cac:ItemSpecificationDocumentReference* cac:OriginCountry? cac:CommodityClassification* cac:TransactionConditions?
    cac:ClassifiedTaxCategory? cac:AdditionalItemProperty* cac:ItemInstance*`,
  'cac:Price': 'cbc:PriceAmount? cbc:BaseQuantity? cac:AllowanceCharge?',
  'cac:AllowanceCharge': `cbc:ChargeIndicator cbc:AllowanceChargeReasonCode? cbc:AllowanceChargeReason? cbc:MultiplierFactorNumeric?
    cbc:Amount cbc:BaseAmount? cac:TaxCategory?`,
  'cac:TaxTotal': 'cbc:TaxAmount cac:TaxSubtotal*',
  'cac:TaxSubtotal': 'cbc:TaxableAmount? cbc:TaxAmount? cac:TaxCategory',
  'cac:TaxCategory': category,
  'cac:ClassifiedTaxCategory': category,
  'cac:TaxScheme': 'cbc:ID',
  'cac:LegalMonetaryTotal': sums,
  // No rule of the order's Schematron asks for these two, its schema does.
  'cac:AnticipatedMonetaryTotal': sums
    .replace('LineExtensionAmount?', 'LineExtensionAmount')
    .replace('PayableAmount?', 'PayableAmount'),
  'cac:AccountingSupplierParty': 'cac:Party',
  'cac:AccountingCustomerParty': 'cac:Party',
  'cac:BuyerCustomerParty': 'cac:Party cac:DeliveryContact?',
  'cac:SellerSupplierParty': 'cac:Party',
  'cac:OriginatorCustomerParty': 'cac:Party',
  'cac:Party': `cbc:EndpointID? cac:PartyIdentification* cac:PartyName? cac:PostalAddress? cac:PartyTaxScheme{2} cac:PartyLegalEntity?
    cac:Contact?`,
  'cac:PayeeParty': 'cac:PartyIdentification? cac:PartyName? cac:PartyLegalEntity?',
  'cac:TaxRepresentativeParty': 'cac:PartyName? cac:PostalAddress? cac:PartyTaxScheme?',
  'cac:OriginatorParty': 'cac:PartyIdentification? cac:PartyName?',
  'cac:DeliveryParty': 'cac:PartyIdentification? cac:PartyName? cac:Contact?',
  'cac:PartyIdentification': 'cbc:ID',
  'cac:PartyName': 'cbc:Name',
  'cac:PartyTaxScheme': 'cbc:CompanyID? cac:TaxScheme',
  'cac:PartyLegalEntity': 'cbc:RegistrationName? cbc:CompanyID? cbc:CompanyLegalForm? cac:RegistrationAddress?',
  'cac:Contact': 'cbc:Name? cbc:Telephone? cbc:ElectronicMail?',
  'cac:DeliveryContact': 'cbc:Name? cbc:Telephone? cbc:ElectronicMail?',
  'cac:PostalAddress': address,
  'cac:RegistrationAddress': address,
  'cac:Address': address,
  'cac:AddressLine': 'cbc:Line',
  'cac:Country': 'cbc:IdentificationCode',
  'cac:OriginCountry': 'cbc:IdentificationCode',
  'cac:InvoicePeriod': period,
  'cac:ValidityPeriod': period,
  'cac:RequestedDeliveryPeriod': period,
  'cac:OrderReference': 'cbc:ID? cbc:SalesOrderID?',
  'cac:OrderLineReference': 'cbc:LineID cac:OrderReference?',
  'cac:BillingReference': 'cac:InvoiceDocumentReference',
  'cac:InvoiceDocumentReference': 'cbc:ID? cbc:IssueDate?',
  ...Object.fromEntries(
    ['Despatch', 'Receipt', 'Originator', 'Contract', 'Additional', 'Quotation', 'Order', 'ItemSpecification', ''].map(
      (kind) => [`cac:${kind}DocumentReference`, reference],
    ),
  ),
  'cac:CatalogueReference': 'cbc:ID',
  'cac:ProjectReference': 'cbc:ID',
  'cac:Contract': 'cbc:ID',
  'cac:Attachment': 'cbc:EmbeddedDocumentBinaryObject? cac:ExternalReference?',
  'cac:ExternalReference': 'cbc:URI',
  'cac:Delivery': `cbc:Quantity? cbc:ActualDeliveryDate? cac:DeliveryLocation? cac:RequestedDeliveryPeriod? cac:DeliveryParty?
    cac:Shipment?`,
  'cac:DeliveryLocation': 'cbc:ID? cbc:Name? cac:Address?',
  'cac:Shipment': 'cbc:ID cac:TransportHandlingUnit*',
  'cac:TransportHandlingUnit': 'cbc:ShippingMarks?',
  'cac:DeliveryTerms': 'cbc:ID? cbc:SpecialTerms? cac:DeliveryLocation?',
  'cac:PaymentMeans': `cbc:PaymentMeansCode cbc:PaymentDueDate? cbc:PaymentID? cac:CardAccount? cac:PayeeFinancialAccount?
    cac:PaymentMandate?`,
  'cac:CardAccount': 'cbc:PrimaryAccountNumberID cbc:NetworkID cbc:HolderName?',
  'cac:PayeeFinancialAccount': 'cbc:ID cbc:Name? cac:FinancialInstitutionBranch?',
  'cac:FinancialInstitutionBranch': 'cbc:ID',
  'cac:PaymentMandate': 'cbc:ID? cac:PayerFinancialAccount?',
  'cac:PayerFinancialAccount': 'cbc:ID',
  'cac:PaymentTerms': 'cbc:Note',
  'cac:BuyersItemIdentification': 'cbc:ID',
  'cac:SellersItemIdentification': 'cbc:ID',
  'cac:StandardItemIdentification': 'cbc:ID',
  'cac:CommodityClassification': 'cbc:ItemClassificationCode',
  'cac:TransactionConditions': 'cbc:ActionCode',
  'cac:AdditionalItemProperty': 'cbc:ID? cbc:Name? cbc:NameCode? cbc:Value? cbc:ValueQuantity? cbc:ValueQualifier?',
  'cac:ItemInstance': 'cbc:SerialID? cac:LotIdentification?',
  'cac:LotIdentification': 'cbc:LotNumberID',
});

export const structureRules: StructureRules = {
  unknown: 'UBL-STR-01',
  missing: 'UBL-STR-02',
  repeated: 'UBL-STR-03',
  text: 'UBL-STR-04',
};
