import { strict as assert } from 'node:assert';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fault } from '../../src/domain/fault.ts';
import { keysOfCertificates } from '../../src/envelope/keys.ts';
import { loadSigner } from '../../src/envelope/signer.ts';
import { signCheckpoint } from '../../src/operations/audit/head.ts';
import { purgeAudit } from '../../src/operations/audit/purge.ts';
import type { Claim } from '../../src/operations/evidence/claims.ts';
import { type EvidenceFiles, manifestName, manifestOf } from '../../src/operations/evidence/files.ts';
import { verifyEvidence } from '../../src/operations/evidence/verify.ts';
import { readZip, writeZip } from '../../src/operations/evidence/zip.ts';
import { moveMessage } from '../../src/operations/messages.ts';
import { openKeeper } from '../support/audit.ts';
import { command } from '../support/command.ts';
import { createDevAuthority, issueDevCertificate } from '../support/dev-authority.ts';
import { eventually } from '../support/eventually.ts';
import { frameFor, type Line, openLine, type TestSupplier } from '../support/line.ts';

describe('evidence is verified offline, and any change in it is found', () => {
  let line: Line;
  let supplier: TestSupplier;
  let folder: string;
  let id: string;
  let zip: Buffer;
  let files: EvidenceFiles;

  const path = (name: string) => join(folder, name);
  const environment = () => ({
    DATABASE_URL: line.databaseUrl,
    KUVERT_SIGNING_CERTIFICATE_FILE: line.certificates.signing.certificateFile,
  });
  /** Where there is no gateway: no setting at all. */
  const verify = (file: string, ...more: string[]) => command(['evidence', 'verify', path(file), ...more], {});
  const judge = (changed: EvidenceFiles) => verifyEvidence(changed, { authorities: undefined, certificate: undefined });
  const wrongs = (claims: readonly Claim[]) =>
    claims.filter(({ verdict }) => verdict === 'wrong').map((one) => one.what);
  /** With a manifest that fits: by somebody who knows how it is made. */
  const forged = (name: string, change: (text: string) => string): EvidenceFiles => {
    const changed = new Map([
      ...files,
      [name, Buffer.from(change(files.get(name)?.toString('latin1') ?? ''), 'latin1')],
    ]);
    changed.set(manifestName, manifestOf(changed));
    return changed;
  };

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kuvert-evidence-'));
    line = await openLine();
    supplier = await line.addSupplier();
    const frame = frameFor(supplier.organisationNumber, { documentNumber: 'SF-1' });
    await line.take([frame]);
    await line.deliver();
    await eventually('it is delivered', async () => (await line.states())['delivered'] === 1);
    id = supplier.received()[0] ?? '';
    const order = {
      action: 'resend',
      messageId: id,
      actor: 'cli:anna',
      reason: 'they lost it',
      now: new Date(),
    } as const;
    await moveMessage(line.pool, order);
    await eventually('it came again', async () => supplier.received().length === 2);
    await eventually('it is delivered again', async () => (await line.states())['delivered'] === 1);

    const { code, err } = await command(['evidence', 'export', 'SF-1', '--out', path('e.zip')], environment());
    assert.deepEqual([code, err], [0, '']);
    zip = readFileSync(path('e.zip'));
    files = await readZip(zip);
  });
  after(async () => {
    rmSync(folder, { recursive: true });
    await line.close();
  });

  it('it holds the very bytes that the supplier got, and all that was done to the message', () => {
    const text = (name: string) => files.get(name)?.toString('utf8') ?? '';
    const [request] = supplier.endpoint.requests;
    assert.deepEqual(files.get('envelope.json'), request?.body);
    assert.equal(text('signature.jws'), request?.headers['x-jws-signature']);
    assert.equal(text('document.json'), '{"number":"SF-1"}');
    assert.equal((JSON.parse(text('deliveries.json')) as unknown[]).length, 2);
    const attempts = JSON.parse(text('attempts.json')) as { outcome: string; delivery: number }[];
    assert.deepEqual(
      attempts.map(({ outcome, delivery }) => [delivery, outcome]),
      [
        [1, 'delivered'],
        [2, 'delivered'],
      ],
    );
    const { rows } = JSON.parse(text('audit.json')) as { rows: { row: { action: string; reason: string } }[] };
    assert.deepEqual(
      rows.map(({ row }) => [row.action, row.reason]),
      [['message.resend', 'they lost it']],
    );
    assert.equal(statSync(path('e.zip')).mode & 0o777, 0o600);
  });

  it('is verified without a database, and tells what is proven and what is not', async () => {
    const bare = await verify('e.zip');
    assert.equal(bare.code, 0, bare.out + bare.err);
    assert.match(bare.out, /^Nothing in the evidence is wrong\.\nProven:\n/);
    assert.match(bare.out, new RegExp(`message ${id}, self-invoice SF-1 to ${supplier.organisationNumber}`));
    assert.match(bare.out, /\nNot proven:\n {2}- Whose key it is: /);
    assert.match(bare.out, /Deliveries, attempts, receipts and fetches are the gateway’s own word/);

    const rooted = await verify('e.zip', '--ca', line.certificates.caFile);
    assert.match(rooted.out, /leads to the given authorities and was in its dates/, rooted.out);
    const pinned = await verify('e.zip', '--cert', line.certificates.signing.certificateFile, '--json');
    const { right, claims } = JSON.parse(pinned.out) as { right: boolean; claims: Claim[] };
    assert.equal(right, true);
    assert.equal(claims.find(({ what }) => what === 'signer')?.verdict, 'proven');
  });

  it('of a key whose certificate was withdrawn: it is there, with when and why; whose signature it is counts as proven only when nobody else had the key', async () => {
    const withdraw = (as: string | null) =>
      line.pool.query(
        `update own_certificate set withdrawn_at = case when $1::text is null then null else now() end, revocation_reason = $1 where purpose = 'signing'`,
        [as],
      );
    try {
      for (const [as, verdict] of [
        ['keyCompromise', 'not-proven'],
        ['superseded', 'proven'],
      ] as const) {
        await withdraw(as);
        // No file names it any more.
        const name = `${as}.zip`;
        const made = await command(['evidence', 'export', 'SF-1', '--out', path(name)], {
          DATABASE_URL: line.databaseUrl,
        });
        assert.deepEqual([made.code, made.err], [0, '']);
        const { code, out } = await verify(name, '--ca', line.certificates.caFile, '--json');
        const { claims } = JSON.parse(out) as { claims: Claim[] };
        const signer = claims.find(({ what }) => what === 'signer');
        assert.deepEqual([code, signer?.verdict], [0, verdict], out);
        assert.equal(/was withdrawn at .*keyCompromise/.test(signer?.text ?? ''), as === 'keyCompromise');
      }
    } finally {
      await withdraw(null);
    }
  });

  it('and is not believed when another authority, or another certificate, is what the verifier trusts', async () => {
    const other = await createDevAuthority();
    const signing = await issueDevCertificate(other, { name: 'Någon annan', usages: ['signing'] });
    writeFileSync(path('other-ca.pem'), other.certificatePem);
    writeFileSync(path('other.pem'), signing.certificatePem);
    for (const args of [
      ['--ca', path('other-ca.pem')],
      ['--cert', path('other.pem')],
    ]) {
      const { code, out } = await verify('e.zip', ...args);
      assert.deepEqual([code, out.startsWith('THE EVIDENCE IS NOT RIGHT.\nWrong:\n')], [6, true], out);
    }
  });

  it('a byte flipped in any file of it is found, and the file is named', async () => {
    let tried = 0;
    for (const [name, bytes] of files) {
      for (let at = 0; at < bytes.length; at += Math.max(1, Math.floor(bytes.length / 60))) {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ 1;
        const claims = await judge(new Map([...files, [name, changed]]));
        assert.ok(wrongs(claims).includes('manifest'), `${name}, byte ${at}`);
        if (name !== manifestName)
          assert.ok(
            claims.some(({ text }) => text.includes(name) || text.startsWith('A file that the manifest quotes')),
            `${name}, byte ${at} is not named`,
          );
        tried += 1;
      }
    }
    // And through the command.
    const document = Buffer.from('{"number":"SF-2"}');
    writeFileSync(path('changed.zip'), await writeZip(new Map([...files, ['document.json', document]])));
    const { code, out } = await verify('changed.zip');
    assert.equal(code, 6);
    assert.match(
      out,
      /^THE EVIDENCE IS NOT RIGHT\.\nWrong:\n {2}- Not as the manifest says: document\.json\.\n {2}- The document beside/,
    );
    assert.ok(files.size === 12 && tried > 500);
  });

  it('a byte flipped anywhere in the zip is found too, or changes nothing that the files say', async () => {
    let found = 0;
    for (let at = 0; at < zip.length; at += 41) {
      const changed = Buffer.from(zip);
      changed[at] = (changed[at] ?? 0) ^ 0x20;
      try {
        const read = await readZip(changed);
        if (wrongs(await judge(read)).length > 0) found += 1;
        else assert.deepEqual(read, files, `byte ${at}`);
      } catch (error) {
        assert.ok(error instanceof Fault && error.code === 'evidence-malformed', `byte ${at}: ${String(error)}`);
        found += 1;
      }
    }
    assert.ok(found > 100);
  });

  it('a file taken out is missed; a file that does not belong there is refused', async () => {
    for (const name of files.keys()) {
      const fewer = new Map(files);
      fewer.delete(name);
      assert.notDeepEqual(wrongs(await judge(fewer)), [], name);
    }
    for (const name of ['../../ab.json', '/tmp/abc.json', 'audits.jsonx']) {
      const raw = zip.toString('latin1').replaceAll('export.json', name.slice(0, 11).padEnd(11, 'x'));
      await assert.rejects(readZip(Buffer.from(raw, 'latin1')), { code: 'evidence-malformed' });
    }
    const twice = zip.toString('latin1').replaceAll('attempts.json', 'envelope.json');
    await assert.rejects(readZip(Buffer.from(twice, 'latin1')), { code: 'evidence-malformed' });
    await assert.rejects(readZip(zip.subarray(0, zip.length - 30)), { code: 'evidence-malformed' });
    await assert.rejects(readZip(Buffer.from('no zip')), { code: 'evidence-malformed' });
  });

  it('with a manifest made anew, whatever was signed or hashed into the audit is still found', async () => {
    const otherDocument = await judge(forged('document.json', (text) => text.replace('SF-1', 'SF-2')));
    assert.deepEqual(wrongs(otherDocument), ['document']);
    const otherEnvelope = await judge(forged('envelope.json', (text) => text.replace('SF-1', 'SF-2')));
    assert.deepEqual(wrongs(otherEnvelope), ['signature']);
    const otherRecord = await judge(
      forged('message.json', (text) => text.replace(supplier.organisationNumber, '2021005489')),
    );
    assert.deepEqual(wrongs(otherRecord), ['message']);
    for (const [from, to] of [
      ['they lost it', 'we lost it'],
      ['cli:anna', 'cli:olle'],
    ] as const)
      assert.deepEqual(wrongs(await judge(forged('audit.json', (text) => text.replace(from, to)))), ['audit']);
    const noRows = await judge(
      forged('audit.json', (text) => JSON.stringify({ ...(JSON.parse(text) as object), rows: [] })),
    );
    assert.deepEqual(wrongs(noRows), []);
    assert.ok(
      noRows.some(({ what, verdict }) => what === 'audit' && verdict === 'not-proven'),
      'a row that is left out cannot be seen from here, and that is said',
    );
  });

  it('the same facts make the same bytes; only who made it and when is another', async () => {
    const again = await command(['evidence', 'export', id, '--out', path('again.zip'), '--json'], environment());
    assert.equal(again.code, 0, again.err);
    const second = await readZip(readFileSync(path('again.zip')));
    assert.deepEqual(
      [...files].filter(([name, bytes]) => !second.get(name)?.equals(bytes)).map(([name]) => name),
      ['export.json', 'manifest.json'],
    );
    assert.deepEqual(await writeZip(new Map([...files].reverse())), zip);
  });

  it('of an SFTI envelope too: the document comes out byte for byte, and a change in it is found', async () => {
    const xml = await line.addSupplier({ envelopeFormat: 'sfti' });
    const content =
      '<?xml version="1.0" encoding="UTF-8"?>\n<Invoice xmlns="urn:sfti:documents:BasicInvoice:1:0"><ID>SF-2</ID></Invoice>\n';
    const frame = frameFor(xml.organisationNumber, { documentNumber: 'SF-2', content });
    await line.take([{ ...frame, format: 'svefaktura', mediaType: 'application/xml' }]);
    await eventually('it is delivered', async () => (await line.states(xml.lane))['delivered'] === 1);
    const made = await command(['evidence', 'export', 'SF-2', '--out', path('sfti.zip')], environment());
    assert.equal(made.code, 0, made.err);
    const { code, out } = await verify('sfti.zip', '--ca', line.certificates.caFile);
    assert.equal(code, 0, out);
    assert.match(out, /The envelope holds this document, byte for byte/);
    const inside = await readZip(readFileSync(path('sfti.zip')));
    assert.equal(inside.get('document.xml')?.toString(), content);
    assert.deepEqual(inside.get('envelope.xml'), xml.endpoint.requests[0]?.body);
    const changed = Buffer.from(inside.get('envelope.xml')?.toString('latin1').replace('SF-2', 'SF-3') ?? '', 'latin1');
    assert.deepEqual(wrongs(await judge(new Map([...inside, ['envelope.xml', changed]]))), ['manifest', 'signature']);
  });

  it('a file that exists is left alone, a message that is not sealed has nothing to prove', async () => {
    const exists = await command(['evidence', 'export', id, '--out', path('e.zip')], environment());
    assert.deepEqual([exists.code, /it exists already; name another with --out/.test(exists.err)], [2, true]);
    const unknown = frameFor('2021005489' as never, { documentNumber: 'SF-9' });
    await line.take([unknown]);
    const unsealed = await command(['evidence', 'export', 'SF-9', '--out', path('u.zip')], environment());
    assert.deepEqual([unsealed.code, /is not sealed yet: it has never left the house/.test(unsealed.err)], [4, true]);
  });

  it('the signing certificate is on record, and no file has to name it', async () => {
    const made = await command(['evidence', 'export', id, '--out', path('recorded.zip')], {
      DATABASE_URL: line.databaseUrl,
    });
    assert.deepEqual([made.code, made.err], [0, '']);
    assert.equal((await verify('recorded.zip', '--ca', line.certificates.caFile)).code, 0);
  });

  it('without the signing certificate it says so, and is verified with the one that the gateway gives', async () => {
    // Signed before certificates of signing keys were on record.
    await line.pool.query('delete from own_certificate');
    const made = await command(['evidence', 'export', id, '--out', path('bare.zip')], {
      DATABASE_URL: line.databaseUrl,
    });
    assert.equal(made.code, 0);
    assert.match(made.err, /^warning: no certificate of the key that signed it/);
    const without = await verify('bare.zip');
    assert.deepEqual([without.code, /give the gateway’s with --cert/.test(without.out)], [6, true]);
    assert.equal((await verify('bare.zip', '--cert', line.certificates.signing.certificateFile)).code, 0);
  });

  it('after rows about it were purged it says so, and believes no checkpoint that the gateway did not sign', async () => {
    const { keyFile, certificateFile } = line.certificates.signing;
    const [keyPem, certificatePem] = [readFileSync(keyFile, 'utf8'), readFileSync(certificateFile, 'utf8')];
    const keys = keysOfCertificates([certificatePem]);
    const signer = loadSigner(keyPem, certificatePem);
    await openKeeper({ pool: line.pool, signing: { signer, keys, keyPem, certificatePem } })(Date.now());
    const before = new Date(Date.now() + 60_000);
    const order = {
      before,
      actor: 'cli:anna',
      reason: 'retention',
      now: new Date(),
      signer,
      keys,
      files: [],
      restored: [],
    };
    assert.ok((await purgeAudit(line.pool, order))?.done);
    const [open] = (await line.pool.query<{ id: string }>("select id from message where document_number = 'SF-1'"))
      .rows;
    await moveMessage(line.pool, {
      action: 'resend',
      messageId: open?.id ?? '',
      actor: 'cli:anna',
      reason: 'once more',
      now: new Date(),
    });
    const made = await command(['evidence', 'export', 'SF-1', '--out', path('purged.zip')], environment());
    assert.equal(made.code, 0, made.err);
    const { code, out } = await verify('purged.zip', '--ca', line.certificates.caFile);
    assert.equal(code, 0, out);
    assert.match(out, /- One row of the audit: each is what its hash was made of/);
    assert.match(
      out,
      /- What rows up to \d said about it, if anything: they were purged at .* by cli:anna \(retention\), for which the gateway signed\./,
    );

    const purged = await readZip(readFileSync(path('purged.zip')));
    const withCheckpoint = async (change: (jws: string) => unknown) => {
      const audit = JSON.parse(purged.get('audit.json')?.toString() ?? '') as { checkpoint: string };
      const changed = new Map([
        ...purged,
        ['audit.json', Buffer.from(JSON.stringify({ ...audit, checkpoint: change(audit.checkpoint) }))],
      ]);
      changed.set(manifestName, manifestOf(changed));
      return judge(changed);
    };
    assert.deepEqual(wrongs(await withCheckpoint((jws) => jws)), []);
    const [head, , signature] = (
      JSON.parse(purged.get('audit.json')?.toString() ?? '') as { checkpoint: string }
    ).checkpoint.split('.');
    const other = loadSigner(...(await otherPair()));
    const said = {
      environment: 'test',
      book: 'x',
      first: 1,
      row: 99,
      hash: 'a'.repeat(64),
      at: new Date().toISOString(),
      by: 'x',
      reason: 'x',
    };
    const signedByOther = await signCheckpoint(other, { ...said, row: 1 });
    for (const forged of [
      'a.b.c',
      7,
      `${head}.${Buffer.from('{}').toString('base64url')}.${signature}`,
      // Genuine by its form, of a key that nobody knows; it says that a row was purged that is here.
      await signCheckpoint(other, said),
    ])
      assert.deepEqual(wrongs(await withCheckpoint(() => forged)), ['audit'], String(forged));
    const ofOther = await withCheckpoint(() => signedByOther);
    assert.deepEqual(wrongs(ofOther), []);
    assert.ok(ofOther.some(({ text }) => /a key signed that is not at hand here/.test(text)));
  });

  async function otherPair(): Promise<[string, string]> {
    const { keyPem, certificatePem } = await issueDevCertificate(undefined, { name: 'Annan', usages: ['signing'] });
    return [keyPem, certificatePem];
  }
});
