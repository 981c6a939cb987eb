/** What tests of the push need: an authority with its parties, a pusher that trusts it, targets and parcels. */
import { X509Certificate } from 'node:crypto';
import { createPusher } from '../../src/delivery/push/push.ts';
import type { Parcel, PushDeps, Pusher, Target } from '../../src/delivery/push/types.ts';
import { judgePeer } from '../../src/pki/judge-peer.ts';
import { silentLog } from '../../src/platform/log.ts';
import {
  createDevAuthority,
  type DevAuthority,
  type DevCertificateRequest,
  type DevCredential,
  issueDevCertificate,
} from './dev-authority.ts';
import { type Endpoint, type EndpointOptions, startEndpoint } from './endpoint.ts';

/** A credential in the shape that an endpoint takes, with the name it has in a register. */
export interface Party {
  readonly key: string;
  readonly certificate: string;
  readonly fingerprint: string;
}

export interface Parties {
  readonly authority: DevAuthority;
  /** The gateway as a client. */
  readonly gateway: Party;
  /** A supplier whose certificate is good. */
  readonly supplier: Party;
  /** Another certificate of the same authority, or of `from`. */
  issue(request?: Partial<DevCertificateRequest>, from?: DevAuthority | 'self'): Promise<Party>;
}

export async function createParties(): Promise<Parties> {
  const authority = await createDevAuthority();
  const issue: Parties['issue'] = async (request = {}, from = authority) =>
    partyOf(
      await issueDevCertificate(from === 'self' ? undefined : from, {
        name: 'Leverantör AB',
        ipAddresses: ['127.0.0.1'],
        ...request,
      }),
    );
  const gateway = await issue({ name: 'Kuvert', usages: ['clientAuth'] });
  return { authority, gateway, supplier: await issue(), issue };
}

function partyOf({ keyPem, chainPem, certificatePem }: DevCredential): Party {
  const { fingerprint256 } = new X509Certificate(certificatePem);
  return { key: keyPem, certificate: chainPem, fingerprint: fingerprint256.replaceAll(':', '').toLowerCase() };
}

/** A pusher with the real judge of peers, short times, and leave to connect to 127.0.0.0/8; `more` overrides. */
export function pusherFor(parties: Parties, more: Partial<PushDeps> = {}): Pusher {
  const authorities = [new X509Certificate(parties.authority.certificatePem)];
  const { key, certificate, fingerprint } = parties.gateway;
  return createPusher({
    credential: () => ({ version: fingerprint, key, certificate }),
    judgePeer: (shown, { certificates }, now) =>
      judgePeer({ shown, authorities, registered: certificates, now: new Date(now), role: 'server' }),
    now: Date.now,
    limits: { connectTimeout: 1_000, pushTimeout: 1_500, answerBytes: 4_096, answerExcerpt: 200 },
    egressAllow: ['127.0.0.0/8'],
    log: silentLog,
    version: '0.0.0',
    ...more,
  });
}

/** The register's entry for an endpoint with these certificates. */
export function targetOf(url: string, certificates: readonly Party[], more: Partial<Target> = {}): Target {
  return {
    addressId: 1,
    url,
    version: '1',
    certificates: certificates.map(({ fingerprint }) => ({ fingerprint, withdrawn: false })),
    connections: 1,
    ...more,
  };
}

export function parcelOf(more: Partial<Parcel> = {}): Parcel {
  return {
    messageId: '01936f0e-7c3a-7b7e-9d55-0b9f6f1f2a10',
    bytes: Buffer.alloc(8_192, 'x'),
    signature: 'eyJhbGciOiJFUzI1NiJ9..c2lnbmF0dXJl',
    contentType: 'application/cloudevents+json',
    attempt: 1,
    ...more,
  };
}

/** An endpoint that lets the authority's clients in. */
export function endpointOf(
  parties: Parties,
  party: Party = parties.supplier,
  more: Partial<EndpointOptions> = {},
): Promise<Endpoint> {
  const { key, certificate } = party;
  return startEndpoint({ key, certificate, ca: parties.authority.certificatePem, ...more });
}
