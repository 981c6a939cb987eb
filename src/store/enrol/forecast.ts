/** What ends where, and what waits there. For commands: it looks at every address. */
import type { Environment } from '../../domain/message.ts';
import { unfollowed } from '../mandate-route.ts';
import type { Db } from '../pool.ts';

/** Something that deliveries need, and until when it lasts if nothing is done. */
export interface End {
  readonly what: 'certificate' | 'mandate';
  /** Undefined: there is none. */
  readonly at: Date | undefined;
  /** Whose address it is: of a mandate, the agent's. */
  readonly organisationNumber: string;
  readonly organisation: string;
  readonly address: string;
  readonly environment: Environment;
  readonly delivery: 'push' | 'pull';
  /** Of the certificate that ends last. */
  readonly fingerprint: string | undefined;
  /** Of a mandate: whose messages they are. */
  readonly principal: string | undefined;
  readonly waiting: number;
  /** Messages a day that came lately. */
  readonly perDay: number;
}

/** Days that count as lately. */
const lately = 14;

interface Row {
  readonly at: Date | null;
  readonly organisation_number: string;
  readonly organisation: string;
  readonly address: string;
  readonly environment: Environment;
  readonly delivery: 'push' | 'pull';
  readonly fingerprint: string | null;
  readonly principal: string | null;
  readonly waiting: number;
  readonly came: number;
}

const came = (deliveries: string): string =>
  `(select count(*) from message m join delivery d on d.message_id = m.id and d.current
     where m.accepted_at > $2::timestamptz - interval '${lately} days' and ${deliveries})`;

/** For each address in use that is pushed to or fetched from, the certificate that ends last; soonest first. */
const certificates = `select last.not_after as at, a.organisation_number, s.name as organisation, a.name as address, a.environment, a.delivery,
    last.fingerprint, null as principal,
    (select count(*) from delivery d where d.lane_id = a.id and d.state = 'waiting') as waiting, ${came('d.lane_id = a.id')} as came
  from address a join supplier s on s.organisation_number = a.organisation_number
  left join lateral (
    select c.fingerprint, c.not_after from address_certificate l join certificate c on c.fingerprint = l.fingerprint
     where l.address_id = a.id and c.withdrawn_at is null
       and (c.type is null or c.type = 'both' or c.type = case a.delivery when 'push' then 'push-endpoint' else 'pull-client' end)
     order by c.not_after desc, c.fingerprint limit 1) last on true
 where a.retired_at is null and a.delivery <> 'manual' and ($1::text is null or a.environment = $1)`;

/** Mandates that run, unless others go on for all of the same where they end. */
const mandates = `select x.ends_at as at, x.agent as organisation_number, s.name as organisation, a.name as address, a.environment, a.delivery,
    null as fingerprint, x.principal,
    (select count(*) from delivery d where d.lane_id = a.id and d.principal = x.principal and d.state = 'waiting') as waiting,
    ${came('d.lane_id = a.id and d.principal = x.principal')} as came
  from mandate x join address a on a.id = x.address_id join supplier s on s.organisation_number = x.agent
 where x.valid_from <= $2 and x.ends_at > $2 and a.retired_at is null and ($1::text is null or a.environment = $1)
   and ${unfollowed('x', 'a')} is not null`;

/** Soonest first; addresses without a certificate before all others. @param environment undefined: every one */
export async function readEnds(db: Db, environment: Environment | undefined, now: Date): Promise<End[]> {
  const read = async (what: End['what'], statement: string): Promise<End[]> => {
    const { rows } = await db.query<Row>(statement, [environment ?? null, now]);
    return rows.map((row) => ({
      what,
      at: row.at ?? undefined,
      organisationNumber: row.organisation_number,
      organisation: row.organisation,
      address: row.address,
      environment: row.environment,
      delivery: row.delivery,
      fingerprint: row.fingerprint ?? undefined,
      principal: row.principal ?? undefined,
      waiting: row.waiting,
      perDay: Math.round((row.came / lately) * 10) / 10,
    }));
  };
  const ends = [...(await read('certificate', certificates)), ...(await read('mandate', mandates))];
  return ends.sort((a, b) => (a.at?.getTime() ?? 0) - (b.at?.getTime() ?? 0) || a.address.localeCompare(b.address));
}
