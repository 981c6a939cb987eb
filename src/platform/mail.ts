/** Mail by SMTP, or written into a folder. Whatever the server does, sending is a value. */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTransport, type SendMailOptions } from 'nodemailer';
import { folderIn } from './config/readers.ts';
import { errorText } from './error-text.ts';

export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** `sv` or `en`. */
  readonly language: string;
  /** The same each time that the same letter is sent: whoever gets it twice has it once. Without its angle brackets. */
  readonly messageId: string;
}

export type MailOutcome =
  /** `file`: where it lies, when that is all that sending is. */
  | { readonly kind: 'sent'; readonly file?: string }
  /** The server was away, wants it later or does not let us in, or nobody knows whether it took it. */
  | { readonly kind: 'later'; readonly why: string }
  /** The server will never take this letter for this reader. */
  | { readonly kind: 'refused'; readonly why: string };

/** @param signal gives up; what is on the wire then may or may not arrive */
export type SendMail = (mail: Mail, signal: AbortSignal) => Promise<MailOutcome>;

export interface MailAccount {
  /** As KUVERT_MAIL_URL has it. */
  readonly url: string;
  readonly from: string;
  /** PEM of the authorities that may have issued the server's certificate; undefined: those that Node knows. */
  readonly ca: string | undefined;
}

export function openMail(account: MailAccount): SendMail {
  const folder = folderIn(account.url);
  return folder === undefined ? bySmtp(account) : intoFolder(folder, account.from);
}

function bySmtp({ url, from, ca }: MailAccount): SendMail {
  const { protocol, hostname, port, username, password, searchParams } = new URL(url);
  const secure = protocol === 'smtps:';
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const transport = createTransport({
    host,
    secure,
    ...(port === '' ? {} : { port: Number(port) }),
    // A link must not cross a network for all to read; on this machine itself there is none.
    requireTLS: !secure && !isLoopback(host) && searchParams.get('starttls') !== 'optional',
    ...(username === '' ? {} : { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
    ...(ca === undefined ? {} : { tls: { ca } }),
    connectionTimeout: 10_000,
    greetingTimeout: 15_000,
    socketTimeout: 30_000,
  });
  return async (mail, signal) => {
    try {
      await transport.sendMail({ ...composed(mail, from), signal });
      return { kind: 'sent' };
    } catch (error) {
      return outcomeOf(error);
    }
  };
}

/**
 * For developers: each letter a file that can be read as it is (RFC 6532), the same letter the same file. No line is broken: a link is
 * copied whole.
 */
function intoFolder(folder: string, from: string): SendMail {
  return async ({ to, subject, text, language, messageId }) => {
    const head = [
      `From: ${from}`,
      `To: ${to}`,
      `Subject: ${subject}`,
      `Message-ID: <${messageId}>`,
      `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`,
      `Content-Language: ${language}`,
      'MIME-Version: 1.0',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: 8bit',
    ];
    try {
      const file = join(folder, `${messageId.replaceAll(/[^\w.@-]/g, '_')}.eml`);
      await mkdir(folder, { recursive: true });
      await writeFile(`${file}.new`, `${head.join('\n')}\n\n${text}`, { mode: 0o600 });
      await rename(`${file}.new`, file);
      return { kind: 'sent', file };
    } catch (error) {
      return { kind: 'later', why: errorText(error) };
    }
  };
}

function composed({ to, subject, text, language, messageId }: Mail, from: string): SendMailOptions {
  return {
    from,
    to,
    subject,
    text,
    messageId: `<${messageId}>`,
    // RFC 3834: no automatic answers to this one.
    headers: { 'auto-submitted': 'auto-generated', 'content-language': language },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/** What a server says of itself (wrong password, no STARTTLS) is not about the letter: that is set right, and it goes out. */
function outcomeOf(error: unknown): MailOutcome {
  const { code, responseCode, response } = error as { code?: string; responseCode?: number; response?: string };
  const said = response ?? errorText(error);
  const why = maskAddresses(code === 'ETLS' ? `no STARTTLS: ${said}` : said).slice(0, 300);
  const aboutLetter = code === 'EENVELOPE' || code === 'EMESSAGE';
  // 503 is about the order of commands, not about the letter (RFC 5321 §4.2.4).
  const forGood = responseCode !== undefined && responseCode >= 500 && responseCode !== 503;
  return { kind: aboutLetter && forGood ? 'refused' : 'later', why };
}

/** Servers repeat the address they refuse. */
export const maskAddresses = (text: string): string =>
  text.replaceAll(/[^\s<>@"]+@(?=[\w-])/g, (local) => `${local.charAt(0)}***@`);

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
