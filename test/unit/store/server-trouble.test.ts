import { strict as assert } from 'node:assert';
import { Fault } from '../../../src/domain/fault.ts';
import { isServerTrouble } from '../../../src/store/pool.ts';

const withCode = (code: string) => Object.assign(new Error('x'), { code });

describe('trouble of the server, as against of what is being written', () => {
  it('is told by the class of SQLSTATE', () => {
    for (const code of ['08006', '53300', '57P01', '57014', '58030', '40001', '40P01'])
      assert.equal(isServerTrouble(withCode(code)), true, code);
    for (const code of ['22021', '22P05', '23505', '23514', '42P01', '54000', '0A000', 'XX000'])
      assert.equal(isServerTrouble(withCode(code)), false, code);
  });

  it('is a socket that broke or never came up', () => {
    for (const code of ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EHOSTUNREACH'])
      assert.equal(isServerTrouble(withCode(code)), true, code);
  });

  it('is what pg says without a code', () => {
    for (const text of [
      'Connection terminated unexpectedly',
      'Connection terminated due to connection timeout',
      'timeout exceeded when trying to connect',
      'Client has encountered a connection error and is not queryable',
      'Query read timeout',
    ])
      assert.equal(isServerTrouble(new Error(text)), true, text);
  });

  it('is no defect, and no fault but one', () => {
    for (const error of [
      new TypeError('undefined is not a function'),
      new RangeError('Invalid string length'),
      new Fault('internal'),
      new Fault('store-unsafe'),
      'text',
      undefined,
    ])
      assert.equal(isServerTrouble(error), false, String(error));
    assert.equal(isServerTrouble(new Fault('server-unavailable')), true);
  });
});
