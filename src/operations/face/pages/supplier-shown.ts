/** What the suppliers' pages show of what was read. */
import type { ListedSupplier } from '../../../store/operator/suppliers.ts';
import type { Language } from '../../catalogue.ts';
import { day, moment, relative } from '../../console/moments.ts';
import { glyph, markKinds } from '../../console/time-axis.ts';
import { isWord, word } from '../../console/words.ts';
import { causeOnly, explainLane } from '../../explain.ts';
import { pathIn, type SupplierSeen, supplierPath } from '../../supplier-page.ts';
import type { ActionForm } from '../actions.ts';
import { maySeeNumber, shownNumber, shownPerson } from '../masking.ts';
import { addressShown } from './lane-shown.ts';
import { counted, endOf, type Failed, type SeenBy as In } from './register-parts.ts';

interface Again {
  readonly failed?: Failed;
  readonly opened?: boolean;
}

/** Of an agent's hundreds. */
const mostMandates = 50;

export function listShown(rows: readonly ListedSupplier[], { language, now, who }: In) {
  const telling = { language, on: 'page' } as const;
  return {
    rows: rows.map(({ organisationNumber, supplierId, name, address }) => ({
      name,
      number: shownNumber(who, organisationNumber),
      path: supplierPath(organisationNumber, address?.id, supplierId),
      address: address && {
        ...address,
        why: address.state === 'flowing' ? '' : explainLane(address, telling),
        cause: causeOnly(address.reason, address.detail, telling),
        next: address.nextWake && moment(address.nextWake, now).html,
        waiting: counted(address.waiting, language),
        oldest: address.oldestWaiting && relative(address.oldestWaiting, now, language),
        ends: day(address.certificateEnds).html,
        end: endOf(address.certificateEnds, now),
      },
    })),
  };
}

export function supplierShown(seen: SupplierSeen, asked: In, { failed, opened = false }: Again) {
  const { language, now, who } = asked;
  const { supplier } = seen;
  const when = (at: Date | undefined) => moment(at, now).html;
  const number = shownNumber(who, supplier.organisationNumber);
  const base = supplierPath(supplier.organisationNumber, seen.row.addressId, seen.row.supplierId);
  return {
    supplier,
    number: opened ? supplier.organisationNumber : number,
    // A person's number is in no link of who may not see it.
    messages: maySeeNumber(who, supplier.organisationNumber)
      ? `/messages?supplier=${supplier.organisationNumber}`
      : undefined,
    addresses: seen.addresses.map((one) =>
      addressShown(one, asked, { base, owner: supplier.organisationNumber }, failed),
    ),
    retired: seen.retired,
    contacts: seen.contacts.map((one) => (opened ? one : shownPerson(one))),
    reveal: who.may.has('open') && !opened && seen.contacts.length > 0 ? revealForm(base, language, failed) : undefined,
    mandates: [
      {
        name: 'given',
        all: seen.given.map((one) => ({ ...one, other: one.agent, otherName: one.agentName })),
      },
      {
        name: 'held',
        all: seen.held.map((one) => ({
          ...one,
          other: one.principal,
          otherName: one.principalName,
        })),
      },
    ].map(({ name, all }) => ({
      name,
      more: Math.max(0, all.length - mostMandates),
      rows: all.slice(0, mostMandates).map((one) => ({
        ...one,
        other: shownNumber(who, one.other),
        path: pathIn(seen.rows, one.other),
      })),
    })),
    history: seen.history.map((row) => ({
      ...row,
      what: actionSaid(row.action, language),
      subject: row.subject.replace(`supplier/${supplier.organisationNumber}`, '').replace(/^\//, ''),
    })),
    when,
    day: (at: Date) => day(at).html,
    glyphs: markKinds.map((kind) => ({ glyph: glyph(kind).html, name: word(language, `axis.${kind}`) })),
  };
}

/** What somebody did, in words where there are some. */
function actionSaid(action: string, language: Language): string {
  const key = `act.${action}`;
  return isWord(key) ? word(language, key) : action;
}

const revealForm = (base: string, language: Language, failed: Failed): ActionForm => ({
  name: 'contacts',
  path: `${base}/contacts`,
  label: word(language, 'contacts.open'),
  says: word(language, 'contacts.open-says'),
  ...(failed?.name === 'contacts' ? { open: true, reason: failed.reason } : {}),
});
