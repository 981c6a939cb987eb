/** `kuvert operator`: who may use the console. */
import { type Command, InvalidArgumentError } from 'commander';
import { Fault } from '../domain/fault.ts';
import { type OperatorRole, operatorRoles } from '../operations/access/permissions.ts';
import { inspectProcess } from '../platform/config/process.ts';
import { mandatoryReason, whole } from './arguments.ts';
import { type Context, examples } from './context.ts';
import { addOperatorTokens } from './operator-token.ts';
import { actor, withStore } from './store.ts';
import { moment, table } from './table.ts';
import { json } from './terminal.ts';

const hour = 3_600_000;

export function addOperator(program: Command, context: Context): void {
  const operator = program
    .command('operator')
    .description('Accounts of the operators’ console: who gets in, and what they may.')
    .addHelpText(
      'after',
      [
        '\nRoles:',
        '  viewer            sees all but documents, contact data, the audit and accounts',
        '  operator          also acts on messages and lanes, and opens documents with a reason',
        '  security-officer  also orders and revokes certificates, opens contact data, and reads the audit',
        '  auditor           sees all but accounts, and acts on nothing',
        '  administrator     accounts and tokens; of messages what a viewer sees',
        examples(
          [
            'kuvert operator add anna --name "Anna Ek" --roles operator,administrator --reason "first account"',
            'prints a link that signs her in once; there she chooses a password',
          ],
          ['kuvert operator list', 'who there is'],
          ['kuvert operator link anna --reason "forgot her password"', 'a new link for somebody who cannot get in'],
        ),
      ].join('\n'),
    );
  addAdd(operator, context);
  addList(operator, context);
  addLink(operator, context);
  addRoles(operator, context);
  addClosing(operator, context);
  addOperatorTokens(operator, context);
}

function addAdd(operator: Command, { terminal }: Context): void {
  operator
    .command('add')
    .description('Makes an account, and a link that signs in to it once.')
    .argument('<account>', 'what is typed at the sign-in: small letters, digits, and . _ - @ inside')
    .requiredOption('--name <text>', 'the name of the person')
    .requiredOption('--roles <roles>', `what they may: ${operatorRoles.join(', ')}; commas between`, roles)
    .option('--hours <number>', 'how long the link is good for', whole(1, 168), 24)
    .addOption(mandatoryReason())
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      examples([
        'kuvert operator add anna --name "Anna Ek" --roles operator --reason "ticket 12"',
        'the link is shown once; give it to nobody else',
      ]),
    )
    .action(
      async (
        name: string,
        options: { name: string; roles: readonly OperatorRole[]; hours: number; reason: string; json?: true },
      ) => {
        const { addAccount } = await import('../operations/access/accounts.ts');
        const wanted = { name, displayName: options.name, roles: options.roles };
        const act = { actor: actor(), reason: options.reason, now: new Date() };
        const made = await withStore((pool) => addAccount(pool, wanted, options.hours * hour, act));
        terminal.out(showLink(made, options.json === true));
      },
    );
}

function addList(operator: Command, { terminal }: Context): void {
  operator
    .command('list')
    .description('All accounts.')
    .option('--json', 'for programs')
    .addHelpText('after', examples(['kuvert operator list', 'who gets in, with which roles, and who is locked out']))
    .action(async (options: { json?: true }) => {
      const { listAccounts } = await import('../store/operator/accounts.ts');
      const accounts = (await withStore(listAccounts)).map(
        ({ id, name, displayName, roles: held, passwordHash, issuer, lockedUntil, createdAt, disabledAt }) => {
          const hasPassword = passwordHash !== undefined;
          return { id, name, displayName, roles: held, hasPassword, issuer, lockedUntil, createdAt, disabledAt };
        },
      );
      if (options.json) return terminal.out(json(accounts));
      if (accounts.length === 0) return terminal.out('No accounts yet: `kuvert operator add` makes the first.');
      terminal.out(
        table(
          [
            { title: 'ACCOUNT', value: ({ name }) => name },
            { title: 'NAME', value: ({ displayName }) => displayName },
            { title: 'ROLES', value: ({ roles: held }) => held.join(', ') },
            {
              title: 'PASSWORD',
              value: ({ hasPassword, issuer }) => (hasPassword ? 'chosen' : (issuer ?? 'none yet')),
            },
            { title: 'LOCKED UNTIL', value: ({ lockedUntil }) => moment(lockedUntil) },
            { title: 'DISABLED', value: ({ disabledAt }) => moment(disabledAt) },
          ],
          accounts,
        ),
      );
    });
}

function addLink(operator: Command, { terminal }: Context): void {
  operator
    .command('link')
    .description('A new link for somebody who cannot get in; those before it lead nowhere any more.')
    .argument('<account>', 'its name')
    .option('--hours <number>', 'how long the link is good for', whole(1, 168), 24)
    .addOption(mandatoryReason())
    .option('--json', 'for programs')
    .addHelpText('after', examples(['kuvert operator link anna --reason "forgot her password"', 'shown once']))
    .action(async (name: string, options: { hours: number; reason: string; json?: true }) => {
      const { renewLink } = await import('../operations/access/accounts.ts');
      const act = { actor: actor(), reason: options.reason, now: new Date() };
      const made = await withStore((pool) => renewLink(pool, name, options.hours * hour, act));
      terminal.out(showLink(made, options.json === true));
    });
}

function addRoles(operator: Command, { terminal }: Context): void {
  operator
    .command('roles')
    .description('Gives an account other roles, which count from its next request.')
    .argument('<account>', 'its name')
    .argument('<roles>', `${operatorRoles.join(', ')}; commas between`, roles)
    .addOption(mandatoryReason())
    .addHelpText('after', examples(['kuvert operator roles anna viewer --reason "moved to another unit"', '']))
    .action(async (name: string, wanted: readonly OperatorRole[], options: { reason: string }) => {
      const { changeRoles } = await import('../operations/access/accounts.ts');
      await withStore((pool) =>
        changeRoles(pool, name, wanted, { actor: actor(), reason: options.reason, now: new Date() }),
      );
      terminal.out(`${name}: ${wanted.join(', ')}`);
    });
}

function addClosing(operator: Command, { terminal }: Context): void {
  const verbs = [
    [
      'disable',
      'disableAccount',
      'Nobody gets in by the account any more; who is in is out at the next request. Its tokens are revoked, its jobs stop.',
    ],
    ['enable', 'enableAccount', 'Lets an account in again that was disabled. Its tokens stay revoked.'],
  ] as const;
  for (const [verb, name, description] of verbs)
    operator
      .command(verb)
      .description(description)
      .argument('<account>', 'its name')
      .addOption(mandatoryReason())
      .addHelpText('after', examples([`kuvert operator ${verb} anna --reason "on leave"`, 'it stays on record']))
      .action(async (account: string, options: { reason: string }) => {
        const accounts = await import('../operations/access/accounts.ts');
        const act = { actor: actor(), reason: options.reason, now: new Date() };
        const changed = await withStore((pool) => accounts[name](pool, account, act));
        terminal.out(changed ? `${account} is ${verb}d` : `${account} is ${verb}d already; nothing was changed`);
      });
}

export function roles(text: string): readonly OperatorRole[] {
  const named = text.split(',').map((one) => one.trim());
  const unknown = named.filter((one) => !(operatorRoles as readonly string[]).includes(one));
  if (unknown.length > 0)
    throw new InvalidArgumentError(
      `There is no role ${unknown.join(', ')}; the roles are ${operatorRoles.join(', ')}.`,
    );
  return [...new Set(named)] as OperatorRole[];
}

function showLink(
  { name, secret, expiresAt }: { readonly name: string; readonly secret: string; readonly expiresAt: Date },
  asJson: boolean,
): string {
  const { operatorUrl, operatorHost, operatorPort, operatorCertificateFile } = inspectProcess([
    'operatorHost',
    'operatorPort',
  ]).values;
  const scheme = operatorCertificateFile === undefined ? 'http' : 'https';
  const host = operatorHost === '127.0.0.1' ? 'localhost' : operatorHost;
  if (operatorPort === undefined) throw new Fault('setting-invalid', 'KUVERT_OPERATOR_PORT is not right');
  const url = `${operatorUrl ?? `${scheme}://${host}:${operatorPort}`}/sign-in/link/${secret}`;
  return asJson
    ? json({ account: name, url, expiresAt })
    : [
        `Signs ${name} in once, until ${moment(expiresAt)}:`,
        '',
        `  ${url}`,
        '',
        'Whoever has it gets in: give it to nobody else. It is not shown again.',
      ].join('\n');
}
