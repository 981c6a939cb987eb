/**
 * Where a push may connect to. A supplier chooses its URL, so an address is looked at as what it is, after the name is
 * resolved and every way of writing it is undone: otherwise a URL could make the gateway knock on doors inside the house.
 */
import { BlockList, isIP, isIPv4 } from 'node:net';

/** A connection may be made, or the plain reason why not. */
export type EgressVerdict = { readonly ok: true } | { readonly ok: false; readonly why: string };

/** IANA special-purpose registries (RFC 6890): nothing here is a company on the internet. */
const notPublic: readonly (readonly [range: string, why: string])[] = [
  ['10.0.0.0/8', 'private'],
  ['100.64.0.0/10', 'shared by carriers (CGNAT)'],
  ['127.0.0.0/8', 'loopback'],
  ['169.254.0.0/16', 'link-local'],
  ['172.16.0.0/12', 'private'],
  ['192.0.0.0/24', 'reserved'],
  ['192.0.2.0/24', 'documentation'],
  ['192.88.99.0/24', 'a 6to4 relay'],
  ['192.168.0.0/16', 'private'],
  ['198.18.0.0/15', 'benchmarking'],
  ['198.51.100.0/24', 'documentation'],
  ['203.0.113.0/24', 'documentation'],
  ['::1/128', 'loopback'],
  ['64:ff9b:1::/48', 'local translation'],
  ['100::/64', 'discard-only'],
  ['2001::/23', 'reserved (Teredo, ORCHID)'],
  ['2001:db8::/32', 'documentation'],
  ['3fff::/20', 'documentation'],
  ['5f00::/16', 'segment routing'],
  ['fc00::/7', 'private (ULA)'],
  ['fe80::/10', 'link-local'],
  ['fec0::/10', 'site-local'],
];

/** Refused whatever the settings allow: what hands out a machine's own credentials, and what is no single machine. */
const never: readonly (readonly [range: string, why: string])[] = [
  ['169.254.169.254/32', 'a cloud metadata service'],
  ['169.254.170.2/32', 'a cloud metadata service'],
  ['169.254.170.23/32', 'a cloud metadata service'],
  ['100.100.100.200/32', 'a cloud metadata service'],
  ['168.63.129.16/32', 'a cloud metadata service'],
  ['192.0.0.192/32', 'a cloud metadata service'],
  ['fd00:ec2::254/128', 'a cloud metadata service'],
  ['fd00:ec2::23/128', 'a cloud metadata service'],
  ['fd20:ce::254/128', 'a cloud metadata service'],
  ['0.0.0.0/8', 'unspecified'],
  ['::/128', 'unspecified'],
  ['224.0.0.0/4', 'multicast'],
  ['240.0.0.0/4', 'reserved or broadcast'],
  ['ff00::/8', 'multicast'],
];

const listOf = (ranges: readonly string[]): BlockList => {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', prefix = ''] = range.split('/');
    list.addSubnet(address, Number(prefix), isIPv4(address) ? 'ipv4' : 'ipv6');
  }
  return list;
};
const rulesOf = (rows: readonly (readonly [string, string])[]) =>
  rows.map(([range, why]) => ({ list: listOf([range]), why }));

const neverRules = rulesOf(never);
const notPublicRules = rulesOf(notPublic);
/** The only part of IPv6 that is handed out as public so far. */
const globalUnicast = listOf(['2000::/3']);

/** `::ffff:7f00:1` → its eight groups as numbers; the address must be valid. */
function groupsOf(address: string): number[] {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const text = dotted
    ? `${dotted[1]}${((Number(dotted[2]) << 8) | Number(dotted[3])).toString(16)}:${((Number(dotted[4]) << 8) | Number(dotted[5])).toString(16)}`
    : address;
  const [head = '', tail] = text.split('::');
  const read = (part: string) => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)));
  const [left, right] = [read(head), read(tail ?? '')];
  return tail === undefined ? left : [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
}

/**
 * The IPv4 address that an IPv6 address only wraps: mapped (RFC 4291 §2.5.5.2), compatible (§2.5.5.1), NAT64
 * (RFC 6052), 6to4 (RFC 3056). The wrapped one is where the packets end up.
 */
function wrappedIpv4(address: string): string | undefined {
  const g = groupsOf(address);
  const at = (index: number) => {
    const [high = 0, low = 0] = [g[index], g[index + 1]];
    return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
  };
  const zero = (from: number, to: number) => g.slice(from, to).every((group) => group === 0);
  if (zero(0, 5) && g[5] === 0xffff) return at(6);
  if (zero(0, 4) && g[4] === 0xffff && g[5] === 0) return at(6);
  if (zero(0, 6) && (g[6] !== 0 || (g[7] ?? 0) > 1)) return at(6);
  if (g[0] === 0x64 && g[1] === 0xff9b && zero(2, 6)) return at(6);
  if (g[0] === 0x2002) return at(1);
  return undefined;
}

/**
 * Makes the judge of addresses. `allow`: CIDR ranges that are not public and yet may be connected to (setting
 * `KUVERT_EGRESS_ALLOW`). The judge takes an IP address as text, without brackets; anything else is refused.
 */
export function egressJudge(allow: readonly string[]): (address: string) => EgressVerdict {
  const allowed = listOf(allow);
  const judge = (given: string): EgressVerdict => {
    const address = given.split('%')[0] ?? '';
    const version = isIP(address);
    if (version === 0) return { ok: false, why: 'not an IP address' };
    const family = version === 4 ? 'ipv4' : 'ipv6';
    const wrapped = version === 6 ? wrappedIpv4(address) : undefined;
    if (wrapped !== undefined) {
      const inner = judge(wrapped);
      return inner.ok ? inner : { ok: false, why: `${inner.why}, written as IPv6 for ${wrapped}` };
    }
    const forbidden = neverRules.find(({ list }) => list.check(address, family));
    if (forbidden) return { ok: false, why: `${forbidden.why}, never allowed` };
    if (allowed.check(address, family)) return { ok: true };
    const special = notPublicRules.find(({ list }) => list.check(address, family));
    if (special) return { ok: false, why: special.why };
    if (version === 6 && !globalUnicast.check(address, family)) return { ok: false, why: 'not a public IPv6 range' };
    return { ok: true };
  };
  return judge;
}

/** The parts of an endpoint's URL that a connection needs, or why it is not to be used. */
export type UrlVerdict =
  | { readonly ok: true; readonly url: URL; readonly host: string; readonly port: number }
  | { readonly ok: false; readonly why: string };

/** Reads an endpoint's URL. WHATWG parsing turns `0x7f.1`, `2130706433` and `0177.0.0.1` into `127.0.0.1`. */
export function readEndpointUrl(text: string): UrlVerdict {
  const url = URL.parse(text);
  if (!url) return { ok: false, why: 'the URL cannot be read' };
  if (url.protocol !== 'https:') return { ok: false, why: `the URL must begin with https:, not ${url.protocol}` };
  if (url.username !== '' || url.password !== '')
    return { ok: false, why: 'the URL must not carry a user or password' };
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (host === '') return { ok: false, why: 'the URL names no host' };
  return { ok: true, url, host, port: url.port === '' ? 443 : Number(url.port) };
}
