/** Enrollment over Secure Transport (RFC 7030, RFC 8951) on the suppliers' listener. */
import type { TLSSocket } from 'node:tls';
import type { Request, Response } from 'express';
import { Fault } from '../../domain/fault.ts';
import { readCertificates } from '../../pki/certificate.ts';
import { certsOnly } from '../../pki/certs-only.ts';
import { csrAttributes } from '../../pki/csr-attributes.ts';
import { peerChain } from '../../pki/peer-chain.ts';
import type { Route } from '../../platform/http/app.ts';
import { readAuthorities } from '../../store/enrol/authorities.ts';
import { type Answer, type EnrolParts, enrol, renew } from '../enrol.ts';

/** In PEM with line breaks, and what explains it, the largest request that is read is not longer. */
const mostBodyBytes = 40_000;

/**
 * No route asks for a client certificate at the door: `simpleenroll` is for who has none yet, and the door would turn away that of a
 * server, which `simplereenroll` takes.
 */
export function estRoutes(parts: EnrolParts): Route[] {
  const open = { certificate: 'not-asked' } as const;
  return [
    {
      ...open,
      method: 'GET',
      path: '/.well-known/est/cacerts',
      handle: (_request, response) => giveAuthorities(parts, response),
    },
    {
      ...open,
      method: 'GET',
      path: '/.well-known/est/csrattrs',
      handle: (_request, response) => give(response, 'application/csrattrs', csrAttributes),
    },
    {
      ...open,
      method: 'POST',
      path: '/.well-known/est/simpleenroll',
      mostBodyBytes,
      handle: async (request, response) => {
        try {
          const codes = codesIn(request);
          if (codes === undefined)
            throw new Fault(
              'codes-wrong',
              'give TransferID and TransferPassword as user name and password (HTTP Basic)',
            );
          const body = requestIn(request);
          const { remoteAddress } = request.socket;
          answer(response, await enrol(parts, { ...codes, body, remoteAddress }));
        } catch (error) {
          // RFC 9110 §15.5.2.
          if (error instanceof Fault && error.code === 'codes-wrong') response.set('www-authenticate', challenge);
          throw error;
        }
      },
    },
    {
      ...open,
      method: 'POST',
      path: '/.well-known/est/simplereenroll',
      mostBodyBytes,
      handle: async (request, response) => {
        const shown = peerChain(request.socket as TLSSocket);
        const body = requestIn(request);
        answer(response, await renew(parts, { shown, body, remoteAddress: request.socket.remoteAddress }));
      },
    },
  ];
}

const challenge = 'Basic realm="certificate order", charset="UTF-8"';

async function giveAuthorities({ pool, now }: EnrolParts, response: Response): Promise<void> {
  const at = now();
  const authorities = (await readAuthorities(pool)).filter(({ notAfter }) => notAfter > at);
  if (authorities.length === 0) throw new Fault('not-found', 'no authority has been started here yet');
  give(response, certificates, certsOnly(authorities.flatMap(({ pem }) => readCertificates(pem))));
}

const certificates = 'application/pkcs7-mime; smime-type=certs-only';

function answer(response: Response, answered: Answer): void {
  if (answered.kind === 'too-many') {
    response.set('retry-after', String(answered.seconds));
    throw new Fault('too-many-requests', 'too many wrong codes, or too many requests for one certificate');
  }
  if (answered.kind === 'wait') {
    response
      .status(202)
      .set('retry-after', String(answered.seconds))
      .type('text/plain; charset=utf-8')
      .send(`${answered.why}; ask the same again later\n`);
    return;
  }
  // RFC 7030 §4.2.3: the certificate alone; those above it are at cacerts.
  give(response, certificates, certsOnly(readCertificates(answered.certificate)));
}

/**
 * Base64 in one line: line breaks are allowed (RFC 8951 §3.1), and some clients do not take them. There is no
 * Content-Transfer-Encoding in HTTP.
 */
function give(response: Response, type: string, der: Buffer): void {
  response.type(type).send(Buffer.from(der.toString('base64'), 'latin1'));
}

function requestIn(request: Request): Buffer {
  const [type = ''] = (request.headers['content-type'] ?? '').split(';', 1);
  if (type.trim().toLowerCase() !== 'application/pkcs10')
    throw new Fault('media-type-not-taken', 'the body must be application/pkcs10, and say so in its content-type');
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
}

/** RFC 7617. */
function codesIn(request: Request): { readonly transferId: string; readonly password: string } | undefined {
  const [, encoded] = /^Basic +([A-Za-z0-9+/]{1,400}={0,2}) *$/i.exec(request.headers.authorization ?? '') ?? [];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { transferId: text.slice(0, colon), password: text.slice(colon + 1) };
}
