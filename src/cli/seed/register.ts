/** The register of a seeded book: suppliers with addresses, lanes, contacts and certificates, orders, mandates, incidents. */
import { generateKeyPairSync } from 'node:crypto';
import { messageTypes } from '../../domain/message.ts';
import type { Issuer } from '../../pki/authority.ts';
import { type Certificate, readCertificates } from '../../pki/certificate.ts';
import { keyDigest } from '../../pki/origin.ts';
import { issueCertificate, validityFor } from '../../pki/profile.ts';
import { newSerial } from '../../pki/subject.ts';
import type { SeedRegister, SetAside } from '../../store/seed/register.ts';
import type { Person } from './people.ts';
import { type Plan, span } from './plan.ts';
import { idAt, roll } from './roll.ts';
import { hexOf, iso, type Row, urlOf } from './rows.ts';

const day = 86_400_000;

export interface Registered {
  readonly person: Person;
  readonly certificate: Certificate;
  readonly serial: string;
}

/** A key that nobody has, and its certificate: one in fifty ends within the next weeks. */
export async function certify(issuer: Issuer, plan: Plan, person: Person, now: Date): Promise<Registered> {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const chance = roll(plan.seed, person.index, 40);
  const left = chance < 0.02 ? 2 + Math.floor(chance * 50 * 56) : 70 + Math.floor(chance * 290);
  const serial = newSerial();
  const { name, organisationNumber, host } = person;
  const pem = await issueCertificate(issuer, {
    spki: publicKey.export({ format: 'der', type: 'spki' }),
    subject: { organisation: name, commonName: name, organisationNumber },
    purpose: 'both',
    dnsNames: [host],
    environment: 'test',
    serial,
    ...validityFor(issuer, now, left * day),
  });
  return { person, serial, certificate: readCertificates(pem)[0] as Certificate };
}

export function registerRows(
  plan: Plan,
  people: readonly Person[],
  registered: readonly Registered[],
  aside: SetAside,
  authority: string,
): SeedRegister {
  const began = iso(plan.endsAt - span - 30 * day);
  const addressIdOf = (index: number): number => aside.address + index;
  const known = people.filter(({ way }) => way !== 'unknown');
  const certified = new Map(registered.map((one) => [one.person.index, one]));
  return {
    supplier: known.map(({ organisationNumber, name, language }) => ({
      organisation_number: organisationNumber,
      name,
      language,
      created_at: began,
      changed_at: began,
    })),
    recipient: people.map(({ organisationNumber }) => ({
      organisation_number: organisationNumber,
      counter: 0,
      purged: 0,
    })),
    address: registered.map(({ person }) => addressRow(person, addressIdOf(person.index), began)),
    lane: registered.map(({ person }) => laneRow(plan, person, addressIdOf(person.index))),
    contact: registered.map(({ person }) => contactRow(plan, person, aside.contact + person.index, began)),
    certificate: registered.map((one) => certificateRow(one, authority, aside.contact + one.person.index, began)),
    addressCertificate: registered.map(({ person, certificate }) => ({
      address_id: addressIdOf(person.index),
      organisation_number: person.organisationNumber,
      fingerprint: certificate.fingerprint,
      registered_at: began,
      first_shown_at: person.way === 'push' ? began : null,
    })),
    order: registered.flatMap((one) => orderRows(plan, one, addressIdOf(one.person.index), aside.contact)),
    mandate: people.flatMap((person) => {
      const agent = certified.get(person.index - 1)?.person;
      return person.way !== 'agent' || agent === undefined
        ? []
        : [mandateRow(plan, person, agent, addressIdOf(agent.index))];
    }),
    incident: incidentRows(plan, registered, aside.contact),
  };
}

const addressRow = (person: Person, id: number, at: string): Row => ({
  id,
  organisation_number: person.organisationNumber,
  name: 'main',
  environment: 'test',
  delivery: person.way === 'pull' ? 'pull' : 'push',
  url: person.way === 'pull' ? null : urlOf(person),
  message_types: messageTypes,
  envelope_format: 'cloudevents',
  ordering: person.ordering,
  concurrency: person.concurrency,
  rate_per_second: person.ratePerSecond,
  version: 1,
  created_at: at,
  changed_at: at,
});

function laneRow(plan: Plan, { trouble }: Person, id: number): Row {
  const since = plan.endsAt - (trouble?.since ?? span);
  return {
    id,
    state: trouble?.state ?? 'flowing',
    reason: trouble?.reason ?? null,
    detail: trouble?.detail ?? null,
    since: iso(since),
    failures: trouble?.state === 'backing-off' ? 3 : 0,
    failed_run: [],
    refused_run: [],
    wake_at: trouble === undefined || trouble.again === null ? null : iso(plan.endsAt + trouble.again),
    // Not below that of any try in it.
    epoch: plan.messages + 1,
  };
}

const givens = ['Anna', 'Erik', 'Åsa', 'Björn', 'Märta', 'Olle', 'Sofia', 'Nils', 'Fatima', 'Jonas', 'Elin', 'Göran'];
const families = [
  'Lindqvist',
  'Åkesson',
  'Bergström',
  'Öberg',
  'Nyman',
  'Ali',
  'Sandell',
  'Forsberg',
  'Hägg',
  'Wallin',
];

function contactRow(
  { seed }: Plan,
  { index, organisationNumber, language, host }: Person,
  id: number,
  at: string,
): Row {
  const given = givens[Math.floor(roll(seed, index, 41) * givens.length)];
  const family = families[Math.floor(roll(seed, index, 42) * families.length)];
  return {
    id,
    organisation_number: organisationNumber,
    name: `${given} ${family}`,
    email: `teknik@${host}`,
    // Numbers that PTS keeps for books and films.
    phone: `+4617406${String(5_000 + (index % 100)).slice(-4, -2)}${String(index % 100).padStart(2, '0')}`.slice(0, 12),
    language,
    created_at: at,
  };
}

const certificateRow = (
  { person, certificate, serial }: Registered,
  authority: string,
  contact: number,
  at: string,
): Row => ({
  fingerprint: certificate.fingerprint,
  organisation_number: person.organisationNumber,
  pem: certificate.pem,
  subject: certificate.subject,
  not_before: certificate.notBefore.toISOString(),
  not_after: certificate.notAfter.toISOString(),
  registered_at: at,
  authority,
  serial,
  spki_sha256: hexOf(keyDigest(certificate)),
  type: 'both',
  description: `${person.name}, ${person.host}`,
  contact_id: contact,
});

/** One in eight: most fetched, some with codes that are still good, some that nobody fetched in time. */
function orderRows(plan: Plan, { person, certificate }: Registered, address: number, firstContact: number): Row[] {
  if (person.index % 8 !== 5) return [];
  const turn = Math.floor(person.index / 8) % 10;
  const state = turn < 6 ? 'fetched' : turn < 8 ? 'ordered' : turn === 8 ? 'cancelled' : 'locked';
  const at = plan.endsAt - Math.round(roll(plan.seed, person.index, 43) * (turn === 6 ? 10 : 80) * day) - day;
  const changed = iso(state === 'ordered' ? at : at + 6 * 3_600_000);
  return [
    {
      id: idAt(at, plan.seed, person.index, 44),
      transfer_id: `SEED${plan.seed}-${String(person.index).padStart(6, '0')}`,
      organisation_number: person.organisationNumber,
      address_id: address,
      type: 'both',
      description: `${person.name}, ${person.host}`,
      dns_names: [person.host],
      contact_id: firstContact + person.index,
      ordered_by: 'operator:maria',
      ordered_at: iso(at),
      expires_at: iso(at + 14 * day),
      state,
      reason: state === 'cancelled' ? 'ordered for the wrong host' : state === 'locked' ? 'five wrong PINs' : null,
      changed_at: changed,
      approval: 'not-needed',
      link_hashes: [],
      pins_sent: state === 'ordered' ? 0 : 1,
      wrong_pins: state === 'locked' ? 5 : 0,
      opened_at: state === 'fetched' ? changed : null,
      wrong_passwords: 0,
      fingerprint: state === 'fetched' ? certificate.fingerprint : null,
    },
  ];
}

const mandateRow = (plan: Plan, principal: Person, agent: Person, address: number): Row => ({
  principal: principal.organisationNumber,
  agent: agent.organisationNumber,
  address_id: address,
  message_types: messageTypes,
  valid_from: iso(plan.endsAt - span - 20 * day),
  valid_to: iso(plan.endsAt + (principal.index % 300 === 61 ? 21 : 300) * day),
  evidence: `dnr Af-2026/${1_000 + principal.index}`,
  recorded_by: 'operator:maria',
  recorded_at: iso(plan.endsAt - span - 21 * day),
  begun: true,
});

/** Letters that did not arrive: some are mended since. */
const incidentRows = (plan: Plan, registered: readonly Registered[], firstContact: number): Row[] =>
  registered
    .filter(({ person }) => person.index % 300 === 25)
    .map(({ person }, i) => ({
      kind: 'contact-unreachable',
      subject: `contact/${firstContact + person.index}`,
      details: {
        organisation: person.name,
        organisationNumber: person.organisationNumber,
        contact: firstContact + person.index,
        kind: 'certificate-ending',
        why: '550 no such mailbox',
      },
      opened_at: iso(plan.endsAt - (i + 2) * day),
      closed_at: i % 3 === 2 ? iso(plan.endsAt - (i + 1) * day) : null,
    }));
