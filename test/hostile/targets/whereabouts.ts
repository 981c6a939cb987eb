/** Where a push must never go, written in every way there is, to what pushes. */
import { strict as assert } from 'node:assert';
import { isIP } from 'node:net';
import { array, boolean, constantFrom, integer, nat, oneof, record } from 'fast-check';
import { readEndpointUrl } from '../../../src/delivery/push/egress.ts';
import { createParties, parcelOf, pusherFor, targetOf } from '../../support/pushing.ts';
import { opened, type Target } from '../target.ts';

/** First address and number of free bits of ranges that are nobody's on the internet. */
const ranges = [
  ['10.0.0.0', 24],
  ['100.64.0.0', 22],
  ['127.0.0.0', 24],
  ['169.254.0.0', 16],
  ['172.16.0.0', 20],
  ['192.0.0.0', 8],
  ['192.168.0.0', 16],
  ['198.18.0.0', 17],
  ['0.0.0.0', 24],
  ['224.0.0.0', 28],
  ['240.0.0.0', 28],
] as const;

const number = (dotted: string): number => dotted.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
const bytesOf = (address: number): number[] => [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256);
const dotted = (address: number): string => bytesOf(address).join('.');
const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
const groups = (address: number): string => `${hex(Math.floor(address / 65_536), 4)}:${hex(address % 65_536, 4)}`;

/** IPv4 in one to four parts, each in a base of its own. */
function parted(address: number, parts: number, bases: readonly number[]): string {
  const bytes = bytesOf(address);
  const last = bytes.slice(parts - 1).reduce((sum, byte) => sum * 256 + byte, 0);
  return [...bytes.slice(0, parts - 1), last]
    .map((value, i) => {
      const base = bases[i % bases.length] ?? 10;
      return base === 16 ? `0x${value.toString(16)}` : base === 8 ? `0${value.toString(8)}` : String(value);
    })
    .join('.');
}

const wide = (text: string): string =>
  text.replaceAll(/[0-9]/g, (digit) => String.fromCharCode(0xff10 + Number(digit)));
const escaped = (text: string): string => text.replaceAll(/./g, (one) => `%${hex(one.charCodeAt(0), 2)}`);

const writings: readonly ((address: number, parts: number, bases: readonly number[]) => string)[] = [
  (address) => dotted(address),
  parted,
  (address, parts, bases) => `${parted(address, parts, bases)}.`,
  (address, parts, bases) => wide(parted(address, parts, bases)),
  (address, parts, bases) => escaped(parted(address, parts, bases)),
  (address) => dotted(address).replaceAll('.', '。'),
  (address) => `[::ffff:${dotted(address)}]`,
  (address) => `[::ffff:${groups(address)}]`,
  (address) => `[0:0:0:0:0:FFFF:${groups(address)}]`,
  (address) => `[::${dotted(address)}]`,
  (address) => `[64:ff9b::${groups(address)}]`,
  (address) => `[64:ff9b::${dotted(address)}]`,
  (address) => `[2002:${groups(address)}::1]`,
  (address) => `[::ffff:0:${groups(address)}]`,
  () => '[::1]',
  () => '[::]',
  () => '[fe80::1]',
  () => '[fd00:ec2::254]',
  (address) => `[fc00::${groups(address)}]`,
  (address) => `[ff02::${groups(address)}]`,
  () => 'localhost',
  () => 'LOCALHOST.',
];

const inputs = record({
  address: oneof(
    ...ranges.map(([first, bits]) => integer({ min: 0, max: 2 ** bits - 1 }).map((offset) => number(first) + offset)),
    constantFrom(
      ...['127.0.0.1', '169.254.169.254', '100.100.100.200', '168.63.129.16', '0.0.0.0', '255.255.255.255'].map(number),
    ),
  ),
  writing: nat(writings.length - 1),
  parts: integer({ min: 1, max: 4 }),
  bases: array(constantFrom(8, 10, 16), { minLength: 1, maxLength: 4 }),
  named: boolean(),
  /** What the name leads to besides, time and again. */
  others: array(constantFrom('10.0.0.1', '::1', '169.254.169.254', '::ffff:127.0.0.1', 'fe80::1%lo', '0.0.0.0'), {
    maxLength: 3,
  }),
});

export const whereabouts: Target = {
  name: 'whereabouts',
  about: 'URLs and DNS answers that lead inside, in every way of writing an address, to the push',
  share: 6,
  limit: 5_000,
  open: async () => {
    const parties = await createParties();
    let asked: readonly string[] = [];
    const pusher = pusherFor(parties, {
      egressAllow: [],
      limits: { connectTimeout: 2_000, pushTimeout: 2_500, answerBytes: 4_096, answerExcerpt: 200 },
      resolve: async () => asked.map((address) => ({ address, family: isIP(address) })),
    });
    return opened({
      inputs,
      meet: async ({ address, writing, parts, bases, named, others }) => {
        const written = writings[writing]?.(address, parts, bases) ?? '';
        asked = [dotted(address), ...others];
        const url = `https://${named ? `b2b${address}.exempel.se` : written}/in`;
        const outcome = await pusher.push(targetOf(url, [parties.supplier]), parcelOf());
        const what = `${url}: ${JSON.stringify(outcome)}`;
        assert.equal(outcome.kind, 'turned-away', what);
        assert.ok('fault' in outcome && outcome.fault === 'url-not-allowed', what);
        assert.ok(!('connectMs' in outcome), what);
        if (named) return 'a name: none of its addresses is tried';
        const read = readEndpointUrl(url);
        if (!read.ok) return 'no URL';
        // A name whose last part is a number is an address to the machine's resolver.
        assert.ok(isIP(read.host) !== 0 || !/(?:^|\.)(?:\d+|0x[0-9a-f]*)\.?$/i.test(read.host), read.host);
        return isIP(read.host) === 0 ? 'a name for this machine: not tried' : 'an address: not tried';
      },
      close: () => pusher.close(),
    });
  },
};
