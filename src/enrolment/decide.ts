/** The authority's policy: pure, from what the database says and the time, to a decision. Whatever the front has looked at is looked at anew. */
import type { FaultCode } from '../domain/fault.ts';
import type { Environment } from '../domain/message.ts';
import type { Certificate } from '../pki/certificate.ts';
import type { CertificatePurpose } from '../pki/profile.ts';
import type { RenewedCertificate } from '../store/enrol/certificates.ts';
import type { CertificateType, Order } from '../store/enrol/orders.ts';
import type { OwnPurpose } from '../store/enrol/own-certificates.ts';
import { proofIsRight } from './codes.ts';
import { standingOf } from './standing.ts';

/** For what a certificate is asked, as the database has it now. */
export type AskedFor =
  | { readonly kind: 'enrol'; readonly order: Order; readonly proof: Buffer }
  | {
      readonly kind: 'renew';
      readonly renewed: RenewedCertificate;
      /** The same, read. */
      readonly certificate: Pick<Certificate, 'subject' | 'dnsNames' | 'ipAddresses'>;
      /** What its own extended key usage says it is for. */
      readonly uses: { readonly server: boolean; readonly client: boolean };
    };
/** For ourselves: whoever may write to the database may ask, as it may do anything else. */
export interface OwnAskedFor {
  readonly kind: 'own';
  readonly purpose: OwnPurpose;
  readonly dnsNames: readonly string[];
  readonly organisation: string;
  readonly organisationNumber: string;
}

export interface Question {
  readonly for: AskedFor | OwnAskedFor;
  /** Another certificate is being made, or was, for the same order or in the place of the same certificate. */
  readonly taken: boolean;
  /** Where the key in the request is in use, or was (`keySeen`); undefined: nowhere. */
  readonly keySeen: string | undefined;
  readonly environment: Environment;
  readonly now: Date;
  /** Milliseconds before its end, from which a certificate may be renewed. */
  readonly renewalFrom: number;
  /** Somebody else than who placed it must have approved an order, whatever the shell thought in which it was placed. */
  readonly approvalWanted: boolean;
}

/** What is to stand in the certificate, and with it in the register. */
export interface Wanted {
  readonly organisationNumber: string;
  readonly organisation: string;
  readonly commonName: string;
  /** In the register; undefined: it is our own, and not there. */
  readonly type: CertificateType | undefined;
  readonly purpose: CertificatePurpose;
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly description: string | undefined;
  readonly contactId: number | undefined;
  readonly orderId: string | undefined;
  readonly renews: string | undefined;
}

export type Verdict =
  | { readonly kind: 'issue'; readonly wanted: Wanted }
  | { readonly kind: 'refuse'; readonly fault: FaultCode; readonly detail: string };

export function decide(question: Question): Verdict {
  const refusal = refusalOf(question);
  if (refusal !== undefined) return refusal;
  if (question.keySeen !== undefined)
    return refuse(
      'request-refused',
      `The key in the request is ${question.keySeen === 'certificate' ? 'that of a certificate which is registered already' : 'in use already'} (rule key-used); make a new key: a key is used for one certificate.`,
    );
  return { kind: 'issue', wanted: wantedFor(question.for) };
}

function refusalOf(question: Question): Verdict | undefined {
  const asked = question.for;
  if (asked.kind === 'enrol') return refuseOrder(asked, question);
  if (asked.kind === 'renew') return refuseRenewal(asked.renewed, question);
  if (asked.purpose === 'listener' && asked.dnsNames.length === 0)
    return refuse('request-refused', 'a listener is reached under a name: there is none to put into its certificate');
  return undefined;
}

const refuse = (fault: FaultCode, detail: string): Verdict => ({ kind: 'refuse', fault, detail });

function refuseOrder(
  { order, proof }: { readonly order: Order; readonly proof: Buffer },
  { now, taken, environment, approvalWanted }: Question,
): Verdict | undefined {
  // Before all else: what is wrong with an order is told only to who has its codes.
  if (!proofIsRight(proof, order.passwordCheck))
    return refuse('codes-wrong', 'TransferID or TransferPassword is wrong');
  if (taken || order.state === 'fetched') return alreadyFetched(order);
  const standing = standingOf(order, now);
  if (standing !== 'opened') return refuse('order-not-open', whyOrderNotOpen(order, standing));
  if (order.approval === 'awaited' || (approvalWanted && order.approval !== 'given'))
    return refuse('not-possible-now', 'the order waits for approval');
  if (order.address.retiredAt !== undefined) return refuse('order-not-open', addressRetired);
  return wrongEnvironment(order.address.environment, environment);
}

export const addressRetired = 'the address that the certificate was ordered for is not in use any more';

export function alreadyFetched(order: Pick<Order, 'transferId'>): Verdict & { readonly kind: 'refuse' } {
  return {
    kind: 'refuse',
    fault: 'order-fetched',
    detail: `the order ${order.transferId} has its certificate, made for another key; these codes give no second one. If that key is lost, ask for a new order`,
  };
}

/** For the supplier, who cannot mend it. */
export function whyOrderNotOpen(
  order: Pick<Order, 'transferId' | 'expiresAt' | 'reason'>,
  standing: ReturnType<typeof standingOf>,
): string {
  const again = 'ask whoever ordered it for a new order';
  const why: Partial<Record<typeof standing, string>> = {
    expired: `the order ${order.transferId} expired at ${order.expiresAt.toISOString()}; ${again}`,
    locked: `the order ${order.transferId} is locked${/database/.test(order.reason ?? '') ? '' : ' after too many wrong guesses'}; ${again}`,
    cancelled: `the order ${order.transferId} was cancelled; ${again}`,
    replaced: `a newer order took the place of ${order.transferId}; its codes were sent`,
  };
  return why[standing] ?? `the order ${order.transferId} is not open; ${again}`;
}

function refuseRenewal(
  renewed: RenewedCertificate,
  { now, taken, renewalFrom, environment }: Question,
): Verdict | undefined {
  const { fingerprint, withdrawnAt, notAfter } = renewed;
  const the = `the certificate ${fingerprint}`;
  if (withdrawnAt !== undefined)
    return refuse('certificate-not-accepted', `${the} was withdrawn at ${withdrawnAt.toISOString()}`);
  if (now > notAfter) return refuse('certificate-not-accepted', `${the} expired at ${notAfter.toISOString()}`);
  if (taken) return refuse('already-renewed', `${the} has been renewed; each is renewed once`);
  const from = new Date(notAfter.getTime() - renewalFrom);
  if (now < from) return refuse('renewal-too-early', `${the} can be renewed from ${from.toISOString()}`);
  const other = renewed.addresses.find((address) => address.environment !== environment);
  return other && wrongEnvironment(other.environment, environment);
}

function wrongEnvironment(ordered: Environment, environment: Environment): Verdict | undefined {
  if (ordered === environment) return undefined;
  return refuse('not-possible-now', `this authority issues for ${environment}, and the address is for ${ordered}`);
}

/** What a certificate will say: from the order, or from the one that it follows. Of the request, the key alone. */
export function wantedFor(asked: AskedFor | OwnAskedFor): Wanted {
  if (asked.kind === 'own') {
    const { organisation, organisationNumber, purpose, dnsNames } = asked;
    return {
      organisationNumber,
      organisation,
      commonName: purpose === 'listener' ? (dnsNames[0] ?? organisation) : organisation,
      type: undefined,
      purpose,
      dnsNames: purpose === 'listener' ? dnsNames : [],
      ipAddresses: [],
      description: undefined,
      contactId: undefined,
      orderId: undefined,
      renews: undefined,
    };
  }
  if (asked.kind === 'enrol') {
    const { order } = asked;
    return {
      organisationNumber: order.organisationNumber,
      organisation: order.organisation.name,
      commonName: order.description,
      type: order.type,
      purpose: order.type,
      dnsNames: order.dnsNames,
      ipAddresses: [],
      description: order.description,
      contactId: order.contactId,
      orderId: order.id,
      renews: undefined,
    };
  }
  const { renewed, certificate, uses } = asked;
  const type = renewed.type ?? (uses.server && uses.client ? 'both' : uses.server ? 'push-endpoint' : 'pull-client');
  return {
    organisationNumber: renewed.organisationNumber,
    organisation: renewed.organisation,
    commonName: renewed.description ?? /(?:^|, )CN=([^,]+)/.exec(certificate.subject)?.[1] ?? renewed.organisation,
    type,
    purpose: type,
    dnsNames: certificate.dnsNames,
    ipAddresses: certificate.ipAddresses,
    description: renewed.description,
    contactId: renewed.contactId,
    orderId: undefined,
    renews: renewed.fingerprint,
  };
}
