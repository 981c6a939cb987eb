/** Tables and lists for people. */

export interface Column<T> {
  readonly title: string;
  readonly value: (row: T) => string | number | undefined;
}

/** Columns of equal width, numbers to the right, two spaces between; no colours, no frames: it can be cut and sorted. */
export function table<T>(columns: readonly Column<T>[], rows: readonly T[]): string {
  const numeric = columns.map(({ value }) => rows.length > 0 && rows.every((row) => typeof value(row) !== 'string'));
  const cells = rows.map((row) => columns.map(({ value }) => printable(String(value(row) ?? '–'))));
  const lines = [columns.map(({ title }) => title), ...cells];
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => width(line[at] ?? ''))));
  return lines
    .map((line) =>
      line
        .map((cell, at) => {
          const space = ' '.repeat((widths[at] ?? 0) - width(cell));
          return numeric[at] ? space + cell : cell + space;
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** `name   value`, one a line; what has no value is left out. */
export function facts(rows: readonly (readonly [name: string, value: string | number | undefined])[]): string {
  const shown = rows.filter(([, value]) => value !== undefined);
  const most = Math.max(...shown.map(([name]) => width(name)));
  return shown
    .map(([name, value]) => `${name}${' '.repeat(most - width(name))}  ${printable(String(value))}`)
    .join('\n');
}

/** Characters, not bytes or halves of surrogate pairs. */
const width = (text: string): number => Array.from(text).length;
/** What comes from outside must not move the cursor, colour the screen or break a line. */
// oxlint-disable-next-line no-control-regex
export const printable = (text: string): string => text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ');

/** `2026-03-01 12:00:05`, UTC. */
export function moment(at: Date | undefined): string | undefined {
  return at?.toISOString().slice(0, 19).replace('T', ' ');
}

/** `3 m`, `2 h`, `5 d`: how long something has lasted, coarsely. */
export function span(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1_000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} m`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}
