/** Envelopes, changed on the way or signed as they are, to whoever opens and takes them. */
import { strict as assert } from 'node:assert';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { type Arbitrary, constantFrom, nat, record } from 'fast-check';
import { Fault } from '../../../src/domain/fault.ts';
import { checkDigitIsRight, type OrganisationNumber } from '../../../src/domain/organisation-number.ts';
import { envelopeBytes } from '../../../src/envelope/bytes.ts';
import { sha256Hex } from '../../../src/envelope/hash.ts';
import { jwkThumbprint, type VerificationKeys } from '../../../src/envelope/keys.ts';
import { type OpenedEnvelope, openEnvelope } from '../../../src/envelope/open.ts';
import { seal } from '../../../src/envelope/seal.ts';
import { loadSigner, type Signer } from '../../../src/envelope/signer.ts';
import { filesOf } from '../../../src/receiver/folder.ts';
import { memoryStore } from '../../../src/receiver/memory.ts';
import { createTake } from '../../../src/receiver/take.ts';
import { createDevAuthority, issueDevCertificate } from '../../support/dev-authority.ts';
import { jsonGrammar, type Right, rightDocument, xmlGrammar } from '../documents.ts';
import { type Edit, edited, edits, type Grammar } from '../edits.ts';
import { opened, type Target } from '../target.ts';
import { inherited, rarely } from '../words.ts';

/** Of the header of a signature, and of its three parts. */
const signatureGrammar: Grammar = {
  values: /[^.]+/g,
  places: /\./g,
  words: [
    '',
    '.',
    '..',
    'e30',
    'bnVsbA',
    'W10',
    'eyJhbGciOiJub25lIn0',
    'A'.repeat(86),
    'A'.repeat(5_000),
    ...inherited,
  ],
};
const headers = [
  { alg: 'none' },
  { alg: 'HS256', b64: false, crit: ['b64'] },
  { alg: 'ES256', b64: true, crit: ['b64'] },
  { alg: 'ES256', b64: false },
  { alg: 'ES256', b64: false, crit: ['b64', 'exp'] },
  { alg: 'ES256', b64: false, crit: ['b64'], kid: '__proto__' },
  { alg: 'ES256', b64: false, crit: ['b64'], kid: 7 },
  { alg: ['ES256'], b64: false, crit: 'b64' },
];
const envelopeJson: Grammar = {
  ...jsonGrammar,
  words: [
    ...jsonGrammar.words,
    '"data_base64":"AAA=",',
    '"id":"x",',
    '"sequence":7,',
    '"recipientorgnumber":"5560160680",',
    '"x":"y",',
  ],
};
const envelopeXml: Grammar = {
  ...xmlGrammar,
  words: [
    ...xmlGrammar.words,
    '<sh:Scope><sh:Type>sequence</sh:Type><sh:InstanceIdentifier>1</sh:InstanceIdentifier></sh:Scope>',
    '<sh:Scope><sh:Type>__proto__</sh:Type><sh:InstanceIdentifier>1</sh:InstanceIdentifier></sh:Scope>',
    '<sh:HeaderVersion>1.0</sh:HeaderVersion>',
    '0007:5560160681',
  ],
};

const inputs = record({
  right: rightDocument,
  sfti: nat(1),
  json: edits(envelopeJson, 3),
  xml: edits(envelopeXml, 3),
  changed: nat(3),
  signature: edits(signatureGrammar, 2),
  header: rarely(constantFrom(...headers), 8),
  resigned: nat(1),
});
type Input = typeof inputs extends Arbitrary<infer T> ? T : never;

export const envelopes: Target = {
  name: 'envelopes',
  about: 'envelopes changed on the way, and ones that are signed as they are, to whoever opens and takes them',
  share: 10,
  limit: 5_000,
  open: async () => {
    const own = await issueDevCertificate(await createDevAuthority(), { name: 'Kuvert' });
    const signer = loadSigner(own.keyPem, own.certificatePem);
    const keys = await keysOf(own.certificatePem);
    return opened({ inputs, meet: (input) => judgeOpening(signer, keys, input) });
  },
};

async function keysOf(certificatePem: string): Promise<VerificationKeys> {
  const { keysOfCertificates } = await import('../../../src/envelope/keys.ts');
  const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
  return new Map([...keysOfCertificates([certificatePem]), [jwkThumbprint(stranger), stranger]]);
}

const id = '0197a3c2-6f10-7c3a-9d52-5b1c6a7e8f90';

/** @returns the bytes as they were sealed; undefined if that document cannot be in that envelope */
async function sealed(
  signer: Signer,
  { bytes, messageType, recipient }: Right,
  sfti: boolean,
): Promise<Buffer | undefined> {
  const xml = bytes[0] !== 0x7b;
  try {
    const { head, sha256, format } = await seal(
      signer,
      {
        id,
        source: 'https://exempel.se/ka',
        messageType: messageType as 'self-invoice',
        documentNumber: 'F-1',
        eventTime: '2026-03-02T08:15:30.120Z',
        mediaType: xml ? 'application/xml' : 'application/json',
        dataSchema: 'urn:x',
        sequence: 42,
        environment: 'test',
        documentSha256: sha256Hex(bytes),
        senderOrganisation: '2021002114',
        recipient: recipient as OrganisationNumber,
        recipientCertificate: undefined,
        recipientUrl: 'https://b2b.exempel.se/in',
        format: sfti ? 'sfti' : 'cloudevents',
      },
      bytes,
    );
    return envelopeBytes(head, bytes, sha256, format);
  } catch (error) {
    if (error instanceof Fault && error.code === 'format-not-possible') return undefined;
    throw error;
  }
}

async function judgeOpening(signer: Signer, keys: VerificationKeys, input: Input): Promise<string> {
  const { right, sfti, changed, resigned, header } = input;
  const whole = await sealed(signer, right, sfti === 1);
  if (whole === undefined) return 'not possible in that format';
  const list: readonly Edit[] = changed === 0 ? [] : sfti === 1 ? input.xml : input.json;
  const bytes = edited(whole, list, sfti === 1 ? envelopeXml : envelopeJson);
  const genuine = await signer.sign(resigned === 1 ? bytes : whole);
  const signature = signatureOf(genuine, header, changed === 3 ? input.signature : []);
  let read: OpenedEnvelope;
  try {
    read = await openEnvelope(bytes, signature, { keys });
  } catch (error) {
    assert.ok(error instanceof Fault, error instanceof Error ? error.stack : String(error));
    assert.ok(!(bytes.equals(whole) && signature === genuine), `a right envelope was refused: ${error.message}`);
    return error.code;
  }
  assert.ok(resigned === 1 || bytes.equals(whole), 'bytes that nobody has signed were opened');
  assert.equal(read.documentSha256, createHash('sha256').update(read.document).digest('hex'));
  assert.match(read.id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.ok(/^\d{10}$/.test(read.recipient) && checkDigitIsRight(read.recipient));
  if (bytes.equals(whole)) {
    assert.ok(read.document.equals(right.bytes));
    assert.deepEqual(
      [read.id, read.recipient, read.messageType, read.sequence],
      [id, right.recipient, right.messageType, 42n],
    );
  }
  await judgeTaking(keys, bytes, signature);
  return bytes.equals(whole) ? 'opened, as it was sealed' : 'opened, as it was signed';
}

function signatureOf(genuine: string, header: object | null, list: readonly Edit[]): string {
  const [, , value = ''] = genuine.split('.');
  const built = header === null ? genuine : `${Buffer.from(JSON.stringify(header)).toString('base64url')}..${value}`;
  return edited(Buffer.from(built), list, signatureGrammar).toString('latin1');
}

/** What is kept lies where it should, whatever the envelope says; a repeat is known. */
async function judgeTaking(keys: VerificationKeys, bytes: Buffer, signature: string): Promise<void> {
  const store = memoryStore();
  const paths: string[] = [];
  const take = createTake({
    store: {
      ...store,
      keep: (message, parts) => {
        paths.push(...filesOf(message, parts).map(({ path }) => path));
        return store.keep(message, parts);
      },
    },
    keys: async () => keys,
    mostBytes: 10_000_000,
  });
  assert.equal((await take(bytes, signature)).kind, 'kept');
  assert.equal((await take(bytes, signature)).kind, 'repeat');
  assert.equal(paths.length, 3);
  for (const path of paths)
    assert.match(path, /^\d{10}\/(?:documents|envelopes)\/\d{10,20}-[0-9a-f-]{36}\.(?:json|xml|bin|jws)$/);
}
