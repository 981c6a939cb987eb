/** The overview: is all well, what stands still and why, what comes and goes. It renews itself. */

import { type FlowBucket, mostCounted } from '../../../store/operator/overview.ts';
import { readSnapshot } from '../../../store/operator/snapshots.ts';
import type { Pool } from '../../../store/pool.ts';
import type { Language } from '../../catalogue.ts';
import { count, moment, relative } from '../../console/moments.ts';
import { view } from '../../console/views.ts';
import { word } from '../../console/words.ts';
import { explainLane } from '../../explain.ts';
import { readStanding, type Standing, verdictOf } from '../../standing.ts';
import type { Live } from '../live.ts';
import { type Pages, show } from '../pages.ts';
import type { OperatorRoute } from '../route.ts';

export interface OverviewParts {
  readonly pool: Pool;
  readonly pages: Pages;
  readonly live: Live<Standing>;
}

export function overviewRoutes({ pool, pages, live }: OverviewParts): readonly OperatorRoute[] {
  return [
    {
      method: 'GET',
      path: '/',
      needs: 'view',
      shows: 'page',
      handle: async (asked, response) => {
        const standing = await readStanding(pool, asked.now);
        show(pages, asked, response, {
          view: 'overview',
          title: word(asked.language, 'nav.overview'),
          place: 'overview',
          data: { ...shownOf(standing, asked.language), flowSaid: flowSaid(standing, asked.language) },
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
        live.watch(asked, response, (standing) => view('standing', asked.language, shownOf(standing, asked.language))),
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

function shownOf(standing: Standing, language: Language) {
  const { at, lanes, lanesByState, laws } = standing;
  const standingLanes = Object.entries(lanesByState).reduce(
    (sum, [state, n]) => sum + (state === 'flowing' ? 0 : n),
    0,
  );
  return {
    ...standing,
    verdict: verdictOf(standing),
    breaches: laws?.value ?? [],
    lanes: lanes.map((lane) => ({
      ...lane,
      why: explainLane(lane, { language, on: 'page' }),
      shownWaiting: lane.waiting > mostCounted ? `> ${count(mostCounted, language)}` : count(lane.waiting, language),
    })),
    flowing: lanesByState['flowing'] ?? 0,
    moreLanes: standingLanes - lanes.length,
    count: (n: number) => count(n, language),
    when: (one: Date) => moment(one, at).html,
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
