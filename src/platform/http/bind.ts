/** The address of a listener. */
import type { Server } from 'node:net';
import { Fault } from '../../domain/fault.ts';

/** Comes back when the server listens. @throws Fault `setting-invalid` if the address cannot be had */
export async function bind(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, () => {
        server.off('error', reject);
        resolve();
      });
    });
  } catch (cause) {
    throw new Fault('setting-invalid', `cannot listen on ${host} port ${port}: ${(cause as Error).message}`, { cause });
  }
}
