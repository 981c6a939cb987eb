/** Certificate orders as the console lists them, the newest first; nothing of their codes, not even hashes. */
import type { CertificateType, OrderState } from '../enrol/orders.ts';
import type { Db } from '../pool.ts';
import { numberFits } from './suppliers.ts';

/** `expired`: its codes' time is over; `open`: ordered or opened, and in time. */
export const orderFilters = ['open', 'fetched', 'locked', 'expired', 'cancelled', 'replaced'] as const;
export type OrderFilter = (typeof orderFilters)[number];

export interface OrderKey {
  readonly orderedAt: Date;
  readonly transferId: string;
}

export interface ListedOrder {
  readonly transferId: string;
  readonly organisationNumber: string;
  readonly organisation: string;
  readonly addressId: number;
  readonly address: string;
  readonly environment: string;
  readonly type: CertificateType;
  readonly description: string;
  readonly state: OrderState;
  readonly approval: 'not-needed' | 'awaited' | 'given';
  readonly orderedBy: string;
  readonly orderedAt: Date;
  readonly expiresAt: Date;
  readonly fingerprint: string | undefined;
}

/** A page of them; limited by what was asked, sorted over all that there are: some thousands in the life of a gateway. */
export async function pageOfOrders(
  db: Db,
  filter: {
    readonly find?: string | undefined;
    /** Whether who asks may open persons' numbers. */
    readonly opens: boolean;
    readonly state?: OrderFilter | undefined;
    readonly after?: OrderKey | undefined;
    readonly limit: number;
    readonly now: Date;
  },
): Promise<ListedOrder[]> {
  const { find, opens, state, after, limit, now } = filter;
  const { rows } = await db.query<Omit<ListedOrder, 'fingerprint'> & { fingerprint: string | null }>(
    `select o.transfer_id as "transferId", o.organisation_number as "organisationNumber", s.name as organisation, a.id as "addressId",
            a.name as address, a.environment, o.type, o.description, o.state, o.approval, o.ordered_by as "orderedBy",
            o.ordered_at as "orderedAt", o.expires_at as "expiresAt", o.fingerprint
       from certificate_order o join supplier s on s.organisation_number = o.organisation_number join address a on a.id = o.address_id
      where ($1::text is null or position(lower($1) in lower(s.name)) > 0 or position(lower($1) in lower(o.description)) > 0
             or ${numberFits('o.organisation_number', '$2', '$8')} or starts_with(o.transfer_id, upper($2)))
        and case $3::text when 'open' then o.state in ('ordered', 'opened') and o.expires_at > $4
                    when 'expired' then o.state in ('ordered', 'opened') and o.expires_at <= $4
                    else $3::text is null or o.state = $3 end
        and ($5::timestamptz is null or (o.ordered_at, o.transfer_id) < ($5, $6::text))
      order by o.ordered_at desc, o.transfer_id desc limit $7`,
    [
      find ?? null,
      find?.replaceAll(/[\s]/g, '') ?? null,
      state ?? null,
      now,
      after?.orderedAt ?? null,
      after?.transferId ?? null,
      limit,
      opens,
    ],
  );
  return rows.map((row) => ({ ...row, fingerprint: row.fingerprint ?? undefined }));
}
