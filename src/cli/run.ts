/** One run of the command line: arguments in, exit code out. Every failure is one clear message. */
import { existsSync } from 'node:fs';
import { type Command, CommanderError } from 'commander';
import { Fault, faultTable } from '../domain/fault.ts';
import { errorText } from '../platform/log.ts';
import { type ExitCode, exitCodeOf } from './exit-codes.ts';
import { buildProgram } from './program.ts';
import { type Terminal, terminal } from './terminal.ts';

/** @param args what stands after the program's name. */
export async function run(args: readonly string[], where: Terminal = terminal): Promise<ExitCode> {
  let code: ExitCode = 0;
  const program = buildProgram({ terminal: where, exitWith: (given) => (code = given) });
  tameErrors(program, where);
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    where.err(`kuvert: ${messageOf(error)}${hintFor(error)}`);
    return exitCodeOf(error);
  }
}

/** Commander would print and exit; here a wrong argument is a fault like any other, with the right form beside it. */
function tameErrors(command: Command, where: Terminal): void {
  command.configureOutput({ writeOut: (text) => where.out(text.replace(/\n$/, '')), writeErr: () => undefined });
  command.exitOverride((error) => {
    if (error.exitCode === 0) throw error;
    throw new Fault(
      'argument-invalid',
      `${sentence(error, command)}\nThe right form: ${form(command)}\nMore: ${path(command)} --help`,
    );
  });
  for (const child of command.commands) tameErrors(child, where);
}

function sentence(error: CommanderError, command: Command): string {
  // `kuvert supplier` alone: commander shows the help as an error.
  if (error.code === 'commander.help')
    return `${path(command)} needs one of: ${command.commands.map((child) => child.name()).join(', ')}`;
  return error.message.replace(/^error: /, '').replaceAll(/\s*\n\s*/g, ' ');
}

const path = (command: Command): string =>
  command.parent ? `${path(command.parent)} ${command.name()}` : command.name();

/** The command as it is typed, what it cannot do without included. */
function form(command: Command): string {
  const needed = command.options.filter((option) => option.mandatory).map((option) => option.flags);
  return [path(command), ...needed, command.usage()].join(' ');
}

function messageOf(error: unknown): string {
  if (!(error instanceof Fault)) return `${errorText(error)} (this is a defect of the program; please report it)`;
  return error.code === 'internal' || error.message === ''
    ? `${faultTable[error.code].title}: ${errorText(error)}`
    : error.message;
}

/** `kuvert dev` writes its settings there, for commands that shall see the same gateway. */
const devSettings = '.kuvert/dev/env';

function hintFor(error: unknown): string {
  const missing = error instanceof Fault && error.findings.some(({ rule }) => rule === 'required');
  if (!missing) return '';
  return existsSync(devSettings)
    ? `\nFor the gateway of \`kuvert dev\` here: set -a; . ${devSettings}; set +a`
    : '\nSettings come from the environment; docs/settings.md has all of them.';
}
