/** What a TLS peer showed, read off its socket. */
import { X509Certificate } from 'node:crypto';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';

const mostLinks = 12;

/**
 * The certificates of the peer, its own first. Empty if it showed none, and on a resumed TLS 1.3 session, where none is
 * shown: who needs a judgement must not resume sessions.
 */
export function peerChain(socket: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = [];
  const seen = new Set<string>();
  let link: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  // Node links a self-signed certificate to itself.
  while (link?.raw !== undefined && !seen.has(link.fingerprint256) && chain.length < mostLinks) {
    seen.add(link.fingerprint256);
    chain.push(new X509Certificate(link.raw));
    link = link.issuerCertificate;
  }
  return chain;
}
