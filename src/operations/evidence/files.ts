/** What lies in evidence: the names of its files, and the manifest that holds them together. */
import { createHash } from 'node:crypto';

export type EvidenceFiles = ReadonlyMap<string, Buffer>;

export const evidenceFormat = 'kuvert-evidence/1';
export const manifestName = 'manifest.json';

/** Each part's names; the first file that is there under one of them is it. */
export const parts = {
  envelope: ['envelope.json', 'envelope.xml'],
  signature: ['signature.jws'],
  document: ['document.json', 'document.xml', 'document.bin'],
  certificates: ['signing-certificates.pem'],
  message: ['message.json'],
  deliveries: ['deliveries.json'],
  attempts: ['attempts.json'],
  receipts: ['receipts.json'],
  collections: ['collections.json'],
  audit: ['audit.json'],
  made: ['export.json'],
  manifest: [manifestName],
} as const satisfies Record<string, readonly string[]>;

export type Part = keyof typeof parts;

/** Every name that may be in the archive; no other is taken out of one. */
export const knownNames: ReadonlySet<string> = new Set(Object.values(parts).flat());

export function partOf(files: EvidenceFiles, part: Part): Buffer | undefined {
  const name = parts[part].find((one) => files.has(one));
  return name === undefined ? undefined : files.get(name);
}

/** `.json`, `.xml` or `.bin`, by media type. */
export function nameFor(part: 'envelope' | 'document', mediaType: string): string {
  const kind = /[/+](json|xml)\b/.exec(mediaType)?.[1] ?? 'bin';
  return `${part}.${kind}`;
}

/** JSON as it stands in evidence: indented, with a line end. */
export function evidenceJson(value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(value, undefined, 2)}\n`);
}

/**
 * The manifest, made from nothing but the other files: whoever verifies makes it again and compares all of its bytes, so
 * that not a space in it can be another.
 * @throws SyntaxError when a file that it quotes is no JSON
 */
export function manifestOf(files: EvidenceFiles): Buffer {
  const quoted = (part: Part) => JSON.parse(partOf(files, part)?.toString('utf8') ?? 'null') as Quoted | null;
  return evidenceJson({
    format: evidenceFormat,
    message: quoted('message')?.id ?? null,
    auditHead: quoted('audit')?.head ?? null,
    files: [...files]
      .filter(([name]) => name !== manifestName)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, bytes]) => ({ name, bytes: bytes.length, sha256: sha256(bytes) })),
  });
}

interface Quoted {
  readonly id?: unknown;
  readonly head?: unknown;
}

/** Lower-case hex. */
export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
