/** `kuvert audit`: what people did. */
import { type Command, InvalidArgumentError } from 'commander';
import { verifyAudit } from '../store/audit.ts';
import { type Context, examples } from './context.ts';
import { withStore } from './store.ts';
import { json } from './terminal.ts';

export function addAudit(program: Command, { terminal, exitWith }: Context): void {
  const audit = program
    .command('audit')
    .description('What people did, in a chain of hashes.')
    .addHelpText('after', examples(['kuvert audit verify', 'nothing in it was changed or taken out']));
  audit
    .command('verify')
    .description('Walks the whole chain and says where it breaks first.')
    .option('--expect <row:hash>', 'a row that must be there, as an earlier run printed it', noted)
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      examples(
        ['kuvert audit verify', 'prints the newest row and its hash: note them outside the database'],
        ['kuvert audit verify --expect 812:9f2c…', 'finds also that the newest rows were cut off'],
      ),
    )
    .action(async (options: { expect?: { id: number; hash: string }; json?: true }) => {
      const verdict = await withStore((pool) => verifyAudit(pool, options.expect));
      if (!verdict.ok) exitWith(6);
      if (options.json) terminal.out(json(verdict));
      else if (verdict.ok)
        terminal.out(
          `${verdict.rows} rows, the chain is whole. Newest row and hash: ${verdict.head.id}:${verdict.head.hash}`,
        );
      else
        terminal.out(
          `The chain breaks at row ${verdict.brokenAt}: ${verdict.why}. The ${verdict.rows} rows before it are whole.`,
        );
    });
}

function noted(text: string): { id: number; hash: string } {
  const match = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text);
  if (!match) throw new InvalidArgumentError('ROW:HASH is expected, as `kuvert audit verify` prints it.');
  return { id: Number(match[1]), hash: match[2] ?? '' };
}
