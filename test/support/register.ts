/** For tests of the register and of operators: suppliers as files, messages as intake stores them, lanes as drains leave them. */
import { createHash, randomUUID } from 'node:crypto';
import type { MessageType } from '../../src/domain/message.ts';
import { parseOrganisationNumber } from '../../src/domain/organisation-number.ts';
import { accept } from '../../src/store/accept/accept.ts';
import type { Pool } from '../../src/store/pool.ts';
import { type ImportSummary, importSuppliers } from '../../src/suppliers/import.ts';
import { readSuppliers } from '../../src/suppliers/read-file.ts';
import { createDevAuthority, type DevAuthority, issueDevCertificate } from './dev-authority.ts';

export const now = new Date();

let authority: Promise<DevAuthority> | undefined;

/** The PEM of a new certificate from one authority for all. */
export async function certificate(
  name: string,
  more: { notBefore?: Date; notAfter?: Date; dnsNames?: readonly string[] } = {},
): Promise<string> {
  authority ??= createDevAuthority();
  return (await issueDevCertificate(await authority, { name, ...more })).certificatePem;
}

export function supplierFile(organisationNumber: string, addresses: readonly Record<string, unknown>[]): unknown {
  return { organisationNumber, name: `Exempel ${organisationNumber} AB`, language: 'sv', addresses };
}

export function addressEntry(more: Record<string, unknown>): Record<string, unknown> {
  return {
    environment: 'test',
    delivery: 'push',
    url: 'https://b2b.exempel.se/in',
    messageTypes: ['purchase-order', 'self-invoice', 'self-invoice-credit'],
    ...more,
  };
}

export async function importValue(pool: Pool, value: unknown, rehearsal = false): Promise<ImportSummary> {
  const read = readSuppliers(value, {
    now,
    readPem: (file) => {
      throw new Error(`no file ${file} here`);
    },
  });
  return importSuppliers(pool, read, { actor: 'cli:test', reason: 'a test', rehearsal, now });
}

/** Stores one message as intake would. @returns its id. */
export async function takeMessage(
  pool: Pool,
  recipient: string,
  more: { documentNumber?: string; messageType?: MessageType; content?: string } = {},
): Promise<string> {
  const organisationNumber = parseOrganisationNumber(recipient);
  if (!organisationNumber) throw new Error(`${recipient} is no organisation number`);
  const documentNumber = more.documentNumber ?? `D-${randomUUID()}`;
  const document = Buffer.from(more.content ?? `{"number":"${documentNumber}"}`);
  const { verdicts } = await accept(pool, [
    {
      kind: 'document',
      brokerMessageId: `ID:${randomUUID()}`,
      bodySha256: createHash('sha256').update(document).digest(),
      kaMessageId: undefined,
      correlationId: undefined,
      key: { messageType: more.messageType ?? 'self-invoice', recipient: organisationNumber, documentNumber },
      environment: 'test',
      format: 'json',
      mediaType: 'application/json',
      dataSchema: 'urn:test',
      document,
      eventTime: '2026-01-02T03:04:05Z',
      currency: undefined,
      total: undefined,
      traceparent: undefined,
      isText: false,
      headers: {},
    },
  ]);
  const [verdict] = verdicts;
  if (verdict?.kind !== 'accepted') throw new Error(`the message became ${JSON.stringify(verdict)}`);
  return verdict.messageId;
}

export interface DeliveryFacts {
  readonly number: number;
  readonly current: boolean;
  readonly state: string;
  readonly reason: string | null;
  readonly address: string | null;
}

export async function deliveriesOf(pool: Pool, messageId: string): Promise<DeliveryFacts[]> {
  const { rows } = await pool.query<DeliveryFacts & Record<string, unknown>>(
    `select d.number, d.current, d.state, d.reason, a.name as address
       from delivery d left join address a on a.id = d.lane_id where message_id = $1 order by d.number`,
    [messageId],
  );
  return rows;
}

/** Puts the current delivery in a state, as a drain would have. */
export async function putInState(
  pool: Pool,
  messageId: string,
  state: 'sending' | 'refused' | 'delivered',
): Promise<void> {
  await pool.query(
    `update delivery set state = $2, next_try_at = null, attempts = attempts + 1,
            delivered_at = case when $2 = 'delivered' then now() end, delivered_by = case when $2 = 'delivered' then 'pushed' end
      where message_id = $1 and current`,
    [messageId, state],
  );
  await pool.query(
    `insert into attempt (delivery_id, number, lane_id, epoch, finished_at, outcome)
     select id, attempts, lane_id, 1, case when $2 <> 'sending' then now() end, case when $2 <> 'sending' then $2 end
       from delivery where message_id = $1 and current`,
    [messageId, state],
  );
  if (state === 'sending')
    await pool.query(
      "update lane set lease_until = now() + interval '1 minute' where id = (select lane_id from delivery where message_id = $1 and current)",
      [messageId],
    );
}

/** A supplier that is a person, Eva Persson, who fetches: their organisation number is a birth number. */
export async function registerPerson(pool: Pool, organisationNumber: string): Promise<void> {
  await pool.query("insert into supplier (organisation_number, name, language) values ($1, 'Eva Persson', 'sv')", [
    organisationNumber,
  ]);
  await pool.query(
    `with a as (insert into address (organisation_number, name, environment, delivery, message_types, envelope_format, ordering, concurrency)
                values ($1, 'main', 'test', 'pull', '{self-invoice}', 'cloudevents', 'any', 1) returning id)
     insert into lane (id) select id from a`,
    [organisationNumber],
  );
}
