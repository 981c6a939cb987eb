/** The audit rows in evidence: each by its own hash, and by those beside it. */
import { type AuditLink, isWhole } from '../../store/audit.ts';
import { type Claim, proven, unproven, wrong } from './claims.ts';
import type { EvidenceFiles } from './files.ts';
import { isObject, jsonOf } from './record.ts';

interface Chain {
  readonly head: { readonly id: number; readonly hash: string };
  readonly rows: readonly AuditLink[];
}

/** @param messageId whom the rows must be about */
export function judgeAudit(files: EvidenceFiles, messageId: string | undefined): Claim[] {
  const chain = chainOf(jsonOf(files, 'audit'));
  if (chain === undefined) return [wrong('audit', 'audit.json does not hold rows of an audit.')];
  const { head, rows } = chain;
  for (const [at, link] of rows.entries()) {
    const why = fault(link, rows[at - 1], head, messageId);
    if (why !== undefined) return [wrong('audit', `Row ${link.row.id} of the audit is not right: ${why}.`)];
  }
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
  const { head, rows } = value;
  if (typeof head['id'] !== 'number' || typeof head['hash'] !== 'string' || !hex.test(head['hash'])) return undefined;
  return rows.every(isLink) ? { head: { id: head['id'], hash: head['hash'] }, rows } : undefined;
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
