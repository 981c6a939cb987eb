/** Lanes for scripts: the list, one, letting it flow and stopping it, and test calls. */
import { Fault } from '../../../domain/fault.ts';
import type { Environment } from '../../../domain/message.ts';
import { type LaneFilter, listSuppliers, readOwner } from '../../../store/operator/suppliers.ts';
import { listTestCalls, readTestCall } from '../../../store/operator/test-calls.ts';
import type { Pool } from '../../../store/pool.ts';
import { readSupplierKey, supplierKeyText } from '../../supplier-key.ts';
import { type AddressSeen, readSupplier } from '../../supplier-page.ts';
import { askTestCall } from '../../test-calls.ts';
import type { LaneMove, SupplierParts } from '../pages/suppliers.ts';
import type { OperatorRoute } from '../route.ts';
import { type AskedBy, acts, looks, namedIn, oneIn, textIn } from './ask.ts';
import { callOf, laneListed, laneSeen } from './lane-shown.ts';
import { keyIn, limitIn, noKey, pageOf } from './paging.ts';

export type LanesApiParts = Pick<SupplierParts, 'pool' | 'moveLane'>;

const moves = ['pause', 'resume', 'release'] as const satisfies readonly LaneMove['action'][];

export function lanesApi({ pool, moveLane }: LanesApiParts): readonly OperatorRoute[] {
  return [
    looks('/lanes', 'view', async (asked) => {
      const limit = limitIn(asked);
      const text = textIn(asked, 'after');
      const after = readSupplierKey(text);
      if (text !== undefined && after === undefined) throw noKey();
      const find = textIn(asked, 'q');
      const [lane, environment] = [oneIn<LaneFilter>(asked, 'state'), oneIn<Environment>(asked, 'environment')];
      const rows = await listSuppliers(pool, {
        find,
        opens: asked.who.may.has('open'),
        lane,
        environment,
        after,
        limit: limit + 1,
      });
      const page = pageOf(rows, limit, supplierKeyText, (row) => laneListed(row, asked));
      return { ...page, items: page.items.flat() };
    }),
    looks('/lanes/:lane', 'view', async (asked) => {
      const { seen, supplier } = await laneOf(pool, asked);
      return laneSeen(seen, supplier, asked);
    }),
    ...moves.map((action) =>
      acts(`/lanes/:lane/${action}`, 'act', async (asked, { actor, reason, now }) => {
        const { seen, supplier } = await laneOf(pool, asked);
        const { organisationNumber } = supplier;
        const address = seen.address.name;
        const { before, after } = await moveLane({ action, organisationNumber, address, actor, reason, now });
        const moved = await laneOf(pool, asked);
        const lane = laneSeen(moved.seen, moved.supplier, asked);
        return { value: { changed: before !== after, before, lane } };
      }),
    ),
    looks('/lanes/:lane/test-calls', 'view', async (asked) => {
      const { seen } = await laneOf(pool, asked);
      const limit = limitIn(asked);
      const [after] = keyIn(asked, ['number']) ?? [];
      const rows = await listTestCalls(pool, seen.address.id, limit + 1, after);
      return pageOf(rows, limit, ({ id }) => [id], callOf);
    }),
    acts('/lanes/:lane/test-calls', 'act', async (asked, { actor, reason, now }) => {
      const { seen, supplier } = await laneOf(pool, asked);
      if (seen.address.delivery !== 'push')
        throw new Fault('not-possible-now', 'nobody is called at an address that is not pushed to');
      const { organisationNumber } = supplier;
      const id = await askTestCall(pool, { organisationNumber, address: seen.address, actor, reason, now });
      return { status: 202, location: `/test-calls/${id}`, value: await callBy(pool, id) };
    }),
    looks('/test-calls/:call', 'view', (asked) => callBy(pool, Number(namedIn(asked, 'call')))),
  ];
}

async function callBy(pool: Pool, id: number) {
  const call = await readTestCall(pool, id);
  if (call === undefined) throw new Fault('not-found', 'there is no such test call');
  return callOf(call);
}

/** The lane of an address that is in use. */
async function laneOf(pool: Pool, asked: AskedBy) {
  const id = Number(namedIn(asked, 'lane'));
  const owner = await readOwner(pool, id);
  const supplier = owner === undefined ? undefined : await readSupplier(pool, owner, asked.now);
  const seen: AddressSeen | undefined = supplier?.addresses.find(({ address }) => address.id === id);
  if (supplier === undefined || seen === undefined) throw new Fault('not-found', 'there is no such lane in use');
  return { seen, supplier: supplier.supplier };
}
