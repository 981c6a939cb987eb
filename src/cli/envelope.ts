/** `kuvert envelope`: for anyone who has one. */
import { type Command, Option } from 'commander';
import { Fault } from '../domain/fault.ts';
import type { OrganisationNumber } from '../domain/organisation-number.ts';
import { organisationNumbers } from './arguments.ts';
import { type Context, examples } from './context.ts';
import { readBytes, readText } from './read-text.ts';
import { facts } from './table.ts';
import { json } from './terminal.ts';

interface VerifyOptions {
  signature?: string;
  signatureFile?: string;
  jwks?: string;
  cert?: string;
  ca?: string;
  for?: OrganisationNumber[];
  json?: true;
}

export function addEnvelope(program: Command, { terminal }: Context): void {
  const envelope = program
    .command('envelope')
    .description('Technical envelopes, for whoever has received one.')
    .addHelpText(
      'after',
      examples([
        'kuvert envelope verify e.json --signature-file e.jws --jwks https://…/.well-known/jwks.json',
        'is it genuine?',
      ]),
    );
  envelope
    .command('verify')
    .description('Checks the signature over the exact bytes, then what they say. Exit code 6 when it is not right.')
    .argument('<file>', 'the body exactly as it came')
    .addOption(new Option('--signature <jws>', 'the header x-jws-signature').conflicts('signatureFile'))
    .addOption(new Option('--signature-file <file>', 'a file that holds it').conflicts('signature'))
    .addOption(new Option('--jwks <url-or-file>', "the sender's key set").conflicts('cert'))
    .addOption(new Option('--cert <file>', "or the sender's signing certificate, PEM").conflicts('jwks'))
    .option('--ca <file>', 'authorities for the URL of the key set, PEM (default: the machine’s)')
    .option('--for <organisation-number>', 'whom it must be for; may be repeated', organisationNumbers)
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      examples(
        ['kuvert envelope verify e.json --signature-file e.jws --jwks jwks.json', 'with the key set in a file'],
        ['kuvert envelope verify e.json --signature "eyJ…" --cert signing.pem --for 556016-0680', 'and is it for us?'],
      ),
    )
    .action(async (file: string, options: VerifyOptions) => {
      const signature = signatureOf(options);
      const keys = await keysFor(options);
      const bytes = readBytes(file);
      const { openEnvelope } = await import('../envelope/open.ts');
      const opened = await openEnvelope(bytes, signature, {
        keys,
        mostBytes: 256 * 1_048_576,
        ...(options.for === undefined ? {} : { expect: { recipients: options.for } }),
      });
      const { document, ...said } = opened;
      if (options.json) terminal.out(json({ ...said, documentBytes: document.length }));
      else
        terminal.out(
          `The envelope is genuine.\n${facts([
            ...Object.entries(said).map(
              ([name, value]) => [name, value === undefined ? undefined : String(value)] as const,
            ),
            ['documentBytes', document.length],
          ])}`,
        );
    });
}

function signatureOf({ signature, signatureFile }: VerifyOptions): string {
  if (signature !== undefined) return signature.trim();
  if (signatureFile !== undefined) return readText(signatureFile).trim();
  throw new Fault('argument-invalid', 'give the signature with --signature or --signature-file');
}

async function keysFor({ jwks, cert, ca }: VerifyOptions) {
  const { keysOfCertificateFile, keysOfSet } = await import('./key-source.ts');
  if (jwks !== undefined) return keysOfSet(jwks, ca === undefined ? undefined : readText(ca));
  if (cert !== undefined) return keysOfCertificateFile(cert);
  throw new Fault('argument-invalid', "give the sender's keys with --jwks or --cert");
}
