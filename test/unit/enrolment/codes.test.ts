import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import {
  checkOf,
  hashPin,
  linkHash,
  makeLink,
  makePassword,
  makePin,
  makeTransferId,
  pinIsRight,
  proofIsRight,
  proofOf,
  readTransferId,
} from '../../../src/enrolment/codes.ts';

const sha256 = (text: string | Buffer) => createHash('sha256').update(text).digest();

describe('the codes of an order', () => {
  it('are made of characters that nobody mistakes for others, in groups', () => {
    for (let i = 0; i < 200; i++) {
      assert.match(makeTransferId(), /^[2-9A-HJKMNP-Z]{5}-[2-9A-HJKMNP-Z]{5}$/);
      assert.match(makePassword(), /^[2-9A-HJKMNP-Z]{5}(-[2-9A-HJKMNP-Z]{5}){3}$/);
      assert.match(makePin(), /^\d{6}$/);
    }
    assert.ok(20 * Math.log2(31) >= 95);
  });

  it('use every character of the alphabet, and no two are the same', () => {
    const many = Array.from({ length: 500 }, () => makePassword());
    assert.equal(new Set(many).size, 500);
    assert.equal(new Set(many.join('').replaceAll('-', '')).size, 31);
    assert.equal(
      makePin(() => 7),
      '000007',
    );
    assert.equal(
      makeTransferId(() => 0),
      '22222-22222',
    );
  });

  it('TransferID is read however it was typed, and what can be none is not', () => {
    for (const typed of ['K7PXM-4QWTZ', 'k7pxm4qwtz', ' K7PXM 4QWTZ '])
      assert.equal(readTransferId(typed), 'K7PXM-4QWTZ');
    for (const none of ['', 'K7PXM', 'K7PXM-4QWT0', 'K7PXM-4QWTI', 'K7PXM-4QWTZ-2', 'K7PXM-4QWÅÄ'])
      assert.equal(readTransferId(none), undefined, none);
  });

  it('of a password only the hash of its hash is kept, however it was typed', () => {
    const proof = proofOf('k7pxm 4qwtz-9hjkr3cdef');
    assert.deepEqual(proof, sha256('K7PXM4QWTZ9HJKR3CDEF'));
    assert.deepEqual(checkOf(proof), sha256(proof));
    assert.ok(proofIsRight(proof, checkOf(proof)));
    assert.ok(!proofIsRight(proofOf('K7PXM4QWTZ9HJKR3CDEG'), checkOf(proof)));
    assert.ok(!proofIsRight(proof, proof));
    assert.ok(!proofIsRight(proof, undefined));
  });

  it('a PIN is kept as argon2id in the PHC format, salted', async () => {
    const [one, another] = [await hashPin('012345'), await hashPin('012345')];
    assert.match(one, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    assert.notEqual(one, another);
    assert.ok(await pinIsRight('012345', one));
    assert.ok(await pinIsRight(' 012 345 ', one));
    assert.ok(!(await pinIsRight('012346', one)));
    assert.ok(!(await pinIsRight('', one)));
    await assert.rejects(pinIsRight('012345', 'plain'), /none/);
  });

  it('a PIN hashed by another program with other costs is read by what its hash says', async () => {
    // RFC 9106 has vectors only with a secret; this one is of libargon2: argon2 somesalt -id -t 2 -k 256 -p 1, password.
    const kept = '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4';
    assert.ok(await pinIsRight('password', kept));
    assert.ok(!(await pinIsRight('passwore', kept)));
  });

  it('a link is 32 random bytes, and only its SHA-256 is kept', () => {
    const link = makeLink();
    assert.equal(Buffer.from(link, 'base64url').length, 32);
    assert.match(link, /^[\w-]{43}$/);
    assert.deepEqual(linkHash(link), sha256(link));
  });
});
