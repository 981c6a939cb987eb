/** Texts that programs have stumbled over. */
import { type Arbitrary, array, constant, constantFrom, integer, oneof } from 'fast-check';

/** Names that every object has without being asked. */
export const inherited = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'valueOf',
  '__defineGetter__',
  '__lookupSetter__',
] as const;

export const oddWords = [
  ...inherited,
  '',
  ' ',
  '\0',
  '\uFEFF',
  '\uFFFD',
  '\u202E',
  '\u2028',
  '\uD800',
  'x\uDC00y',
  '\r\n',
  '\\',
  '\\x',
  '%',
  '%00',
  '%s%n',
  '../../etc/passwd',
  '${jndi:ldap://x/y}',
  "'; drop table message; --",
  '<script>',
  ']]>',
  '-->',
  '?>',
  '&#0;',
  '&x;',
  'null',
  'undefined',
  'NaN',
  'Infinity',
  '-Infinity',
  '-0',
  '0x10',
  '1e309',
  '1e-7',
  '9007199254740993',
  '99999999999999999999999999',
  '-1',
  '٣',
  '１２',
] as const;

/** One time in so many; null otherwise. */
export const rarely = <T>(arbitrary: Arbitrary<T>, times: number): Arbitrary<T | null> =>
  oneof({ weight: times - 1, arbitrary: constant(null) }, { weight: 1, arbitrary });

/** fast-check's own `string({ unit: 'binary' })` keeps a map of all 1.1 million: 70 MB, looked through by each collection. */
const codePoint = integer({ min: 0, max: 0x10_f7ff }).map((point) =>
  String.fromCodePoint(point < 0xd800 ? point : point + 0x800),
);

/** Any text at all, lone surrogates and controls among it. */
export const oddText: Arbitrary<string> = oneof(
  { weight: 3, arbitrary: constantFrom<string>(...oddWords) },
  { weight: 2, arbitrary: array(codePoint, { maxLength: 40 }).map((points) => points.join('')) },
  {
    weight: 1,
    arbitrary: array(integer({ min: 0, max: 0xffff }), { maxLength: 20 }).map((units) => String.fromCharCode(...units)),
  },
  { weight: 1, arbitrary: constantFrom(201, 501, 1_025, 10_000, 70_000).map((length) => 'å'.repeat(length)) },
  { weight: 1, arbitrary: integer({ min: 1, max: 300 }).map((length) => 'x'.repeat(length)) },
);
