/** A private place to run in: local servers for those not given, fresh certificates, and the settings that lead to them. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { OrganisationNumber } from '../domain/organisation-number.ts';
import { authorityFilesIn } from '../pki/authority-files.ts';
import { readCertificates } from '../pki/certificate.ts';
import {
  type CredentialFiles,
  type DevSupplier,
  keepDevCertificates,
  writeDevCertificates,
} from '../pki/dev-certificates.ts';
import { readSettings } from '../platform/config/read.ts';
import type { Settings } from '../platform/config/settings.ts';
import { type Local, startLocal } from '../platform/local/local.ts';
import { freePorts } from '../platform/local/ports.ts';
import { errorText, type Log } from '../platform/log.ts';
import { migrate } from '../store/migrate.ts';
import { createPool } from '../store/pool.ts';
import type { Running } from './parts.ts';
import { type RoleName, settingsFor } from './start.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface StageOptions {
  /** Data, passwords and logs of the local servers, and the file `env`. */
  readonly folder: string;
  /**
   * Whether the servers' data outlive `stop`, and certificates and keys with them. The authority is then that in the folder's `ca`: what
   * `kuvert ca init` made there, or an earlier run, or else a new one.
   */
  readonly keep: boolean;
  /** See `LocalOptions`. */
  readonly brief?: boolean;
  readonly certificatesFolder: string;
  readonly suppliers: readonly DevSupplier[];
  readonly roles: readonly RoleName[];
  /** Settings that are given; the rest is made up here. */
  readonly given: Environment;
  readonly log: Log;
}

export interface Stage extends Running {
  /** Absolute path of the folder that the options named. */
  readonly folder: string;
  readonly settings: Settings;
  /** All settings as they would be written: for other processes that shall see the same gateway. */
  readonly environment: Readonly<Record<string, string>>;
  /** A shell can read it: `set -a; . FILE; set +a`. */
  readonly environmentFile: string;
  readonly caFile: string;
  /** Of the authority: what suppliers compare. */
  readonly rootSha256: string;
  /** Only `kuvert ca init` leaves it, for somebody to take away. */
  readonly rootKeyIsThere: boolean;
  readonly supplierCredentials: ReadonlyMap<OrganisationNumber, CredentialFiles>;
  readonly clientCertificateFile: string;
  /** Migrations that were run now. */
  readonly migrated: readonly string[];
}

const sender: DevSupplier = { name: 'Arbetsförmedlingen', organisationNumber: '2021002114' as OrganisationNumber };

/** @throws Fault when a server is not installed or does not start, or a given setting is wrong; nothing is left running. */
export async function openStage(options: StageOptions): Promise<Stage> {
  const { given, log } = options;
  const folder = resolve(options.folder);
  const certificatesFolder = resolve(options.certificatesFolder);
  const local = await startLocal({
    folder,
    keep: options.keep,
    brief: options.brief ?? false,
    want: { broker: !given.BROKER_URLS, redis: !given.REDIS_URL, postgres: !given.DATABASE_URL },
    log,
  });
  try {
    // Not before the folder is ours: another gateway may run in it, on the certificates that lie there.
    const folders = { authority: join(folder, 'ca'), certificates: certificatesFolder };
    const certificates = options.keep
      ? await keepDevCertificates(folders, options.suppliers, sender, new Date(), passphraseIn(given))
      : await writeDevCertificates(certificatesFolder, options.suppliers, sender);
    const [supplierPort = 0, crlPort = 0, operatorPort = 0] = await freePorts(
      3,
      options.keep ? portsBefore(folder) : [],
    );
    const environment = present({
      KUVERT_ENVIRONMENT: 'test',
      // Endpoints of a developer's machine are on it.
      KUVERT_EGRESS_ALLOW: '127.0.0.0/8,::1/128',
      KUVERT_SUPPLIER_HOST: '127.0.0.1',
      KUVERT_SUPPLIER_PORT: String(supplierPort),
      KUVERT_OPERATOR_PORT: String(operatorPort),
      KUVERT_PUBLIC_URL: `https://localhost:${supplierPort}`,
      // Letters and SMS are files there.
      KUVERT_MAIL_URL: `file:${join(folder, 'mail')}`,
      KUVERT_SMS_URL: `file:${join(folder, 'sms')}`,
      ...(options.roles.includes('ca')
        ? {
            KUVERT_CRL_HOST: '127.0.0.1',
            KUVERT_CRL_PORT: String(crlPort),
            KUVERT_CRL_URL: `http://127.0.0.1:${crlPort}`,
            // A developer's program renews when its developer wants to see it renew.
            KUVERT_RENEWAL_FROM: '3650d',
          }
        : {}),
      ...serversOf(local),
      KUVERT_CA_FILE: certificates.caFile,
      KUVERT_CA_KEY_FILE: certificates.issuing.keyFile,
      KUVERT_CA_CERTIFICATE_FILE: certificates.issuing.certificateFile,
      KUVERT_SIGNING_KEY_FILE: certificates.signing.keyFile,
      KUVERT_SIGNING_CERTIFICATE_FILE: certificates.signing.certificateFile,
      KUVERT_CLIENT_KEY_FILE: certificates.client.keyFile,
      KUVERT_CLIENT_CERTIFICATE_FILE: certificates.client.certificateFile,
      KUVERT_SUPPLIER_KEY_FILE: certificates.supplierListener.keyFile,
      KUVERT_SUPPLIER_CERTIFICATE_FILE: certificates.supplierListener.certificateFile,
      ...(options.keep && !given.DATABASE_URL ? { KUVERT_AUDIT_HEAD_FILE: join(folder, 'audit-heads.jws') } : {}),
      ...settingsIn(given),
    });
    const settings = readSettings(settingsFor(options.roles), environment) as Settings;
    const migrated = await migrateStore(settings.databaseUrl, log);
    return {
      folder,
      settings,
      environment,
      environmentFile: writeEnvironment(folder, environment),
      caFile: certificates.caFile,
      rootSha256: readCertificates(readFileSync(certificates.rootFile, 'utf8'))[0]?.fingerprint ?? '',
      rootKeyIsThere: existsSync(authorityFilesIn(folders.authority).rootKeyFile),
      supplierCredentials: certificates.suppliers,
      clientCertificateFile: certificates.client.certificateFile,
      migrated,
      stop: () => local.stop(),
    };
  } catch (error) {
    await local.stop();
    throw error;
  }
}

/** Of the issuing key, where it is encrypted: `kuvert ca init --issuing-passphrase-file`. */
function passphraseIn({ KUVERT_CA_KEY_PASSPHRASE_FILE: file }: Environment): string | undefined {
  return file ? readFileSync(file, 'utf8').replace(/\r?\n$/, '') : undefined;
}

async function migrateStore(url: string, log: Log): Promise<readonly string[]> {
  const pool = createPool({
    url,
    connections: 2,
    name: 'kuvert migrate',
    onTrouble: (error) => log.warn('postgresql', { error: errorText(error) }),
  });
  try {
    return (await migrate(pool)).applied;
  } finally {
    await pool.close();
  }
}

function serversOf({ postgres, redis, broker }: Local): Environment {
  return {
    DATABASE_URL: postgres?.url,
    REDIS_URL: redis?.url,
    BROKER_URLS: broker?.url,
    BROKER_USER: broker?.user,
    BROKER_PASSWORD: broker?.password,
    // No setting: for the JMS programs of whoever plays KA (docs/ka-guide.md).
    OPENWIRE_URL: broker?.openwireUrl,
  };
}

const settingsIn = (environment: Environment): Environment =>
  Object.fromEntries(
    Object.entries(environment).filter(([name]) => /^(KUVERT_|BROKER_|DATABASE_URL|REDIS_URL)/.test(name)),
  );

const present = (environment: Environment): Record<string, string> =>
  Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );

const environmentFileIn = (folder: string): string => join(folder, 'env');

/** Of the run before: links that were sent, and certificates that were issued then, lead to its ports. */
function portsBefore(folder: string): number[] {
  const file = environmentFileIn(folder);
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return ['SUPPLIER', 'CRL', 'OPERATOR'].flatMap((name) => {
    const [, port] = new RegExp(`^KUVERT_${name}_PORT='(\\d{4,5})'$`, 'm').exec(text) ?? [];
    return port === undefined ? [] : [Number(port)];
  });
}

/** Holds passwords: readable by its owner only. */
function writeEnvironment(folder: string, environment: Readonly<Record<string, string>>): string {
  mkdirSync(folder, { recursive: true });
  const file = environmentFileIn(folder);
  const lines = Object.entries(environment).map(
    ([name, value]) => `${name}='${value.replaceAll("'", String.raw`'\''`)}'`,
  );
  writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
  chmodSync(file, 0o600);
  return file;
}
