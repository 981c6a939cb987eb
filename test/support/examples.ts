/** The programs under examples/, run as a supplier runs them, against a gateway of a test. */
import { strict as assert } from 'node:assert';
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { OrganisationNumber } from '../../src/domain/organisation-number.ts';
import { readSettings } from '../../src/platform/config/read.ts';
import type { Settings } from '../../src/platform/config/settings.ts';
import { freePorts } from '../../src/platform/local/ports.ts';
import { type Gateway, settingsFor, startGateway } from '../../src/roles/start.ts';
import { compiled } from './compiled.ts';
import { eventually } from './eventually.ts';
import type { TestGateway } from './gateway.ts';
import { testLog } from './gateway-log.ts';
import { issueSupplierCredential, type SupplierCredential } from './gateway-supplier.ts';
import { mustBeHere, mustHave } from './installed.ts';

const run = promisify(execFile);

export interface Example {
  readonly language: string;
  /** Makes what it needs to run, in a folder of its own. Fails when the machine lacks something, and names the package. */
  readonly install: (folder: string) => Promise<void>;
  readonly command: (program: 'push' | 'pull', folder: string) => readonly [string, ...string[]];
}

/** One that knows the libraries: a machine may have several. */
const python = ['python3', '/usr/bin/python3'].find(
  (name) => spawnSync(name, ['-c', 'import requests, cryptography']).status === 0,
);
/** Java as it starts soonest. */
const brief = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];
const jackson = ['core', 'databind', 'annotations'].map((part) => `/usr/share/java/jackson-${part}.jar`);

export const examples: readonly Example[] = [
  {
    language: 'TypeScript',
    install: async (folder) => {
      cpSync('examples/typescript', folder, { recursive: true });
      await run(process.execPath, ['bin/build-receiver.ts', join(folder, 'node_modules/kuvert')]);
      const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
        dependencies: object;
      };
      const ofKuvert = JSON.parse(readFileSync(join(folder, 'node_modules/kuvert/package.json'), 'utf8')) as {
        dependencies: object;
      };
      for (const name of new Set(Object.keys({ ...dependencies, ...ofKuvert.dependencies })))
        if (name !== 'kuvert') symlinkSync(resolve('node_modules', name), join(folder, 'node_modules', name));
    },
    command: (program, folder) => [
      process.execPath,
      join(folder, program === 'push' ? 'push-receiver.ts' : 'pull-client.ts'),
    ],
  },
  {
    language: 'Java',
    install: async (folder) => {
      mustHave('java', 'default-jre-headless', '-version');
      mustBeHere(jackson.every(existsSync), 'Jackson', 'libjackson2-databind-java');
      const sources = readdirSync('examples/java').filter((name) => name.endsWith('.java'));
      const files = sources.map((name) => join('examples/java', name));
      // The compiler is in every Java, the command that calls it is not.
      const compiler = ['-m', 'jdk.compiler/com.sun.tools.javac.Main', '-Xlint:all', '-Werror'];
      await run('java', [...brief, ...compiler, '-cp', jackson.join(':'), '-d', folder, ...files]);
    },
    command: (program, folder) => [
      'java',
      ...brief,
      '-cp',
      [...jackson, folder].join(':'),
      program === 'push' ? 'PushReceiver' : 'PullClient',
    ],
  },
  {
    language: 'Python',
    install: async (folder) => {
      const libraries = 'python3-requests python3-cryptography';
      mustBeHere(python !== undefined, 'a python3 that knows requests and cryptography', libraries);
      cpSync('examples/python', folder, { recursive: true });
    },
    command: (program, folder) => [
      python ?? 'python3',
      join(folder, program === 'push' ? 'push_receiver.py' : 'pull_client.py'),
    ],
  },
];

/** A supplier that has what it was given when it joined: key, certificate, authority; and a folder for what comes. */
export interface Joined {
  readonly organisationNumber: OrganisationNumber;
  readonly credential: SupplierCredential;
  readonly environment: Readonly<Record<string, string>>;
  /** Its register entry; `address` over what is usual. */
  entry(address: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>;
  /** Names and bytes of the documents that it has on disk, in the order of their numbers. */
  documents(): readonly Buffer[];
}

export async function joinAs(
  gateway: TestGateway,
  organisationNumber: OrganisationNumber,
  supplierUrl: string,
  clientFingerprint: string,
): Promise<Joined> {
  mustHave('openssl', 'openssl', 'version');
  const folder = mkdtempSync(join(tmpdir(), 'kuvert-example-'));
  const path = (name: string): string => join(folder, name);
  const credential = await issueSupplierCredential(gateway.certificates.authority, organisationNumber);
  writeFileSync(path('supplier.pem'), credential.certificate);
  writeFileSync(path('supplier.key.pem'), credential.key);
  const p12 = ['-in', path('supplier.pem'), '-inkey', path('supplier.key.pem'), '-out', path('supplier.p12')];
  await run('openssl', ['pkcs12', '-export', ...p12, '-passout', 'pass:hemligt']);
  mkdirSync(path('received'));
  return {
    organisationNumber,
    credential,
    environment: {
      GATEWAY: supplierUrl,
      CERTIFICATE: path('supplier.pem'),
      KEY: path('supplier.key.pem'),
      KEYSTORE: path('supplier.p12'),
      KEYSTORE_PASSWORD: 'hemligt',
      CA: gateway.certificates.caFile,
      ORGANISATION: organisationNumber,
      ENVIRONMENT: 'test',
      FOLDER: path('received'),
      CLIENT: clientFingerprint,
      HOST: '127.0.0.1',
      PORT: '0',
    },
    entry: (address) => ({
      organisationNumber,
      name: `Leverantör ${organisationNumber} AB`,
      language: 'sv',
      addresses: [
        {
          environment: 'test',
          certificates: [credential.certificate],
          messageTypes: ['purchase-order', 'self-invoice', 'self-invoice-credit'],
          ...address,
        },
      ],
    }),
    documents: () =>
      readdirSync(path('received'), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.document') || /documents\/[^/]+$/.test(name))
        .toSorted((a, b) => a.localeCompare(b))
        .map((name) => readFileSync(path(join('received', name)))),
  };
}

/** A program of an example that runs. */
export interface Running {
  readonly lines: readonly string[];
  /** All that it said, errors too. */
  text(): string;
  /** Waits for a line. */
  line(pattern: RegExp): Promise<RegExpMatchArray>;
  /** Waits for its end, with this exit code; left out: 0. */
  over(expected?: number): Promise<void>;
  stop(): Promise<void>;
}

export function startProgram(
  [command, ...args]: readonly [string, ...string[]],
  environment: Readonly<Record<string, string>>,
): Running {
  const { PATH = '', HOME = '' } = process.env;
  const child: ChildProcess = spawn(command, args, {
    env: { PATH, HOME, ...compiled, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  let errors = '';
  child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const ended = new Promise<number | null>((done) => child.on('close', done));
  const over = () => child.exitCode !== null || child.signalCode !== null;
  return {
    get lines() {
      return text.split('\n').filter((line) => line !== '');
    },
    text: () => text + errors,
    line: (pattern) =>
      eventually(
        () => `a line ${pattern}; there are:\n${text}${errors}`,
        () => {
          const match = text.match(pattern);
          if (match === null && over()) assert.fail(`it ended without a line ${pattern}:\n${text}${errors}`);
          return match ?? false;
        },
        60_000,
      ),
    over: async (expected = 0) => {
      const code = await ended;
      if (code !== expected) assert.fail(`it ended with ${code}:\n${text}${errors}`);
    },
    stop: async () => {
      if (!over()) child.kill('SIGKILL');
      await ended;
    },
  };
}

/** The suppliers' listener of a test's gateway, as a process of that role has it. */
export async function startSupplierListener(gateway: TestGateway): Promise<Gateway & { readonly url: string }> {
  const [port = 0] = await freePorts(1);
  const { supplierListener, signing } = gateway.certificates;
  const settings = readSettings(settingsFor(['supplier-api']), {
    ...gateway.environment,
    KUVERT_SUPPLIER_HOST: '127.0.0.1',
    KUVERT_SUPPLIER_PORT: String(port),
    KUVERT_SUPPLIER_KEY_FILE: supplierListener.keyFile,
    KUVERT_SUPPLIER_CERTIFICATE_FILE: supplierListener.certificateFile,
    KUVERT_SIGNING_CERTIFICATE_FILE: signing.certificateFile,
  }) as Settings;
  const listener = await startGateway(settings, ['supplier-api'], testLog(), '0.0.0');
  return { ...listener, url: `https://127.0.0.1:${port}` };
}
