/** `kuvert ca`: makes the certificate authority, and shows it. */
import { type Command, Option } from 'commander';
import { environments } from '../domain/message.ts';
import { settingsOfProcess } from '../platform/config/process.ts';
import type { InitOptions } from './ca-init.ts';
import { type Context, examples } from './context.ts';

export function addCa(program: Command, context: Context): void {
  const ca = program
    .command('ca')
    .description('The certificate authority: makes its root and issuing keys, and shows whom it is.')
    .addHelpText(
      'after',
      examples(
        ['kuvert ca init --organisation Exempelmyndigheten --environment test', 'once for each environment'],
        ['kuvert ca show', 'whom suppliers trust, and until when'],
      ),
    );
  addInit(ca, context);
  addShow(ca, context);
}

function addInit(ca: Command, { terminal }: Context): void {
  ca.command('init')
    .description(
      'Makes a root and an issuing authority below it, in a folder that is not there yet; nothing is overwritten. Or takes an issuing authority that exists. Prints the SHA-256 of the root and the settings.',
    )
    .option('--folder <folder>', 'where the files go', '.kuvert/ca')
    .option('--organisation <name>', 'whose authority it is; stands in every certificate')
    .addOption(new Option('--environment <name>', 'default: KUVERT_ENVIRONMENT').choices(environments))
    .option('--passphrase-file <file>', "pass phrase of the root's key, one line (default: asked for at the keyboard)")
    .option('--issuing-passphrase-file <file>', 'encrypts the issuing key too (default: its file mode protects it)')
    .option('--root-key <file>', 'with --root-certificate: a new issuing authority below this root')
    .option('--root-certificate <file>', 'the certificate of that root')
    .option(
      '--existing-key <file>',
      'with --existing-certificate: no keys are made; this one issues, from where it lies',
    )
    .option('--existing-certificate <file>', 'its certificate and those above it, root included')
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      examples(
        [
          'kuvert ca init --organisation Exempelmyndigheten --environment test',
          'asks for a pass phrase for the root key',
        ],
        [
          'kuvert ca init --folder ca-2 --organisation Exempelmyndigheten --root-key /media/usb/root.key.pem --root-certificate ca/root.pem',
          'a new issuing key below the same root',
        ],
        [
          'kuvert ca init --existing-key issuing.key --existing-certificate issuing-and-root.pem --issuing-passphrase-file word',
          'an authority that your organisation has',
        ],
      ),
    )
    .action(async (options: InitOptions) => {
      const { initAuthority } = await import('./ca-init.ts');
      await initAuthority(options, terminal, new Date());
    });
}

function addShow(ca: Command, { terminal }: Context): void {
  ca.command('show')
    .description('Shows the issuing certificate and those above it; no key is opened.')
    .option('--folder <folder>', 'as `kuvert ca init` made it (default: what KUVERT_CA_CERTIFICATE_FILE names)')
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      examples(
        ['kuvert ca show', 'of the settings of this shell'],
        ['kuvert ca show --folder .kuvert/ca --json | jq -r .root.sha256', 'what a supplier compares'],
      ),
    )
    .action(async (options: { folder?: string; json?: true }) => {
      const { showAuthority } = await import('./ca-show.ts');
      const file =
        options.folder === undefined ? settingsOfProcess(['caCertificateFile']).caCertificateFile : undefined;
      showAuthority({ folder: options.folder, file, json: options.json ?? false }, terminal, new Date());
    });
}
