/** Where lanes lead, as the register has it now. */
import type { EnvelopeFormat } from '../../domain/message.ts';
import type { Db } from '../pool.ts';

export interface LaneTarget {
  readonly lane: number;
  readonly url: string;
  /** For what is sealed from now on. */
  readonly envelopeFormat: EnvelopeFormat;
  readonly version: number;
  readonly concurrency: number;
  readonly ratePerSecond: number | null;
  readonly strict: boolean;
  readonly certificates: readonly { readonly fingerprint: string; readonly withdrawn: boolean }[];
  /** The newest registered certificate that the endpoint has shown, else the newest registered. */
  readonly certificate: string | undefined;
}

/** By lane; those whose address is not pushed to (any longer) are missing. */
export async function readTargets(db: Db, lanes: readonly number[]): Promise<Map<number, LaneTarget>> {
  if (lanes.length === 0) return new Map();
  const { rows } = await db.query<{
    id: number;
    url: string;
    envelope_format: EnvelopeFormat;
    version: number;
    concurrency: number;
    rate_per_second: number | null;
    ordering: string;
    certificates: LaneTarget['certificates'];
  }>(
    `select id, url, envelope_format, version, concurrency, rate_per_second, ordering,
            (select coalesce(json_agg(json_build_object('fingerprint', c.fingerprint, 'withdrawn', c.withdrawn_at is not null)
                      order by (c.withdrawn_at is not null), (a.first_shown_at is null), a.registered_at desc, c.fingerprint), '[]')
               from address_certificate a join certificate c using (fingerprint) where a.address_id = address.id) as certificates
       from address where id = any($1) and delivery = 'push' and retired_at is null`,
    [lanes],
  );
  return new Map(
    rows.map(({ id: lane, url, certificates, ...row }) => {
      const strict = row.ordering === 'strict';
      return [
        lane,
        {
          lane,
          url,
          envelopeFormat: row.envelope_format,
          version: row.version,
          concurrency: strict ? 1 : row.concurrency,
          ratePerSecond: row.rate_per_second,
          strict,
          certificates,
          certificate: certificates.find((one) => !one.withdrawn)?.fingerprint,
        },
      ];
    }),
  );
}
