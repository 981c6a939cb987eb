/** What `kuvert ca show` says. */
import { existsSync } from 'node:fs';
import { authorityFilesIn } from '../pki/authority-files.ts';
import { type Certificate, readCertificates } from '../pki/certificate.ts';
import { environmentPolicy } from '../pki/profile.ts';
import { readText } from './read-text.ts';
import { json, type Terminal } from './terminal.ts';

const day = 86_400_000;

/** @param where one of both: the folder that `kuvert ca init` made, or the file with the issuing certificate and those above it */
export function showAuthority(
  where: { readonly folder: string | undefined; readonly file: string | undefined; readonly json: boolean },
  terminal: Terminal,
  now: Date,
): void {
  const files = where.folder === undefined ? undefined : authorityFilesIn(where.folder);
  const file = files?.issuingFile ?? where.file ?? '';
  const chain = readCertificates(readText(file), file);
  const [issuing, root] = [chain[0] as Certificate, chain.at(-1) as Certificate];
  if (where.json)
    return terminal.out(json({ root: facts(root), issuing: facts(issuing), policies: environmentPolicy }));
  terminal.out(
    [
      ...lines('Root', root, now),
      ...(chain.length > 1 ? lines('Issuing', issuing, now) : []),
      `Policy of certificates for test:        ${environmentPolicy.test}`,
      `Policy of certificates for production:  ${environmentPolicy.production}`,
    ].join('\n'),
  );
  if (files !== undefined && existsSync(files.rootKeyFile))
    terminal.err(`The root's key still lies in ${files.rootKeyFile}: take it off line.`);
}

const facts = ({ subject, fingerprint, serial, keyKind, notBefore, notAfter }: Certificate) => ({
  subject,
  sha256: fingerprint,
  serial,
  key: keyKind,
  notBefore,
  notAfter,
});

function lines(
  name: string,
  { subject, fingerprint, serial, keyKind, notBefore, notAfter }: Certificate,
  now: Date,
): readonly string[] {
  const date = (at: Date): string => at.toISOString().slice(0, 10);
  const days = Math.floor((notAfter.getTime() - now.getTime()) / day);
  return [
    `${name}:  ${subject}`,
    `  SHA-256  ${fingerprint}`,
    `  serial   ${serial}`,
    `  key      ${keyKind}`,
    `  valid    ${date(notBefore)} to ${date(notAfter)} (${days < 0 ? 'ended' : `${days} days left`})`,
  ];
}
