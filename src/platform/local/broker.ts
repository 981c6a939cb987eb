/** A private ActiveMQ Classic with STOMP and OpenWire (JMS) on the loopback, from the jars of Debian's package. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../../domain/fault.ts';
import type { Log } from '../log.ts';
import { brokerLogProperties, brokerXml } from './broker-config.ts';
import type { LocalFolder } from './folder.ts';
import { answers } from './probe.ts';
import { type LocalServer, supervise } from './supervise.ts';

const JARS = ['/usr/share/activemq/lib', '/usr/share/activemq/lib/optional'];
const USER = 'kuvert';

export interface LocalBroker extends LocalServer {
  /** `stomp://127.0.0.1:port`, without user and password. */
  readonly url: string;
  /** `stomp+ssl://127.0.0.1:port`, when a key store was given. */
  readonly tlsUrl: string | undefined;
  /** For JMS programs: `tcp://127.0.0.1:port`. */
  readonly openwireUrl: string;
  readonly user: string;
  readonly password: string;
}

export interface BrokerPorts {
  readonly stomp: number;
  readonly openwire: number;
  readonly tls: number;
}

/** A PKCS #12 file with the key and certificate that the broker shows on its TLS port. */
export interface BrokerKeyStore {
  readonly file: string;
  readonly password: string;
}

export interface BrokerStart {
  readonly keyStore?: BrokerKeyStore | undefined;
  /** Java's second compiler is left out: a start costs 2 s of a processor instead of 3. */
  readonly brief?: boolean | undefined;
}

/** @throws Fault `server-unavailable` when Java or ActiveMQ is not installed, or it does not start on these ports. */
export async function startBroker(
  folder: LocalFolder,
  ports: BrokerPorts,
  log: Log,
  { keyStore, brief = false }: BrokerStart = {},
): Promise<LocalBroker> {
  const home = join(folder.path, 'broker');
  const password = folder.secret('broker');
  const conf = join(home, 'conf');
  const work = join(home, 'tmp');
  for (const path of [conf, work]) mkdirSync(path, { recursive: true, mode: 0o700 });
  const tls = keyStore && { port: ports.tls, keyStore: keyStore.file, keyStorePassword: keyStore.password };
  const config = {
    data: join(home, 'data'),
    user: USER,
    password,
    stompPort: ports.stomp,
    openwirePort: ports.openwire,
  };
  writeFileSync(join(conf, 'activemq.xml'), brokerXml({ ...config, tls }), { mode: 0o600 });
  writeFileSync(join(conf, 'log4j.properties'), brokerLogProperties);
  writeFileSync(join(conf, 'login.config'), '');

  const machine = ['-Xms64m', '-Xmx256m', '-XX:+UseSerialGC', ...(brief ? ['-XX:TieredStopAtLevel=1'] : [])];
  const places = { home, base: home, conf, data: join(home, 'data') };
  const properties = Object.entries(places).map(([name, path]) => `-Dactivemq.${name}=${path}`);
  const server = await supervise(
    {
      name: 'ActiveMQ',
      command: 'java',
      args: [
        ...machine,
        ...properties,
        `-Djava.io.tmpdir=${work}`,
        `-Djava.security.auth.login.config=${join(conf, 'login.config')}`,
        '-Djava.awt.headless=true',
        '-Djava.net.preferIPv4Stack=true',
        '-cp',
        [conf, ...jars()].join(':'),
        'org.apache.activemq.console.Main',
        'start',
        'xbean:activemq.xml',
      ],
      cwd: home,
      logFile: join(folder.path, 'broker.log'),
      stopSignal: 'SIGTERM',
      record: (identity) => folder.record('broker', identity),
      ready: () => answers(ports.stomp, connectFrame(password), 'CONNECTED'),
    },
    log,
  );
  return {
    ...server,
    url: `stomp://127.0.0.1:${ports.stomp}`,
    tlsUrl: keyStore && `stomp+ssl://127.0.0.1:${ports.tls}`,
    openwireUrl: `tcp://127.0.0.1:${ports.openwire}`,
    user: USER,
    password,
  };
}

function connectFrame(passcode: string): string {
  return `CONNECT\naccept-version:1.2\nhost:127.0.0.1\nlogin:${USER}\npasscode:${passcode}\n\n\0`;
}

function jars(): string[] {
  try {
    return JARS.flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => name.endsWith('.jar'))
        .map((name) => join(folder, name)),
    );
  } catch (cause) {
    throw new Fault('server-unavailable', `ActiveMQ is not installed (${JARS[0]}); run bin/setup demo`, { cause });
  }
}
