/** Words of the dead letters. */
import type { InEach } from '../../catalogue.ts';

export const deadLetterWords = {
  'dead.about': {
    en: 'What came from KA and could not become a message. KA has been told of each, and it lies on the dead-letter queue.',
    sv: 'Det som kom från KA och inte kunde bli ett meddelande. KA har fått besked om vart och ett, och det ligger i kön för stoppade.',
  },
  'dead.nothing': { en: 'No dead letter fits.', sv: 'Inget stoppat passar in.' },
  'dead.at': { en: 'Taken', sv: 'Mottaget' },
  'dead.fault': { en: 'What was wrong', sv: 'Vad som var fel' },
  'dead.fault-code': { en: 'Fault', sv: 'Fel' },
  'dead.document': { en: 'Document', sv: 'Dokument' },
  'dead.recipient': { en: 'For', sv: 'Till' },
  'dead.organisation': { en: 'Organisation number', sv: 'Organisationsnummer' },
  'dead.findings': { en: 'Findings', sv: 'Anmärkningar' },
  'dead.size': { en: 'Size', sv: 'Storlek' },
  'dead.bytes': { en: '{n} bytes', sv: '{n} byte' },
  'dead.from': { en: 'Taken from', sv: 'Mottaget från' },
  'dead.to': { en: 'Taken before', sv: 'Mottaget före' },
  'dead.unknown': { en: 'not known', sv: 'inte känt' },
  'dead.title': { en: 'Dead letter', sv: 'Stoppat inkommande' },
  'dead.where': { en: 'Where', sv: 'Var' },
  'dead.rule': { en: 'Rule', sv: 'Regel' },
  'dead.must': { en: 'What must hold', sv: 'Vad som ska gälla' },
  'dead.expected': { en: 'Expected', sv: 'Väntat' },
  'dead.found': { en: 'Found', sv: 'Fanns' },
  'dead.line': { en: 'line {n}', sv: 'rad {n}' },
  'dead.masked': {
    en: 'What was expected and what was found is shown with the document, to those who may open it.',
    sv: 'Vad som väntades och vad som fanns visas med dokumentet, för dem som får öppna det.',
  },
  'dead.no-findings': { en: 'There are no findings one by one.', sv: 'Det finns inga enskilda anmärkningar.' },
  'dead.message-id': { en: 'The broker’s name of it', sv: 'Köns namn på det' },
  'dead.no-document': {
    en: 'No document came with it, so there is none to open.',
    sv: 'Det kom inget dokument, så det finns inget att öppna.',
  },
  'dead.beginning': {
    en: 'Only its beginning is kept here; all of it lies on the dead-letter queue.',
    sv: 'Bara början bevaras här; allt ligger i kön för stoppade.',
  },
  'dead.same-number': { en: 'Messages of that number', sv: 'Meddelanden med numret' },
  'dead.open': { en: 'Open the document', sv: 'Öppna dokumentet' },
  'dead.open-says': {
    en: 'It is shown as it came, with what was found wrong marked. That you opened it, and why, stands in the audit.',
    sv: 'Det visas som det kom, med det som är fel markerat. Att du öppnade det, och varför, står i granskningsloggen.',
  },
  'dead.text': { en: 'The document as it came', sv: 'Dokumentet som det kom' },
  'dead.text-marked': {
    en: 'Marked: where a finding is, with its number.',
    sv: 'Markerat: där en anmärkning gäller, med dess nummer.',
  },
  'dead.correct': { en: 'Enter a corrected document', sv: 'Lägg in ett rättat dokument' },
  'dead.correct-says': {
    en: 'It goes the way of everything that KA sends: it is checked, gets a number, and KA is told. Recipient, type and document number stay as they are known, unless they are what was wrong. One dead letter becomes one message at most. What is still wrong is shown here, and nothing is entered then. Who entered it, and why, stands in the audit and with the message.',
    sv: 'Det går samma väg som allt som KA skickar: det kontrolleras, får ett nummer och KA får besked. Mottagare, typ och dokumentnummer ska vara de som är kända, om det inte är just de som var fel. Det kan bli högst ett meddelande av ett stoppat. Det som fortfarande är fel visas här, och då läggs inget in. Vem som lade in det, och varför, står i granskningsloggen och vid meddelandet.',
  },
  'dead.once': {
    en: 'Nothing was entered: a document that was entered for this is a message already, or this takes no document.',
    sv: 'Inget har lagts in: ett dokument som lades in för detta är redan ett meddelande, eller så kan inget läggas in här.',
  },
  'dead.correct-text': { en: 'The corrected document', sv: 'Det rättade dokumentet' },
  'dead.correct-utf8': {
    en: 'As UTF-8; an XML declaration must not say another encoding.',
    sv: 'Som UTF-8; en XML-deklaration får inte ange en annan teckenkodning.',
  },
  'dead.correct-do': { en: 'Enter it', sv: 'Lägg in det' },
  'dead.still-wrong': {
    en: 'Nothing was entered. It is still wrong:',
    sv: 'Inget har lagts in. Det är fortfarande fel:',
  },
  'dead.empty': {
    en: 'Nothing was entered: there was no document.',
    sv: 'Inget har lagts in: det fanns inget dokument.',
  },
  'dead.entered': { en: 'Entered again', sv: 'Inlagt på nytt' },
  'dead.entered-message': { en: 'it became a message', sv: 'det blev ett meddelande' },
  'dead.entered-duplicate': { en: 'it was a duplicate of a message', sv: 'det var en dubblett av ett meddelande' },
  'dead.entered-dead-letter': { en: 'it became another dead letter', sv: 'det stoppades på nytt' },
  'dead.entered-withdrawal': { en: 'it was a withdrawal', sv: 'det var en återkallelse' },
  'dead.entered-for': {
    en: 'An operator entered it for another dead letter',
    sv: 'En operatör lade in det för ett annat stoppat',
  },
  'dead.see': { en: 'show', sv: 'visa' },
  'done.dead-entered': { en: 'The document was entered.', sv: 'Dokumentet är inlagt.' },
} as const satisfies Readonly<Record<string, InEach>>;
