/** Stands between a supplier's program and the gateway, and breaks off answers: after half of the body, or before a byte. */
import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { Agent, createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { TestGateway } from './gateway.ts';
import type { SupplierCredential } from './gateway-supplier.ts';

/** What becomes of an answer that the gateway has given. */
export type Fate = 'whole' | 'half' | 'lost';

export interface Middleman {
  readonly url: string;
  /** What was asked for, in order: `GET /v1/messages`. */
  readonly asked: readonly string[];
  /** What the gateway answered to it, whether it came through or not. */
  readonly answers: readonly { readonly asked: string; readonly status: number; readonly body: string }[];
  stop(): void;
}

/**
 * It shows the supplier the gateway's certificate, and the gateway that of the supplier.
 * @param fate decides by what was asked, and how often it was
 */
export async function startMiddleman(
  gateway: TestGateway,
  url: string,
  as: SupplierCredential,
  fate: (asked: string, times: number) => Fate,
): Promise<Middleman> {
  const { supplierListener, authority } = gateway.certificates;
  const agent = new Agent({ keepAlive: true, key: as.key, cert: as.certificate, ca: authority.rootPem });
  const asked: string[] = [];
  const answers: { asked: string; status: number; body: string }[] = [];
  const server = createServer(
    { key: readFileSync(supplierListener.keyFile), cert: readFileSync(supplierListener.certificateFile) },
    (incoming, outgoing) => {
      const what = `${incoming.method} ${incoming.url?.split('?')[0]}`;
      asked.push(what);
      const times = asked.filter((one) => one === what).length;
      const { host: _, ...headers } = incoming.headers;
      const answered = (status: number, given: IncomingHttpHeaders, bytes: Buffer) => {
        answers.push({ asked: what, status, body: bytes.toString() });
        const become = fate(what, times);
        if (become === 'lost') return outgoing.destroy();
        outgoing.writeHead(status, { ...given, 'content-length': bytes.length });
        if (become === 'whole') return outgoing.end(bytes);
        return outgoing.write(bytes.subarray(0, bytes.length / 2), () => outgoing.destroy());
      };
      const onward = request(url + incoming.url, { method: incoming.method, headers, agent }, (answer) => {
        buffer(answer).then(
          (bytes) => answered(answer.statusCode ?? 0, answer.headers, bytes),
          () => outgoing.destroy(),
        );
      });
      onward.on('error', () => outgoing.destroy());
      incoming.pipe(onward);
    },
  );
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    answers,
    stop: () => {
      server.closeAllConnections();
      server.close();
      agent.destroy();
    },
  };
}
