/** `kuvert evidence`: what proves a message, and verifying it anywhere. */
import { statSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { Fault } from '../domain/fault.ts';
import type { Claim } from '../operations/evidence/claims.ts';
import { version } from '../platform/version.ts';
import { type Context, examples } from './context.ts';
import { findOne } from './message-find.ts';
import { readBytes, readText } from './read-text.ts';
import { actor, withStore } from './store.ts';
import { printable } from './table.ts';
import { json } from './terminal.ts';

export function addEvidence(program: Command, context: Context): void {
  const evidence = program
    .command('evidence')
    .description('What proves a message, as one file that anybody can verify.')
    .addHelpText(
      'after',
      examples(
        ['kuvert evidence export SF-2026-0042', 'envelope, signature, document, attempts and audit as one zip'],
        ['kuvert evidence verify evidence.zip --ca ca.pem', 'anywhere, without the gateway'],
      ),
    );
  addExport(evidence, context);
  addVerify(evidence, context);
}

function addExport(evidence: Command, { terminal }: Context): void {
  evidence
    .command('export')
    .description('Writes everything on record about a sealed message into one zip.')
    .argument('<message>', 'message id, or document number if only one message has it')
    .option('--out <file>', 'where to (default: kuvert-evidence-ID.zip here); a file that exists is left alone')
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      examples([
        'kuvert evidence export SF-2026-0042 --out evidence.zip',
        'with the certificate of the key that signed it: on record, or named by KUVERT_SIGNING_CERTIFICATE_FILE or the file of old ones',
      ]),
    )
    .action(async (reference: string, options: { out?: string; json?: true }) => {
      const { signingCertificates } = await import('./signing-certificates.ts');
      const { readCertificates } = await import('../pki/certificate.ts');
      const { readSigned } = await import('../store/enrol/own-certificates.ts');
      const { collectEvidence } = await import('../operations/evidence/collect.ts');
      const { writeZip } = await import('../operations/evidence/zip.ts');
      const { manifestName, sha256 } = await import('../operations/evidence/files.ts');
      const { id, collected } = await withStore(async (pool) => {
        const { id: messageId } = await findOne(pool, reference);
        const onRecord = (await readSigned(pool)).map((one) => ({
          ...one,
          chain: readCertificates(one.pem, 'a certificate on record'),
        }));
        const certificates = [...signingCertificates(), ...onRecord.map(({ chain }) => chain)];
        const withdrawn = new Map(
          onRecord.flatMap(({ chain, withdrawnAt: at, as }) =>
            chain[0] === undefined || at === null ? [] : [[chain[0].fingerprint, { at, as: as ?? 'unspecified' }]],
          ),
        );
        const order = { messageId, certificates, withdrawn, madeBy: actor(), version: version(), now: new Date() };
        return { id: messageId, collected: await collectEvidence(pool, order) };
      });
      const { files, hasCertificate } = collected;
      const bytes = await writeZip(files);
      const file = options.out ?? `kuvert-evidence-${id}.zip`;
      write(file, bytes);
      const manifestSha256 = sha256(files.get(manifestName) ?? Buffer.alloc(0));
      if (!hasCertificate)
        terminal.err(
          'warning: no certificate of the key that signed it is on record or named by KUVERT_SIGNING_CERTIFICATE_FILE or KUVERT_SIGNING_OLD_CERTIFICATES_FILE; whoever verifies needs it from you (--cert)',
        );
      if (options.json)
        terminal.out(json({ messageId: id, file, bytes: bytes.length, hasCertificate, manifestSha256 }));
      else
        terminal.out(
          `${file}: ${files.size} files about message ${id}, ${bytes.length} bytes.\nSHA-256 of the manifest: ${manifestSha256}`,
        );
    });
}

/** Business documents: for the owner's eyes, and never over something else. */
function write(file: string, bytes: Buffer): void {
  try {
    writeFileSync(file, bytes, { flag: 'wx', mode: 0o600 });
  } catch (cause) {
    const exists = (cause as NodeJS.ErrnoException).code === 'EEXIST';
    const why = exists ? 'it exists already; name another with --out' : (cause as Error).message;
    throw new Fault('argument-invalid', `${file} cannot be written: ${why}`, { cause });
  }
}

function addVerify(evidence: Command, { terminal, exitWith }: Context): void {
  evidence
    .command('verify')
    .description(
      'Says what evidence proves and what not, from the file alone: no database, no network. Exit code 6 when it is not right.',
    )
    .argument('<zip>', 'as `kuvert evidence export` wrote it')
    .option('--ca <file>', 'authorities that may have issued the signing certificate, PEM')
    .option('--cert <file>', "the gateway's signing certificate, PEM, as you got it from the gateway itself")
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      examples(
        ['kuvert evidence verify evidence.zip', 'the files agree with each other and with the signature'],
        ['kuvert evidence verify evidence.zip --ca ca.pem', 'and the signing certificate is of that authority'],
      ),
    )
    .action(async (file: string, options: { ca?: string; cert?: string; json?: true }) => {
      const { readCertificates } = await import('../pki/certificate.ts');
      const { mostZipBytes, readZip } = await import('../operations/evidence/zip.ts');
      const { verifyEvidence } = await import('../operations/evidence/verify.ts');
      const trusted = (name: string | undefined) =>
        name === undefined ? undefined : readCertificates(readText(name), name);
      const trust = { authorities: trusted(options.ca), certificate: trusted(options.cert) };
      if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > mostZipBytes)
        throw new Fault('evidence-malformed', `${file} is larger than ${mostZipBytes} bytes`);
      const claims = await verifyEvidence(await readZip(readBytes(file)), trust);
      const right = claims.every(({ verdict }) => verdict !== 'wrong');
      if (!right) exitWith(6);
      terminal.out(options.json ? json({ right, claims }) : told(claims, right));
    });
}

const titles = { wrong: 'Wrong', proven: 'Proven', 'not-proven': 'Not proven' } as const;

function told(claims: readonly Claim[], right: boolean): string {
  const lines = (['wrong', 'proven', 'not-proven'] as const).flatMap((verdict) => {
    const texts = claims.filter((claim) => claim.verdict === verdict).map(({ text }) => `  - ${printable(text)}`);
    return texts.length === 0 ? [] : [`${titles[verdict]}:`, ...texts];
  });
  return [right ? 'Nothing in the evidence is wrong.' : 'THE EVIDENCE IS NOT RIGHT.', ...lines].join('\n');
}
