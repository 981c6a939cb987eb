/** What every command is given. */
import type { ExitCode } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

export interface Context {
  readonly terminal: Terminal;
  /** For a command that did its work and has something to say by its exit code. */
  exitWith(code: ExitCode): void;
}

/** `Examples:` under a command's help. */
export function examples(...lines: readonly (readonly [command: string, what: string])[]): string {
  return `\nExamples:\n${lines.map(([command, what]) => `  $ ${command}\n      ${what}`).join('\n')}`;
}
