import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { classify } from '../../../src/delivery/push/classify.ts';
import { readEndpointUrl } from '../../../src/delivery/push/egress.ts';
import { answerTrouble, connectTimedOut, connectTrouble } from '../../../src/delivery/push/trouble.ts';
import { faultTable } from '../../../src/domain/fault.ts';
import { catalogue, languages } from '../../../src/operations/catalogue.ts';
import { phrases, translated } from '../../../src/operations/phrases.ts';
import { swedishTitles } from '../../../src/operations/titles.ts';
import { laws, type Sums, sumBreaches } from '../../../src/store/conservation.ts';

const holes = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([hole]) => hole).sort();

describe('the catalogue of sentences', () => {
  it('has every sentence in every language, with the same facts', () => {
    for (const [key, entry] of Object.entries(catalogue)) {
      assert.deepEqual(Object.keys(entry).sort(), [...languages].sort(), key);
      for (const text of Object.values(entry)) assert.notEqual(text.trim(), '', key);
      const [first, ...others] = Object.values(entry).map(holes);
      for (const other of others) assert.deepEqual(other, first, key);
    }
  });

  it('has every phrase in both, with the same facts, and none twice', () => {
    for (const [en, sv] of phrases) {
      assert.deepEqual(holes(sv), holes(en), en);
      assert.notEqual(sv, en);
    }
    assert.equal(new Set(phrases.map(([en]) => en)).size, phrases.length);
  });

  it('names in Swedish whatever a delivery or a lane can wait for', () => {
    const waits = Object.entries(faultTable).filter(([code, { disposition }]) => {
      const whose =
        /^(endpoint-|proxy-|message-|url-|no-address|mandate-|type-|format-|schedule-|held-|mass-|outcome-)/;
      return whose.test(code) && disposition !== 'final';
    });
    assert.ok(waits.length >= 16);
    for (const [code] of waits) assert.ok(code in swedishTitles, code);
  });
});

describe('details of attempts in Swedish', () => {
  const of = (code: string, message = code) => Object.assign(new Error(message), { code });
  const inSwedish = (detail: string) => assert.notEqual(translated(detail, 'sv'), detail, detail);

  it('whatever an answer is, it is told', () => {
    for (let status = 100; status <= 600; status++) {
      const meaning = classify({ status, headers: {}, body: '' }, 'id', 0);
      if (meaning.kind !== 'delivered') inSwedish(meaning.detail);
    }
  });

  it('whatever goes wrong on the wire is told', () => {
    for (const stage of ['name', 'tcp', 'proxy', 'tls'] as const) inSwedish(connectTimedOut(stage, 500).detail);
    for (const stage of ['name', 'tcp', 'tls'] as const) inSwedish(connectTrouble(stage, of('ESOMETHING')).detail);
    inSwedish(connectTrouble('tls', of('ECONNRESET')).detail);
    inSwedish(connectTrouble('tls', of('ERR_SSL_TLSV1_ALERT_UNKNOWN_CA')).detail);
    const errors = [
      of('UND_ERR_HEADERS_OVERFLOW'),
      of('UND_ERR_RES_CONTENT_LENGTH_MISMATCH'),
      of('ERR_ASSERTION'),
      of('X', 'bad upgrade'),
      of('X', 'bad response'),
      of('X', 'whatever'),
      of('ECONNRESET'),
    ];
    for (const error of errors)
      for (const begun of [true, false])
        for (const firstOnTls13 of [true, false])
          inSwedish(answerTrouble({ error, socketError: undefined, firstOnTls13, begun }).detail);
  });

  it('whatever is wrong with a URL is told', () => {
    for (const url of ['x', 'http://a', 'https://u:p@a', 'https://'])
      inSwedish((readEndpointUrl(url) as { why: string }).why);
  });

  it('whatever the judge says of a certificate is told', () => {
    const source = readFileSync(new URL('../../../src/pki/judge-peer.ts', import.meta.url), 'utf8');
    // Each sentence of the judge, with something in the place of what it names.
    const sentences = [...source.matchAll(/`((?:the |\$\{nameOf)[^`]*)`/g)].map(([, text = '']) =>
      text.replaceAll('${role}', 'server').replaceAll(/\$\{(?:[^{}]|\{[^}]*\})*\}/g, 'Något AB'),
    );
    assert.ok(sentences.length >= 12, String(sentences.length));
    for (const sentence of sentences.filter((text) => !text.includes('does not name'))) inSwedish(sentence);
  });

  it('whatever law of conservation does not hold is told', () => {
    assert.ok(laws.length >= 17);
    for (const [breach] of laws) inSwedish(`2 ${breach}`);
    const wrong = { messages: 1, duplicates: 2, deadLetters: 3, withdrawals: 4, taken: 5, deadFrames: 6 } as Sums;
    const sums = sumBreaches(wrong);
    assert.equal(sums.length, 2);
    for (const breach of sums) inSwedish(breach);
  });

  it("an operator's words, and what is no phrase, stay as they are", () => {
    for (const text of ['ticket 7', 'the', '', 'the endpoint answered', 'x'.repeat(5_000)])
      assert.equal(translated(text, 'sv'), text);
    assert.equal(translated('no answer within 5 ms', 'en'), 'no answer within 5 ms');
  });

  it('a stranger cannot make it slow', () => {
    const began = performance.now();
    translated(`the certificate ${'a (b, issued by '.repeat(60)}`.slice(0, 1_000), 'sv');
    translated(`the egress proxy ${' answered  to CONNECT '.repeat(45)}`.slice(0, 1_000), 'sv');
    assert.ok(performance.now() - began < 200, `${performance.now() - began} ms`);
  });
});
