/** The supplier of `kuvert dev` that fetches: registered, with a message waiting, and all it needs in one file (docs/supplier-guide.md). */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jsonPurchaseOrder } from '../documents/sample.ts';
import { messageTypes } from '../domain/message.ts';
import { fingerprintOf, readCertificates } from '../pki/certificate.ts';
import type { CredentialFiles, DevSupplier } from '../pki/dev-certificates.ts';
import { silentLog } from '../platform/log.ts';
import { brokerOf } from '../roles/intake.ts';
import type { Stage } from '../roles/stage.ts';
import { listMessages } from '../store/messages.ts';
import { createPool } from '../store/pool.ts';
import { readRegister } from '../store/suppliers.ts';
import { importSuppliers } from '../suppliers/import.ts';
import { readSuppliers } from '../suppliers/read-file.ts';
import { readText } from './read-text.ts';

/** Where the push receivers of examples/ listen. */
const examplePort = 9443;

/**
 * Registers the supplier, puts an order for it on the queue if nothing waits for it, and writes down what it needs.
 * @param port of the suppliers' listener
 * @returns the file, which a shell can read: `set -a; . FILE; set +a`
 */
export async function offerFetching(
  stage: Stage,
  { organisationNumber, name }: DevSupplier,
  credential: CredentialFiles,
  port: number,
): Promise<string> {
  const pool = createPool({ url: stage.settings.databaseUrl, connections: 1, name: 'kuvert dev' });
  try {
    const now = new Date();
    const certificates = [readText(credential.certificateFile)];
    const address = { environment: 'test', delivery: 'pull', certificates, messageTypes };
    const entry = { organisationNumber, name, addresses: [address] };
    const [known] = await readRegister(pool, [organisationNumber]);
    const registered = known?.addresses.flatMap(({ certificates }) => certificates.map((one) => one.fingerprint)) ?? [];
    // What a developer has made of it since stays so, unless the certificates were made anew.
    if (!registered.includes(fingerprintIn(credential.certificateFile))) {
      const read = readSuppliers([entry], { now, readPem: (file) => readFileSync(file, 'utf8') });
      await importSuppliers(pool, read, { actor: 'cli:dev', reason: 'kuvert dev', rehearsal: false, now });
    }
    const waiting = await listMessages(pool, { recipient: organisationNumber, state: 'waiting', limit: 1 });
    if (waiting.length === 0) {
      const number = `IO-${now.toISOString().slice(0, 19).replaceAll(/[-T:]/g, '')}`;
      const body = jsonPurchaseOrder({ recipient: organisationNumber, number, seed: 1 });
      const sender = brokerOf(stage.settings, silentLog).createSender();
      try {
        await sender.send([{ queue: stage.settings.queueIn, headers: {}, body, isText: false }]);
      } finally {
        await sender.close();
      }
    }
  } finally {
    await pool.close();
  }
  return writeEnvironment(stage, organisationNumber, credential, port);
}

function writeEnvironment(stage: Stage, organisation: string, own: CredentialFiles, port: number): string {
  const values = {
    GATEWAY: `https://localhost:${port}`,
    CERTIFICATE: own.certificateFile,
    KEY: own.keyFile,
    CA: stage.caFile,
    ORGANISATION: organisation,
    ENVIRONMENT: 'test',
    FOLDER: 'fetched',
    // For those who let themselves be pushed to.
    PORT: String(examplePort),
    CLIENT: fingerprintIn(stage.clientCertificateFile),
  };
  const file = join(stage.folder, 'supplier.env');
  const quoted = (value: string) => `'${value.replaceAll("'", String.raw`'\''`)}'`;
  writeFileSync(
    file,
    Object.entries(values)
      .map(([name, value]) => `${name}=${quoted(value)}\n`)
      .join(''),
  );
  return file;
}

/** Of the certificate itself, which stands before its chain. */
function fingerprintIn(file: string): string {
  const [own] = readCertificates(readText(file), file);
  return own === undefined ? '' : fingerprintOf(own.x509);
}
