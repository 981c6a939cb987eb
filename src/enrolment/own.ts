/** Certificates of our own, asked of our own authority: whoever may write to the database may. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Fault } from '../domain/fault.ts';
import type { Environment } from '../domain/message.ts';
import { readCertificates } from '../pki/certificate.ts';
import { readSigningRequest } from '../pki/request.ts';
import { appendAudit } from '../store/audit.ts';
import { findAskedWith, insertIssuance, readDecision, readIssuer } from '../store/enrol/issuance.ts';
import { type OwnPurpose, registerOwn } from '../store/enrol/own-certificates.ts';
import type { Pool } from '../store/pool.ts';
import { announce } from './announce.ts';

export interface OwnOrder {
  readonly purpose: OwnPurpose;
  /** Of a listener. */
  readonly dnsNames: readonly string[];
  /** PKCS #10, DER; the same key again is the same certificate. */
  readonly request: Buffer;
  readonly environment: Environment;
  readonly useFrom: Date;
  readonly actor: string;
  readonly reason: string;
  readonly now: Date;
}

/** The same is asked for so long, in milliseconds, and then again by whoever asks again. */
const patience = 30_000;
const between = 250;

/**
 * Power lost before the commit of the question: nothing was asked. After it: the authority answers, and the same key asked again gets
 * that answer. Before it is written down from when it is used: it is written down then; that and the letters are one transaction.
 * @returns PEM of the certificate and of the one that issued it; how many are told of it now, if it is time
 * @throws Fault `server-unavailable` while the authority does not answer; what it refuses
 */
export async function orderOwn(
  pool: Pool,
  order: OwnOrder,
): Promise<{ readonly pem: string; readonly useFrom: Date; readonly letters: number | undefined }> {
  const { der, spkiSha256 } = readSigningRequest(order.request);
  const { purpose, dnsNames, environment, now: at } = order;
  const id = await pool.transaction(async (db) => {
    const before = await findAskedWith(db, spkiSha256);
    if (before !== undefined) return before;
    const fresh = randomUUID();
    const asked = { kind: 'own', purpose, dnsNames } as const;
    await insertIssuance(db, { id: fresh, for: asked, request: der, spkiSha256, remoteAddress: undefined, at });
    await appendAudit(db, {
      actor: order.actor,
      action: 'own-certificate.ask',
      subject: `issuance/${fresh}`,
      reason: order.reason,
      details: { purpose, dnsNames, useFrom: order.useFrom },
      at,
    });
    return fresh;
  });
  const issued = await decisionOf(pool, id);
  const issuer = await readIssuer(pool, id);
  const pem = issued + (issuer?.pem ?? '');
  const [certificate] = readCertificates(pem, 'what was issued');
  if (certificate === undefined) throw new Error('nothing was issued');
  const { useFrom: wanted } = order;
  const authority = issuer && { authority: issuer.fingerprint };
  return pool.transaction(async (db) => {
    const useFrom = await registerOwn(
      db,
      { purpose, environment, pem, certificate, useFrom: wanted, ...authority },
      at,
    );
    return { pem, useFrom, letters: await announce(db, certificate.fingerprint, environment, at) };
  });
}

async function decisionOf(pool: Pool, id: string): Promise<string> {
  for (const until = performance.now() + patience; ; ) {
    const decision = await readDecision(pool, id);
    if (decision.kind === 'issued') return decision.certificate;
    if (decision.kind === 'refused') throw new Fault(decision.fault, decision.detail);
    if (performance.now() > until)
      throw new Fault(
        'server-unavailable',
        'the authority (role ca) has not answered; the same command goes on where this one ended, with the same key',
      );
    await sleep(between);
  }
}
