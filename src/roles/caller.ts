/** Who calls, by the register: the certificate that was shown, and the addresses at which it is registered. */
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { Caller, CallerOf } from '../collection/caller.ts';
import { Fault } from '../domain/fault.ts';
import type { Environment } from '../domain/message.ts';
import type { OrganisationNumber } from '../domain/organisation-number.ts';
import type { Pool } from '../store/pool.ts';

export function registeredCaller(pool: Pool, environment: Environment): CallerOf {
  return async (request: IncomingMessage): Promise<Caller> => {
    const { getPeerX509Certificate } = request.socket as Partial<TLSSocket>;
    const shown = getPeerX509Certificate?.call(request.socket);
    if (shown === undefined) throw new Fault('certificate-required', 'show the client certificate that is registered');
    const fingerprint = shown.fingerprint256.replaceAll(':', '').toLowerCase();
    const { rows } = await pool.query<{ organisation: OrganisationNumber; language: 'sv' | 'en'; addresses: number[] }>(
      `select c.organisation_number as organisation, s.language,
              array(select a.id::float8 from address a join address_certificate l on l.address_id = a.id
                     where a.organisation_number = c.organisation_number and l.fingerprint = c.fingerprint
                       and a.environment = $2 and a.retired_at is null order by a.id) as addresses
         from certificate c join supplier s using (organisation_number)
        where c.fingerprint = $1 and c.withdrawn_at is null`,
      [fingerprint, environment],
    );
    const [row] = rows;
    if (row === undefined || row.addresses.length === 0)
      throw new Fault('certificate-not-accepted', `the certificate ${fingerprint} is registered at no address in use`);
    return { fingerprint, organisationNumber: row.organisation, language: row.language, addresses: row.addresses };
  };
}
