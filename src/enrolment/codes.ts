/** The codes of an order: made here, kept as hashes only. docs/decisions/0063 says why each is kept as it is. */
import { createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import { hashSecret, secretIsRight } from '../platform/secret-hash.ts';

/** Without what is mistaken for something else: 0 and O, 1, I and L. */
const alphabet = '23456789ABCDEFGHJKMNPQRSTUVWXYZ';
const groupLength = 5;
const transferIdGroups = 2;
/** 31^20 is 99 bits. */
const passwordGroups = 4;

/** 0 ≤ result < below. */
export type Random = (below: number) => number;
const secureRandom: Random = (below) => randomInt(below);

/** TransferID, an identifier: `K7PXM-4QWTZ`. */
export function makeTransferId(random: Random = secureRandom): string {
  return groups(transferIdGroups, random);
}

/** TransferPassword, a secret that is shown once: `K7PXM-4QWTZ-9HJKR-3CDEF`. */
export function makePassword(random: Random = secureRandom): string {
  return groups(passwordGroups, random);
}

/** As `makeTransferId` writes it, from what somebody typed: small letters, spaces, no hyphen. Undefined: it can be none. */
export function readTransferId(text: string): string | undefined {
  const characters = plain(text);
  const right = new RegExp(`^[${alphabet}]{${transferIdGroups * groupLength}}$`).test(characters);
  return right ? inGroups(characters) : undefined;
}

/** SHA-256 of TransferPassword, however it was typed. Who has it can prove that the password was given; it is never kept for long. */
export function proofOf(password: string): Buffer {
  return sha256(plain(password));
}

/** What is kept with the order: SHA-256 of the proof. */
export function checkOf(proof: Buffer): Buffer {
  return sha256(proof);
}

/** In a time that does not depend on where they differ. @param kept undefined: no password was made yet, so none is right */
export function proofIsRight(proof: Buffer, kept: Buffer | undefined): boolean {
  return kept !== undefined && kept.length === 32 && timingSafeEqual(checkOf(proof), kept);
}

/** Six digits. */
export function makePin(random: Random = secureRandom): string {
  return String(random(1_000_000)).padStart(6, '0');
}

/** @returns what is kept of a PIN */
export const hashPin = (pin: string): Promise<string> => hashSecret(pin);

/** Spaces in what was typed do not count. @throws Error when what was kept is no such hash */
export const pinIsRight = (pin: string, kept: string): Promise<boolean> =>
  secretIsRight(pin.replaceAll(/\s/g, ''), kept);

/** What stands in a link: 32 random bytes, base64url. */
export function makeLink(): string {
  return randomBytes(32).toString('base64url');
}

/** What is kept of a link. */
export function linkHash(link: string): Buffer {
  return sha256(link);
}

const groups = (count: number, random: Random): string =>
  inGroups(Array.from({ length: count * groupLength }, () => alphabet.charAt(random(alphabet.length))).join(''));

const inGroups = (characters: string): string =>
  (characters.match(new RegExp(`.{${groupLength}}`, 'g')) ?? []).join('-');

const plain = (text: string): string => text.replaceAll(/[\s-]/g, '').toUpperCase();

const sha256 = (bytes: string | Buffer): Buffer => createHash('sha256').update(bytes).digest();
