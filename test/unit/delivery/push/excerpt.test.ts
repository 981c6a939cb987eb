import { strict as assert } from 'node:assert';
import { safeExcerpt } from '../../../../src/delivery/push/excerpt.ts';

const of = (text: string, most = 100) => safeExcerpt(Buffer.from(text), most);

describe("the excerpt of an endpoint's answer", () => {
  it('stays on one line', () => assert.equal(of(' fel:\r\n\tkolumn 7\u2028slut\n'), 'fel: kolumn 7 slut'));

  it('holds no control characters, escape sequences or marks that turn the text around', () => {
    const text = of('a\u0000b\u001b[31mc\u007fd\u009be\u202ef\u2066g\u200bh');
    assert.equal(text.replaceAll('\ufffd', '·'), 'a·b·[31mc·d·e·f·g·h');
  });

  it('is never longer than the limit in UTF-8 bytes, and cuts no character in two', () => {
    for (let most = 0; most <= 40; most++) {
      for (const text of [
        'åäö'.repeat(20),
        '\u0001'.repeat(50),
        '😀'.repeat(20),
        'plain text that is long enough to be cut',
      ]) {
        const excerpt = of(text, most);
        assert.ok(Buffer.byteLength(excerpt) <= most, `${most}: ${excerpt}`);
        assert.ok(excerpt.isWellFormed());
      }
    }
    assert.equal(of('åäö', 5), 'åä');
  });

  it('takes bytes that are no UTF-8 as such', () => {
    assert.equal(safeExcerpt(Uint8Array.of(0x61, 0xff, 0xc3, 0x28), 100), 'a\ufffd\ufffd(');
  });
});
