/** Whom a supplier trusts: a root that is known by its SHA-256 or from a file, what the gateway shows below it, and its listener. */
import type { X509Certificate } from 'node:crypto';
import { Fault } from '../../domain/fault.ts';
import type { Certificate } from '../../pki/certificate.ts';
import { namesHost } from '../../pki/certificate.ts';
import { readCertsOnly } from '../../pki/certs-only.ts';
import { judgeChain, judgeUsage } from '../../pki/judge-peer.ts';
import { ask, meet, type Shown } from './connect.ts';

export const est = '/.well-known/est';

/** How somebody says whom to trust: by the SHA-256 of a root (lower-case hex), by the certificates themselves, or both. */
export interface Known {
  readonly rootSha256?: string | undefined;
  readonly authorities?: readonly Certificate[];
}

export interface Trusted {
  /** Those whom we trust, the root first. */
  readonly authorities: readonly Certificate[];
  /** PEM: for the listener; undefined: the machine's authorities, because it is publicly trusted. */
  readonly listenerCa: readonly string[] | undefined;
}

/**
 * Asks for the gateway's authorities over a connection on which nothing secret goes, and judges them and the listener. RFC 7030 §4.1.1:
 * by a fingerprint that came another way.
 * @throws Fault `authority-not-trusted` · `server-unavailable`
 */
export async function learnTrust(url: URL, known: Known, now: Date): Promise<Trusted> {
  const shown = await meet(url);
  const answer = await ask(shown.socket, url, { method: 'GET', path: `${est}/cacerts` });
  if (answer.status !== 200)
    throw new Fault(
      answer.status >= 500 ? 'server-unavailable' : 'argument-invalid',
      `${url.origin}${est}/cacerts answered ${answer.status}; is this the address that stands on the page of the order?`,
    );
  const bag = readCertsOnly(answer.body);
  const named = known.rootSha256 === undefined ? [] : [rootIn(bag, known.rootSha256, url)];
  const others = (known.authorities ?? []).filter(({ fingerprint }) => fingerprint !== known.rootSha256);
  const anchors = [...named, ...others];
  const trusts = anchors.map(({ x509 }) => x509);
  // What leads to no authority that we know is passed over, whoever hands it out.
  const below = bag.filter(
    (one) =>
      one.isAuthority &&
      !anchors.some(({ fingerprint }) => fingerprint === one.fingerprint) &&
      leadsTo(one, bag, trusts, now),
  );
  const authorities = [...anchors, ...below].toSorted((one, other) => Number(isRoot(other)) - Number(isRoot(one)));
  return { authorities, listenerCa: judgeListener(url, shown, authorities, now) };
}

const leadsTo = (one: Certificate, bag: readonly Certificate[], trusts: readonly X509Certificate[], now: Date) =>
  judgeChain(
    one.x509,
    bag.map(({ x509 }) => x509),
    trusts,
    now,
  ) === undefined;

export const isRoot = ({ x509 }: Certificate): boolean => x509.subject === x509.issuer && x509.verify(x509.publicKey);

function rootIn(bag: readonly Certificate[], sha256: string, url: URL): Certificate {
  const root = bag.find(({ fingerprint }) => fingerprint === sha256);
  if (root?.isAuthority && isRoot(root)) return root;
  const shown = bag.filter(isRoot).map(({ fingerprint }) => fingerprint);
  throw new Fault(
    'authority-not-trusted',
    `${url.origin} does not know the root with the SHA-256 ${sha256}; ${shown.length === 0 ? 'it shows none' : `it shows ${shown.join(', ')}`}. Nothing was sent. Compare with the page of the order; if they differ, somebody may stand in between: call whoever ordered the certificate`,
  );
}

/** By our authorities, or by the machine's: whoever is right now must be so on the connection that the password goes over. */
function judgeListener(
  url: URL,
  { chain, isPubliclyTrusted }: Shown,
  authorities: readonly Certificate[],
  now: Date,
): readonly string[] | undefined {
  const [leaf, ...others] = chain;
  const trusts = authorities.map(({ x509 }) => x509);
  const why =
    leaf === undefined
      ? 'it shows no certificate'
      : (judgeChain(leaf, others, trusts, now) ??
        judgeUsage(leaf, 'server') ??
        (namesHost(leaf, url.hostname) ? undefined : `its certificate does not name ${url.hostname}`));
  if (why === undefined) return authorities.map(({ pem }) => pem);
  if (isPubliclyTrusted) return undefined;
  throw new Fault(
    'authority-not-trusted',
    `${url.origin} is not who it must be: ${why}, and the machine’s own authorities do not know it either; nothing was sent to it`,
  );
}
