import { strict as assert } from 'node:assert';
import { randomUUIDv7 } from 'node:crypto';
import fs, { mkdtempSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Fault } from '../../../src/domain/fault.ts';
import { keysOfCertificates } from '../../../src/envelope/keys.ts';
import { loadSigner } from '../../../src/envelope/signer.ts';
import { openFolder } from '../../../src/receiver/folder.ts';
import { memoryStore } from '../../../src/receiver/memory.ts';
import type { ReceivedStore } from '../../../src/receiver/received.ts';
import { createTake, type TakeOptions } from '../../../src/receiver/take.ts';
import { createDevAuthority, type DevCredential, issueDevCertificate } from '../../support/dev-authority.ts';
import { sealed } from '../../support/sealed.ts';

describe('taking an envelope', () => {
  let signing: DevCredential;
  let path: string;
  before(async () => {
    signing = await issueDevCertificate(await createDevAuthority(), { name: 'Kuvert', usages: ['signing'] });
    path = mkdtempSync(join(tmpdir(), 'kuvert-take-'));
  });
  after(() => rmSync(path, { recursive: true }));

  const taker = (store: ReceivedStore, more: Partial<TakeOptions> = {}) =>
    createTake({ store, keys: async () => keysOfCertificates([signing.certificatePem]), ...more });

  it('keeps document, envelope and signature byte for byte, in memory as in a folder', async () => {
    const { body, signature, id } = await sealed(signing, 7);
    const memory = memoryStore();
    const folder = openFolder(path);
    for (const store of [memory, folder]) assert.equal((await taker(store)(body, signature)).kind, 'kept');
    assert.deepEqual(memory.partsOf(id), { document: Buffer.from('{"n":7}'), envelope: body, signature });
    assert.equal(readFileSync(join(path, `5560160680/documents/0000000007-${id}.json`), 'utf8'), '{"n":7}');
    const same = (store: { list(): Iterable<object> }) => [...store.list()].map((one) => ({ ...one, receivedAt: '' }));
    assert.deepEqual(same(memory), same(folder));
    folder.close();
  });

  it('has every folder on disk in the one above it, and the ledger in its folder, before it says yes', async () => {
    const { body, signature } = await sealed(signing, 8);
    const below = (name: string) => name.slice(path.length) || '/';
    const synced: string[] = [];
    const { fsyncSync } = fs;
    fs.fsyncSync = (file) => {
      synced.push(below(readlinkSync(`/proc/self/fd/${file}`)));
      fsyncSync(file);
    };
    syncBuiltinESMExports();
    try {
      const folder = openFolder(join(path, 'new/inbox'));
      assert.deepEqual(synced.splice(0), ['/new', '/', '/new/inbox/received.jsonl', '/new/inbox']);
      assert.equal((await taker(folder)(body, signature)).kind, 'kept');
      const [own, inbox] = ['/new/inbox/5560160680', '/new/inbox'];
      assert.deepEqual(
        synced.filter((name) => !name.includes('.')),
        [own, inbox, `${own}/documents`, own, inbox, `${own}/envelopes`, `${own}/envelopes`],
      );
      assert.equal(synced.at(-1), '/new/inbox/received.jsonl');
      folder.close();
    } finally {
      fs.fsyncSync = fsyncSync;
      syncBuiltinESMExports();
    }
  });

  it('keeps one of many that come at once, also in a store that takes its time', async () => {
    const { body, signature } = await sealed(signing, 1);
    const memory = memoryStore();
    const later = <T>(value: () => T): Promise<T> => new Promise((resolve) => setTimeout(() => resolve(value()), 5));
    const slow: ReceivedStore = {
      find: (id) => later(() => memory.find(id)),
      keep: (message, parts) => later(() => memory.keep(message, parts)),
      list: () => later(() => memory.list()),
    };
    const take = taker(slow);
    const taken = await Promise.all(Array.from({ length: 5 }, () => take(body, signature)));
    assert.deepEqual(taken.map(({ kind }) => kind).sort(), ['kept', 'repeat', 'repeat', 'repeat', 'repeat']);
  });

  it('is never sure of another with the same id, whichever comes first to a slow store', async () => {
    const id = randomUUIDv7();
    const [one, other] = [await sealed(signing, 1, { id }), await sealed(signing, 2, { id })];
    const memory = memoryStore();
    const take = taker({ ...memory, find: async () => undefined });
    assert.equal((await take(one.body, one.signature)).kind, 'kept');
    const second = await take(other.body, other.signature);
    assert.ok(second.kind === 'turned-down');
    assert.deepEqual([second.status, second.code], [409, 'id-taken']);
  });

  it('lets come again what is genuine and cannot be read, and refuses for good what will never be right', async () => {
    const { body, signature } = await sealed(signing, 1);
    const text = body.toString();
    const answer = async (changed: string, of?: string) => {
      const bytes = Buffer.from(changed);
      const good = await loadSigner(signing.keyPem, signing.certificatePem).sign(bytes);
      const taken = await taker(memoryStore())(bytes, of ?? good);
      return taken.kind === 'turned-down' ? `${taken.status} ${taken.code}` : taken.kind;
    };
    assert.equal(await answer(text), 'kept');
    const newer = text.replace(/("type":"[^"]*)\.v1"/, '$1.v2"');
    assert.notEqual(newer, text);
    for (const unreadable of [newer, '{}', 'not even JSON', '<newer/>', ''])
      assert.equal(await answer(unreadable), '503 envelope-malformed', unreadable);
    assert.equal(await answer(newer, signature), '400 signature-invalid');
    const otherHash = text.replace(/("documentsha256":")[0-9a-f]{64}/, `$1${'0'.repeat(64)}`);
    assert.equal(await answer(otherHash), '400 envelope-malformed');
    const small = await taker(memoryStore(), { mostBytes: 10 })(body, signature);
    assert.deepEqual(small.kind === 'turned-down' && small.status, 400);
  });

  it('knows its own organisation however its number is written, and what is none is a mistake at once', async () => {
    const { body, signature } = await sealed(signing, 1);
    assert.equal((await taker(memoryStore(), { recipients: ['556016-0680'] })(body, signature)).kind, 'kept');
    assert.throws(
      () => taker(memoryStore(), { recipients: ['5560160681'] }),
      (error: Fault) => error.code === 'argument-invalid',
    );
  });
});
