/** What every command has that changes something and can be rehearsed. */
import type { Command } from 'commander';
import { Fault } from '../domain/fault.ts';
import { reason } from './arguments.ts';
import { actor } from './store.ts';

export interface ActOptions {
  readonly reason?: string;
  readonly dryRun?: true;
  readonly json?: true;
}

/** `--reason`, `--dry-run` and `--json`. */
export const withActOptions = (command: Command): Command =>
  command
    .option('--reason <text>', 'why, for the audit; must be given, but for a rehearsal', reason)
    .option('--dry-run', 'a rehearsal: say what would be done, and do nothing')
    .option('--json', 'for programs');

/**
 * Who does it, why, and whether it is done. Not commander's to check: a rehearsal changes nothing, and needs no reason.
 * @param command its name, behind `kuvert`
 * @param form how it is typed with a reason; left out: the help shows it
 * @throws Fault `argument-invalid`
 */
export function actOf(command: string, options: ActOptions, form?: string) {
  if (options.reason === undefined && options.dryRun !== true) {
    const right = form === undefined ? '' : `\nThe right form: kuvert ${form}`;
    throw new Fault(
      'argument-invalid',
      `--reason <text> must be given, unless it is a rehearsal (--dry-run)${right}\nMore: kuvert ${command} --help`,
    );
  }
  return { actor: actor(), reason: options.reason, rehearsal: options.dryRun === true, now: new Date() };
}
