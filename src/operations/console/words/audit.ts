/** Words of the audit's page. */
import type { InEach } from '../../catalogue.ts';

export const auditWords = {
  'audit.about': {
    en: 'What people did, newest first. Rows are only ever added; each row’s hash covers the one before it.',
    sv: 'Vad människor har gjort, det senaste först. Rader läggs bara till; varje rads hash täcker raden före.',
  },
  'audit.rows': { en: 'Newest row: {n}.', sv: 'Nyaste raden: {n}.' },
  'audit.head': { en: 'Signed up to row {n}', sv: 'Signerad till och med rad {n}' },
  'audit.head-none': { en: 'Nothing has been signed yet.', sv: 'Inget har signerats ännu.' },
  'audit.outside': {
    en: 'kept outside the database up to row {n}',
    sv: 'bevarad utanför databasen till och med rad {n}',
  },
  'audit.outside-none': {
    en: 'No signed head is kept outside the database: who can write there could take heads away with the rows.',
    sv: 'Inget signerat huvud bevaras utanför databasen: den som kan skriva där kan ta bort huvudena tillsammans med raderna.',
  },
  'audit.verify': {
    en: 'Whether all of it is what was written is told by kuvert audit verify, on any machine.',
    sv: 'Om allt är som det skrevs visar kuvert audit verify, på vilken dator som helst.',
  },
  'audit.nothing': { en: 'No row fits.', sv: 'Ingen rad passar in.' },
  'audit.actor': { en: 'Who', sv: 'Vem' },
  'audit.action': { en: 'What was done', sv: 'Vad som gjordes' },
  'audit.actor-why': { en: 'anna, or cli', sv: 'anna eller cli' },
  'audit.action-why': { en: 'message.resend', sv: 'message.resend' },
  'audit.subject': { en: 'To what', sv: 'Med vad' },
  'audit.subject-why': { en: 'supplier/5560160680', sv: 'supplier/5560160680' },
  'audit.from': { en: 'From', sv: 'Från' },
  'audit.to': { en: 'Before', sv: 'Före' },
  'audit.signed': { en: 'How far it is signed', sv: 'Hur långt den är signerad' },
  'audit.at': { en: 'When', sv: 'När' },
  'audit.row': { en: 'Row {n}', sv: 'Rad {n}' },
  'audit.number': { en: 'Row', sv: 'Rad' },
  'audit.details': { en: 'Details', sv: 'Uppgifter' },
  'audit.no-reason': { en: 'none was given', sv: 'inget angavs' },
  'audit.hash': { en: 'Its hash', sv: 'Dess hash' },
  'audit.previous': { en: 'Hash of the row before', sv: 'Föregående rads hash' },
  'audit.wrong-time': {
    en: 'The time cannot be read; it was left out.',
    sv: 'Tiden går inte att läsa; den togs inte med.',
  },
} as const satisfies Readonly<Record<string, InEach>>;
