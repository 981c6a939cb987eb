/** An authority with EST that is not ours: for what ours never answers, and for those who stand in its place. It records all that it is sent. */
import { X509Certificate } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { type AddressInfo, connect, createServer as createTcp } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { TLSSocket } from 'node:tls';
import { readCertificates } from '../../src/pki/certificate.ts';
import { certsOnly } from '../../src/pki/certs-only.ts';
import { makeKey, makeSigningRequest } from '../../src/pki/own-key.ts';
import { type CertificatePurpose, issueCertificate, validityFor } from '../../src/pki/profile.ts';
import { readSigningRequest } from '../../src/pki/request.ts';
import { newSerial } from '../../src/pki/subject.ts';
import type { TestAuthority } from './authority.ts';

const day = 86_400_000;

export interface EstAsked {
  readonly path: string;
  readonly authorization: string | undefined;
  /** SHA-256 of the client certificate. */
  readonly shown: string | undefined;
  readonly body: string;
}

export interface EstAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** `lost`: the request was taken, and nothing comes back. */
export type Behaviour = (asked: EstAsked) => Promise<EstAnswer | 'lost'> | EstAnswer | 'lost';

export interface EstServer {
  readonly url: string;
  readonly port: number;
  readonly asked: EstAsked[];
  behave(behaviour: Behaviour): void;
  stop(): void;
}

/** A certificate in the answer to a request, as this authority issues it. */
export async function issueFor(
  { issuing }: TestAuthority,
  body: string,
  more: {
    readonly lifetime?: number;
    readonly from?: Date;
    readonly organisationNumber?: string;
    readonly purpose?: CertificatePurpose;
  } = {},
): Promise<string> {
  return issueCertificate(issuing, {
    spki: readSigningRequest(Buffer.from(body)).spki,
    subject: {
      organisation: 'Exempel AB',
      commonName: 'Ekonomi',
      organisationNumber: more.organisationNumber ?? '5560160680',
    },
    purpose: more.purpose ?? 'both',
    dnsNames: ['b2b.exempel.se'],
    environment: 'test',
    serial: newSerial(),
    ...validityFor(issuing, more.from ?? new Date(), more.lifetime ?? 730 * day),
  });
}

export const certificates = (pem: string): EstAnswer => ({
  status: 200,
  headers: { 'content-type': 'application/pkcs7-mime; smime-type=certs-only' },
  body: certsOnly(readCertificates(pem)).toString('base64'),
});

export const problem = (status: number, code: string, detail: string, headers = {}): EstAnswer => ({
  status,
  headers: { 'content-type': 'application/problem+json', ...headers },
  body: JSON.stringify({ type: `urn:kuvert:fault:${code}`, title: code, status, detail }),
});

/** @param host what its own certificate names */
export async function startEst(authority: TestAuthority, host = 'localhost'): Promise<EstServer> {
  const keyPem = await makeKey();
  const request = await makeSigningRequest(keyPem, 'listener');
  const own = await issueCertificate(authority.issuing, {
    spki: readSigningRequest(request.der).spki,
    subject: { organisation: 'Kuvert', commonName: 'Kuvert' },
    purpose: 'listener',
    dnsNames: [host],
    environment: 'test',
    serial: newSerial(),
    ...validityFor(authority.issuing, new Date(), 30 * day),
  });
  const asked: EstAsked[] = [];
  let behaviour: Behaviour = async ({ body }) => certificates(await issueFor(authority, body));
  const server = createServer(
    {
      key: keyPem,
      cert: own + authority.issuing.certificatePem,
      ca: authority.root.certificatePem,
      requestCert: true,
      rejectUnauthorized: false,
    },
    (incoming, outgoing) => void answer(incoming, outgoing),
  );
  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const one = await record(incoming);
    asked.push(one);
    const known = certificates(authority.issuing.certificatePem);
    const given = one.path.endsWith('/cacerts') ? known : await behaviour(one);
    if (given === 'lost') incoming.socket.destroy();
    else outgoing.writeHead(given.status, given.headers).end(given.body);
  };
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://localhost:${port}`,
    port,
    asked,
    behave: (wanted) => {
      behaviour = wanted;
    },
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function record(incoming: IncomingMessage): Promise<EstAsked> {
  const { raw } = (incoming.socket as TLSSocket).getPeerCertificate();
  return {
    path: incoming.url ?? '',
    authorization: incoming.headers.authorization,
    shown: raw === undefined ? undefined : new X509Certificate(raw).fingerprint256.replaceAll(':', '').toLowerCase(),
    body: (await buffer(incoming)).toString('latin1'),
  };
}

/** A port in front of others: each connection goes where `choose` says; 0 for the first. */
export async function startJunction(choose: (nth: number) => number): Promise<{ readonly url: string; stop(): void }> {
  let nth = 0;
  const server = createTcp((incoming) => {
    const outgoing = connect(choose(nth++), '127.0.0.1');
    incoming.pipe(outgoing).pipe(incoming);
    incoming.on('error', () => outgoing.destroy());
    outgoing.on('error', () => incoming.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `https://localhost:${(server.address() as AddressInfo).port}`,
    stop: () => server.close(),
  };
}
