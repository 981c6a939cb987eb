/** Hands out what pages load. The path has the content's hash, so it may be kept for ever. */
import { Fault } from '../../domain/fault.ts';
import { assetOf } from '../console/assets.ts';
import type { OperatorRoute } from './route.ts';

export const assetRoute: OperatorRoute = {
  method: 'GET',
  path: '/assets/:version/:name',
  needs: 'nothing',
  shows: 'data',
  handle: ({ request }, response) => {
    const { name, version } = request.params;
    const asset = typeof name === 'string' ? assetOf(name) : undefined;
    if (asset === undefined || asset.version !== version) throw new Fault('not-found');
    response.set('cache-control', 'public, max-age=31536000, immutable').type(asset.type).send(asset.bytes);
  },
};
