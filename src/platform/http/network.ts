/** Where a connection comes from, as it is counted. */
import { isIPv6 } from 'node:net';

/**
 * An IPv4 address is itself; of an IPv6 address the first 64 bits count, which is what one customer has at least (RFC 6177):
 * with addresses of its own it could be as many strangers as it likes.
 */
export function networkOf(remoteAddress: string | undefined): string {
  if (remoteAddress === undefined) return '';
  const [address = ''] = remoteAddress.split('%');
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !isIPv6(address)) return mapped ?? address;
  const [before = '', after] = address.toLowerCase().split('::');
  const head = before === '' ? [] : before.split(':');
  const tail = after === undefined || after === '' ? [] : after.split(':');
  const zeros = after === undefined ? 0 : Math.max(0, 8 - head.length - tail.length);
  const groups = [...head, ...Array.from({ length: zeros }, () => '0'), ...tail];
  return `${groups.slice(0, 4).join(':')}::/64`;
}

/** Whether it comes from this machine itself (RFC 1122, 3.2.1.3; RFC 4291, 2.5.3). */
export const isLoopback = (remoteAddress: string | undefined): boolean =>
  remoteAddress !== undefined && /^(?:(?:::ffff:)?127(?:\.\d+){3}|::1)$/i.test(remoteAddress);
