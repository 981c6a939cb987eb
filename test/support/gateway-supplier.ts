/** A supplier of a test gateway: a credential, a real endpoint, and what came to it, opened as a supplier opens it. */
import { strict as assert } from 'node:assert';
import { X509Certificate } from 'node:crypto';
import type { OrganisationNumber } from '../../src/domain/organisation-number.ts';
import { keysOfCertificates } from '../../src/envelope/keys.ts';
import { type OpenedEnvelope, openEnvelope } from '../../src/envelope/open.ts';
import { type DevAuthority, issueDevCertificate } from './dev-authority.ts';
import { type Endpoint, type EndpointOptions, startEndpoint } from './endpoint.ts';
import { sha256Of } from './ka.ts';

export interface SupplierCredential {
  readonly key: string;
  /** With its chain. */
  readonly certificate: string;
  readonly fingerprint: string;
}

export interface GatewaySupplier {
  readonly organisationNumber: OrganisationNumber;
  readonly endpoint: Endpoint;
  readonly credential: SupplierCredential;
  /** The supplier's entry in an import file; `address` over what it usually is. */
  entry(address?: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>;
  /** Everything that came, in order, repeats too; fails if one is not signed by this gateway, for this supplier. */
  received(): Promise<Received[]>;
}

/** One request at an endpoint. */
export interface Received extends OpenedEnvelope {
  /** Of the exact bytes of envelope and signature together. */
  readonly exact: string;
  /** The header `kuvert-attempt`. */
  readonly attempt: number;
}

export async function issueSupplierCredential(
  authority: DevAuthority,
  organisationNumber: OrganisationNumber,
): Promise<SupplierCredential> {
  const { keyPem, chainPem, certificatePem } = await issueDevCertificate(authority, {
    name: `Leverantör ${organisationNumber} AB`,
    organisationNumber,
    ipAddresses: ['127.0.0.1'],
  });
  const { fingerprint256 } = new X509Certificate(certificatePem);
  return {
    key: keyPem,
    certificate: chainPem,
    fingerprint: fingerprint256.replaceAll(':', '').toLowerCase(),
  };
}

export async function startSupplier(
  authority: DevAuthority,
  signingCertificate: string,
  organisationNumber: OrganisationNumber,
  behaviour: NonNullable<EndpointOptions['behaviour']> = 'ok',
): Promise<GatewaySupplier> {
  const credential = await issueSupplierCredential(authority, organisationNumber);
  const endpoint = await startEndpoint({ ...credential, ca: authority.rootPem, behaviour });
  const keys = keysOfCertificates([signingCertificate]);
  return {
    organisationNumber,
    endpoint,
    credential,
    entry: (address = {}) => ({
      organisationNumber,
      name: `Leverantör ${organisationNumber} AB`,
      language: 'sv',
      addresses: [
        {
          environment: 'test',
          delivery: 'push',
          url: endpoint.url,
          certificates: [credential.certificate],
          messageTypes: ['purchase-order', 'self-invoice', 'self-invoice-credit'],
          ...address,
        },
      ],
    }),
    received: () => Promise.all(endpoint.requests.map((request) => open(request, organisationNumber, keys))),
  };
}

async function open(
  { headers, body }: Endpoint['requests'][number],
  recipient: OrganisationNumber,
  keys: ReturnType<typeof keysOfCertificates>,
): Promise<Received> {
  const signature = String(headers['x-jws-signature']);
  const opened = await openEnvelope(body, signature, {
    keys,
    expect: { recipients: [recipient], environment: 'test' },
  });
  assert.equal(headers['idempotency-key'], opened.id);
  return {
    ...opened,
    exact: sha256Of(Buffer.concat([body, Buffer.from(signature)])),
    attempt: Number(headers['kuvert-attempt']),
  };
}
