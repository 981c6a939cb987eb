import { strict as assert } from 'node:assert';
import type { Command } from 'commander';
import { exitCodeOf, exitCodes } from '../../../src/cli/exit-codes.ts';
import { buildProgram } from '../../../src/cli/program.ts';
import { run } from '../../../src/cli/run.ts';
import { Fault, faultCodes } from '../../../src/domain/fault.ts';
import { version } from '../../../src/platform/version.ts';

async function kuvert(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const code = await run(args, {
    out: (text) => {
      said.out += `${text}\n`;
    },
    err: (text) => {
      said.err += `${text}\n`;
    },
  });
  return { code, ...said };
}

const silent = { terminal: { out: () => undefined, err: () => undefined }, exitWith: () => undefined };
const all = (command: Command): Command[] => [command, ...command.commands.flatMap(all)];
const pathOf = (command: Command): string[] => (command.parent ? [...pathOf(command.parent), command.name()] : []);

describe('the command line', () => {
  const commands = all(buildProgram(silent));
  const given = new Map<string, string | undefined>();
  afterEach(() => {
    for (const [name, value] of given) process.env[name] = value;
    given.clear();
  });

  for (const command of commands)
    it(`\`${['kuvert', ...pathOf(command)].join(' ')} --help\` describes every option and shows examples`, async () => {
      const { code, out, err } = await kuvert(...pathOf(command), '--help');
      assert.equal(code, 0);
      assert.equal(err, '');
      assert.match(out, /^Usage: kuvert/);
      assert.match(out, /\nExamples:\n {2}\$ /);
      for (const option of command.options) assert.ok(option.description.length > 3, `${option.flags} is described`);
      const [, shown = ''] = /\nExamples:\n([\s\S]*)$/.exec(out) ?? [];
      assert.ok(!shown.includes(command.description()), 'an example says more than the description');
      assert.doesNotMatch(out, /\(default: (\{\}|\d{5,})\)/, 'a default is one that a person would write');
      for (const option of command.options.filter(({ long }) => long === '--reason'))
        assert.match(option.description, /^why, for the audit; must be given/);
    });

  it('says its version', async () => {
    assert.deepEqual(await kuvert('--version'), { code: 0, out: `${version()}\n`, err: '' });
  });

  it('shows the exit codes in its help', async () => {
    const { out } = await kuvert('--help');
    for (const code of Object.keys(exitCodes)) assert.match(out, new RegExp(`\\n\\s+${code} {2}`));
  });

  for (const [args, sentence, form] of [
    [['mesage', 'list'], "unknown command 'mesage' (Did you mean message?)", 'kuvert [options] [command]'],
    [
      ['message', 'list', '--stat', 'held'],
      "unknown option '--stat' (Did you mean --state?)",
      'kuvert message list [options]',
    ],
    [
      ['message', 'list', '--limit', '0'],
      'A whole number from 1 to 1000 is expected.',
      'kuvert message list [options]',
    ],
    [['message', 'list', '--state', 'lost'], 'One of waiting, sending, delivered', 'kuvert message list [options]'],
    [['message', 'list', '--since', 'once'], 'a duration such as 2h', 'kuvert message list [options]'],
    [
      ['message', 'cancel', 'x'],
      "required option '--reason <text>' not specified",
      'kuvert message cancel --reason <text> [options] <message>',
    ],
    [['message', 'cancel', 'x', '--reason', ' '], 'Say why, in a few words.', '--reason <text>'],
    [['supplier'], 'needs one of: import, list', 'kuvert supplier [options] [command]'],
    [
      ['supplier', 'show', '5560160681'],
      'its check digit must be right',
      'kuvert supplier show [options] <organisation-number>',
    ],
    [['supplier', 'import'], "missing required argument 'file'", 'kuvert supplier import [options] <file>'],
    [
      ['supplier', 'import', 'x.json'],
      '--reason <text> must be given, unless it is a rehearsal',
      'kuvert supplier import --reason <text> x.json',
    ],
    [['receive', '--port', '1'], '--cert <file>, --key <file>', 'kuvert receive --cert <file>'],
    [['receive', 'list'], '--folder <dir> must be given', 'kuvert receive list --folder <dir>'],
    [['send', '--text', '--bytes', 'x'], 'cannot be used with', 'kuvert send [options] <file...>'],
    [['envelope', 'verify', 'x', '--signature', 'y'], '--jwks or --cert', undefined],
  ] as const)
    it(`\`kuvert ${args.join(' ')}\` is told what is wrong and what is right`, async () => {
      const { code, out, err } = await kuvert(...args);
      assert.equal(code, 2);
      assert.equal(out, '');
      assert.ok(err.startsWith('kuvert: ') && err.includes(sentence), err);
      if (form !== undefined) assert.ok(err.includes(`The right form: ${form}`) || err.includes(form), err);
      assert.ok(err.split('\n').length <= 4, 'no more than a sentence, the form, and where there is more');
    });

  it('`kuvert config` shows the settings, then all that would keep the gateway from starting', async () => {
    // Of whoever runs the tests.
    for (const name of Object.keys(process.env))
      if (/^(KUVERT_|BROKER_|DATABASE_URL|REDIS_URL)/.test(name)) {
        given.set(name, process.env[name]);
        delete process.env[name];
      }
    const { code, out, err } = await kuvert('config');
    assert.equal(code, 2);
    assert.match(out, /^SETTING .*\n(.*\n)*KUVERT_QUEUE_IN +kuvert\.in +default\n/);
    const [heading, ...list] = err.trimEnd().split('\n');
    assert.match(heading ?? '', /^kuvert: \d+ settings are not right:$/);
    for (const name of [
      'KUVERT_ENVIRONMENT',
      'DATABASE_URL',
      'BROKER_URLS',
      'KUVERT_CA_FILE',
      'KUVERT_SUPPLIER_KEY_FILE',
    ])
      assert.ok(
        list.some((line) => line.startsWith(`  ${name} must be set: `)),
        name,
      );
    assert.match(list.at(-1) ?? '', /docs\/settings\.md|set -a; \. \.kuvert\/dev\/env; set \+a/);
    const intake = await kuvert('config', 'intake', '--json');
    assert.equal(intake.code, 2);
    assert.ok(intake.err.includes('BROKER_URLS') && !intake.err.includes('KUVERT_CA_FILE'));
    assert.equal((JSON.parse(intake.out) as Record<string, { from: string }>)['KUVERT_QUEUE_IN']?.from, 'default');
    const nobody = await kuvert('config', 'nobody');
    assert.deepEqual([nobody.code, nobody.out], [2, '']);
    assert.match(nobody.err, /there is no role nobody; .*\nThe right form: kuvert config \[role\.\.\.\]\n$/);
  });

  it('gives each fault one of the documented exit codes, and what is no fault 1', () => {
    for (const code of faultCodes) assert.ok(exitCodeOf(new Fault(code)) in exitCodes);
    assert.equal(exitCodeOf(new Error('defect')), 1);
    assert.equal(exitCodeOf(new Fault('not-found')), 3);
  });
});
