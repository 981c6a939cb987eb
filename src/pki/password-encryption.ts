/** Encryption under a password as PKCS#5 has it (PBES2, RFC 8018 §6.2): PBKDF2 with HMAC-SHA-256, AES-256-CBC. */
import { createCipheriv, createPrivateKey, pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { integer, nothing, octets, oid, sequence } from './der.ts';

const derive = promisify(pbkdf2);
export interface Encrypted {
  /** AlgorithmIdentifier, DER: all that is needed to open it, but for the password. */
  readonly algorithm: Buffer;
  readonly data: Buffer;
}

/** @param rounds what a guess costs: 100 000 are some hundredths of a second. Node's own export of an encrypted key makes 2 048. */
export async function encryptWithPassword(plain: Uint8Array, password: string, rounds: number): Promise<Encrypted> {
  const [salt, iv] = [randomBytes(16), randomBytes(16)];
  const cipher = createCipheriv('aes-256-cbc', await derive(password, salt, rounds, 32, 'sha256'), iv);
  return {
    algorithm: sequence(
      oid('1.2.840.113549.1.5.13'),
      sequence(
        sequence(
          oid('1.2.840.113549.1.5.12'),
          sequence(octets(salt), integer(rounds), sequence(oid('1.2.840.113549.2.9'), nothing)),
        ),
        sequence(oid('2.16.840.1.101.3.4.1.42'), octets(iv)),
      ),
    ),
    data: Buffer.concat([cipher.update(plain), cipher.final()]),
  };
}

/** EncryptedPrivateKeyInfo (RFC 5958 §3), DER. @param keyPem a private key in PEM, not encrypted */
export async function encryptPrivateKey(keyPem: string, password: string, rounds: number): Promise<Buffer> {
  const plain = createPrivateKey(keyPem).export({ format: 'der', type: 'pkcs8' });
  const { algorithm, data } = await encryptWithPassword(plain, password, rounds);
  return sequence(algorithm, octets(data));
}
