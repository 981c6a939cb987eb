import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { Fault } from '../../../src/domain/fault.ts';
import type { MessageType } from '../../../src/domain/message.ts';
import type { OrganisationNumber } from '../../../src/domain/organisation-number.ts';
import { type Frame, frameFacts } from '../../../src/intake/broker/frame.ts';
import type { DocumentFacts } from '../../../src/intake/check.ts';
import { type ReceiveDeps, receive } from '../../../src/intake/receive.ts';
import { type Fields, type Log, silentLog } from '../../../src/platform/log.ts';
import type { Accepted, DeadFrame, TakenFrame, Verdict, WithdrawalFrame } from '../../../src/store/accept/frames.ts';

const recipient = '5560160680' as OrganisationNumber;
const facts: DocumentFacts = {
  format: 'json',
  mediaType: 'application/json',
  dataSchema: 'urn:x',
  messageType: 'self-invoice',
  recipient,
  documentNumber: 'F-1',
  currency: 'SEK',
  total: '1.10',
  findings: [],
};

function frame(body: string, headers: Record<string, string> = {}, more: Partial<Frame> = {}): Frame {
  const all = { 'message-id': `ID:${body}`, timestamp: '1767225600123', ...headers };
  return { headers: all, body: Buffer.from(body), isText: true, ...frameFacts(all), beyondLimit: undefined, ...more };
}

/** The body `fault:CODE` breaks reading with that fault; `bug` with a bug. */
function read(bytes: Uint8Array): DocumentFacts {
  const text = Buffer.from(bytes).toString();
  if (text.startsWith('fault:')) throw new Fault(text.slice(6) as 'document-encoding');
  if (text === 'bug') throw new TypeError('cannot read x of undefined');
  return text.startsWith('{') ? { ...facts, ...(JSON.parse(text) as Partial<DocumentFacts>) } : facts;
}

const taken = (batch: readonly TakenFrame[]): Accepted => ({
  verdicts: batch.map(() => ({ kind: 'accepted', messageId: 'm', sequence: 1, state: 'waiting' })),
  wake: [7],
  filled: [7],
});

const withdrawn: Accepted = { verdicts: [{ kind: 'withdrawn', messageId: 'm' }], wake: [9], filled: [] };

/** Runs one batch; says what was stored and the order of what happened. */
async function run(frames: readonly Frame[], deps: Partial<ReceiveDeps> = {}) {
  const steps: string[] = [];
  const stored: (TakenFrame | WithdrawalFrame)[] = [];
  const store = deps.store ?? (async (batch) => taken(batch));
  const all: ReceiveDeps = {
    read,
    environment: 'test',
    sender: '2021002114' as OrganisationNumber,
    now: () => new Date('2026-01-02T03:04:05.678Z'),
    log: silentLog,
    wake: () => void steps.push('wake'),
    tell: (lanes) => void (lanes.length > 0 && steps.push('tell')),
    ...deps,
    withdraw: async (frame) => {
      const withdraw = deps.withdraw ?? (async () => withdrawn);
      const result = await withdraw(frame);
      stored.push(frame);
      steps.push('withdraw');
      return result;
    },
    store: async (batch) => {
      const result = await store(batch);
      stored.push(...batch);
      steps.push(`store ${batch.length}`);
      return result;
    },
  };
  const outcome = await receive(all, { frames, ack: () => void steps.push('ack') }).then(
    () => undefined,
    (error: unknown) => error,
  );
  return { steps, stored, outcome, dead: stored.filter((one): one is DeadFrame => one.kind === 'dead-letter') };
}

describe('receive', () => {
  it('stores, then acknowledges, then wakes', async () => {
    assert.deepEqual((await run([frame('a'), frame('b')])).steps, ['store 2', 'ack', 'wake', 'tell']);
  });

  it('hands over what headers and document say', async () => {
    const headers = {
      messageType: 'sjalvfaktura',
      recipient: '556016-0680',
      eventTime: '2026-03-01T12:00:00.10+01:00',
    };
    const { stored } = await run([frame('doc', { ...headers, correlationId: 'c' })]);
    const [one] = stored;
    assert.ok(one?.kind === 'document');
    assert.deepEqual(one.key, { messageType: 'self-invoice', recipient, documentNumber: 'F-1' });
    assert.equal(one.eventTime, '2026-03-01T11:00:00.10Z');
    assert.deepEqual([one.brokerMessageId, one.kaMessageId, one.correlationId], ['ID:doc', 'ID:doc', 'c']);
    assert.deepEqual(one.bodySha256, createHash('sha256').update('doc').digest());
    assert.equal(Buffer.from(one.document).toString(), 'doc');
  });

  it('takes the broker’s time when KA gives none, and its own when the broker has none', async () => {
    const { stored } = await run([frame('a'), frame('b', { timestamp: '0' })]);
    assert.deepEqual(
      stored.map((one) => one.kind === 'document' && one.eventTime),
      ['2026-01-01T00:00:00.123Z', '2026-01-02T03:04:05.678Z'],
    );
  });

  it('makes a dead letter of whatever cannot be a message, and keeps the others', async () => {
    const other = '2021002114' as OrganisationNumber;
    const cases: [Frame, string][] = [
      [frame('', {}, { isText: false }), 'frame-empty'],
      [frame(''), 'frame-not-a-document'],
      [frame('big', {}, { beyondLimit: { bytes: 9e6, sha256: Buffer.alloc(32) } }), 'frame-too-large'],
      [frame('a', { recipient: 'nobody' }), 'header-invalid'],
      [frame('fault:document-encoding'), 'document-encoding'],
      [frame('bug'), 'internal'],
      [frame(JSON.stringify({ findings: [{ where: '/x', rule: 'r', text: 't' }] })), 'document-invalid'],
      [frame(JSON.stringify({ documentNumber: 'x'.repeat(201) })), 'document-invalid'],
      [frame(JSON.stringify({ documentNumber: 'x\0' })), 'document-invalid'],
      [frame(JSON.stringify({ documentNumber: 'x\ud800' })), 'document-invalid'],
      [frame(JSON.stringify({ documentNumber: '' })), 'document-invalid'],
      [frame('a', { messageType: 'purchase-order' }), 'document-wrong-type'],
      [frame('a', { recipient: other }), 'document-wrong-recipient'],
      [frame(JSON.stringify({ buyer: recipient })), 'document-wrong-sender'],
      [frame(JSON.stringify({ recipient: null }), { recipient }), 'header-missing'],
      [frame(JSON.stringify({ buyer: other })), ''],
      [frame('good'), ''],
    ];
    const { stored, steps } = await run(cases.map(([one]) => one));
    assert.deepEqual(
      stored.map((one) => (one.kind === 'dead-letter' ? one.fault.code : '')),
      cases.map(([, code]) => code),
    );
    assert.deepEqual(steps, [`store ${cases.length}`, 'ack', 'wake', 'tell']);
  });

  it('names both when the buyer in the document is not whom this gateway sends for', async () => {
    const { dead } = await run([frame(JSON.stringify({ buyer: '5560360793' }))]);
    const { where, expected, found } = dead[0]?.fault.findings[0] ?? {};
    assert.deepEqual([where, expected, found], ['buyer', '2021002114', '5560360793']);
  });

  it('logs each frame once, with the fault once', async () => {
    const lines: [string, Fields | undefined][] = [];
    const log: Log = { ...silentLog, info: (event, fields) => void lines.push([event, fields]) };
    const verdicts: Verdict[] = [
      { kind: 'rejected', deadLetterId: 'd1', code: 'header-invalid' },
      { kind: 'rejected', deadLetterId: 'd2', code: 'document-number-taken' },
      { kind: 'duplicate', messageId: 'm' },
    ];
    const frames = [frame('a', { recipient: 'nobody' }), frame('b'), frame('c')];
    await run(frames, { log, store: async () => ({ verdicts, wake: [], filled: [] }) });
    assert.deepEqual(
      lines.map(([event, fields = {}]) => [event, fields['verdict'], fields['fault'], 'code' in fields]),
      [
        ['frame taken', 'rejected', 'header-invalid', false],
        ['frame taken', 'rejected', 'document-number-taken', false],
        ['frame taken', 'duplicate', undefined, false],
      ],
    );
  });

  it('never lets a header alone decide where a document goes', async () => {
    const { dead } = await run([
      frame(JSON.stringify({ recipient: null, messageType: null }), { recipient, messageType: 'self-invoice' }),
    ]);
    assert.equal(dead[0]?.fault.code, 'header-missing');
  });

  it('keeps faults small whatever a document holds', async () => {
    const findings = Array.from({ length: 500 }, () => ({
      where: 'w',
      rule: 'r',
      text: 't',
      found: 'f'.repeat(9_999),
    }));
    const { dead } = await run([frame(JSON.stringify({ findings }))]);
    assert.ok(JSON.stringify(dead[0]?.fault.findings).length < 50_000);
  });

  it('acknowledges nothing when the store is in trouble', async () => {
    const trouble = Object.assign(new Error('terminating connection'), { code: '57P01' });
    const { steps, outcome } = await run([frame('a')], { store: () => Promise.reject(trouble) });
    assert.equal(outcome, trouble);
    assert.deepEqual(steps, []);
  });

  it('stores frame by frame what does not go as a batch; the bad one becomes a dead letter with its bytes', async () => {
    const bad = (batch: readonly TakenFrame[]) =>
      batch.some((one) => one.kind === 'document' && one.brokerMessageId === 'ID:b');
    const { steps, dead, stored } = await run([frame('a'), frame('b'), frame('c')], {
      store: async (batch) => {
        if (bad(batch)) throw Object.assign(new Error('value out of range'), { code: '22003' });
        return taken(batch);
      },
    });
    assert.deepEqual(steps, ['store 1', 'store 1', 'store 1', 'ack', 'wake', 'tell']);
    assert.deepEqual(
      stored.map((one) => one.kind),
      ['document', 'dead-letter', 'document'],
    );
    assert.equal(dead[0]?.fault.code, 'frame-unstorable');
    assert.match(dead[0]?.fault.message ?? '', /value out of range/);
    assert.equal(Buffer.from(dead[0]?.body ?? []).toString(), 'b');
  });

  it('tries a dead letter without what was read from the frame, then stands still rather than lose it', async () => {
    const noKeys = (one: TakenFrame | undefined) => one?.kind === 'dead-letter' && one.recipient === undefined;
    const choosy = await run([frame('a')], {
      store: async (batch) => {
        if (!noKeys(batch[0])) throw new Error('no');
        return taken(batch);
      },
    });
    assert.deepEqual(choosy.steps, ['store 1', 'ack', 'wake', 'tell']);
    const broken = await run([frame('a')], { store: () => Promise.reject(new Error('no')) });
    assert.deepEqual(broken.steps, []);
    assert.match(String(broken.outcome), /no/);
  });

  const withdrawal = (headers: Record<string, string> = {}, more: Partial<Frame> = {}) =>
    frame(
      '',
      {
        operation: 'withdraw',
        messageType: 'sjalvfaktura',
        recipient: '556016-0680',
        documentNumber: 'F-1',
        ...headers,
      },
      more,
    );

  it('withdraws in the order of the queue: after what stands before it, before what stands behind it', async () => {
    const { steps, stored } = await run([frame('a'), frame('b'), withdrawal(), withdrawal(), frame('c')]);
    assert.deepEqual(steps, ['store 2', 'withdraw', 'withdraw', 'store 1', 'ack', 'wake', 'tell']);
    const one = stored[2];
    assert.ok(one?.kind === 'withdrawal');
    assert.deepEqual(
      [one.messageType, one.recipient, one.documentNumber, one.messageId, one.reason],
      ['self-invoice', recipient, 'F-1', undefined, undefined],
    );
    assert.deepEqual((await run([withdrawal(), frame('a')])).steps, ['withdraw', 'store 1', 'ack', 'wake', 'tell']);
  });

  it('makes a dead letter of a withdrawal that says too little, the wrong thing, or has a document with it', async () => {
    const messageId = '0199f2c4-7a2f-7b01-8e44-5a6b7c8d9e0f';
    const cases: [Frame, string][] = [
      [withdrawal({ operation: 'withdrew' }), 'header-invalid'],
      [frame('a document', { operation: 'x' }), 'header-invalid'],
      [frame('a document', { operation: 'withdraw', messageId }), 'withdrawal-with-body'],
      [
        withdrawal({}, { body: Buffer.from('b'), beyondLimit: { bytes: 9, sha256: Buffer.alloc(32) } }),
        'frame-too-large',
      ],
      [withdrawal({ recipient: '5560160681' }), 'header-invalid'],
      [withdrawal({ documentNumber: 'x'.repeat(201) }), 'header-invalid'],
      [withdrawal({ documentNumber: 'x\0' }), 'header-invalid'],
      [withdrawal({ documentNumber: '' }), 'header-missing'],
      [withdrawal({ documentNumber: '', messageId: 'F-1' }), 'header-invalid'],
      [withdrawal({ documentNumber: '', messageId }), ''],
    ];
    const { stored } = await run(cases.map(([one]) => one));
    assert.deepEqual(
      stored.map((one) => (one.kind === 'dead-letter' ? one.fault.code : '')),
      cases.map(([, code]) => code),
    );
  });

  it('makes a dead letter of a withdrawal that the store does not take, and keeps nothing back when it is in trouble', async () => {
    const { dead, steps } = await run([withdrawal(), frame('a')], { withdraw: () => Promise.reject(new Error('no')) });
    assert.equal(dead[0]?.fault.code, 'frame-unstorable');
    assert.deepEqual(steps, ['store 1', 'store 1', 'ack', 'wake', 'tell']);
    const trouble = Object.assign(new Error('deadlock'), { code: '40P01' });
    const broken = await run([frame('a'), withdrawal()], { withdraw: () => Promise.reject(trouble) });
    assert.deepEqual([broken.outcome, broken.steps], [trouble, ['store 1']]);
  });

  it('has taken the batch even if nobody could be woken', async () => {
    const { steps, outcome } = await run([frame('a')], { wake: () => Promise.reject(new Error('redis')) });
    assert.deepEqual(steps, ['store 1', 'ack', 'tell']);
    assert.equal(outcome, undefined);
  });

  it('knows every message type', async () => {
    const types: MessageType[] = ['purchase-order', 'self-invoice', 'self-invoice-credit'];
    const { stored } = await run(types.map((messageType) => frame(JSON.stringify({ messageType }), { messageType })));
    assert.deepEqual(
      stored.map((one) => one.kind === 'document' && one.key.messageType),
      types,
    );
  });
});
