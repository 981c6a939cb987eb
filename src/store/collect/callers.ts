/** What the register says of a certificate that somebody shows at the suppliers' listener. */
import type { Environment } from '../../domain/message.ts';
import type { OrganisationNumber } from '../../domain/organisation-number.ts';
import type { Db } from '../pool.ts';

export interface RegisteredCaller {
  readonly organisationNumber: OrganisationNumber;
  readonly language: 'sv' | 'en';
  /** Undefined: in use. */
  readonly withdrawnAt: Date | undefined;
  /** Ids of the organisation's addresses in use, of this environment, at which this certificate is registered. */
  readonly addresses: readonly number[];
}

interface Row {
  fingerprint: string;
  organisation_number: OrganisationNumber;
  language: 'sv' | 'en';
  withdrawn_at: Date | null;
  addresses: string[];
}

/** By fingerprint; a certificate that is not registered is not in it. */
export async function readCallers(
  db: Db,
  environment: Environment,
  fingerprints: readonly string[],
): Promise<ReadonlyMap<string, RegisteredCaller>> {
  const { rows } = await db.query<Row>(
    `select c.fingerprint, c.organisation_number, c.withdrawn_at, s.language,
            array(select a.id from address a
                    join address_certificate ac on ac.address_id = a.id and ac.fingerprint = c.fingerprint
                   where a.organisation_number = c.organisation_number and a.environment = $2 and a.retired_at is null
                   order by a.id) as addresses
       from certificate c
       join supplier s on s.organisation_number = c.organisation_number
      where c.fingerprint = any($1)`,
    [fingerprints, environment],
  );
  return new Map(
    rows.map((row) => [
      row.fingerprint,
      {
        organisationNumber: row.organisation_number,
        language: row.language,
        withdrawnAt: row.withdrawn_at ?? undefined,
        addresses: row.addresses.map(Number),
      },
    ]),
  );
}
