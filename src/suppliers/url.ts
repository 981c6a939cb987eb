/** Whether a URL can be an endpoint's, as far as can be told without connecting. */
import { isIP } from 'node:net';
import type { DeliveryMode, Report } from './wanted.ts';

export type UrlJudgement =
  | { readonly ok: true; readonly url: string; readonly warning: string | undefined }
  | { readonly ok: false; readonly rule: string; readonly text: string };

/** Why the gateway would not connect to this IP address, as its settings are; undefined: it would. */
export type WhyNoPush = (address: string) => string | undefined;

const urlLimit = 2_000;
const nothingKnown: WhyNoPush = () => undefined;

/**
 * Reads the URL of an endpoint. What it points to is judged when a push connects (names resolve differently tomorrow);
 * here a private address is a warning, because a setting may allow it.
 */
export function judgeUrl(text: string, whyNoPush: WhyNoPush = nothingKnown): UrlJudgement {
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
  return { ok: true, url: url.href, warning: warningOf(url.hostname.replace(/^\[(.*)\]$/, '$1'), whyNoPush) };
}

/**
 * The URL of an address, judged together with how it is delivered to.
 * @param where its place, for findings
 */
export function readUrl(
  delivery: DeliveryMode | null,
  url: string | undefined,
  where: string,
  whyNoPush: WhyNoPush | undefined,
  report: Report,
): string | undefined {
  if (delivery === 'pull' || delivery === 'manual') {
    if (url !== undefined)
      report.findings.push({
        where,
        rule: 'url-unused',
        text: `with delivery ${delivery} nothing is sent to a URL; leave it out, or make delivery push`,
      });
    return undefined;
  }
  if (url === undefined) {
    if (delivery === 'push')
      report.findings.push({ where, rule: 'url-missing', text: 'delivery push needs a URL to push to' });
    return undefined;
  }
  const judged = judgeUrl(url, whyNoPush);
  if (!judged.ok) report.findings.push({ where, rule: judged.rule, text: judged.text });
  else if (judged.warning !== undefined) report.warnings.push({ where, rule: 'url-private', text: judged.warning });
  return judged.ok ? judged.url : undefined;
}

/** Names are resolved when a push connects, and may resolve otherwise there: of them only what their form tells. */
function warningOf(host: string, whyNoPush: WhyNoPush): string | undefined {
  if (isIP(host) !== 0) return whyNoPush(host) && refused(`${host} (${whyNoPush(host)})`);
  if (host === 'localhost' || host.endsWith('.localhost')) {
    const why = ['127.0.0.1', '::1'].map(whyNoPush);
    return why.includes(undefined) ? undefined : refused(`${host}, this machine itself (${why[0]})`);
  }
  if (!host.includes('.') || /\.(?:local|internal|lan|home\.arpa)\.?$/.test(host))
    return `${host} is a name inside a private network: nothing is sent there unless KUVERT_EGRESS_ALLOW allows the address that it leads to`;
  return undefined;
}

const refused = (what: string): string =>
  `with the settings of this shell (KUVERT_EGRESS_ALLOW) nothing is sent to ${what}`;
