/** `npm run hostile -- [options]`: hostile input against everything of ours that strangers can reach. */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { commit, machine } from '../bench/report.ts';
import { campaign } from './campaign.ts';
import { summary } from './summary.ts';
import { targets } from './targets.ts';

const usage = `npm run hostile -- [options]

  --inputs N      in all, shared out to the targets; default 100000
  --seed S        the same inputs again; default: another one each time
  --target NAME   only this one; may be given again
  --json FILE     the same as JSON, with machine and commit

${targets.map(({ name, about }) => `  ${name.padEnd(14)} ${about}`).join('\n')}
`;

function refuse(why: string): never {
  process.stderr.write(`${why}\n\n${usage}`);
  process.exit(2);
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        inputs: { type: 'string', default: '100000' },
        seed: { type: 'string', default: String(Date.now() % 1_000_000) },
        target: { type: 'string', multiple: true, default: [] },
        json: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

const { values } = readArguments();
if (values.help) {
  process.stderr.write(usage);
  process.exit(0);
}
const number = (text: string, option: string): number =>
  /^\d{1,9}$/.test(text) ? Number(text) : refuse(`--${option} is a whole number, not “${text}”`);
const inputs = number(values.inputs, 'inputs');
const seed = number(values.seed, 'seed');
for (const name of values.target)
  if (!targets.some((target) => target.name === name)) refuse(`there is no target ${name}`);

const about = { inputs, seed, ...commit(), machine: machine(), at: new Date().toISOString() };
const { isTTY } = process.stderr;
const reports = await campaign({
  inputs,
  seed,
  only: values.target,
  atOnce: Math.min(2, cpus().length),
  progress: (target, done, of) => void (isTTY && process.stderr.write(`\r\u001b[K${target} ${done}/${of}`)),
});
if (isTTY) process.stderr.write('\r\u001b[K');
process.stdout.write(summary(about, reports));
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ ...about, reports }, null, 2)}\n`);
process.exit(reports.some(({ failure }) => failure !== undefined) ? 1 : 0);
