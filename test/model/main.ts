/** `npm run model -- [options]`: thousands of orders in which a lane and its deliveries may be moved. The tests run a few of them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { commit, machine } from '../bench/report.ts';
import { ownServers } from '../support/servers.ts';
import { type Broken, brokenGateways } from './broken.ts';
import { checkModel, failureText, type Progress } from './check.ts';

const usage = `npm run model -- [options]

  --runs N        stories to try; default 1000
  --seed S        where the random numbers begin; default: the time
  --commands N    commands in one story, at most; default 60
  --json FILE     the result as JSON, with machine and commit
  --broken NAME   of a gateway that is broken on purpose, to see it found:
${Object.entries(brokenGateways)
  .map(([name, { about }]) => `                  ${`“${name}”`.padEnd(30)} ${about}`)
  .join('\n')}
`;

function refuse(why: string): never {
  process.stderr.write(`${why}\n\n${usage}`);
  process.exit(2);
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        runs: { type: 'string', default: '1000' },
        seed: { type: 'string', default: String(Date.now() % 2_147_483_647) },
        commands: { type: 'string', default: '60' },
        json: { type: 'string' },
        broken: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

const number = (text: string, option: string, most: number): number => {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0 && value <= most) return value;
  return refuse(`--${option} is a whole number from 1 to ${most}, not “${text}”`);
};

const values = readArguments();
if (values.help) {
  process.stdout.write(usage);
  process.exit(0);
}
const runs = number(values.runs, 'runs', 1_000_000);
const seed = number(values.seed, 'seed', 2_147_483_647);
const commands = number(values.commands, 'commands', 1_000);
const known: Readonly<Record<string, Broken>> = brokenGateways;
const broken = values.broken === undefined ? undefined : known[values.broken];
if (values.broken !== undefined && !broken) refuse(`no broken gateway is called “${values.broken}”`);

const servers = await ownServers({ broker: false, redis: true, postgres: true });
if (!servers.postgres || !servers.redis) throw new Error('the model needs PostgreSQL and Redis');
const { isTTY } = process.stderr;
let told = 0;
const progress = (done: Progress): void => {
  const text = `${done.runs} of ${runs} stories, ${done.commands} commands, ${done.messages} messages, ${done.attempts} tries`;
  if (isTTY) process.stderr.write(`\r\u001b[K${text}`);
  else if (performance.now() - told > 30_000) {
    told = performance.now();
    process.stderr.write(`${text}\n`);
  }
};
const about = { ...commit(), machine: machine(), at: new Date().toISOString() };
const result = await checkModel({
  servers: { databaseUrl: servers.postgres.url, redisUrl: servers.redis.url },
  runs,
  seed,
  commands,
  shrink: true,
  progress,
  ...(broken === undefined ? {} : { broken }),
});
await servers.stop();
if (isTTY) process.stderr.write('\r\u001b[K');
const { failure } = result;
process.stdout.write(
  `seed ${seed}: ${result.runs} stories kept every law: ${result.commands} commands, ${result.messages} messages, ` +
    `${result.attempts} tries, ${Math.round(result.milliseconds / 1_000)} s\n${failure ? `\n${failureText(failure)}\n` : ''}`,
);
if (values.json !== undefined) {
  mkdirSync(dirname(values.json), { recursive: true });
  writeFileSync(
    values.json,
    `${JSON.stringify({ ...about, broken: values.broken, most: commands, ...result }, null, 2)}\n`,
  );
}
process.exit(failure ? 1 : 0);
