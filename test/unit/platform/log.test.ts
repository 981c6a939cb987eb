import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { Fault } from '../../../src/domain/fault.ts';
import { errorText, readableFields } from '../../../src/platform/log.ts';

describe('the log', () => {
  it('for a person leaves out fields that have no value, as JSON does', () => {
    const fields = { lane: 7, reason: undefined, fault: undefined, gone: null, no: false, text: '' };
    assert.deepEqual(readableFields(fields), ['lane=7', 'gone=null', 'no=false', 'text=']);
  });

  it('tells a cause that says something new, once', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' });
    const fault = new Fault('server-unavailable', `The broker at b: ${refused.message}`, { cause: refused });
    assert.equal(errorText(fault), 'server-unavailable: The broker at b: connect ECONNREFUSED 127.0.0.1:1');
    const deep = new Error('why', { cause: new Error('because') });
    assert.equal(errorText(new Error('why not', { cause: deep })), 'why not (because)');
    assert.equal(errorText(new Error('a', { cause: new Error('b') })), 'a (b)');
  });

  it('tells why each address of a name failed: Node leaves the message of the whole empty', () => {
    const all = new AggregateError([
      new Error('connect ::1'),
      new Error('connect 127.0.0.1'),
      new Error('connect ::1'),
    ]);
    assert.equal(errorText(all), 'connect ::1; connect 127.0.0.1');
  });

  it('masks a sole trader’s number in the middle of what others said, for a person and as JSON', () => {
    const said = { error: 'CN=Eva Ek, 198001010118', more: { why: ['SE800101011801 is not ours'] }, n: 5560160680 };
    assert.deepEqual(readableFields(said), [
      'error=CN=Eva Ek, 80********',
      'more={"why":["80******** is not ours"]}',
      'n=5560160680',
    ]);
    // What is written is what a process writes: one of its own.
    const program = `import { createLog } from '${new URL('../../../src/platform/log.ts', import.meta.url).href}';
      createLog({ level: 'info', pretty: false }).info('told', ${JSON.stringify(said)});`;
    const { stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' });
    assert.match(stderr, /"message":"told"/);
    assert.match(stderr, /80\*{8} is not ours/);
    assert.doesNotMatch(stderr, /800101/);
  });
});
