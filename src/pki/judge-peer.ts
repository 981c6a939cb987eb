/** Who may be spoken to: the judgement made on a TLS peer before its first byte, and before ours. */
import type { X509Certificate } from 'node:crypto';
import { fingerprintOf, namesHost } from './certificate.ts';
import { constraintsOf } from './constraints.ts';

export interface RegisteredCertificate {
  /** SHA-256 of the DER, lower-case hex. */
  readonly fingerprint: string;
  /** Taken back by its owner or by us: known, and not to be used. */
  readonly withdrawn: boolean;
}

/** What is judged, and by what. */
export interface PeerQuestion {
  /** What the peer showed, its own certificate first; the rest in any order. `peerChain()` reads it off a socket. */
  readonly shown: readonly X509Certificate[];
  /** Whose signatures count. An issuing authority may stand here without its root. */
  readonly authorities: readonly X509Certificate[];
  /** The certificates registered for this address, and no others. */
  readonly registered: readonly RegisteredCertificate[];
  readonly now: Date;
  /** What the peer is to us. */
  readonly role: 'server' | 'client';
  /**
   * Only if the certificate must also name the host. Not asked of suppliers' endpoints: they are pinned to the very
   * certificates registered for their address, which is more than a name.
   */
  readonly host?: string;
}

export type PeerRefusal =
  | 'no-certificate'
  | 'not-registered'
  | 'withdrawn'
  | 'not-yet-valid'
  | 'expired'
  | 'wrong-usage'
  | 'wrong-chain'
  | 'wrong-name';

export type PeerJudgement =
  | { readonly ok: true; readonly fingerprint: string }
  | {
      readonly ok: false;
      readonly why: PeerRefusal;
      /** One sentence for an operator. */
      readonly detail: string;
      readonly fingerprint: string | undefined;
    };

/** Longest path from a peer to an authority, and most certificates looked at of what a peer shows. */
const longestPath = 8;
const mostShown = 12;

/**
 * Judges a peer by its certificate. Synchronous and without side effects: it is called between the handshake and the
 * first byte. The order is that of what an operator would want to hear first.
 */
export function judgePeer(question: PeerQuestion): PeerJudgement {
  const [leaf, ...others] = question.shown.slice(0, mostShown);
  // 1. Anyone there?
  if (leaf === undefined)
    return { ok: false, why: 'no-certificate', detail: 'the peer showed no certificate', fingerprint: undefined };
  const fingerprint = fingerprintOf(leaf);
  const refuse = (why: PeerRefusal, detail: string): PeerJudgement => ({ ok: false, why, detail, fingerprint });
  // 2. One of those registered for this address: everything after this is about a certificate somebody chose.
  const known = question.registered.find((one) => one.fingerprint === fingerprint);
  if (known === undefined)
    return refuse(
      'not-registered',
      `the certificate ${fingerprint} (${nameOf(leaf)}, issued by ${oneLine(leaf.issuer)}) is not registered for this address`,
    );
  if (known.withdrawn) return refuse('withdrawn', `the certificate ${fingerprint} (${nameOf(leaf)}) was withdrawn`);
  // 3. In its dates, and meant for this.
  const outOfDate = judgeDates(leaf, question.now);
  if (outOfDate) return refuse(outOfDate.why, outOfDate.detail);
  const misused = judgeUsage(leaf, question.role);
  if (misused !== undefined) return refuse('wrong-usage', misused);
  // 4. Signed, link by link, by somebody we trust.
  const broken = judgePath(leaf, others, question);
  if (broken) return refuse(broken.why, broken.detail);
  // 5. The name, if it is asked for.
  if (question.host !== undefined && !namesHost(leaf, question.host))
    return refuse('wrong-name', `the certificate of ${nameOf(leaf)} does not name ${question.host}`);
  return { ok: true, fingerprint };
}

/**
 * Judges a certificate that is no TLS peer's, such as one that has signed something, as it was at a moment.
 * @param others certificates that may stand between, in any order
 * @returns one sentence when it leads to none of the authorities, or was out of its dates
 */
export function judgeChain(
  leaf: X509Certificate,
  others: readonly X509Certificate[],
  authorities: readonly X509Certificate[],
  at: Date,
): string | undefined {
  const refusal = judgeDates(leaf, at);
  if (refusal !== undefined) return refusal.detail;
  if (authorities.some(({ raw }) => raw.equals(leaf.raw))) return undefined;
  return judgePath(leaf, others, { authorities, now: at, role: undefined })?.detail;
}

interface Refusal {
  readonly why: PeerRefusal;
  readonly detail: string;
}

function judgeDates(certificate: X509Certificate, now: Date): Refusal | undefined {
  const { validFromDate: from, validToDate: to } = certificate;
  if (now < from)
    return {
      why: 'not-yet-valid',
      detail: `the certificate of ${nameOf(certificate)} is not valid before ${from.toISOString()}`,
    };
  if (now > to)
    return { why: 'expired', detail: `the certificate of ${nameOf(certificate)} expired at ${to.toISOString()}` };
  return undefined;
}

/**
 * RFC 5280 §4.2.1.12: a certificate that lists purposes is for these only; one that lists none is for any.
 * @returns one sentence when it is not for this role
 */
export function judgeUsage(leaf: X509Certificate, role: 'server' | 'client'): string | undefined {
  const purposes = constraintsOf(leaf).purposes;
  const wanted = role === 'server' ? serverAuth : clientAuth;
  if (purposes === undefined || purposes.includes(wanted) || purposes.includes(anyPurpose)) return undefined;
  return `the certificate of ${nameOf(leaf)} is not for a TLS ${role} (its extended key usage is ${purposes.join(', ')})`;
}

const serverAuth = '1.3.6.1.5.5.7.3.1';
const clientAuth = '1.3.6.1.5.5.7.3.2';
const anyPurpose = '2.5.29.37.0';

interface Path {
  readonly authorities: readonly X509Certificate[];
  readonly now: Date;
  /** Undefined: any purpose will do. */
  readonly role: 'server' | 'client' | undefined;
}

/** Finds one path to an authority on which every link is good; else says what was wrong with the longest try. */
function judgePath(
  leaf: X509Certificate,
  shown: readonly X509Certificate[],
  { authorities, now, role }: Path,
): Refusal | undefined {
  const critical = unknownCritical(leaf);
  if (critical) return critical;
  let reason: Refusal = {
    why: 'wrong-chain',
    detail: isSelfSigned(leaf)
      ? `the certificate of ${nameOf(leaf)} is self-signed`
      : `the certificate of ${nameOf(leaf)} leads to no authority that we know; its issuer is ${oneLine(leaf.issuer)}`,
  };
  // Level by level, each shown certificate taken once: a peer who shows a tangle cannot make us try every path.
  // `below` counts authorities between the leaf and the next issuer (RFC 5280 §4.2.1.9, pathLenConstraint).
  let level: readonly X509Certificate[] = [leaf];
  let left = shown;
  const links = (certificate: X509Certificate, issuer: X509Certificate, below: number): boolean => {
    const refusal = judgeLink(certificate, issuer, below, now, role);
    if (refusal !== undefined && refusal !== 'unrelated') reason = refusal;
    return refusal === undefined;
  };
  for (let below = 0; level.length > 0 && below < longestPath; below++) {
    const here = level;
    if (here.some((one) => authorities.some((authority) => links(one, authority, below)))) return undefined;
    const next = left.filter((candidate) => here.some((one) => links(one, candidate, below)));
    left = left.filter((candidate) => !next.includes(candidate));
    level = next;
  }
  return reason;
}

/** Whether `issuer` has really issued `subject`, and may have. */
function judgeLink(
  subject: X509Certificate,
  issuer: X509Certificate,
  below: number,
  now: Date,
  role: 'server' | 'client' | undefined,
): Refusal | 'unrelated' | undefined {
  // Names, key identifiers and key usage first: cheap, and anybody can write them.
  if (subject === issuer || subject.raw.equals(issuer.raw)) return 'unrelated';
  if (!subject.checkIssued(issuer)) {
    if (subject.issuer !== issuer.subject) return 'unrelated';
    return wrong(`${nameOf(issuer)} cannot have issued ${nameOf(subject)} (another key identifier, or its key usage)`);
  }
  if (!issuer.ca) return wrong(`${nameOf(issuer)}, who issued ${nameOf(subject)}, is no authority`);
  if (!subject.verify(issuer.publicKey))
    return wrong(`the signature on the certificate of ${nameOf(subject)} is not that of ${nameOf(issuer)}`);
  const { pathLength } = constraintsOf(issuer);
  if (pathLength !== undefined && below > pathLength)
    return wrong(`${nameOf(issuer)} may have at most ${pathLength} authorities below it`);
  const misused = role === undefined ? undefined : judgeUsage(issuer, role);
  if (misused !== undefined) return wrong(misused);
  return judgeDates(issuer, now) ?? unknownCritical(issuer);
}

/** RFC 5280 §4.2: what is critical and not understood makes a certificate unusable. */
function unknownCritical(certificate: X509Certificate): Refusal | undefined {
  const { unknownCritical: unknown } = constraintsOf(certificate);
  if (unknown.length === 0) return undefined;
  return {
    why: 'wrong-chain',
    detail: `the certificate of ${nameOf(certificate)} has a critical extension that is not understood (${unknown.join(', ')})`,
  };
}

const isSelfSigned = (leaf: X509Certificate): boolean => leaf.issuer === leaf.subject && leaf.verify(leaf.publicKey);
const wrong = (detail: string): Refusal => ({ why: 'wrong-chain', detail });
const oneLine = (name: string): string => name.replaceAll('\n', ', ');
const nameOf = (certificate: X509Certificate): string =>
  /^CN=(.+)$/m.exec(certificate.subject)?.[1] ?? oneLine(certificate.subject);
