/** What stands in the audit where rows were purged: signed, one after the other, with nothing kept below the last. */
import { Fault } from '../../domain/fault.ts';
import type { VerificationKeys } from '../../envelope/keys.ts';
import type { Checkpoint } from '../../store/audit-heads.ts';
import { type CheckpointStatement, openCheckpoint } from './head.ts';
import type { CheckpointSummary, Damage } from './report.ts';

/**
 * @param purges oldest first
 * @param below the oldest row that is kept; undefined: none is
 */
export async function judgeCheckpoints(
  purges: readonly Checkpoint[],
  below: number | undefined,
  keys: VerificationKeys | undefined,
): Promise<{ readonly damage: readonly Damage[]; readonly newest: CheckpointSummary | undefined }> {
  const damage: Damage[] = [];
  const wrong = (row: number, text: string) => damage.push({ kind: 'checkpoint-wrong', row, text });
  let newest: CheckpointSummary | undefined;
  let before = 0;
  for (const purge of purges) {
    const row = purge.id;
    try {
      const said = await openCheckpoint(purge.jws, keys);
      if (!agrees(said, purge))
        wrong(row, `The checkpoint at row ${row} says something else than what was signed for it.`);
      else if (said.first !== before + 1)
        wrong(
          row,
          `The checkpoint at row ${row} begins at row ${said.first}: those from row ${before + 1} are in none.`,
        );
      newest = { row, purged: purge.purged, at: said.at, by: said.by, reason: said.reason };
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      wrong(
        row,
        `The checkpoint at row ${row} is not genuine: ${error.message}. Rows up to it may have been removed by anybody.`,
      );
      newest = undefined;
    }
    before = row;
  }
  if (below !== undefined && below <= before)
    wrong(below, `Row ${below} is there, though rows up to ${before} were purged.`);
  return { damage, newest };
}

const agrees = (said: CheckpointStatement, { id, hash, purged, at }: Checkpoint): boolean =>
  said.row === id &&
  said.hash === hash.toString('hex') &&
  said.row - said.first + 1 === purged &&
  Date.parse(said.at) === at.getTime();
