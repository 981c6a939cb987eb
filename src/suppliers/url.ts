/** Whether a URL can be an endpoint's, as far as can be told without connecting. */
import { BlockList, isIP } from 'node:net';

export type UrlJudgement =
  | { readonly ok: true; readonly url: string; readonly warning: string | undefined }
  | { readonly ok: false; readonly rule: string; readonly text: string };

const urlLimit = 2_000;

/**
 * Reads the URL of an endpoint. What it points to is judged when a push connects (names resolve differently tomorrow);
 * here a private address is a warning, because a setting may allow it.
 */
export function judgeUrl(text: string): UrlJudgement {
  const refuse = (rule: string, why: string): UrlJudgement => ({ ok: false, rule, text: why });
  if (text.length > urlLimit) return refuse('url-length', `the URL is longer than ${urlLimit} characters`);
  const url = URL.parse(text);
  if (url === null) return refuse('url', 'this is no URL; one such as https://b2b.exempel.se/kuvert is expected');
  if (url.protocol !== 'https:') return refuse('url-https', `the URL must begin with https://, not ${url.protocol}//`);
  if (url.username !== '' || url.password !== '')
    return refuse('url-user', 'the URL must not carry a user or a password; the certificate is what lets us in');
  // An empty fragment leaves no trace in the parsed URL, only in the text.
  if (url.hash !== '' || text.includes('#'))
    return refuse('url-fragment', 'the URL must not have a fragment (#…); it would never be sent');
  if (url.port === '0') return refuse('url-port', 'the URL names port 0, which nobody can listen on');
  if (url.href.length > urlLimit)
    return refuse('url-length', `the URL is longer than ${urlLimit} characters once it is written out`);
  const hint = privateHint(url.hostname.replace(/^\[(.*)\]$/, '$1'));
  return {
    ok: true,
    url: url.href,
    warning: hint && `${url.hostname} is ${hint}: nothing is sent there unless KUVERT_EGRESS_ALLOW allows it`,
  };
}

const privateRanges = new BlockList();
for (const [address, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const)
  privateRanges.addSubnet(address, prefix, 'ipv4');
for (const [address, prefix] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
] as const)
  privateRanges.addSubnet(address, prefix, 'ipv6');

function privateHint(host: string): string | undefined {
  const family = isIP(host);
  if (family !== 0)
    return privateRanges.check(host, family === 4 ? 'ipv4' : 'ipv6') ? 'a private or loopback address' : undefined;
  if (host === 'localhost' || host.endsWith('.localhost')) return 'this machine itself';
  if (!host.includes('.') || /\.(?:local|internal|lan|home\.arpa)\.?$/.test(host))
    return 'a name inside a private network';
  return undefined;
}
