/** The ca role: the certificate authority. The only one that opens the issuing key; nobody can connect to it. */
import { tellOfEnd } from '../enrolment/authority-end.ts';
import { lookEvery, startIssuing, startLoop } from '../enrolment/authority-loop.ts';
import { type IssuingSteps, issuingSteps } from '../enrolment/issue.ts';
import { completeOrigins, registerAuthority } from '../enrolment/origins.ts';
import { publishIfDue } from '../enrolment/publish-revocations.ts';
import type { SettingKey, Settings } from '../platform/config/settings.ts';
import type { Log } from '../platform/log.ts';
import { registerChannel } from '../store/collect/channels.ts';
import { askedChannel } from '../store/enrol/issuance.ts';
import { type CaCredentials, loadCredentials } from './credentials.ts';
import { openStore, type Running } from './parts.ts';

const day = 86_400_000;

export const caSettings = [
  'environment',
  'senderOrganisation',
  'databaseUrl',
  'databaseConnections',
  'caKeyFile',
  'caKeyPassphraseFile',
  'caCertificateFile',
  'caOldKeyFile',
  'caOldKeyPassphraseFile',
  'caOldCertificateFile',
  'certificateLifetime',
  'renewalFrom',
  'orderApproval',
  'crlUrl',
  'crlInterval',
  'crlLifetime',
] as const satisfies readonly SettingKey[];
export type CaSettings = Pick<Settings, (typeof caSettings)[number]>;

/** For tests. */
export interface CaOptions {
  /** The steps may be replaced by steps that end the process. */
  readonly compose?: (steps: IssuingSteps) => IssuingSteps;
  readonly now?: () => Date;
  /** Left out: read from the files that the settings name. */
  readonly credentials?: CaCredentials | undefined;
}

/** @throws Fault when PostgreSQL does not answer, or a file of the settings is not right */
export async function startCa(settings: CaSettings, log: Log, options: CaOptions = {}): Promise<Running> {
  const now = options.now ?? (() => new Date());
  const { issuer, old } = options.credentials ?? loadCredentials(settings, ['ca'], now()).ca;
  const begun = new AsyncDisposableStack();
  try {
    const pool = begun.adopt(await openStore(settings, 'ca', log), (one) => one.close());
    if (old !== undefined) await registerAuthority(pool, old);
    await registerAuthority(pool, issuer);
    const completed = await completeOrigins(pool, log);
    const steps = issuingSteps({
      pool,
      issuer,
      environment: settings.environment,
      senderOrganisation: settings.senderOrganisation,
      now,
      lifetime: settings.certificateLifetime,
      renewalFrom: settings.renewalFrom,
      approvalWanted: settings.orderApproval,
      crlUrl: settings.crlUrl,
    });
    const issuing = begun.adopt(startIssuing(options.compose?.(steps) ?? steps, log), (one) => one.stop());
    const { crlInterval: interval, crlLifetime: lifetime } = settings;
    const publish = async () => {
      for (const one of old === undefined ? [issuer] : [issuer, old])
        await publishIfDue({ log, pool, issuer: one, now, interval, lifetime });
    };
    const publishing = begun.adopt(
      startLoop(publish, Math.min(lookEvery, interval), log, 'a revocation list cannot be made just now'),
      (one) => one.stop(),
    );
    const tell = async () => {
      if (await tellOfEnd(pool, issuer.certificate, settings.certificateLifetime, now()))
        log.warn('the issuing authority ends before what it issues should', { notAfter: issuer.certificate.notAfter });
    };
    begun.adopt(startLoop(tell, day, log, 'whether the authority ends soon cannot be told just now'), (one) =>
      one.stop(),
    );
    const ear = begun.adopt(
      pool.listen([askedChannel, registerChannel], (_payload, channel) =>
        (channel === askedChannel ? issuing : publishing).ring(),
      ),
      (one) => one.close(),
    );
    await ear.opened;
    // Asked, or revoked, before anybody listened.
    issuing.ring();
    publishing.ring();
    const { fingerprint, subject, notAfter } = issuer.certificate;
    log.info('the authority runs', { authority: fingerprint, subject, notAfter, completed });
    return { stop: () => begun.disposeAsync() };
  } catch (error) {
    await begun.disposeAsync();
    throw error;
  }
}
