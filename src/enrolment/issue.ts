/**
 * The authority at work, one request after the other: intention, signature, record. What is signed is on record before (decision 64),
 * so that whoever finds it half done finishes it with the same serial number, and nothing leaves the house unrecorded.
 */
import { Fault, type FaultCode } from '../domain/fault.ts';
import type { Environment } from '../domain/message.ts';
import type { Issuer } from '../pki/authority.ts';
import { type Certificate, readCertificates } from '../pki/certificate.ts';
import { issueCertificate, validityFor } from '../pki/profile.ts';
import { readSigningRequest } from '../pki/request.ts';
import { newSerial } from '../pki/subject.ts';
import { errorText } from '../platform/error-text.ts';
import { appendAudit } from '../store/audit.ts';
import { keySeen } from '../store/enrol/certificates.ts';
import {
  findLeft,
  type Intention,
  lockIntended,
  type OpenIssuance,
  putBack,
  setIntended,
  setRefused,
  takeAsked,
} from '../store/enrol/intentions.ts';
import { readStanding } from '../store/enrol/issuance.ts';
import { type Db, isServerTrouble, type Pool } from '../store/pool.ts';
import { readAskedFor } from './ask-facts.ts';
import { crlUrlOf } from './crl-url.ts';
import { type AskedFor, decide, type OwnAskedFor, type Wanted, wantedFor } from './decide.ts';
import { actor, askedDetails, record, refuseIntended, type Work } from './record.ts';

export interface IssuingParts {
  readonly pool: Pool;
  readonly issuer: Issuer;
  readonly environment: Environment;
  /** Whose our own certificates are; the name is that of the authority. */
  readonly senderOrganisation: string;
  now(): Date;
  /** Milliseconds. */
  readonly lifetime: number;
  readonly renewalFrom: number;
  readonly approvalWanted: boolean;
  /** Where the revocation lists are; see `crlUrlOf`. */
  readonly crlUrl: string;
}

/** The steps of the authority. */
export interface IssuingSteps {
  /** Takes up the oldest request that waits, and decides. */
  intend(): Promise<Work | 'refused' | 'none'>;
  /** Takes up what was intended and left by somebody, so many milliseconds ago or more. */
  resume(age: number): Promise<Work | 'put-back' | 'none'>;
  sign(work: Work): Promise<Certificate>;
  record(work: Work, certificate: Certificate): Promise<'issued' | 'refused' | 'somebody-else'>;
  /** Of one that cannot be signed or recorded, whoever tries. */
  giveUp(work: Work, error: Fault): Promise<void>;
}

export function issuingSteps(parts: IssuingParts): IssuingSteps {
  const { pool, issuer, now } = parts;
  return {
    intend: () => pool.transaction((db) => intend(db, parts)),
    resume: (age) =>
      pool.transaction(async (db) => {
        const at = now();
        const left = await findLeft(db, new Date(at.getTime() - age));
        if (left === undefined) return 'none';
        if (left.intention.authority === issuer.certificate.fingerprint)
          return { issuance: left, wanted: wantedFor(await factsOf(db, left, 'read', parts)), resumed: true };
        // What another key was to sign never left the house; it is decided anew, for this one.
        await putBack(db, left.id);
        await appendAudit(db, {
          actor,
          action: 'certificate.put-back',
          subject: `issuance/${left.id}`,
          reason: 'the authority that meant to issue it is no longer the one that issues',
          details: { ...left.intention },
          at,
        });
        return 'put-back';
      }),
    sign: (work) => sign(parts, work),
    record: (work, certificate) => pool.transaction((db) => record(db, work, certificate, now())),
    giveUp: (work, error) =>
      pool.transaction(async (db) => {
        if (await lockIntended(db, work.issuance)) await refuseIntended(db, work, error.code, error.message, now());
      }),
  };
}

/** Power lost before the commit: it is asked still, and taken up again. After it: it is intended, and finished by whoever comes next. */
async function intend(db: Db, parts: IssuingParts): Promise<Work | 'refused' | 'none'> {
  const issuance = await takeAsked(db);
  if (issuance === undefined) return 'none';
  const at = parts.now();
  const decided = await judge(db, issuance, parts, at);
  if ('fault' in decided) {
    await setRefused(db, issuance.id, decided, at);
    await appendAudit(db, {
      actor,
      action: 'certificate.refuse',
      subject: `issuance/${issuance.id}`,
      reason: undefined,
      details: { ...askedDetails(issuance), fault: decided.fault, detail: decided.detail },
      at,
    });
    return 'refused';
  }
  const intention: Intention = {
    authority: parts.issuer.certificate.fingerprint,
    serial: newSerial(),
    ...validityFor(parts.issuer, at, parts.lifetime),
  };
  await setIntended(db, issuance.id, intention, at);
  return { issuance: { ...issuance, intention, intendedAt: at }, wanted: decided.wanted, resumed: false };
}

async function judge(
  db: Db,
  issuance: OpenIssuance,
  parts: IssuingParts,
  now: Date,
): Promise<{ readonly wanted: Wanted } | { readonly fault: FaultCode; readonly detail: string }> {
  const { environment, renewalFrom, approvalWanted } = parts;
  await db.query('savepoint unjudged');
  try {
    // The order, or the certificate, stays as it is read until the intention is on record.
    const asked = await factsOf(db, issuance, 'lock', parts);
    const { spkiSha256 } = readSigningRequest(issuance.request);
    if (!spkiSha256.equals(issuance.spkiSha256))
      throw new Fault('request-refused', 'the key is not that of the request');
    const others = asked.kind === 'own' ? [] : await readStanding(db, subjectOf(asked));
    const verdict = decide({
      for: asked,
      taken: others.some(({ id, state }) => id !== issuance.id && state !== 'asked'),
      keySeen: await keySeen(db, spkiSha256, issuance.id),
      environment,
      now,
      renewalFrom,
      approvalWanted,
    });
    return verdict.kind === 'issue' ? verdict : { fault: verdict.fault, detail: verdict.detail };
  } catch (error) {
    if (isServerTrouble(error)) throw error;
    if (error instanceof Fault) return { fault: error.code, detail: error.message };
    // A defect of ours, or of a row: whoever waits behind it must not wait for ever.
    await db.query('rollback to savepoint unjudged');
    return { fault: 'internal', detail: errorText(error) };
  }
}

/** Of our own, what stands in it is known here. */
async function factsOf(
  db: Db,
  { for: asked }: OpenIssuance,
  lock: 'read' | 'lock',
  { issuer, senderOrganisation: organisationNumber }: IssuingParts,
): Promise<AskedFor | OwnAskedFor> {
  if (asked.kind !== 'own') return readAskedFor(db, { for: asked }, lock);
  const { O: organisation } = issuer.certificate.x509.toLegacyObject().subject;
  return { ...asked, organisationNumber, organisation: [organisation].flat()[0] ?? organisationNumber };
}

const subjectOf = (asked: AskedFor) =>
  asked.kind === 'enrol' ? { orderId: asked.order.id } : { renews: asked.renewed.fingerprint };

/** Nothing is written. Whoever signs it again makes another signature, over the same words; one of the two is recorded. */
async function sign(parts: IssuingParts, { issuance, wanted }: Work): Promise<Certificate> {
  const { issuer, environment, crlUrl } = parts;
  const { organisation, commonName, organisationNumber, purpose, dnsNames, ipAddresses } = wanted;
  const { serial, notBefore, notAfter } = issuance.intention;
  const pem = await issueCertificate(issuer, {
    spki: readSigningRequest(issuance.request).spki,
    subject: { organisation, commonName, organisationNumber },
    purpose,
    dnsNames,
    ipAddresses,
    environment,
    serial,
    notBefore,
    notAfter,
    crlUrl: crlUrlOf(crlUrl, issuer.certificate.fingerprint),
  });
  const [certificate] = readCertificates(pem, 'what was signed');
  if (certificate === undefined) throw new Error('nothing was signed');
  return certificate;
}
