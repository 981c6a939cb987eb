/** Certificate orders: written and read. What changes in one is changed under the lock of its row: order-changes.ts. */
import type { Environment } from '../../domain/message.ts';
import type { Db } from '../pool.ts';
import type { Contact } from './contacts.ts';

export const certificateTypes = ['push-endpoint', 'pull-client', 'both'] as const;
export type CertificateType = (typeof certificateTypes)[number];

export type OrderState = 'ordered' | 'opened' | 'fetched' | 'locked' | 'cancelled' | 'replaced';

export interface OrderFields {
  /** UUID. */
  readonly id: string;
  readonly transferId: string;
  readonly organisationNumber: string;
  readonly addressId: number;
  readonly type: CertificateType;
  readonly description: string;
  readonly dnsNames: readonly string[];
  readonly contactId: number;
  readonly orderedBy: string;
  readonly orderedAt: Date;
  readonly expiresAt: Date;
  readonly approval: 'not-needed' | 'awaited' | 'given';
  /** The order that this one takes the place of. */
  readonly replaces: string | undefined;
  /** PHC; undefined until a PIN is made. */
  readonly pinHash: string | undefined;
}

export interface Order extends OrderFields {
  readonly organisation: { readonly name: string };
  readonly address: {
    readonly name: string;
    readonly environment: Environment;
    readonly retiredAt: Date | undefined;
  };
  readonly contact: Contact;
  /** As it is written; whether the codes' time is over is not in it: see `standingOf`. */
  readonly state: OrderState;
  readonly reason: string | undefined;
  readonly changedAt: Date;
  readonly approvedBy: string | undefined;
  readonly pinMadeAt: Date | undefined;
  readonly pinsSent: number;
  readonly wrongPins: number;
  /** SHA-256 of the SHA-256 of TransferPassword; undefined until it is made. */
  readonly passwordCheck: Buffer | undefined;
  readonly openedAt: Date | undefined;
  readonly wrongPasswords: number;
  /** Of the certificate that it became. */
  readonly fingerprint: string | undefined;
}

export async function insertOrder(db: Db, order: OrderFields): Promise<void> {
  await db.query(
    `insert into certificate_order (id, transfer_id, organisation_number, address_id, type, description, dns_names, contact_id,
                                    ordered_by, ordered_at, expires_at, changed_at, approval, replaces, pin_hash, pin_made_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::timestamptz, $11, $10::timestamptz, $12, $13, $14::text,
             case when $14::text is not null then $10::timestamptz end)`,
    [
      order.id,
      order.transferId,
      order.organisationNumber,
      order.addressId,
      order.type,
      order.description,
      order.dnsNames,
      order.contactId,
      order.orderedBy,
      order.orderedAt,
      order.expiresAt,
      order.approval,
      order.replaces ?? null,
      order.pinHash ?? null,
    ],
  );
}

/** What finds one order. */
export type OrderKey = { readonly id: string } | { readonly transferId: string } | { readonly linkHash: Buffer };

export async function readOrder(db: Db, key: OrderKey): Promise<Order | undefined> {
  return oneOrder(db, key, '');
}

/** Reads an order as it is when its row is had, and keeps the row until the transaction ends. */
export async function lockOrder(db: Db, key: OrderKey): Promise<Order | undefined> {
  return oneOrder(db, key, 'for no key update of o');
}

/** Newest first; of one organisation, or of all. */
export async function listOrders(db: Db, organisationNumber?: string, limit = 1_000): Promise<Order[]> {
  const { rows } = await db.query<OrderRow>(
    `${select} ${organisationNumber === undefined ? '' : 'where o.organisation_number = $2'}
      order by o.ordered_at desc, o.transfer_id limit $1`,
    organisationNumber === undefined ? [limit] : [limit, organisationNumber],
  );
  return rows.map(fromRow);
}

interface OrderRow {
  readonly id: string;
  readonly transfer_id: string;
  readonly organisation_number: string;
  readonly organisation_name: string;
  readonly address_id: number;
  readonly address_name: string;
  readonly environment: Environment;
  readonly retired_at: Date | null;
  readonly type: CertificateType;
  readonly description: string;
  readonly dns_names: string[];
  readonly contact_id: number;
  readonly contact_name: string;
  readonly email: string;
  readonly phone: string;
  readonly language: 'sv' | 'en';
  readonly ordered_by: string;
  readonly ordered_at: Date;
  readonly expires_at: Date;
  readonly state: OrderState;
  readonly reason: string | null;
  readonly changed_at: Date;
  readonly approval: OrderFields['approval'];
  readonly approved_by: string | null;
  readonly replaces: string | null;
  readonly pin_hash: string | null;
  readonly pin_made_at: Date | null;
  readonly pins_sent: number;
  readonly wrong_pins: number;
  readonly password_check: Buffer | null;
  readonly opened_at: Date | null;
  readonly wrong_passwords: number;
  readonly fingerprint: string | null;
}

const select = `select o.*, s.name as organisation_name, a.name as address_name, a.environment, a.retired_at,
                       c.name as contact_name, c.email, c.phone, c.language
                  from certificate_order o
                  join supplier s on s.organisation_number = o.organisation_number
                  join address a on a.id = o.address_id
                  join technical_contact c on c.id = o.contact_id`;

async function oneOrder(db: Db, key: OrderKey, lock: string): Promise<Order | undefined> {
  const [where, value] =
    'id' in key
      ? ['o.id = $1', key.id]
      : 'transferId' in key
        ? ['o.transfer_id = $1', key.transferId]
        : ['o.link_hashes @> array[$1::bytea]', key.linkHash];
  const { rows } = await db.query<OrderRow>(`${select} where ${where} ${lock}`, [value]);
  return rows[0] && fromRow(rows[0]);
}

function fromRow(row: OrderRow): Order {
  return {
    id: row.id,
    transferId: row.transfer_id,
    organisationNumber: row.organisation_number,
    organisation: { name: row.organisation_name },
    addressId: row.address_id,
    address: { name: row.address_name, environment: row.environment, retiredAt: row.retired_at ?? undefined },
    type: row.type,
    description: row.description,
    dnsNames: row.dns_names,
    contactId: row.contact_id,
    contact: {
      id: row.contact_id,
      organisationNumber: row.organisation_number,
      name: row.contact_name,
      email: row.email,
      phone: row.phone,
      language: row.language,
    },
    orderedBy: row.ordered_by,
    orderedAt: row.ordered_at,
    expiresAt: row.expires_at,
    state: row.state,
    reason: row.reason ?? undefined,
    changedAt: row.changed_at,
    approval: row.approval,
    approvedBy: row.approved_by ?? undefined,
    replaces: row.replaces ?? undefined,
    pinHash: row.pin_hash ?? undefined,
    pinMadeAt: row.pin_made_at ?? undefined,
    pinsSent: row.pins_sent,
    wrongPins: row.wrong_pins,
    passwordCheck: row.password_check ?? undefined,
    openedAt: row.opened_at ?? undefined,
    wrongPasswords: row.wrong_passwords,
    fingerprint: row.fingerprint ?? undefined,
  };
}
