/** Private keys under a password (PBES2, RFC 8018 §6.2): PBKDF2 with HMAC-SHA-256, AES-256-CBC. */
import 'reflect-metadata';
import { createPrivateKey } from 'node:crypto';
import { PKCS8ShroudedKeyBag, PrivateKeyInfo } from 'pkijs';

/**
 * What hides something under a password, for PKI.js.
 * @param rounds what a guess costs: 100 000 are some hundredths of a second. Node's own export of an encrypted key makes 2 048.
 */
export const hiddenBy = (password: string, rounds: number) => ({
  password: bytesOf(password),
  contentEncryptionAlgorithm: { name: 'AES-CBC', length: 256 },
  hmacHashAlgorithm: 'SHA-256',
  iterationCount: rounds,
});

/** EncryptedPrivateKeyInfo (RFC 5958 §3). @param keyPem a private key in PEM, not encrypted */
export async function encryptPrivateKey(
  keyPem: string,
  password: string,
  rounds: number,
): Promise<PKCS8ShroudedKeyBag> {
  const plain = createPrivateKey(keyPem).export({ format: 'der', type: 'pkcs8' });
  const hidden = new PKCS8ShroudedKeyBag({ parsedValue: PrivateKeyInfo.fromBER(Uint8Array.from(plain)) });
  await hidden.makeInternalValues(hiddenBy(password, rounds));
  return hidden;
}

export const bytesOf = (text: string): ArrayBuffer => Uint8Array.from(Buffer.from(text)).buffer;
