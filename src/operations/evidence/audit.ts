/** The audit rows in evidence: each by its own hash, and by those beside it. */
import { Fault } from '../../domain/fault.ts';
import type { VerificationKeys } from '../../envelope/keys.ts';
import { type AuditLink, isWhole } from '../../store/audit-chain.ts';
import { type CheckpointStatement, openCheckpoint } from '../audit/head.ts';
import { type Claim, proven, unproven, wrong } from './claims.ts';
import type { EvidenceFiles } from './files.ts';
import { isObject, jsonOf } from './record.ts';

interface Chain {
  readonly head: { readonly id: number; readonly hash: string };
  readonly rows: readonly AuditLink[];
  /** What was signed when older rows were purged; undefined: none were. */
  readonly checkpoint: string | undefined;
}

/**
 * @param messageId whom the rows must be about
 * @param keys of the gateway, as far as they are at hand: they sign checkpoints too
 */
export async function judgeAudit(
  files: EvidenceFiles,
  messageId: string | undefined,
  keys: VerificationKeys,
): Promise<Claim[]> {
  const chain = chainOf(jsonOf(files, 'audit'));
  if (chain === undefined) return [wrong('audit', 'audit.json does not hold rows of an audit.')];
  const { head, rows } = chain;
  const purge = await readPurge(chain.checkpoint, keys);
  if (typeof purge === 'string') return [wrong('audit', purge)];
  for (const [at, link] of rows.entries()) {
    const why = fault(link, rows[at - 1], head, messageId) ?? beyond(link, purge?.said);
    if (why !== undefined) return [wrong('audit', `Row ${link.row.id} of the audit is not right: ${why}.`)];
  }
  return [...judgeRows(chain), ...(purge ? [unproven('audit', purge.text)] : [])];
}

function judgeRows({ head, rows }: Chain): Claim[] {
  const compare = `Compare with \`kuvert audit verify --expect ${head.id}:${head.hash}\` at the gateway.`;
  if (rows.length === 0)
    return [unproven('audit', `That nobody did anything to it by hand: there is no row. ${compare}`)];
  return [
    proven(
      'audit',
      `${rows.length === 1 ? 'One row' : `${rows.length} rows`} of the audit: each is what its hash was made of, and rows that follow each other link.`,
    ),
    unproven('audit', `That no row about it is left out: the rows between are not here. ${compare}`),
  ];
}

interface Purge {
  readonly said: CheckpointStatement;
  readonly text: string;
}

/** @returns what is wrong with it, or what it says; undefined when there is none. */
async function readPurge(jws: string | undefined, keys: VerificationKeys): Promise<Purge | string | undefined> {
  if (jws === undefined) return undefined;
  try {
    const signed = await openCheckpoint(jws, keys).catch((error: unknown) => {
      // Another key may have been the gateway's then.
      if (error instanceof Fault && error.code === 'signature-key-unknown') return undefined;
      throw error;
    });
    const said = signed ?? (await openCheckpoint(jws, undefined));
    const whose = signed ? 'the gateway signed' : 'a key signed that is not at hand here';
    const text = `What rows up to ${said.row} said about it, if anything: they were purged at ${said.at} by ${said.by} (${said.reason}), for which ${whose}.`;
    return { said, text };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return `What stands in the audit for rows that were purged is not genuine: ${error.message}.`;
  }
}

function beyond({ row, previous }: AuditLink, purged: CheckpointStatement | undefined): string | undefined {
  if (purged === undefined) return undefined;
  if (row.id <= purged.row) return 'it is of those that were purged';
  return row.id === purged.row + 1 && previous !== purged.hash
    ? 'it does not stand on the last row that was purged'
    : undefined;
}

function fault(
  link: AuditLink,
  before: AuditLink | undefined,
  head: Chain['head'],
  messageId: string | undefined,
): string | undefined {
  const { row, previous, hash } = link;
  if (!isItself(link)) return 'its content is not what was written';
  if (messageId !== undefined && row.subject !== `message/${messageId}`) return 'it is about something else';
  if (before !== undefined && row.id <= before.row.id) return 'it is not in its place';
  if (before !== undefined && row.id === before.row.id + 1 && previous !== before.hash)
    return 'it does not stand on the row before it';
  if (row.id > head.id) return 'it is newer than the newest row';
  if (row.id === head.id && hash !== head.hash)
    return 'it is the newest row, and its hash is another than that of the newest';
  return undefined;
}

/** What is nested deeper than the stack is nothing that we ever wrote. */
function isItself(link: AuditLink): boolean {
  try {
    return isWhole(link);
  } catch {
    return false;
  }
}

const hex = /^[0-9a-f]{64}$/;

function chainOf(value: unknown): Chain | undefined {
  if (!isObject(value) || !isObject(value['head']) || !Array.isArray(value['rows'])) return undefined;
  const { head, rows, checkpoint } = value;
  if (checkpoint !== undefined && typeof checkpoint !== 'string') return undefined;
  if (typeof head['id'] !== 'number' || typeof head['hash'] !== 'string' || !hex.test(head['hash'])) return undefined;
  return rows.every(isLink) ? { head: { id: head['id'], hash: head['hash'] }, rows, checkpoint } : undefined;
}

function isLink(value: unknown): value is AuditLink {
  if (!isObject(value)) return false;
  const { row, previous, hash } = value;
  return (
    isObject(row) &&
    typeof row['id'] === 'number' &&
    typeof previous === 'string' &&
    typeof hash === 'string' &&
    hex.test(previous) &&
    hex.test(hash)
  );
}
