/** `kuvert enrol`: for a supplier's technical contact, who has the codes of a certificate order. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { Fault } from '../../domain/fault.ts';
import { parseDuration } from '../../domain/schedule.ts';
import { readCertificates } from '../../pki/certificate.ts';
import { type KeyKind, keyKinds } from '../../pki/key-kinds.ts';
import { type Context, examples } from '../context.ts';
import { readText } from '../read-text.ts';
import { readSecret } from '../secret.ts';
import { json } from '../terminal.ts';
import type { BundleOptions } from './bundle.ts';
import type { Known } from './trust.ts';

interface EnrolOptions extends BundleOptions {
  readonly rootSha256?: string;
  readonly ca?: string;
  readonly transferId: string;
  readonly passwordFile?: string;
  readonly out: string;
  readonly keyKind: KeyKind;
  readonly wait: number;
  readonly json?: true;
}

/** What `enrol` and `renew` have in common. */
export const withKeyOptions = (command: Command, keyKind: Option): Command =>
  command
    .addOption(keyKind.choices(keyKinds))
    .option('--bundle <file>', 'writes key and certificates into one PKCS #12 file too, for Java, .NET and Windows')
    .option('--bundle-password-file <file>', 'password for it, one line (default: asked for at the keyboard)')
    .addOption(
      new Option('--wait <duration>', 'how long to ask again while the gateway says “later”')
        .argParser(duration)
        .default(900_000, '15m'),
    )
    .option('--json', 'for programs');

function duration(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined || milliseconds > 7 * 86_400_000)
    throw new InvalidArgumentError('A duration such as 15m is expected, 7d at most; 0s asks once.');
  return milliseconds;
}

export function addEnrol(program: Command, { terminal }: Context): void {
  const command = program
    .command('enrol')
    .description(
      'For suppliers: makes a key, and fetches the certificate of an order with its codes. The key never leaves the folder. Whatever happens, the same command goes on with the same key.',
    )
    .argument('<url>', 'of the gateway, as the page of the order has it: https://host:port', gatewayUrl)
    .requiredOption('--transfer-id <id>', 'of the order; it is no secret')
    .option('--root-sha256 <hex>', 'SHA-256 of the authority’s root, as the page of the order has it', sha256)
    .addOption(new Option('--ca <file>', 'or the root itself, PEM').conflicts('rootSha256'))
    .option('--password-file <file>', 'TransferPassword, one line (default: asked for at the keyboard)')
    .option('--out <folder>', 'where key and certificate go', 'kuvert-certificate');
  withKeyOptions(command, new Option('--key-kind <kind>', 'of the new key').default('P-256'))
    .addHelpText(
      'after',
      examples(
        [
          'kuvert enrol https://kuvert.exempel.se:8443 --transfer-id K7PXM-4QWTZ --root-sha256 9f2c…',
          'asks for TransferPassword; key.pem, chain.pem and ca.pem are in kuvert-certificate/ then',
        ],
        [
          'kuvert enrol https://kuvert.exempel.se:8443 --transfer-id K7PXM-4QWTZ --root-sha256 9f2c… --password-file codes --out /etc/erp/kuvert --bundle /etc/erp/kuvert.p12 --bundle-password-file store-password',
          'without a person at the keyboard, and a key store for Java',
        ],
      ),
    )
    .action(async (url: URL, options: EnrolOptions) => {
      const { bundleWriter } = await import('./bundle.ts');
      const { enrol } = await import('./enrol.ts');
      const { certificateFacts, showCertificate } = await import('./print.ts');
      const { transferId, out: folder, keyKind, wait: patience, passwordFile: file, bundle } = options;
      const known = knownFrom(options);
      const afterwards = await bundleWriter(options, terminal);
      const secret = { file, option: '--password-file', question: `TransferPassword of ${transferId}` };
      // A file that cannot be read is told before anything is done.
      const given = file === undefined ? undefined : await readSecret(secret, terminal);
      const password = async () => given ?? readSecret(secret, terminal);
      const request = { url, known, transferId, password, folder, keyKind, patience, afterwards };
      const { certificate } = await enrol(request, terminal, () => new Date());
      const shown = { result: 'enrolled', folder, certificate, bundle } as const;
      terminal.out(options.json ? json(certificateFacts(shown)) : showCertificate(shown));
      if (!options.json) terminal.err(`For cron, each day: kuvert renew ${folder} --if-due --quiet`);
    });
}

function knownFrom({ rootSha256, ca }: EnrolOptions): Known {
  if (rootSha256 !== undefined) return { rootSha256 };
  if (ca !== undefined) return { authorities: readCertificates(readText(ca), ca) };
  throw new Fault(
    'argument-invalid',
    '--root-sha256 <hex> must be given, as it stands on the page of the order, or --ca <file>: without it nobody knows who answers\nMore: kuvert enrol --help',
  );
}

/** @returns its origin: the paths are EST's own */
function gatewayUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'https:' || !/^\/(\.well-known\/est\/?)?$/.test(url.pathname) || url.search || url.username)
    throw new InvalidArgumentError('The address of the gateway is expected, such as https://kuvert.exempel.se:8443');
  return new URL(url.origin);
}

export function sha256(text: string): string {
  const hex = text.replaceAll(/[:\s]/g, '').toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(hex)) throw new InvalidArgumentError('A SHA-256 is expected: 64 hexadecimal digits.');
  return hex;
}
