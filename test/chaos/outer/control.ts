/** Orders on standard input, one JSON object a line; one JSON line on standard output for each, in order. */
import { createInterface } from 'node:readline';

export type Order = Readonly<Record<string, unknown>> & { readonly do: string };
type Handler = (order: Order) => Promise<object>;

/**
 * Answers `{"ok":true,…}`, or `{"ok":false,"error":…}` for an order that cannot be done; `ping` is always understood. `stop`, and the end
 * of standard input, end the process at once, whatever is under way.
 */
export function serveControl(handlers: Readonly<Record<string, Handler>>, stop: () => Promise<void> | void): void {
  const reply = (value: object): void => void process.stdout.write(`${JSON.stringify(value)}\n`);
  let last: Promise<void> = Promise.resolve();
  let over = false;
  const end = async (): Promise<void> => {
    if (over) return;
    over = true;
    await stop();
    reply({ ok: true, stopped: true });
    process.exit(0);
  };
  const obey = async (text: string): Promise<void> => {
    try {
      const order = JSON.parse(text) as Order;
      const handler = order.do === 'ping' ? async () => ({}) : handlers[order.do];
      if (!handler) throw new Error(`no such order: ${order.do}`);
      reply({ ok: true, ...(await handler(order)) });
    } catch (error) {
      reply({ ok: false, error: error instanceof Error ? error.message : String(error) });
    }
  };
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (text) => {
    if (over || text.trim() === '') return;
    if (/"do"\s*:\s*"stop"/.test(text)) void end();
    else last = last.then(() => obey(text));
  });
  lines.on('close', () => void end());
}

/** The folder that the process was started with. */
export function folderArgument(): string {
  const folder = process.argv[2];
  if (folder === undefined) throw new Error('which folder?');
  return folder;
}
