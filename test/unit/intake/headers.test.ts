import { strict as assert } from 'node:assert';
import { Fault } from '../../../src/domain/fault.ts';
import { frameNames, readHeaders } from '../../../src/intake/headers.ts';

function fault(headers: Record<string, string>): Fault {
  try {
    readHeaders(headers);
  } catch (error) {
    assert.ok(error instanceof Fault);
    return error;
  }
  throw new Error('accepted');
}

describe('headers of a frame', () => {
  it('may be Swedish, hyphenated, or absent', () => {
    assert.deepEqual(
      readHeaders({
        'message-type': 'sjalvfaktura-kredit',
        recipient: '556016-0680',
        'event-time': '2026-03-01T12:00:00Z',
      }),
      { messageType: 'self-invoice-credit', recipient: '5560160680', eventTime: '2026-03-01T12:00:00Z' },
    );
    assert.deepEqual(readHeaders({ recipient: '  ' }), {
      messageType: undefined,
      recipient: undefined,
      eventTime: undefined,
    });
  });

  it('are refused all at once, each with a finding', () => {
    const { code, findings, message } = fault({
      messageType: 'invoice',
      recipient: '5560160681',
      eventTime: 'yesterday',
      correlationId: 'a\0b',
    });
    assert.equal(code, 'header-invalid');
    assert.deepEqual(
      findings.map(({ where }) => where),
      ['messageType', 'recipient', 'eventTime', 'correlationId'],
    );
    assert.match(message, /purchase-order.*found “invoice”/);
  });

  it('that name what every object has name no type', () => {
    for (const messageType of ['constructor', 'toString', '__proto__', 'hasOwnProperty'])
      assert.equal(fault({ messageType }).code, 'header-invalid', messageType);
  });

  it('that say a thing twice must agree', () => {
    assert.equal(fault({ messageType: 'self-invoice', 'message-type': 'purchase-order' }).code, 'header-disagrees');
    assert.equal(
      readHeaders({ messageType: 'inkopsorder', 'message-type': 'purchase-order' }).messageType,
      'purchase-order',
    );
  });

  it('longer than a key may be never reach SQL', () => {
    assert.equal(fault({ recipient: '5'.repeat(100_000) }).code, 'header-invalid');
    assert.equal(fault({ correlationId: 'c'.repeat(501) }).code, 'header-invalid');
    const names = frameNames({ 'message-id': 'm'.repeat(501), correlationId: 'c'.repeat(501) });
    assert.match(names.brokerMessageId ?? '', /^sha256:[0-9a-f]{64}$/);
    assert.equal(names.kaMessageId, undefined);
    assert.equal(names.correlationId, undefined);
    assert.equal(frameNames({ correlationId: 'a\ud800' }).correlationId, undefined);
  });

  it('name a frame by its own id, else by the broker’s', () => {
    assert.deepEqual(frameNames({ 'message-id': 'ID:1', 'correlation-id': 'c', traceparent: 'nonsense' }), {
      brokerMessageId: 'ID:1',
      kaMessageId: 'ID:1',
      correlationId: 'c',
      traceparent: undefined,
    });
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const names = frameNames({
      'message-id': 'ID:1',
      kaMessageId: 'KA-7',
      correlationId: 'd',
      'correlation-id': 'c',
      traceparent,
    });
    assert.deepEqual(names, { brokerMessageId: 'ID:1', kaMessageId: 'KA-7', correlationId: 'd', traceparent });
  });
});
