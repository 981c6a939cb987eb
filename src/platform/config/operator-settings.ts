/** The settings of the operators' listener: where it is, and how long one stays signed in. */
import { anyOrigin, count, duration, file, port, text } from './readers.ts';
import { optional, preset } from './setting.ts';

export const operatorTable = {
  operatorHost: preset(
    'KUVERT_OPERATOR_HOST',
    text,
    '127.0.0.1',
    "Where the operators' listener is bound. Anywhere but on this machine itself it wants a key and a certificate.",
  ),
  operatorPort: preset('KUVERT_OPERATOR_PORT', port, '8444', "The operators' listener's port; 0 takes a free one."),
  operatorKeyFile: optional(
    'KUVERT_OPERATOR_KEY_FILE',
    file,
    "PEM file with the private key of the operators' listener. Left out, with the certificate: it speaks plain HTTP, which is for this machine itself, or a proxy on it.",
  ),
  operatorCertificateFile: optional(
    'KUVERT_OPERATOR_CERTIFICATE_FILE',
    file,
    "PEM file with the certificate of the operators' listener and its chain.",
  ),
  operatorUrl: optional(
    'KUVERT_OPERATOR_URL',
    anyOrigin,
    'Where browsers reach the console: `https://kuvert.example`. A request for another host is refused. Left out: `https://` or `http://` (without a certificate), KUVERT_OPERATOR_HOST and the port.',
  ),
  sessionIdle: preset(
    'KUVERT_SESSION_IDLE',
    duration('1m', '1d'),
    '30m',
    'How long an operator may do nothing before they have to sign in again.',
  ),
  sessionLifetime: preset(
    'KUVERT_SESSION_LIFETIME',
    duration('1m', '7d'),
    '12h',
    'How long a session lasts at most, whatever is done in it.',
  ),
  signInTries: preset(
    'KUVERT_SIGN_IN_TRIES',
    count(3, 100),
    '5',
    'Wrong passwords in a row that lock an account for KUVERT_SIGN_IN_LOCK.',
  ),
  signInLock: preset('KUVERT_SIGN_IN_LOCK', duration('1m', '1d'), '15m', 'How long it is locked then.'),
} as const;
