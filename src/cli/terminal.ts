/** Where a command speaks to. */
export interface Terminal {
  /** Results, for people or pipes. A line end is added. */
  out(text: string): void;
  /** Everything else. */
  err(text: string): void;
}

/** This process's own. */
export const terminal: Terminal = {
  out: (text) => void process.stdout.write(`${text}\n`),
  err: (text) => void process.stderr.write(`${text}\n`),
};

/** One JSON text; big integers as text, times as RFC 3339. */
export function json(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? part.toString() : part), 2);
}
