/** What is said to people about messages and lanes: every sentence in every language, side by side. Pure. */
import { onPages } from './catalogue-pages.ts';

export const languages = ['en', 'sv'] as const;
export type Language = (typeof languages)[number];

export type InEach = Readonly<Record<Language, string>>;

/** Who is told: somebody at a terminal, or (`page`) somebody who has the buttons beside, and their own clock on the wall. */
export type Telling = Language | { readonly language: Language; readonly on: 'page' };

export const languageOf = (to: Telling): Language => (typeof to === 'string' ? to : to.language);

/** `{name}` stands for a fact. One that stands right after a word brings its own space or punctuation, and may be empty. */
export const catalogue = {
  // An attempt, by its outcome and fault: what happened, and who refused whom.
  'attempt.under-way': { en: 'It is under way.', sv: 'Det pågår.' },
  'attempt.delivered': {
    en: 'The supplier has it: the endpoint answered {status}{after}.',
    sv: 'Leverantören har det: ändpunkten svarade {status}{after}.',
  },
  'attempt.message-refused': {
    en: 'The supplier refused the message: the endpoint answered {status}{wrote}.',
    sv: 'Leverantören avvisade meddelandet: ändpunkten svarade {status}{wrote}.',
  },
  'attempt.message-failed': {
    en: 'The endpoint failed on this very message: it answered {status}{wrote}.',
    sv: 'Ändpunkten klarade inte av just det här meddelandet: den svarade {status}{wrote}.',
  },
  'attempt.endpoint-busy': {
    en: 'The endpoint asked us to come back later: it answered {status}{wrote}.',
    sv: 'Ändpunkten bad oss återkomma senare: den svarade {status}{wrote}.',
  },
  'attempt.endpoint-no-answer': {
    en: 'The endpoint gave no answer that we can use{detail}.',
    sv: 'Ändpunkten gav inget svar som går att använda{detail}.',
  },
  'attempt.endpoint-unreachable': {
    en: 'The endpoint was not reached{detail}.',
    sv: 'Ändpunkten gick inte att nå{detail}.',
  },
  'attempt.endpoint-tls': {
    en: 'No secure connection to the endpoint came about{detail}.',
    sv: 'Det blev ingen säker anslutning till ändpunkten{detail}.',
  },
  'attempt.proxy-failed': {
    en: 'It is our own egress proxy, not the supplier, and it concerns every lane{detail}.',
    sv: 'Felet ligger hos vår egen proxy, inte hos leverantören, och drabbar alla leveranser{detail}.',
  },
  'attempt.certificate-invalid': {
    en: 'Our own client certificate could not be used, so nothing was sent{detail}.',
    sv: 'Vårt eget klientcertifikat gick inte att använda, så inget skickades{detail}.',
  },
  'attempt.outcome-unknown': {
    en: 'The gateway stopped before it had an answer on record, so nobody knows whether the supplier has it.',
    sv: 'Tjänsten stannade innan den hade sparat något svar, så ingen vet om leverantören har fått det.',
  },
  'attempt.endpoint-rejects-us': {
    en: 'The endpoint did not let us in: it answered {status}{wrote}.',
    sv: 'Ändpunkten släppte inte in oss: den svarade {status}{wrote}.',
  },
  'attempt.redirect': {
    en: 'The endpoint answered {status} to send us elsewhere, and redirects are not followed.',
    sv: 'Ändpunkten svarade {status} för att hänvisa oss någon annanstans, och hänvisningar följs inte.',
  },
  'attempt.certificate-refused': {
    en: 'The endpoint refused our client certificate{detail}.',
    sv: 'Ändpunkten godtog inte vårt klientcertifikat{detail}.',
  },
  'attempt.endpoint-certificate': {
    en: 'We refused the endpoint, and not one byte of the message was sent{detail}{shown}.',
    sv: 'Vi godtog inte ändpunkten, och inte en enda byte av meddelandet skickades{detail}{shown}.',
  },
  'attempt.url-not-allowed': {
    en: 'We may not connect to where the URL points, so nothing was sent{detail}.',
    sv: 'Vi får inte ansluta dit URL:en pekar, så inget skickades{detail}.',
  },
  'attempt.internal': {
    en: 'Something went wrong in the gateway itself{detail}.',
    sv: 'Något gick fel i själva tjänsten{detail}.',
  },
  'attempt.unsendable': {
    en: 'The message could not be put on the wire, so nothing was sent: {title}{detail}.',
    sv: 'Meddelandet gick inte att skicka som det är, så inget skickades: {title}{detail}.',
  },
  'attempt.not-sent': {
    en: 'Nothing was sent, and it counts against nobody{detail}.',
    sv: 'Inget skickades, och det räknas inte som ett misslyckat försök{detail}.',
  },
  'attempt.other': { en: 'It ended with {title}{detail}.', sv: 'Det slutade så här: {title}{detail}.' },

  // A delivery that is over, or that somebody must look at.
  'delivery.pushed': {
    en: 'Delivered {at} (pushed, address {address}){answer}.',
    sv: 'Levererat {at} (skickat till adressen {address}){answer}.',
  },
  'delivery.collected': {
    en: 'Delivered {at} (collected, address {address}).',
    sv: 'Levererat {at} (hämtat, adressen {address}).',
  },
  'delivery.delivered': { en: 'Delivered {at} (address {address}).', sv: 'Levererat {at} (adressen {address}).' },
  'delivery.answer': {
    en: ' with the answer {status} to attempt {number}',
    sv: ' med svaret {status} på försök {number}',
  },
  'delivery.sending': {
    en: 'Attempt {number} has been on its way since {at}.',
    sv: 'Försök {number} har pågått sedan {at}.',
  },
  'delivery.refused': {
    en: 'The supplier refused it{cause}; `kuvert message release` sends it again, `cancel` withdraws it.',
    sv: 'Leverantören avvisade det{cause}; `kuvert message release` skickar det igen, `cancel` drar tillbaka det.',
  },
  'delivery.superseded': {
    en: 'The supplier refused it, and a newer version of the document was accepted since{detail}.',
    sv: 'Leverantören avvisade det, och en nyare version av dokumentet har tagits emot sedan dess{detail}.',
  },
  'delivery.held': {
    en: 'Held{cause}; `kuvert message release` sends it on its way.',
    sv: 'Stoppat{cause}; `kuvert message release` skickar det vidare.',
  },
  'delivery.held-no-address': {
    en: 'Held{cause}; it goes on its way by itself when `kuvert supplier import` brings an address that takes it.',
    sv: 'Stoppat{cause}; det skickas av sig självt när `kuvert supplier import` ger en adress som tar emot det.',
  },
  'delivery.held-mandate': {
    en: 'Held{cause}; it goes on its way by itself when a mandate covers it again (`kuvert supplier mandate add`), or an address of the recipient takes it (`kuvert supplier import`).',
    sv: 'Stoppat{cause}; det skickas av sig självt när en fullmakt gäller för det igen (`kuvert supplier mandate add`), eller en adress hos mottagaren tar emot det (`kuvert supplier import`).',
  },
  'delivery.cancelled': { en: 'Withdrawn {at}{cause}.', sv: 'Tillbakadraget {at}{cause}.' },

  // A delivery that waits: for what, and until when.
  'waiting.pull': {
    en: 'Waits until the supplier fetches it.',
    sv: 'Väntar på att leverantören hämtar det.',
  },
  'waiting.fetched': {
    en: 'The supplier fetched it {at} and has not said yet that it has it: it waits for the receipt.',
    sv: 'Leverantören hämtade det {at} men har inte bekräftat det: det väntar på kvittensen.',
  },
  'waiting.manual': {
    en: 'Waits until somebody hands it over: the address is manual.',
    sv: 'Väntar på att någon lämnar över det: adressen är manuell.',
  },
  'waiting.paused': {
    en: 'Waits because the lane is paused{cause}; `kuvert supplier resume` lets it flow.',
    sv: 'Väntar eftersom leveranserna till adressen är pausade{cause}; `kuvert supplier resume` släpper fram dem.',
  },
  'waiting.held': {
    en: 'Waits because the lane is held{cause}; `kuvert supplier release` lets it flow{probed}.',
    sv: 'Väntar eftersom leveranserna till adressen är stoppade{cause}; `kuvert supplier release` släpper fram dem{probed}.',
  },
  'waiting.backing-off': {
    en: 'Waits because the endpoint fails{cause}; the lane is tried again {at}.',
    sv: 'Väntar eftersom ändpunkten inte fungerar{cause}; nästa försök görs {at}.',
  },
  'waiting.ours': {
    en: "Waits because our own side fails, not the supplier's{cause}; the lane is tried again {at}.",
    sv: 'Väntar på grund av ett fel hos oss, inte hos leverantören{cause}; nästa försök görs {at}.',
  },
  'waiting.next-try': {
    en: 'Waits for its next try {at}{cause}.',
    sv: 'Väntar på nästa försök {at}{cause}.',
  },
  'waiting.strict': {
    en: 'Waits its turn in a strict lane: nothing passes an earlier message that is refused, held or not yet delivered.',
    sv: 'Väntar på sin tur i strikt ordning: inget går förbi ett tidigare meddelande som är avvisat, stoppat eller ännu inte levererat.',
  },
  'waiting.turn': { en: 'Waits its turn{cause}.', sv: 'Väntar på sin tur{cause}.' },

  // A lane.
  'lane.flowing': { en: 'Messages flow.', sv: 'Meddelanden levereras.' },
  'lane.paused': {
    en: 'Paused since {since}{cause}; `kuvert supplier resume` lets it flow.',
    sv: 'Pausad sedan {since}{cause}; `kuvert supplier resume` släpper fram meddelandena.',
  },
  'lane.held': {
    en: 'Held since {since}{cause}; `kuvert supplier release` lets it flow{probed}.',
    sv: 'Stoppad sedan {since}{cause}; `kuvert supplier release` släpper fram meddelandena{probed}.',
  },
  'lane.backing-off': {
    en: 'Backs off since {since}{cause}; it is tried again {at}.',
    sv: 'Väntar med nya försök sedan {since}{cause}; nästa försök görs {at}.',
  },

  // When a lane did not flow, and what came late by it.
  standstill: {
    en: 'Deliveries to the address stood still from {from} to {until}{cause}{last}.',
    sv: 'Leveranserna till adressen stod still från {from} till {until}{cause}{last}.',
  },
  'standstill.open': {
    en: 'Deliveries to the address have stood still since {from}{cause}{last}.',
    sv: 'Leveranserna till adressen har stått still sedan {from}{cause}{last}.',
  },
  'standstill.last': { en: '; last: {cause}', sv: '; till sist: {cause}' },
  'late.delivered': {
    en: 'It was taken from KA {from} and was with the supplier {came}.',
    sv: 'Det togs emot från KA {from} och nådde leverantören {came}.',
  },
  'late.one-try': { en: 'Try {number}, {at}, failed. {why}', sv: 'Försök {number}, {at}, misslyckades. {why}' },
  'late.tries': {
    en: '{n} tries failed, the first of them {at}. {why}',
    sv: '{n} försök misslyckades, det första {at}. {why}',
  },

  // Pieces.
  'piece.probed': {
    en: ', or a probe that succeeds (the next: {at})',
    sv: ', eller ett kontrollförsök som lyckas (nästa: {at})',
  },
  'piece.not-probed': {
    en: '; until then it is not tried again',
    sv: '; fram till dess görs inga nya försök',
  },
  'piece.after': { en: ' after {ms} ms', sv: ' efter {ms} ms' },
  'piece.wrote': { en: ' and wrote “{text}”', sv: ' och skrev ”{text}”' },
  'piece.shown': {
    en: '; it showed the certificate {fingerprint}',
    sv: '; den visade certifikatet {fingerprint}',
  },
  'piece.many-fail': {
    en: 'it failed on one message after another',
    sv: 'den har misslyckats med det ena meddelandet efter det andra',
  },
  'piece.agents': { en: '{name} of the agent {agent}', sv: '{name} hos ombudet {agent}' },
  'piece.time': { en: 'at {time}', sv: '{time}' },
  'piece.some-time': { en: 'at an unknown time', sv: 'vid okänd tid' },
  'piece.unknown': { en: 'unknown', sv: 'okänd' },
  'piece.no-status': { en: 'nothing that was kept', sv: 'något som inte har sparats' },
} as const satisfies Readonly<Record<string, InEach>>;

export type Key = keyof typeof catalogue;

/** The sentence `key` with its facts filled in; a fact that is not given is left out. */
export function say(to: Telling, key: Key, facts: Readonly<Record<string, string | number>> = {}): string {
  const sentence =
    (typeof to === 'string' ? undefined : (onPages as Readonly<Partial<Record<Key, InEach>>>)[key]) ?? catalogue[key];
  return fill(sentence[languageOf(to)], facts);
}

/** The text with its facts filled in. */
export function fill(text: string, facts: Readonly<Record<string, string | number>>): string {
  return text.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(facts[name] ?? ''));
}
