/** The settings of certificate orders: what is sent to technical contacts, and how often somebody may guess. */
import { bool, count, days, file, mailUrl, origin, smsUrl, text } from './readers.ts';
import { optional, preset } from './setting.ts';

export const enrolmentTable = {
  orderApproval: preset(
    'KUVERT_ORDER_APPROVAL',
    bool,
    'no',
    'Whether somebody else than who placed it must approve a certificate order (`kuvert certificate approve`) before there is a certificate. The shell in which it is ordered says so to the technical contact; role `ca` holds to it.',
  ),
  publicUrl: optional(
    'KUVERT_PUBLIC_URL',
    origin,
    "Where suppliers reach the suppliers' listener: `https://kuvert.example:8443`. Links in letters begin with it, so it must be set where KUVERT_MAIL_URL is.",
  ),
  mailUrl: optional(
    'KUVERT_MAIL_URL',
    mailUrl,
    'The mail server for letters to technical contacts: `smtp://user:password@host:587` (wants STARTTLS, except on this machine itself; `?starttls=optional` takes what there is), `smtps://host:465`, or `file:FOLDER`, which writes each letter into the folder. Left out: letters wait.',
    { secret: true },
  ),
  mailFrom: preset('KUVERT_MAIL_FROM', text, 'Kuvert <kuvert@localhost>', 'From whom the letters are.'),
  mailCaFile: optional(
    'KUVERT_MAIL_CA_FILE',
    file,
    "PEM file with the authorities that may have issued the mail server's certificate (default: those that Node knows).",
  ),
  smsUrl: optional(
    'KUVERT_SMS_URL',
    smsUrl,
    "The SMS account that PINs are sent with, of 46elks: `https://user:password@api.46elks.com/a1/sms`; or `file:FOLDER`, which writes them into the folder. Left out: the PIN is told to whoever orders. Commands must have it as the suppliers' listener has it.",
    { secret: true },
  ),
  smsFrom: preset(
    'KUVERT_SMS_FROM',
    text,
    'Kuvert',
    'From whom the SMS are: at most 11 letters and digits that begin with a letter, or a telephone number of the account.',
  ),
  wrongGuesses: preset(
    'KUVERT_WRONG_GUESSES',
    count(5, 10_000),
    '30',
    'Wrong links, PINs and transfer passwords that may come from one network (as in KUVERT_SUPPLIER_STRANGERS) within an hour at one process; then it is answered 429 until they are an hour old. Each order has five of its own beside that.',
  ),
  expiryNotices: preset(
    'KUVERT_EXPIRY_NOTICES',
    days,
    '60d,30d,14d,7d,3d,1d',
    'How long before the end of a certificate, or of a mandate, that nothing follows the technical contacts are told, and operators (`kuvert incident list`); each once, and of a certificate once more when it has ended.',
  ),
} as const;
