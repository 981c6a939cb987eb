/** The suppliers of a campaign: who they are. */
import { sampleOrganisationNumber } from '../../../src/documents/sample.ts';
import type { OrganisationNumber } from '../../../src/domain/organisation-number.ts';
import type { CollectorTemper } from '../outer/world.ts';
import { fetchesToo, pullers } from './cast.ts';
import { seeded } from './random.ts';

export interface CastSupplier {
  readonly org: OrganisationNumber;
  readonly name: string;
  readonly ordering: 'any' | 'strict';
  readonly concurrency: number;
  readonly format: 'cloudevents' | 'sfti';
  readonly temper: string;
  /** As its address is delivered to at the start, and in the end. */
  readonly delivery: 'push' | 'pull';
  /** Its program that fetches, at the start. */
  readonly collects: CollectorTemper;
}

export const messageTypes = ['purchase-order', 'self-invoice', 'self-invoice-credit'] as const;

/** Of all sorts, mixed by the seed. */
export function castSuppliers(seed: number, count: number): CastSupplier[] {
  const random = seeded(seed ^ 0x5eed);
  return Array.from({ length: count }, (_, i) => {
    const org = sampleOrganisationNumber(i + 1);
    const strict = i % 5 === 4;
    return {
      org,
      name: `Leverantör ${org} AB`,
      ordering: strict ? 'strict' : 'any',
      concurrency: strict ? 1 : random.pick([1, 2, 4, 8]),
      format: i % 7 === 3 && !strict ? 'sfti' : 'cloudevents',
      temper: i % 10 === 1 ? 'slow' : i % 10 === 7 ? 'flapping' : 'healthy',
      delivery: 'push',
      collects: fetchesToo(i) ? (tempersOfSome[i % tempersOfSome.length] ?? 'prompt') : 'off',
    };
  });
}

const tempersOfSome = ['late', 'fetching-twice', 'forgetful', 'prompt', 'receipting-twice'] as const;
const tempersOfPullers = ['prompt', 'forgetful', 'late', 'never'] as const;

/** Those that only fetch, beside so many others. */
export function castPullers(pushed: number): CastSupplier[] {
  return pullers(pushed).map((index, i) => {
    const org = sampleOrganisationNumber(index + 1);
    return {
      org,
      name: `Leverantör ${org} AB`,
      ordering: i % 4 === 1 ? 'strict' : 'any',
      concurrency: 1,
      format: i % 4 === 2 ? 'sfti' : 'cloudevents',
      temper: 'healthy',
      delivery: 'pull',
      collects: tempersOfPullers[i % tempersOfPullers.length] ?? 'prompt',
    };
  });
}
