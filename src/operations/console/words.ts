/** The console's words: one catalogue for all pages, Swedish and English. `{a}` is filled in. */
import { fill, type InEach, type Language } from '../catalogue.ts';
import { accountWords } from './words/accounts.ts';
import { actWords } from './words/acts.ts';
import { auditWords } from './words/audit.ts';
import { certificateWords } from './words/certificates.ts';
import { deadLetterWords } from './words/dead-letters.ts';
import { jobWords } from './words/jobs.ts';
import { storyWords } from './words/message-story.ts';
import { messageWords } from './words/messages.ts';
import { oidcWords } from './words/oidc.ts';
import { overviewWords } from './words/overview.ts';
import { settingWords } from './words/settings.ts';
import { sharedWords } from './words/shared.ts';
import { supplierWords } from './words/suppliers.ts';

export const words = {
  ...overviewWords,
  ...messageWords,
  ...storyWords,
  ...sharedWords,
  ...supplierWords,
  ...certificateWords,
  ...jobWords,
  ...deadLetterWords,
  ...actWords,
  ...auditWords,
  ...settingWords,
  ...accountWords,
  ...oidcWords,

  // On every page.
  skip: { en: 'Skip to the content', sv: 'Hoppa till innehållet' },
  'environment.test': { en: 'test', sv: 'test' },
  'environment.production': { en: 'production', sv: 'produktion' },
  nav: { en: 'Main menu', sv: 'Huvudmeny' },
  'nav.overview': { en: 'Overview', sv: 'Översikt' },
  'nav.messages': { en: 'Messages', sv: 'Meddelanden' },
  'nav.suppliers': { en: 'Suppliers', sv: 'Leverantörer' },
  'nav.dead-letters': { en: 'Dead letters', sv: 'Stoppade inkommande' },
  'nav.certificates': { en: 'Certificates', sv: 'Certifikat' },
  'nav.jobs': { en: 'Jobs', sv: 'Jobb' },
  'nav.audit': { en: 'Audit', sv: 'Granskningslogg' },
  'nav.accounts': { en: 'Accounts', sv: 'Konton' },
  'nav.settings': { en: 'Settings', sv: 'Inställningar' },
  'nav.account': { en: 'My account', sv: 'Mitt konto' },
  'other-language': { en: 'Svenska', sv: 'English' },
  'sign-out': { en: 'Sign out', sv: 'Logga ut' },
  search: { en: 'Search', sv: 'Sök' },
  'search.what': {
    en: 'Document number, organisation number or name',
    sv: 'Dokumentnummer, organisationsnummer eller namn',
  },

  // Signing in.
  'sign-in': { en: 'Sign in', sv: 'Logga in' },
  'sign-in.name': { en: 'Account', sv: 'Konto' },
  'sign-in.password': { en: 'Password', sv: 'Lösenord' },
  'sign-in.ended': { en: 'Your session has ended. Sign in again.', sv: 'Din session är slut. Logga in igen.' },
  'sign-in.wrong': {
    en: 'That account and password do not go together, or the account is locked after too many tries. It opens by itself after a while; an administrator can give you a new link.',
    sv: 'Kontot och lösenordet hör inte ihop, eller så är kontot låst efter för många försök. Det öppnas av sig självt om en stund; en administratör kan ge dig en ny länk.',
  },
  'sign-in.many': {
    en: 'Too many wrong tries from your network. Try again in {minutes} minutes.',
    sv: 'För många felaktiga försök från ditt nät. Försök igen om {minutes} minuter.',
  },
  'sign-in.link': { en: 'Your link is good.', sv: 'Din länk gäller.' },
  'sign-in.link-once': {
    en: 'It signs you in once. After that you choose a password on the page “My account”.',
    sv: 'Den loggar in dig en gång. Därefter väljer du ett lösenord på sidan ”Mitt konto”.',
  },
  'sign-in.link-spent': { en: 'This link does not work any more', sv: 'Den här länken fungerar inte längre' },
  'sign-in.link-spent-do': {
    en: 'It has been used, a newer one took its place, or its time is over. An administrator can make a new one: kuvert operator link NAME.',
    sv: 'Den har använts, en nyare har tagit dess plats eller så har tiden gått ut. En administratör kan göra en ny: kuvert operator link NAMN.',
  },
  'signed-out': { en: 'You are signed out.', sv: 'Du är utloggad.' },

  // My account.
  'account.roles': { en: 'Roles', sv: 'Roller' },
  'account.password': { en: 'Choose a password', sv: 'Välj lösenord' },
  'account.password-none': {
    en: 'You have none yet: without it the next sign-in needs a new link.',
    sv: 'Du har inget ännu: utan det behöver nästa inloggning en ny länk.',
  },
  'account.password-before': { en: 'Present password', sv: 'Nuvarande lösenord' },
  'account.password-new': { en: 'New password', sv: 'Nytt lösenord' },
  'account.password-rule': {
    en: 'At least {least} characters, of any kind. A few words are easier to remember than signs.',
    sv: 'Minst {least} tecken, vilka som helst. Några ord är lättare att minnas än specialtecken.',
  },
  'account.password-save': { en: 'Save the password', sv: 'Spara lösenordet' },
  'account.password-changed': {
    en: 'The password is changed. Your other sessions have ended.',
    sv: 'Lösenordet är ändrat. Dina andra sessioner är avslutade.',
  },
  'account.password-wrong': { en: 'The present password is not right.', sv: 'Det nuvarande lösenordet stämmer inte.' },
  'account.password-too-short': {
    en: 'It is too short: at least {least} characters.',
    sv: 'Det är för kort: minst {least} tecken.',
  },
  'account.password-too-long': {
    en: 'It is too long: at most {most} characters.',
    sv: 'Det är för långt: högst {most} tecken.',
  },
  'account.password-too-plain': {
    en: 'It is too easy to guess: little in it but your name, the product’s or digits.',
    sv: 'Det är för lätt att gissa: det innehåller inte mycket mer än ditt namn, produktens namn eller siffror.',
  },
  'role.viewer': { en: 'viewer', sv: 'läsare' },
  'role.operator': { en: 'operator', sv: 'operatör' },
  'role.security-officer': { en: 'security officer', sv: 'säkerhetsansvarig' },
  'role.auditor': { en: 'auditor', sv: 'granskare' },
  'role.administrator': { en: 'administrator', sv: 'administratör' },

  // When something is not as it should be.
  fault: { en: 'That did not work', sv: 'Det gick inte' },
  'fault.sign-in-required': { en: 'Your session has ended', sv: 'Din session är slut' },
  'fault.sign-in-required-do': {
    en: 'Nothing was done. Sign in, and do it again.',
    sv: 'Inget har gjorts. Logga in och gör det igen.',
  },
  'fault.not-found': { en: 'There is nothing here', sv: 'Här finns inget' },
  'fault.not-found-do': {
    en: 'The address is not right, or what was here is gone.',
    sv: 'Adressen stämmer inte, eller så är det som fanns här borta.',
  },
  'fault.not-permitted': { en: 'You may not do that', sv: 'Du har inte behörighet till det' },
  'fault.not-permitted-do': {
    en: 'Your roles do not cover it. An administrator gives roles.',
    sv: 'Dina roller räcker inte till det. En administratör ger roller.',
  },
  'fault.form-not-ours': { en: 'The page was too old', sv: 'Sidan var för gammal' },
  'fault.form-not-ours-do': {
    en: 'Nothing was done. Go back, load the page again, and try once more.',
    sv: 'Inget har gjorts. Gå tillbaka, ladda om sidan och försök igen.',
  },
  'fault.too-many-requests': { en: 'Too many at once', sv: 'För många samtidigt' },
  'fault.too-many-requests-do': {
    en: 'Nothing was done. Try again in a few seconds.',
    sv: 'Inget har gjorts. Försök igen om några sekunder.',
  },
  'fault.server-unavailable': { en: 'The database does not answer', sv: 'Databasen svarar inte' },
  'fault.instance': { en: 'The log knows this answer as {instance}.', sv: 'Svaret heter {instance} i loggen.' },
  'fault.home': { en: 'To the overview', sv: 'Till översikten' },
} as const satisfies Readonly<Record<string, InEach>>;

export type Word = keyof typeof words;

export const word = (language: Language, key: Word, facts: Readonly<Record<string, string | number>> = {}): string =>
  fill(words[key][language], facts);

export const isWord = (key: string): key is Word => Object.hasOwn(words, key);
