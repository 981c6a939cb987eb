/** `npm run bench -- SCENARIO [options]`: what the line costs on this machine. Never part of the tests. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { commit, machine, table } from './report.ts';
import { runScenario, scenarios } from './run.ts';

const usage = `npm run bench -- SCENARIO [options]

${Object.entries(scenarios)
  .map(([name, { about }]) => `  ${name.padEnd(18)} ${about}`)
  .join('\n')}

  --messages N       how many (each scenario has its own number)
  --suppliers N      default 50
  --concurrency N    messages on their way to one supplier at once; default 4
  --set NAME=VALUE   a setting of the gateway; may be given again
  --json FILE        the same as JSON, with machine and commit
  --cpu-prof FOLDER  V8's CPU profile of the gateway; node test/bench/profile.ts FOLDER reads it
`;

function refuse(why: string): never {
  process.stderr.write(`${why}\n\n${usage}`);
  process.exit(2);
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        messages: { type: 'string' },
        suppliers: { type: 'string', default: '50' },
        concurrency: { type: 'string', default: '4' },
        set: { type: 'string', multiple: true, default: [] },
        json: { type: 'string' },
        'cpu-prof': { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

const { values, positionals } = readArguments();
const [name = ''] = positionals;
const scenario = scenarios[name];
if (values.help || positionals.length !== 1 || !scenario) {
  process.stderr.write(usage);
  process.exit(values.help ? 0 : 2);
}

const number = (text: string, option: string, most: number): number => {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0 && value <= most) return value;
  return refuse(`--${option} is a whole number from 1 to ${most}, not “${text}”`);
};
const messages = number(values.messages ?? String(scenario.messages), 'messages', 1_000_000);
const suppliers = number(values.suppliers, 'suppliers', 500);
const concurrency = number(values.concurrency, 'concurrency', 64);
const settings = Object.fromEntries(
  values.set.map((one) => {
    const at = one.indexOf('=');
    return at > 0 ? [one.slice(0, at), one.slice(at + 1)] : refuse(`--set wants NAME=VALUE, not “${one}”`);
  }),
);
const profiles = values['cpu-prof'] === undefined ? undefined : resolve(values['cpu-prof']);
if (profiles !== undefined) mkdirSync(profiles, { recursive: true });

const about = {
  scenario: name,
  messages,
  suppliers,
  concurrency,
  settings,
  ...commit(),
  machine: machine(),
  at: new Date().toISOString(),
};
const { isTTY } = process.stderr;
const rows = await runScenario(name, {
  messages,
  suppliers,
  concurrency,
  settings,
  profiles,
  progress: (text) => void (isTTY && process.stderr.write(`\r\u001b[K${text}`)),
});
if (isTTY) process.stderr.write('\r\u001b[K');
const { cpu, cores, memoryGb, node } = about.machine;
process.stdout.write(
  `${name}: ${suppliers} suppliers, ${concurrency} at once each, ${cpu}, ${cores} cores, ${memoryGb} GB, Node ${node}, ${about.commit.slice(0, 10)}${about.dirty ? ' (changed)' : ''}\n\n${table(rows)}\n`,
);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ ...about, rows }, null, 2)}\n`);
process.exit(0);
