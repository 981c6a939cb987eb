/** A supplier's program that fetches, on kept connections. */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import type { OrganisationNumber } from '../../src/domain/organisation-number.ts';
import type { Bench } from './stage.ts';

export interface Program {
  /** Fails when the answer is not 200. */
  ask(method: 'GET' | 'PUT' | 'POST', path: string, body?: string): Promise<Buffer>;
  list(query: string): Promise<readonly { readonly id: string }[]>;
  close(): void;
}

export function programOf({ stage }: Bench, supplier: OrganisationNumber, connections: number): Program {
  const files = stage.supplierCredentials.get(supplier);
  if (!files) throw new Error(`no certificate was made for ${supplier}`);
  const agent = new Agent({
    key: readFileSync(files.keyFile),
    cert: readFileSync(files.certificateFile),
    ca: readFileSync(stage.caFile),
    keepAlive: true,
    maxSockets: connections,
  });
  const program: Program = {
    ask: (method, path, body) =>
      new Promise((resolve, reject) => {
        const headers =
          body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
        const { supplierPort: port } = stage.settings;
        const asking = request({ host: '127.0.0.1', port, method, path, agent, headers }, (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('error', reject);
          answer.on('end', () => {
            const bytes = Buffer.concat(chunks);
            if (answer.statusCode === 200) resolve(bytes);
            else reject(new Error(`${method} ${path} was answered ${answer.statusCode}: ${bytes.toString()}`));
          });
        });
        asking.on('error', reject);
        asking.end(body);
      }),
    list: async (query) => {
      const { messages } = JSON.parse((await program.ask('GET', `/v1/messages?${query}`)).toString()) as {
        messages: { id: string }[];
      };
      return messages;
    },
    close: () => agent.destroy(),
  };
  return program;
}
