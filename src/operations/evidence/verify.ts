/** Evidence verified with nothing but itself and what the verifier trusts: no store, no network. */
import { Fault } from '../../domain/fault.ts';
import { isP256, keysOfCertificates, type VerificationKeys } from '../../envelope/keys.ts';
import { type OpenedEnvelope, openEnvelope } from '../../envelope/open.ts';
import type { Certificate } from '../../pki/certificate.ts';
import { judgeAudit } from './audit.ts';
import { type Claim, proven, type Trust, unproven, wrong } from './claims.ts';
import { type EvidenceFiles, manifestName, manifestOf, type Part, partOf, parts, sha256 } from './files.ts';
import { about, readRecord, withdrawalIn } from './record.ts';
import { judgeSigner, judgeWithdrawal, readSigning } from './signer.ts';

/** Without one of these it is no evidence. */
const needed: readonly Part[] = [
  'envelope',
  'signature',
  'document',
  'message',
  'deliveries',
  'attempts',
  'audit',
  'made',
  'manifest',
];
const mostEnvelopeBytes = 256 * 1_048_576;

/** @returns what was proven, what was not and what is wrong, in the order in which one would tell it. */
export async function verifyEvidence(files: EvidenceFiles, trust: Trust): Promise<readonly Claim[]> {
  const missing = needed.filter((part) => partOf(files, part) === undefined);
  if (missing.length > 0)
    return [
      wrong('files', `It is not whole: ${missing.map((part) => parts[part].join(' or ')).join(', ')} is missing.`),
    ];
  const { record, claims: recordClaims } = readRecord(files);
  // 1. The files are those that were put in.
  const claims: Claim[] = [judgeManifest(files), ...recordClaims];
  // 2. The envelope's exact bytes were signed, and by whom.
  const signing = trust.certificate ?? readSigning(files, claims);
  const opened = await openSigned(files, signing, claims);
  // 3. It holds this document, and is the message that the record tells of.
  if (opened !== undefined) {
    claims.push(judgeDocument(files, opened));
    if (record !== undefined) claims.push(about(record, opened, sha256(partOf(files, 'envelope') ?? Buffer.alloc(0))));
    const signer = judgeSigner(signing ?? [], opened.keyThumbprint, trust, record?.sealedAt);
    claims.push(judgeWithdrawal(signer, withdrawalIn(files)));
  }
  // 4. What people did to it, row by row.
  claims.push(...(await judgeAudit(files, record?.id, keysOf(signing))));
  // 5. What nobody else has signed.
  claims.push(
    unproven(
      'record',
      'Deliveries, attempts, receipts and fetches are the gateway’s own word: no supplier has signed them. Compare them with what the supplier has.',
    ),
  );
  return claims;
}

function judgeManifest(files: EvidenceFiles): Claim {
  const given = files.get(manifestName)?.toString('utf8') ?? '';
  let made: Buffer;
  try {
    made = manifestOf(files);
  } catch (error) {
    return wrong('manifest', `A file that the manifest quotes cannot be read: ${(error as Error).message}.`);
  }
  if (given === made.toString('utf8'))
    return proven(
      'manifest',
      `All ${files.size} files are as the manifest says; its SHA-256, which stands for all of them, is ${sha256(made)}.`,
    );
  const changed = [...files].filter(
    ([name, bytes]) =>
      name !== manifestName &&
      !given.includes(`"name": "${name}",\n      "bytes": ${bytes.length},\n      "sha256": "${sha256(bytes)}"`),
  );
  return wrong(
    'manifest',
    changed.length === 0
      ? 'The manifest itself was changed.'
      : `Not as the manifest says: ${changed.map(([name]) => name).join(', ')}.`,
  );
}

async function openSigned(
  files: EvidenceFiles,
  certificates: readonly Certificate[] | undefined,
  claims: Claim[],
): Promise<OpenedEnvelope | undefined> {
  if (certificates === undefined) return undefined;
  const signature = partOf(files, 'signature')?.toString('latin1') ?? '';
  try {
    const opened = await openEnvelope(partOf(files, 'envelope') ?? Buffer.alloc(0), signature, {
      keys: keysOf(certificates),
      mostBytes: mostEnvelopeBytes,
    });
    claims.push(
      proven(
        'signature',
        `The signature is that of the envelope’s exact bytes, made with the key ${opened.keyThumbprint}: message ${opened.id}, ${opened.messageType} ${opened.documentNumber} to ${opened.recipient}, sequence ${opened.sequence}.`,
      ),
    );
    return opened;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const findings = error.findings.map(({ where, text }) => `${where} ${text}`.trim()).join('; ');
    claims.push(wrong('signature', `The envelope is not genuine: ${error.message}${findings && ` (${findings})`}.`));
    return undefined;
  }
}

function keysOf(certificates: readonly Certificate[] = []): VerificationKeys {
  const pems = certificates.flatMap(({ x509, pem }) => (isP256(x509.publicKey) ? [pem] : []));
  return keysOfCertificates(pems);
}

function judgeDocument(files: EvidenceFiles, { documentSha256, document: inside }: OpenedEnvelope): Claim {
  const document = partOf(files, 'document') ?? Buffer.alloc(0);
  return sha256(document) === documentSha256 && document.equals(inside)
    ? proven('document', `The envelope holds this document, byte for byte (SHA-256 ${documentSha256}).`)
    : wrong('document', 'The document beside the envelope is not the one in it.');
}
