/** The reference in docs/cli.md, made from the commands themselves. `node test/support/cli-page.ts` writes it there. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { exitCodes } from '../../src/cli/exit-codes.ts';
import { buildProgram } from '../../src/cli/program.ts';

export const cliPage = new URL('../../docs/cli.md', import.meta.url);

const mark = (name: string, place: 'begin' | 'end') => `<!-- ${name}: ${place} (made by test/support/cli-page.ts) -->`;

export function withReference(page: string): string {
  const codes = Object.entries(exitCodes).map(([code, meaning]) => `| ${code} | ${meaning} |`);
  const parts = { 'exit codes': `| code | meaning |\n|---|---|\n${codes.join('\n')}`, commands: commandReference() };
  let filled = page;
  for (const [name, text] of Object.entries(parts)) {
    const from = filled.indexOf(mark(name, 'begin'));
    const to = filled.indexOf(mark(name, 'end'));
    if (from < 0 || to < from) throw new Error(`docs/cli.md has lost the marks of its ${name}`);
    filled = `${filled.slice(0, from)}${mark(name, 'begin')}\n${text}\n${filled.slice(to)}`;
  }
  return filled;
}

function commandReference(): string {
  const program = buildProgram({
    terminal: { out: () => undefined, err: () => undefined },
    exitWith: () => undefined,
  });
  return program.commands.flatMap((command) => sections(command, 'kuvert')).join('\n\n');
}

function sections(command: Command, above: string): string[] {
  const path = `${above} ${command.name()}`;
  let help = '';
  command.configureOutput({ writeOut: (text) => (help += text), getOutHelpWidth: () => 120 });
  command.outputHelp();
  return [
    `### ${path}\n\n\`\`\`text\n${help.trimEnd()}\n\`\`\``,
    ...command.commands.flatMap((child) => sections(child, path)),
  ];
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(cliPage, withReference(readFileSync(cliPage, 'utf8')));
