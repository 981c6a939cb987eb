/** The revocation lists name what was taken out of use, and nothing else. */
import { afterFault } from '../disturbance.ts';
import type { Breach, Claim } from './claim.ts';

export const listsAreTrue: Claim = ({ lists, books }) => {
  const ours = books.certificates.filter(({ serial }) => serial !== null);
  const bySerial = new Map(ours.map((one) => [one.serial, one]));
  return lists.flatMap(({ url, serials, at }): Breach[] => {
    const on = new Set(serials);
    const missing = ours.filter(
      ({ serial, withdrawn }) => withdrawn !== null && at - withdrawn > afterFault && !on.has(serial ?? ''),
    );
    const wrong = serials.filter((serial) => (bySerial.get(serial)?.withdrawn ?? null) === null);
    return [
      ...missing.map(({ org, fingerprint, withdrawn }) => ({
        what: `the certificate ${fingerprint.slice(0, 12)}… of ${org} was taken out of use ${Math.round((at - (withdrawn ?? at)) / 1_000)} s before the list at ${url} was fetched, and is not on it`,
      })),
      ...wrong.map((serial) => ({
        what: `the list at ${url} names ${serial}, which ${bySerial.has(serial) ? 'is in use' : 'is in no book'}`,
      })),
    ];
  });
};
