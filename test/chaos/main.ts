/** `npm run chaos -- --faults N --seed S`: a real gateway under faults, and whether it kept its word. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { breakages } from './rig/breakages.ts';
import { type CampaignOptions, holdCampaign } from './rig/campaign.ts';
import { makePlan, round, sayFault } from './rig/plan.ts';
import { page, reportOf } from './rig/report.ts';

const usage = `npm run chaos -- --faults N --seed S [options]

  --faults N       how many faults, one about every 4 seconds; ${round} and more: every kind
  --seed S         the same seed gives the same plan of faults and the same documents
  --suppliers N    default 20
  --plan           only show the plan
  --json FILE      the report as JSON, with plan, machine and commit
  --keep           keep the files of the outer world and the logs, also when all is well
  --broken NAME    a gateway that is broken on purpose, which must be caught: ${Object.keys(breakages).join(', ')}
  --help

Ends with 0 when nothing was lost, nothing reached the wrong company and everything is accounted for; with 1 when not, and says
which message and how it came to that; with 2 when the arguments are wrong; with 3 when the campaign could not be held.
`;

function refuse(why: string): never {
  process.stderr.write(`${why}\n\n${usage}`);
  process.exit(2);
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        faults: { type: 'string' },
        seed: { type: 'string' },
        suppliers: { type: 'string', default: '20' },
        plan: { type: 'boolean', default: false },
        json: { type: 'string' },
        keep: { type: 'boolean', default: false },
        broken: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

const number = (option: string, text: string | undefined, least: number, most: number): number => {
  const value = Number(text);
  if (text !== undefined && Number.isInteger(value) && value >= least && value <= most) return value;
  return refuse(`--${option} is a whole number from ${least} to ${most}`);
};

const values = readArguments();
if (values.help) {
  process.stdout.write(usage);
  process.exit(0);
}
const { broken } = values;
if (broken !== undefined && !(broken in breakages)) refuse(`there is no way to break the gateway called ${broken}`);
const begun = performance.now();
const options: CampaignOptions = {
  faults: number('faults', values.faults, 1, 100_000),
  seed: number('seed', values.seed, 1, 100_000),
  suppliers: number('suppliers', values.suppliers, 2, 200),
  keep: values.keep,
  broken,
  progress: (text) =>
    process.stderr.write(`${((performance.now() - begun) / 1_000).toFixed(0).padStart(5)} s  ${text}\n`),
};
if (values.plan) {
  process.stdout.write(`${makePlan(options.seed, options.faults, options.suppliers).map(sayFault).join('\n')}\n`);
  process.exit(0);
}
// Ctrl-C: what was started ends with this process, and the disks are taken down.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(3));
try {
  const campaign = await holdCampaign(options);
  if (values.json !== undefined) {
    mkdirSync(dirname(resolve(values.json)), { recursive: true });
    writeFileSync(values.json, `${JSON.stringify(reportOf(options, campaign), null, 2)}\n`);
  }
  process.stdout.write(`${page(options, campaign)}\n`);
  process.exitCode = campaign.clean ? 0 : 1;
} catch (error) {
  process.stderr.write(`The campaign could not be held: ${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 3;
}
