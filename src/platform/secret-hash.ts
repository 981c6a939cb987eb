/** What people type and we must recognise, kept as argon2id (RFC 9106) in a PHC string. */
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

/** 19 MiB and two passes: OWASP's least for argon2id, 60 ms on a small machine. */
const cost = { memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 } as const;
const derive = promisify(argon2);

/** @returns a PHC string */
export async function hashSecret(secret: string): Promise<string> {
  const nonce = randomBytes(16);
  const tag = await derive('argon2id', { ...cost, nonce, message: Buffer.from(secret) });
  const { memory, passes, parallelism } = cost;
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${base64(nonce)}$${base64(tag)}`;
}

const phc = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,64})\$([A-Za-z0-9+/]{16,86})$/;

/** @throws Error when what was kept is no such hash */
export async function secretIsRight(secret: string, kept: string): Promise<boolean> {
  const [, memory = '', passes = '', parallelism = '', salt = '', hash = ''] = phc.exec(kept) ?? [];
  if (hash === '') throw new Error('what is kept as the hash of a secret is none');
  const expected = Buffer.from(hash, 'base64');
  const tag = await derive('argon2id', {
    message: Buffer.from(secret),
    nonce: Buffer.from(salt, 'base64'),
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    tagLength: expected.length,
  });
  return timingSafeEqual(tag, expected);
}

/** As PHC strings have it: without padding. */
const base64 = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '');
