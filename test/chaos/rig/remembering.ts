/** A gateway that remembers of each certificate what the register said first: that one was revoked it never learns. */
import { Client } from 'pg';
import type { DrainDeps } from '../../../src/delivery/drain.ts';
import type { LaneTarget } from '../../../src/store/lane/target.ts';

/** Delivery: whatever an endpoint may have shown once it may show for ever. */
export function rememberingTargets(deps: DrainDeps): DrainDeps {
  const good = new Map<number, Set<string>>();
  const remembered = (target: LaneTarget): LaneTarget => {
    const known = good.get(target.lane) ?? new Set();
    for (const { fingerprint, withdrawn } of target.certificates) if (!withdrawn) known.add(fingerprint);
    good.set(target.lane, known);
    return { ...target, certificates: [...known].map((fingerprint) => ({ fingerprint, withdrawn: false })) };
  };
  return {
    ...deps,
    push: (target, ...rest) => deps.push(remembered(target), ...rest),
    probe: (target) => deps.probe(remembered(target)),
  };
}

interface CallerRow {
  readonly fingerprint: string;
  withdrawn_at: Date | null;
  addresses: readonly string[];
}

/** The suppliers' listener: who was let in once is let in for ever, and no connection is ended. Its door asks the register by itself. */
export function rememberCallers(): void {
  const addresses = new Map<string, readonly string[]>();
  const remember = (row: CallerRow): void => {
    const { fingerprint } = row;
    if (row.withdrawn_at === null && row.addresses.length > 0) addresses.set(fingerprint, row.addresses);
    row.addresses = addresses.get(fingerprint) ?? row.addresses;
    if (addresses.has(fingerprint)) row.withdrawn_at = null;
  };
  const ask = Client.prototype.query as (...given: unknown[]) => unknown;
  const asking = function (this: Client, ...given: unknown[]): unknown {
    const [what] = given as [{ readonly text?: string } | string];
    const text = typeof what === 'string' ? what : (what.text ?? '');
    const tell = given.at(-1);
    if (!text.includes('c.withdrawn_at, s.language') || typeof tell !== 'function') return ask.apply(this, given);
    const told = (error: unknown, result: { readonly rows: CallerRow[] } | undefined): void => {
      for (const row of result?.rows ?? []) remember(row);
      (tell as (error: unknown, result: unknown) => void)(error, result);
    };
    return ask.apply(this, [...given.slice(0, -1), told]);
  };
  Client.prototype.query = asking as typeof Client.prototype.query;
}
