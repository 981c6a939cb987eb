/** The overview: is all well, what stands still and why, what comes and goes. It renews itself. */

import { span } from '../../../platform/moments.ts';
import { type FlowBucket, mostCounted } from '../../../store/operator/overview.ts';
import { readSnapshot } from '../../../store/operator/snapshots.ts';
import type { Pool } from '../../../store/pool.ts';
import type { Who } from '../../access/entered.ts';
import type { Language } from '../../catalogue.ts';
import { count, day, duration, moment, relative } from '../../console/moments.ts';
import { view } from '../../console/views.ts';
import { withCode } from '../../console/with-code.ts';
import { word } from '../../console/words.ts';
import { causeOnly } from '../../explain.ts';
import { translated } from '../../phrases.ts';
import { type SayIncident, type Standing, verdictOf } from '../../standing.ts';
import { supplierPath } from '../../supplier-page.ts';
import type { Live } from '../live.ts';
import { shownNumber, shownTexts } from '../masking.ts';
import { type Pages, show } from '../pages.ts';
import type { OperatorRoute } from '../route.ts';
import { oldestFrameShown, serversShown } from './overview-servers.ts';

export interface OverviewParts {
  readonly pool: Pool;
  readonly pages: Pages;
  readonly live: Live<Standing>;
  overview(now: Date): Promise<Standing>;
  readonly sayIncident: SayIncident;
}

export function overviewRoutes({ pool, pages, live, overview, sayIncident }: OverviewParts): readonly OperatorRoute[] {
  return [
    {
      method: 'GET',
      path: '/',
      needs: 'view',
      shows: 'page',
      handle: async (asked, response) => {
        const standing = await overview(asked.now);
        show(pages, asked, response, {
          view: 'overview',
          title: word(asked.language, 'nav.overview'),
          place: 'overview',
          data: { ...shownOf(standing, asked, sayIncident), flowSaid: flowSaid(standing, asked.language) },
        });
      },
    },
    {
      method: 'GET',
      path: '/overview/live',
      needs: 'view',
      shows: 'data',
      passive: true,
      // The part of the page that changes, as the page has it.
      handle: (asked, response) =>
        live.watch(asked, response, (standing, who) =>
          view(
            'standing',
            asked.language,
            shownTexts(who, shownOf(standing, { language: asked.language, who }, sayIncident)),
          ),
        ),
    },
    {
      method: 'GET',
      path: '/overview/flow',
      needs: 'view',
      shows: 'data',
      passive: true,
      handle: async (asked, response) => {
        const flow = await readSnapshot<readonly FlowBucket[]>(pool, 'flow');
        response.json({ at: flow?.at, buckets: flow?.value ?? [] });
      },
    },
  ];
}

function shownOf(
  standing: Standing,
  { language, who }: { readonly language: Language; readonly who: Who },
  sayIncident: SayIncident,
) {
  const { at, incidents, openIncidents, lanes, lanesByState, laws, again, ending, oldest, servers } = standing;
  const telling = { language, on: 'page' } as const;
  const standingLanes = Object.entries(lanesByState).reduce(
    (sum, [state, n]) => sum + (state === 'flowing' ? 0 : n),
    0,
  );
  return {
    ...standing,
    verdict: verdictOf(standing),
    servers: serversShown(servers, language),
    frame: oldestFrameShown(servers, at, language),
    oldest: oldest && { ...oldest, of: oldest.supplier ?? shownNumber(who, oldest.organisationNumber) },
    breaches: (laws?.value ?? []).map((breach) => translated(breach, language)),
    lanes: lanes.map((lane) => ({
      ...lane,
      path: supplierPath(lane.organisationNumber, lane.addressId),
      why: shortened(causeOnly(lane.reason, lane.detail, telling)),
      shownWaiting: lane.waiting > mostCounted ? `> ${count(mostCounted, language)}` : count(lane.waiting, language),
    })),
    again: again.map((one) => {
      const [from, until] = span(one.began, one.ended, at);
      return {
        ...one,
        path: supplierPath(one.organisationNumber, one.addressId),
        from,
        until,
        lasted: duration(one.ended.getTime() - one.began.getTime(), language),
        why: shortened(causeOnly(one.reason, one.detail, telling)),
      };
    }),
    incidents: incidents.map((one) => ({
      since: one.openedAt,
      parts: withCode(shortened(sayIncident(one, language))),
    })),
    moreIncidents:
      openIncidents > incidents.length
        ? withCode(
            word(language, 'overview.incidents-more', { more: count(openIncidents - incidents.length, language) }),
          )
        : undefined,
    ending: ending.map((one) => ({ ...one, path: supplierPath(one.organisationNumber, one.addressId) })),
    flowing: lanesByState['flowing'] ?? 0,
    moreLanes: standingLanes - lanes.length,
    count: (n: number) => count(n, language),
    when: (one: Date) => moment(one, at).html,
    day: (one: Date) => day(one).html,
    since: (one: Date) => relative(one, at, language),
  };
}

/** For who hears the page: the sums of what the chart shows. */
function flowSaid({ flow }: Standing, language: Language): string {
  const sum = (of: 'messages' | 'delivered' | 'failed') =>
    count(
      (flow?.value ?? []).reduce((all, bucket) => all + bucket[of], 0),
      language,
    );
  const said = [
    [sum('messages'), 'overview.flow-in'],
    [sum('delivered'), 'overview.flow-out'],
    [sum('failed'), 'overview.flow-failed'],
  ] as const;
  return `${word(language, 'overview.flow')}: ${said.map(([n, what]) => `${n} ${word(language, what)}`).join(', ')}`;
}

/** Whole fingerprints stand on the supplier's page; here they would push the rest away. */
const shortened = (why: string): string => why.replaceAll(/\b([0-9a-f]{16})[0-9a-f]{48}\b/g, '$1…');
