/** The contract of the operators' listener with scripts; whoever is signed in may read it. */
import { loadContract } from '../../../platform/http/contract.ts';
import type { OperatorRoute } from '../route.ts';
import { looks } from './ask.ts';

export const operatorContract = loadContract('openapi/operator-api/1.json');

export const contractRoutes = (): readonly OperatorRoute[] => [
  looks('/openapi.json', 'entered', () => operatorContract),
];
