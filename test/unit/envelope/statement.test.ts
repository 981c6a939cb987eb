import { strict as assert } from 'node:assert';
import * as fc from 'fast-check';
import { Fault } from '../../../src/domain/fault.ts';
import { keysOfCertificates, type VerificationKeys } from '../../../src/envelope/keys.ts';
import { openEnvelope } from '../../../src/envelope/open.ts';
import { loadSigner, type Signer } from '../../../src/envelope/signer.ts';
import { isStatement, openStatement, readStatement } from '../../../src/envelope/statement.ts';
import { issueDevCertificate } from '../../support/dev-authority.ts';

describe('a signed statement', () => {
  let signer: Signer;
  let keys: VerificationKeys;
  let others: VerificationKeys;
  let jws: string;
  before(async () => {
    const own = await issueDevCertificate(undefined, { name: 'Sigill', usages: ['signing'] });
    const other = await issueDevCertificate(undefined, { name: 'Annan', usages: ['signing'] });
    signer = loadSigner(own.keyPem, own.certificatePem);
    keys = keysOfCertificates([own.certificatePem]);
    others = keysOfCertificates([other.certificatePem]);
    jws = await signer.signStatement('kuvert-test', { row: 1 });
  });

  it('says what was signed, to whoever has the key', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (payload) => {
        const signed = await signer.signStatement('kuvert-test', payload);
        assert.ok(isStatement(signed) || signed.length > 16_384);
        if (!isStatement(signed)) return;
        const plain: unknown = JSON.parse(JSON.stringify(payload));
        assert.deepEqual(await openStatement(signed, 'kuvert-test', keys), plain);
        assert.deepEqual(readStatement(signed, 'kuvert-test'), plain);
      }),
      { numRuns: 60 },
    );
  });

  it('names the key and the certificate', () => {
    const header = JSON.parse(Buffer.from(jws.split('.')[0] ?? '', 'base64url').toString()) as Record<string, string>;
    assert.deepEqual(Object.keys(header), ['alg', 'typ', 'kid', 'x5t#S256']);
    assert.equal(header['kid'], signer.keyThumbprint);
    const fingerprint = Buffer.from(header['x5t#S256'] ?? '', 'base64url').toString('hex');
    assert.equal(fingerprint, signer.certificateFingerprint);
  });

  it('passes for no other kind, and no envelope passes for one', async () => {
    await assert.rejects(openStatement(jws, 'kuvert-other', keys), { code: 'envelope-malformed' });
    const envelope = await signer.sign(Buffer.from('{}'));
    assert.equal(isStatement(envelope), false);
    const [header, , signature] = envelope.split('.');
    const dressed = `${header}.${Buffer.from('{}').toString('base64url')}.${signature}`;
    await assert.rejects(openStatement(dressed, 'kuvert-test', keys), { code: 'envelope-malformed' });
    await assert.rejects(openEnvelope(Buffer.from('{"row":1}'), jws, { keys }), { code: 'signature-invalid' });
    const [head, , value] = jws.split('.');
    await assert.rejects(openEnvelope(Buffer.from('{"row":1}'), `${head}..${value}`, { keys }), Fault);
  });

  it('is not believed when another key signed it', async () => {
    await assert.rejects(openStatement(jws, 'kuvert-test', others), { code: 'signature-key-unknown' });
  });

  it('one character changed anywhere is found', async () => {
    for (let at = 0; at < jws.length; at++) {
      const changed = `${jws.slice(0, at)}${jws[at] === 'A' ? 'B' : 'A'}${jws.slice(at + 1)}`;
      // The last character of base64url has bits that mean nothing (RFC 4648 §3.5).
      if (at === jws.length - 1) continue;
      await assert.rejects(openStatement(changed, 'kuvert-test', keys), Fault, `character ${at}`);
    }
  });

  it('whatever is given instead is refused as a fault', async () => {
    const part = fc.oneof(fc.base64String(), fc.json(), fc.constantFrom('', '.', '{}', 'e30', 'bnVsbA'));
    const text = fc.oneof(
      fc.string(),
      fc.tuple(part, part, part).map((parts) => parts.join('.')),
    );
    await fc.assert(
      fc.asyncProperty(text, async (given) => {
        await assert.rejects(openStatement(given, 'kuvert-test', keys), Fault);
        assert.throws(() => readStatement(given, 'kuvert-test'), Fault);
      }),
      { numRuns: 300 },
    );
  });
});
