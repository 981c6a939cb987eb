/** Words of the messages: the list, the search, and one message. */
import type { InEach } from '../../catalogue.ts';

export const messageWords = {
  'state.waiting': { en: 'waiting', sv: 'väntar' },
  'state.sending': { en: 'being sent', sv: 'skickas nu' },
  'state.delivered': { en: 'delivered', sv: 'levererat' },
  'state.refused': { en: 'refused', sv: 'avvisat' },
  'state.held': { en: 'held', sv: 'stoppat' },
  'state.cancelled': { en: 'cancelled', sv: 'makulerat' },
  'type.purchase-order': { en: 'purchase order', sv: 'inköpsorder' },
  'type.self-invoice': { en: 'self-invoice', sv: 'självfaktura' },
  'type.self-invoice-credit': { en: 'self-invoice credit', sv: 'självfaktura, kredit' },
  'format.json': { en: 'JSON', sv: 'JSON' },
  'format.svefaktura-1.0': { en: 'Svefaktura 1.0', sv: 'Svefaktura 1.0' },
  'format.peppol-self-billing-3': { en: 'Peppol BIS Self-Billing 3', sv: 'Peppol BIS Self-Billing 3' },
  'format.peppol-order-only-3': { en: 'Peppol BIS Order-only 3', sv: 'Peppol BIS Order-only 3' },
  'format.cloudevents': { en: 'CloudEvents', sv: 'CloudEvents' },
  'format.sfti': { en: 'SFTI technical envelope', sv: 'SFTI tekniskt kuvert' },

  // The list.
  'messages.filters': { en: 'Filter messages', sv: 'Filtrera meddelanden' },
  'messages.taken': { en: 'Taken', sv: 'Mottaget' },
  'messages.document': { en: 'Document number', sv: 'Dokumentnummer' },
  'messages.recipient': { en: 'Supplier', sv: 'Leverantör' },
  'messages.recipient-how': { en: 'Number or name', sv: 'Nummer eller namn' },
  'messages.state': { en: 'State', sv: 'Läge' },
  'messages.type': { en: 'Type', sv: 'Typ' },
  'messages.why': { en: 'Why', sv: 'Varför' },
  'messages.from': { en: 'Taken from', sv: 'Mottaget från' },
  'messages.to': { en: 'Taken before', sv: 'Mottaget före' },
  'messages.version': { en: 'version {version}', sv: 'version {version}' },
  'messages.no-supplier': { en: 'unknown supplier', sv: 'okänd leverantör' },
  'messages.none': { en: 'No messages are like that.', sv: 'Inga meddelanden är sådana.' },
  'messages.looked-back': {
    en: 'There may be older ones: the next page looks on before',
    sv: 'Det kan finnas äldre: nästa sida letar vidare före',
  },
  'messages.unread-supplier': {
    en: 'No supplier, or more than one, has that name or number. Write the organisation number or the whole name.',
    sv: 'Ingen leverantör, eller fler än en, har det namnet eller numret. Skriv organisationsnumret eller hela namnet.',
  },
  'messages.unread-from': { en: 'The time “from” is none.', sv: 'Tiden ”från” går inte att läsa.' },
  'messages.unread-to': { en: 'The time “before” is none.', sv: 'Tiden ”före” går inte att läsa.' },

  // The search.
  'search.for': { en: 'Search: {text}', sv: 'Sökning: {text}' },
  'search.none': {
    en: 'Nothing has that number or name. Document numbers are found whole or by their beginning.',
    sv: 'Inget har det numret eller namnet. Dokumentnummer hittas hela eller på sin början.',
  },
  'search.begins': {
    en: 'Messages whose document number begins so',
    sv: 'Meddelanden vars dokumentnummer börjar så',
  },
  'search.unknown-recipient': {
    en: 'Messages to {number}, which is not registered as a supplier',
    sv: 'Meddelanden till {number}, som inte är registrerad som leverantör',
  },

  // One message.
  'message.to': { en: 'to', sv: 'till' },
  'message.why': { en: 'Why it is where it is', sv: 'Varför det är där det är' },
  'message.replaced-by': { en: 'To the newer version of the document', sv: 'Till den nyare versionen av dokumentet' },
  'message.replaces': { en: 'the version before', sv: 'versionen före' },
  'message.story': { en: 'What happened', sv: 'Vad som har hänt' },
  'message.facts': { en: 'About the message', sv: 'Om meddelandet' },
  'message.document': { en: 'The document', sv: 'Dokumentet' },
  'message.format': { en: 'Format', sv: 'Format' },
  'message.size': { en: 'Size', sv: 'Storlek' },
  'message.bytes': { en: '{bytes} bytes', sv: '{bytes} byte' },
  'message.closed': {
    en: 'Your role does not open documents.',
    sv: 'Din roll öppnar inte dokument.',
  },
  'message.sealed-at': { en: 'Sealed', sv: 'Förseglat' },
  'message.key': { en: 'Key', sv: 'Nyckel' },
  'message.verify': { en: 'Verify the envelope', sv: 'Verifiera kuvertet' },
  'message.not-sealed': {
    en: 'Not sealed yet: that is done before the first time it leaves the house.',
    sv: 'Inte förseglat än: det görs innan det lämnar huset första gången.',
  },
  'message.sequence': { en: 'Number in the sequence', sv: 'Löpnummer' },
  'message.address': { en: 'Address', sv: 'Adress' },
  'message.agent': { en: 'of the agent {agent}', sv: 'hos ombudet {agent}' },
  'message.environment': { en: 'Environment', sv: 'Miljö' },
  'message.version': { en: 'Version', sv: 'Version' },
  'message.event-time': { en: 'Time of the event (UTC)', sv: 'Händelsens tid (UTC)' },
  'message.id': { en: 'Message id', sv: 'Meddelande-id' },
  'message.ka-id': { en: 'KA’s message id', sv: 'KA:s meddelande-id' },
  'message.correlation': { en: 'Correlation id', sv: 'Korrelations-id' },

  // What can be done with it.
  'message.act-release': { en: 'Release', sv: 'Släpp' },
  'message.act-release-says': {
    en: 'It goes on its way to the address that takes it now, with the whole schedule of tries before it.',
    sv: 'Det skickas vidare till den adress som tar emot det nu, med hela schemat av försök framför sig.',
  },
  'message.act-resend': { en: 'Send again', sv: 'Skicka igen' },
  'message.act-resend-says': {
    en: 'The same envelope with the same id is delivered once more. Agree on it with the supplier first: one that drops repeats drops this one.',
    sv: 'Samma kuvert med samma id levereras en gång till. Kom överens med leverantören först: den som kastar upprepningar kastar även detta.',
  },
  'message.act-hold': { en: 'Hold', sv: 'Stoppa' },
  'message.act-hold-says': {
    en: 'It is neither sent nor can it be fetched until somebody releases it. KA is told.',
    sv: 'Det varken skickas eller kan hämtas förrän någon släpper det. KA får veta det.',
  },
  'message.act-cancel': { en: 'Cancel', sv: 'Makulera' },
  'message.act-cancel-says': {
    en: 'It is withdrawn for good and never sent; KA is told. KA may then send the same document number with other content.',
    sv: 'Det dras tillbaka för gott och skickas aldrig; KA får veta det. KA kan sedan skicka samma dokumentnummer med annat innehåll.',
  },
  'message.open-document': { en: 'Open the document', sv: 'Öppna dokumentet' },
  'message.open-document-says': {
    en: 'You will see what the supplier gets. That you opened it stands in the audit.',
    sv: 'Du får se det som leverantören får. Att du öppnade det står i granskningsloggen.',
  },
  'message.open-evidence': { en: 'Download evidence', sv: 'Hämta bevis' },
  'message.open-evidence-says': {
    en: 'One file with document, envelope, signature, tries and audit, which anybody can verify. That you took it stands in the audit.',
    sv: 'En fil med dokument, kuvert, signatur, försök och granskningslogg, som vem som helst kan verifiera. Att du hämtade den står i granskningsloggen.',
  },
  'done.message-release': { en: 'Released: it is on its way.', sv: 'Släppt: det är på väg.' },
  'done.message-resend': { en: 'A new delivery has begun.', sv: 'En ny leverans har påbörjats.' },
  'done.message-hold': { en: 'Held.', sv: 'Stoppat.' },
  'done.message-cancel': { en: 'Cancelled.', sv: 'Makulerat.' },
  'done.message-same': { en: 'It was so already; nothing was changed.', sv: 'Det var redan så; inget har ändrats.' },
  'act.message.release': { en: 'Released by hand', sv: 'Släppt för hand' },
  'act.message.resend': { en: 'Sent again by hand', sv: 'Skickat igen för hand' },
  'act.message.hold': { en: 'Held by hand', sv: 'Stoppat för hand' },
  'act.message.cancel': { en: 'Cancelled', sv: 'Makulerat' },
  'act.document.open': { en: 'The document was opened', sv: 'Dokumentet öppnades' },
} as const satisfies Readonly<Record<string, InEach>>;
