/** JSON documents of our own schemas: a purchase order, a self-invoice or its credit. */
import { Fault, type Finding } from '../../domain/fault.ts';
import { type MessageType, messageTypes } from '../../domain/message.ts';
import { parseOrganisationNumber } from '../../domain/organisation-number.ts';
import { loadSchema, type Schema } from '../../platform/schema/schema.ts';
import type { ReadDocument } from '../document.ts';
import { checkPurchaseOrder, checkSelfInvoice } from './checks.ts';
import type { PurchaseOrder, SelfInvoice } from './shape.ts';

/** The `$id` of the schema for each type; a document names it in `schema`. */
export function schemaId(type: MessageType): string {
  return `urn:kuvert:schemas:${type}:1`;
}

const compiled = new Map<MessageType, Schema>();

function schemaOf(type: MessageType): Schema {
  const known = compiled.get(type);
  if (known) return known;
  const schema = loadSchema(`documents/${type}/1.json`, 'JSN-SCH-01', ['documents/common/1.json']);
  compiled.set(type, schema);
  return schema;
}

/** Reads and checks a parsed JSON object. Throws Fault document-not-recognised when it does not name one of our schemas. */
export function readJsonDocument(value: unknown): ReadDocument {
  const named = textAt(value, 'schema');
  const type = messageTypes.find((candidate) => schemaId(candidate) === named);
  if (type === undefined) throw notRecognised(named);

  // Business checks read what the schema promises; a document that breaks it has its schema findings first.
  const broken = schemaOf(type).check(value);
  const findings = broken.length > 0 ? broken : businessFindings(type, value);
  const issued = textAt(value, 'issueDate');
  const currency = textAt(value, 'currency');
  const buyer = parseOrganisationNumber(textAt(value, 'buyer', 'organisationNumber') ?? '');
  const total = textAt(value, 'totals', type === 'purchase-order' ? 'net' : 'payable');
  return {
    format: 'json',
    mediaType: 'application/json',
    dataSchema: schemaId(type),
    messageType: type,
    recipient: parseOrganisationNumber(textAt(value, 'seller', 'organisationNumber') ?? ''),
    ...(buyer === undefined ? {} : { buyer }),
    documentNumber: textAt(value, 'number') ?? '',
    ...(issued === undefined ? {} : { issued }),
    ...(currency === undefined ? {} : { currency }),
    ...(total === undefined ? {} : { total }),
    findings,
  };
}

function businessFindings(type: MessageType, value: unknown): readonly Finding[] {
  return type === 'purchase-order'
    ? checkPurchaseOrder(value as PurchaseOrder)
    : checkSelfInvoice(value as SelfInvoice);
}

/** A string somewhere in an unchecked value; undefined if anything on the way is not there. */
function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  let here = value;
  for (const name of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, name)) return undefined;
    here = (here as Record<string, unknown>)[name];
  }
  return typeof here === 'string' ? here : undefined;
}

function notRecognised(named: string | undefined): Fault {
  const expected = messageTypes.map(schemaId).join(', ');
  return new Fault('document-not-recognised', `The JSON document must name its schema in "schema": ${expected}`, {
    findings: [
      {
        where: '/schema',
        rule: 'format',
        text: 'A JSON document names its schema',
        expected,
        found: named?.slice(0, 120) ?? '(nothing)',
      },
    ],
  });
}
