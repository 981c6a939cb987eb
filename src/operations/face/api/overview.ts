/** How all is, what the broker does not have yet, and the settings in effect: for scripts. */
import type { SettingDescription } from '../../../platform/config/describe.ts';
import { type OldestWaiting, readOutbox } from '../../../store/operator/overview.ts';
import { pageOfOutbox } from '../../../store/operator/script-lists.ts';
import type { Pool } from '../../../store/pool.ts';
import { explainLane } from '../../explain.ts';
import { type SayIncident, type Standing, verdictOf } from '../../standing.ts';
import { supplierName } from '../../supplier-page.ts';
import { maySeeNumber, shownNumber } from '../masking.ts';
import type { OperatorRoute } from '../route.ts';
import { type AskedBy, looks } from './ask.ts';
import { keyIn, limitIn, pageOf } from './paging.ts';

export interface OverviewApiParts {
  readonly pool: Pool;
  overview(now: Date): Promise<Standing>;
  readonly sayIncident: SayIncident;
  readonly describe: () => readonly SettingDescription[];
}

export function overviewApi({ pool, overview, describe, sayIncident }: OverviewApiParts): readonly OperatorRoute[] {
  return [
    looks('/overview', 'view', async (asked) => overviewOf(await overview(asked.now), asked, sayIncident)),
    looks('/outbox', 'view', async (asked) => {
      const limit = limitIn(asked);
      const [after = 0] = keyIn(asked, ['number']) ?? [];
      const [rows, standing] = [await pageOfOutbox(pool, after, limit + 1), await readOutbox(pool)];
      return {
        ...pageOf(
          rows,
          limit,
          ({ id }) => [id],
          ({ id: _id, ...row }) => row,
        ),
        ...standing,
      };
    }),
    looks('/settings', 'view', () => ({ items: describe().map(({ key: _key, ...setting }) => setting) })),
  ];
}

function overviewOf(standing: Standing, { who, language }: AskedBy, sayIncident: SayIncident) {
  const {
    at,
    incidents,
    sums,
    laws,
    flow,
    oldest,
    outbox,
    late,
    lanes,
    lanesByState,
    again,
    ending,
    openIncidents,
    servers,
  } = standing;
  return {
    at,
    verdict: verdictOf(standing),
    sums: sums && { at: sums.at, value: sums.value },
    laws: laws && { at: laws.at, breaches: laws.value },
    flow: flow && { at: flow.at, buckets: flow.value },
    oldest: oldest && oldestOf(oldest, who),
    outbox,
    late,
    lanes: lanes.map((lane) => ({ ...placed(lane, who), lane: lane.addressId, why: explainLane(lane, language) })),
    lanesByState,
    again: again.map((one) => ({ ...placed(one, who), lane: one.addressId })),
    ending: ending.map((one) => placed(one, who)),
    openIncidents,
    incidents: incidents.map((one) => ({
      kind: one.kind,
      subject: one.subject,
      openedAt: one.openedAt,
      why: sayIncident(one, language),
    })),
    servers: { ...servers, oldestFrame: servers.oldestFrame ?? undefined },
  };
}

type Placed = { readonly addressId: number; readonly organisationNumber: string; readonly supplier: string };

/** Whose it is, as everywhere: `supplier` names it in a path, `name` is what it is called. */
function placed<T extends Placed>({ addressId, organisationNumber, supplier: name, ...rest }: T, who: AskedBy['who']) {
  return {
    ...rest,
    supplier: supplierName(organisationNumber, addressId),
    organisationNumber: shownNumber(who, organisationNumber),
    name,
  };
}

function oldestOf({ organisationNumber, supplier: name, ...rest }: OldestWaiting, who: AskedBy['who']) {
  return {
    ...rest,
    supplier: name !== undefined && maySeeNumber(who, organisationNumber) ? organisationNumber : undefined,
    organisationNumber: shownNumber(who, organisationNumber),
    name,
  };
}
