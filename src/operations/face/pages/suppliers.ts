/** Suppliers: the list, and one with its lanes, tries, certificates, contacts and mandates; pausing, letting flow, test calls. */
import type { Response } from 'express';
import { Fault, faultTable } from '../../../domain/fault.ts';
import { type LaneState, laneStates } from '../../../domain/lane.ts';
import { environments } from '../../../domain/message.ts';
import { type LaneFilter, listSuppliers } from '../../../store/operator/suppliers.ts';
import { readTestCall } from '../../../store/operator/test-calls.ts';
import type { Pool } from '../../../store/pool.ts';
import type { Who } from '../../access/entered.ts';
import { view } from '../../console/views.ts';
import { word } from '../../console/words.ts';
import { recordReveal } from '../../reveal-contacts.ts';
import { readSupplierKey, supplierKeyText } from '../../supplier-key.ts';
import { findSupplier, readSupplier, type SupplierSeen, supplierPath } from '../../supplier-page.ts';
import { askTestCall } from '../../test-calls.ts';
import { act, faultSaid, mostActionBytes, reasonOf, type Told, toldBy } from '../actions.ts';
import { shownTexts } from '../masking.ts';
import { type Pages, show } from '../pages.ts';
import { pageRows, pagingOf, queryOf } from '../paging.ts';
import type { Asked, GuardedRoute, OperatorRoute } from '../route.ts';
import { callShown } from './lane-shown.ts';
import { listShown, supplierShown } from './supplier-shown.ts';

export interface LaneMove {
  readonly action: 'pause' | 'resume' | 'release';
  readonly organisationNumber: string;
  readonly address: string;
  readonly actor: string;
  readonly reason: string;
  readonly now: Date;
}

export interface SupplierParts {
  readonly pool: Pool;
  readonly pages: Pages;
  /** @throws Fault `not-possible-now` when the lane is in another state */
  moveLane(move: LaneMove): Promise<{ readonly before: LaneState; readonly after: LaneState }>;
}

type In = Asked & { readonly who: Who };
interface Again {
  readonly told?: Told | undefined;
  readonly status?: number;
  readonly failed?: { readonly name: string; readonly reason: string };
  /** Contact data is shown as it is. */
  readonly opened?: boolean;
}

export const laneFilters = [...laneStates, 'standing', 'none'] as const satisfies readonly LaneFilter[];
const lanesMoved = ['pause', 'resume', 'release'] as const;

export function supplierRoutes({ pool, pages, moveLane }: SupplierParts): readonly OperatorRoute[] {
  const load = async ({ request, now }: Asked): Promise<SupplierSeen> => {
    const number = await findSupplier(pool, String(request.params['supplier']));
    const seen = number === undefined ? undefined : await readSupplier(pool, number, now);
    if (seen === undefined) throw new Fault('not-found');
    return seen;
  };
  const showOne = (asked: In, response: Response, seen: SupplierSeen, again: Again = {}) =>
    show(pages, asked, response, {
      view: 'supplier',
      title: seen.supplier.name,
      place: 'suppliers',
      status: again.status ?? 200,
      data: { ...supplierShown(seen, asked, again), told: again.told },
    });
  /** The address that the path names, of this supplier and in use. */
  const addressOf = ({ request }: Asked, { addresses }: SupplierSeen) => {
    const found = addresses.find(({ address }) => String(address.id) === request.params['address']);
    if (found === undefined) throw new Fault('not-found');
    return found.address;
  };
  const action = (
    name: string,
    needs: GuardedRoute['needs'],
    run: (asked: In, seen: SupplierSeen, reason: string) => Promise<string>,
  ): OperatorRoute => ({
    method: 'POST',
    path: `/suppliers/:supplier/addresses/:address/${name}`,
    needs,
    shows: 'page',
    mostBodyBytes: mostActionBytes,
    handle: async (asked, response) => {
      const seen = await load(asked);
      const { id } = addressOf(asked, seen);
      await act(asked, response, {
        name: `${name}-${id}`,
        back: supplierPath(seen.supplier.organisationNumber, id),
        run: (reason) => run(asked, seen, reason),
        again: async (told, status, failed) => showOne(asked, response, await load(asked), { told, status, failed }),
      });
    },
  });
  return [
    {
      method: 'GET',
      path: '/suppliers',
      needs: 'view',
      shows: 'page',
      handle: async (asked, response) => {
        const query = queryOf(asked.request);
        const filter = {
          find: query.get('q'),
          opens: asked.who.may.has('open'),
          lane: laneFilters.find((one) => one === query.get('lane')),
          environment: environments.find((one) => one === query.get('environment')),
        };
        const rows = await listSuppliers(pool, {
          ...filter,
          after: readSupplierKey(query.get('after')),
          limit: pageRows + 1,
        });
        const shown = rows.slice(0, pageRows);
        const last = rows.length > pageRows ? shown.at(-1) : undefined;
        show(pages, asked, response, {
          view: 'suppliers',
          title: word(asked.language, 'nav.suppliers'),
          place: 'suppliers',
          data: {
            ...listShown(shown, asked),
            filter,
            laneFilters,
            environments,
            paging: pagingOf('/suppliers', query, last && supplierKeyText(last)),
          },
        });
      },
    },
    {
      method: 'GET',
      path: '/suppliers/:supplier',
      needs: 'view',
      shows: 'page',
      handle: async (asked, response) => showOne(asked, response, await load(asked), { told: toldBy(asked) }),
    },
    ...lanesMoved.map((name) =>
      action(name, 'act', async (asked, seen, reason) => {
        const { organisationNumber } = seen.supplier;
        const address = addressOf(asked, seen).name;
        await moveLane({ action: name, organisationNumber, address, actor: asked.who.actor, reason, now: asked.now });
        return `lane-${name}`;
      }),
    ),
    action('test-call', 'act', async (asked, seen, reason) => {
      const { organisationNumber } = seen.supplier;
      const { actor } = asked.who;
      await askTestCall(pool, { organisationNumber, address: addressOf(asked, seen), actor, reason, now: asked.now });
      return 'test-call';
    }),
    {
      method: 'GET',
      path: '/suppliers/test-calls/:call',
      needs: 'view',
      shows: 'data',
      passive: true,
      // The line of one call, until it is answered or nobody will.
      handle: async ({ request, language, now, who }, response) => {
        const id = String(request.params['call']);
        const call = /^\d{1,15}$/.test(id) ? await readTestCall(pool, Number(id)) : undefined;
        if (call === undefined) throw new Fault('not-found');
        response
          .type('text/html; charset=utf-8')
          .send(
            Buffer.from(view('test-call', language, { call: shownTexts(who, callShown(call, { language, now })) })),
          );
      },
    },
    {
      method: 'POST',
      path: '/suppliers/:supplier/contacts',
      needs: 'open',
      shows: 'page',
      mostBodyBytes: mostActionBytes,
      handle: async (asked, response) => {
        const seen = await load(asked);
        const { who, now } = asked;
        const { organisationNumber } = seen.supplier;
        let reason: string;
        try {
          reason = reasonOf(asked);
        } catch (error) {
          if (!(error instanceof Fault)) throw error;
          const failed = { name: 'contacts', reason: '' };
          const told = { notice: faultSaid(asked.language, error), bad: true };
          return showOne(asked, response, seen, { told, status: faultTable[error.code].status, failed });
        }
        const contacts = seen.contacts.map(({ id }) => id);
        await recordReveal(pool, { organisationNumber, contacts, actor: who.actor, reason, now });
        // Shown once, in this very answer.
        response.set('cache-control', 'no-store');
        const told = { notice: word(asked.language, 'contacts.opened'), bad: false };
        showOne(asked, response, seen, { told, opened: true });
      },
    },
  ];
}
