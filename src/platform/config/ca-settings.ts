/** The settings of the certificate authority, and of what is published of it. */
import { duration, file, port, text, url } from './readers.ts';
import { optional, preset, required } from './setting.ts';

export const caTable = {
  caKeyFile: required(
    'KUVERT_CA_KEY_FILE',
    file,
    'PEM file with the private key of the issuing authority. Only the role `ca` opens it.',
  ),
  caKeyPassphraseFile: optional(
    'KUVERT_CA_KEY_PASSPHRASE_FILE',
    file,
    'File with the pass phrase of that key, if it is encrypted; a line end after it does not count.',
  ),
  caCertificateFile: required(
    'KUVERT_CA_CERTIFICATE_FILE',
    file,
    'PEM file with the certificate of the issuing authority, and those above it, in order.',
  ),
  caOldKeyFile: optional(
    'KUVERT_CA_OLD_KEY_FILE',
    file,
    'PEM file with the private key of the issuing authority before this one: it issues nothing more, and its revocation lists go on for as long as certificates of it are in use.',
  ),
  caOldKeyPassphraseFile: optional(
    'KUVERT_CA_OLD_KEY_PASSPHRASE_FILE',
    file,
    'File with the pass phrase of that key, if it is encrypted.',
  ),
  caOldCertificateFile: optional(
    'KUVERT_CA_OLD_CERTIFICATE_FILE',
    file,
    'PEM file with its certificate, and those above it, in order; set where KUVERT_CA_OLD_KEY_FILE is.',
  ),
  certificateLifetime: preset(
    'KUVERT_CERTIFICATE_LIFETIME',
    duration('1h', '3650d'),
    '730d',
    'How long a certificate is valid; never longer than that of the authority.',
  ),
  renewalFrom: preset(
    'KUVERT_RENEWAL_FROM',
    duration('1m', '3650d'),
    '60d',
    'How long before its end a certificate may be renewed.',
  ),
  crlUrl: required(
    'KUVERT_CRL_URL',
    url('http:'),
    'Where outsiders find the revocation lists: `http://host:port`. Certificates name the list of their authority below it, at `/crl/…`. Plain HTTP, for who fetches a list has no list yet.',
  ),
  crlInterval: preset(
    'KUVERT_CRL_INTERVAL',
    duration('1s', '30d'),
    '1h',
    'How often a new revocation list is made; also within seconds of a revocation.',
  ),
  crlLifetime: preset(
    'KUVERT_CRL_LIFETIME',
    duration('2s', '365d'),
    '24h',
    'How long a revocation list may be used; programs that have no newer one then trust no certificate, so it is more than KUVERT_CRL_INTERVAL.',
  ),
  crlHost: preset('KUVERT_CRL_HOST', text, '0.0.0.0', 'Where the listener for revocation lists is bound.'),
  crlPort: optional(
    'KUVERT_CRL_PORT',
    port,
    'Port of the listener for revocation lists (plain HTTP) in the role `supplier-api`; 0 takes a free one. Left out: this process does not hand them out.',
  ),
} as const;
