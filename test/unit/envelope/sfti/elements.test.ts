import { strict as assert } from 'node:assert';
import { elementsAt } from '../../../../src/envelope/sfti/elements.ts';

const texts = (xml: string, level: number): string[] => {
  const bytes = Buffer.from(xml);
  return elementsAt(bytes, level).map(({ start, end }) => bytes.subarray(start, end).toString());
};

describe('where elements are in the bytes', () => {
  for (const [what, xml, root] of [
    ['nothing around it', '<a/>', '<a/>'],
    [
      'everything around it',
      '\uFEFF<?xml version="1.0"?>\n<!-- <b> -->\n<a>å</a>\n<?p </a>?><!-- </a> -->\n',
      '<a>å</a>',
    ],
    ['markup inside', `<a x='>' y=">"><!-- > </a> --><![CDATA[</a>]]><?p </a>?><a><a/></a></a >`, undefined],
    ['a tag over lines', '<a\n b="c"\n/>', undefined],
    ['many bytes to a character', '<räksmörgås>📦<é/></räksmörgås>', undefined],
  ] as const)
    it(`the root is found: ${what}`, () => {
      assert.deepEqual(texts(xml, 0), [root ?? xml]);
    });

  it('children are found in order, their children left out', () => {
    assert.deepEqual(texts('<r> <a><b/></a>t<!-- <x/> --><c/><d x="/>"></d></r>', 1), [
      '<a><b/></a>',
      '<c/>',
      '<d x="/>"></d>',
    ]);
  });

  it('what is no XML has an answer too, and soon', () => {
    for (const xml of [
      '',
      'x',
      '<',
      '<a',
      '<a x="',
      '<!-- ',
      '<![CDATA[',
      '<?',
      '</a>',
      '<a></b',
      '<!DOCTYPE a><a/>',
      '<!',
    ])
      assert.deepEqual(
        texts(xml, 0).filter((one) => one === ''),
        [],
        xml,
      );
    assert.deepEqual(texts('<!DOCTYPE a [<!ENTITY x "<a>">]><a/>', 0), []);
    const began = performance.now();
    elementsAt(Buffer.from('<a '.repeat(300_000)), 0);
    elementsAt(Buffer.from('<!--'.repeat(300_000)), 0);
    elementsAt(Buffer.from('<a>'.repeat(300_000)), 0);
    assert.ok(performance.now() - began < 2_000);
  });

  it('a part of a larger buffer is searched within its bounds', () => {
    const whole = Buffer.from('<x><a/></x><y/>');
    assert.deepEqual(elementsAt(whole.subarray(3, 7), 0), [{ start: 0, end: 4 }]);
  });
});
