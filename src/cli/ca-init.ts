/** What `kuvert ca init` does: keys and certificates are made in memory, written all at once, and told. */
import { join, resolve } from 'node:path';
import { Fault } from '../domain/fault.ts';
import type { Environment } from '../domain/message.ts';
import { type Issuer, loadIssuer } from '../pki/authority.ts';
import {
  authorityFilesIn,
  makeAuthority,
  type NewFile,
  refuseToOverwrite,
  trustOf,
  writeFolderOnce,
} from '../pki/authority-files.ts';
import { encryptKey } from '../pki/own-key.ts';
import { settingsOfProcess } from '../platform/config/process.ts';
import { readText } from './read-text.ts';
import { readSecret } from './secret.ts';
import { json, type Terminal } from './terminal.ts';

export interface InitOptions {
  readonly folder: string;
  readonly organisation?: string;
  readonly environment?: Environment;
  readonly passphraseFile?: string;
  readonly issuingPassphraseFile?: string;
  readonly rootKey?: string;
  readonly rootCertificate?: string;
  readonly existingKey?: string;
  readonly existingCertificate?: string;
  readonly json?: true;
}

interface Made {
  readonly issuer: Issuer;
  readonly files: readonly NewFile[];
  /** Where the issuing key lies. */
  readonly keyFile: string;
  /** What whoever ran the command has to do now. */
  readonly advice: readonly string[];
}

/** @throws Fault `not-possible-now` if there is something in the folder; `argument-invalid`; `certificate-invalid` */
export async function initAuthority(options: InitOptions, terminal: Terminal, now: Date): Promise<void> {
  refuseToOverwrite(options.folder);
  const makers = [
    {
      given: [options.existingKey, options.existingCertificate],
      make: takeExisting,
      names: '--existing-key and --existing-certificate',
    },
    { given: [options.rootKey, options.rootCertificate], make: makeBelow, names: '--root-key and --root-certificate' },
  ].filter(({ given }) => given.some((one) => one !== undefined));
  const [wanted, another] = makers;
  if (another !== undefined)
    throw wrong('either an existing root or an existing issuing authority can be named, not both');
  if (wanted?.given.includes(undefined)) throw wrong(`${wanted.names} go together`);
  const made = await (wanted?.make ?? makeNew)(options, terminal, now);
  writeFolderOnce(options.folder, made.files);
  tell(made, options, terminal);
}

/** A root and an issuing authority. */
async function makeNew(options: InitOptions, terminal: Terminal, now: Date): Promise<Made> {
  const names = namesOf(options);
  const passphrase = await readSecret(
    {
      file: options.passphraseFile,
      option: '--passphrase-file',
      question: 'Pass phrase for the root’s key',
      twice: true,
      leastLength: 12,
    },
    terminal,
  );
  const { rootKeyPem = '', issuing, issuer } = await makeAuthority({ ...names, now });
  const files = authorityFilesIn(options.folder);
  const root = { path: files.rootKeyFile, text: await encryptKey(rootKeyPem, passphrase), secret: true };
  const key = await issuingKey(options, terminal, issuing.keyPem);
  return {
    issuer,
    files: [root, key, ...certificates(options, issuer)],
    keyFile: key.path,
    advice: rootAdvice(options),
  };
}

/** An issuing authority below a root whose key was brought back for the occasion. */
async function makeBelow(options: InitOptions, terminal: Terminal, now: Date): Promise<Made> {
  const names = namesOf(options);
  const root = await open(
    {
      key: options.rootKey ?? '',
      certificate: options.rootCertificate ?? '',
      passphraseFile: options.passphraseFile,
      option: '--passphrase-file',
    },
    terminal,
    now,
  );
  if (root.chain.length > 1)
    throw wrong(`${options.rootCertificate}: the root alone is expected, with no other certificate`);
  const { issuing, issuer } = await makeAuthority({ ...names, now, root });
  const key = await issuingKey(options, terminal, issuing.keyPem);
  return { issuer, files: [key, ...certificates(options, issuer)], keyFile: key.path, advice: successorAdvice };
}

/** An issuing authority of the organisation's own: its key stays where it is. */
async function takeExisting(options: InitOptions, terminal: Terminal, now: Date): Promise<Made> {
  const {
    existingKey: key = '',
    existingCertificate: certificate = '',
    issuingPassphraseFile: passphraseFile,
  } = options;
  const issuer = await open({ key, certificate, passphraseFile, option: '--issuing-passphrase-file' }, terminal, now);
  const top = issuer.chain.at(-1);
  if (top === undefined || top.subject !== top.issuer)
    throw wrong(
      `${certificate}: the root is expected last, after the issuing certificate; suppliers compare its SHA-256`,
    );
  return { issuer, files: certificates(options, issuer), keyFile: key, advice: [] };
}

interface KeyFiles {
  readonly key: string;
  readonly certificate: string;
  readonly passphraseFile: string | undefined;
  readonly option: string;
}

async function open(
  { key, certificate, passphraseFile, option }: KeyFiles,
  terminal: Terminal,
  now: Date,
): Promise<Issuer> {
  const [keyPem, certificatePem] = [readText(key), readText(certificate)];
  if (!/ENCRYPTED/.test(keyPem)) return loadIssuer({ keyPem, certificatePem }, now);
  const question = `Pass phrase of ${key}`;
  const passphrase = await readSecret({ file: passphraseFile, option, question }, terminal);
  return loadIssuer({ keyPem, certificatePem, passphrase }, now);
}

async function issuingKey(options: InitOptions, terminal: Terminal, keyPem: string): Promise<NewFile> {
  const path = authorityFilesIn(options.folder).issuingKeyFile;
  const { issuingPassphraseFile: file } = options;
  if (file === undefined) return { path, text: keyPem, secret: true };
  const question = 'Pass phrase for the issuing key';
  const passphrase = await readSecret(
    { file, option: '--issuing-passphrase-file', question, leastLength: 12 },
    terminal,
  );
  return { path, text: await encryptKey(keyPem, passphrase), secret: true };
}

function certificates({ folder }: InitOptions, issuer: Issuer): readonly NewFile[] {
  const files = authorityFilesIn(folder);
  return [
    { path: files.rootFile, text: issuer.chain.at(-1)?.pem ?? '', secret: false },
    { path: files.issuingFile, text: issuer.chain.map(({ pem }) => pem).join(''), secret: false },
    { path: files.caFile, text: trustOf(issuer), secret: false },
  ];
}

function namesOf({ organisation, environment }: InitOptions) {
  if (organisation === undefined || organisation.trim() === '')
    throw wrong('--organisation is needed: whose authority it is');
  return { organisation, environment: environment ?? settingsOfProcess(['environment']).environment };
}

const rootAdvice = ({ folder }: InitOptions): readonly string[] => [
  `Take ${join(folder, 'root.key.pem')} off line now: copy it to two media that are kept apart, with the pass phrase elsewhere,`,
  'and delete it here. It is needed only for the next issuing key. Without it, a lost issuing key means a new root.',
];

const successorAdvice: readonly string[] = [
  'Until the last certificate of the issuing authority before this one has ended, KUVERT_CA_FILE must hold that authority too:',
  'put its certificate behind those in ca.pem. Suppliers need do nothing: they trust the root.',
];

function tell(made: Made, options: InitOptions, terminal: Terminal): void {
  const { issuer } = made;
  const files = authorityFilesIn(resolve(options.folder));
  const root = issuer.chain.at(-1) ?? issuer.certificate;
  const settings = {
    KUVERT_CA_FILE: files.caFile,
    KUVERT_CA_CERTIFICATE_FILE: files.issuingFile,
    KUVERT_CA_KEY_FILE: resolve(made.keyFile),
    ...(options.issuingPassphraseFile === undefined
      ? {}
      : { KUVERT_CA_KEY_PASSPHRASE_FILE: resolve(options.issuingPassphraseFile) }),
  };
  const described = ({ subject, fingerprint, notAfter }: typeof root) => ({ subject, sha256: fingerprint, notAfter });
  if (options.json) {
    const written = made.files.map(({ path }) => resolve(path));
    return terminal.out(
      json({ root: described(root), issuing: described(issuer.certificate), files: written, settings }),
    );
  }
  terminal.out(
    [
      `Root:     ${root.subject}`,
      `          SHA-256 ${root.fingerprint}, until ${root.notAfter.toISOString().slice(0, 10)}`,
      `Issuing:  ${issuer.certificate.subject}`,
      `          until ${issuer.certificate.notAfter.toISOString().slice(0, 10)}`,
      'Suppliers compare that SHA-256 when they fetch their first certificate: tell it to them by another way than this gateway.',
      '',
      'Settings:',
      ...Object.entries(settings).map(([name, value]) => `  ${name}=${value}`),
      'Role ca also needs KUVERT_CRL_URL: where outsiders will find the revocation lists.',
      ...(made.advice.length === 0 ? [] : ['', ...made.advice]),
    ].join('\n'),
  );
}

const wrong = (why: string): Fault => new Fault('argument-invalid', why);
