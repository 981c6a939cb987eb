/**
 * The details of attempts, which are on record in English, in Swedish. `{a}` stands for whatever was there: a time, an
 * address, a name from a certificate, or another phrase. Pure.
 */
import type { Language } from './catalogue.ts';
import { lawPhrases } from './phrases-laws.ts';

/** More particular ones first. */
export const phrases: readonly (readonly [en: string, sv: string])[] = [
  // Answers.
  [
    'the endpoint answered {a}, not as problem+json of type …/already-received that names {b}',
    'ändpunkten svarade {a}, men inte som problem+json av typen …/already-received med {b}',
  ],
  ['the endpoint answered {a}; redirects are not followed', 'ändpunkten svarade {a}; hänvisningar följs inte'],
  ['the endpoint answered {a}, which is no final answer', 'ändpunkten svarade {a}, vilket inte är ett slutligt svar'],
  ['the endpoint answered {a}', 'ändpunkten svarade {a}'],
  ['Every planned try has been made; the last one: {a}', 'Alla planerade försök är gjorda; det sista: {a}'],
  [
    '{a} different messages refused in a row; the last one: {b}',
    '{a} olika meddelanden avvisade i rad; det sista: {b}',
  ],
  // No connection.
  ['the name was not resolved within {a} ms', 'namnet gick inte att slå upp inom {a} ms'],
  ['no TCP connection was made within {a} ms', 'det blev ingen TCP-anslutning inom {a} ms'],
  ['the egress proxy opened no tunnel within {a} ms', 'proxyn öppnade ingen tunnel inom {a} ms'],
  ['the TLS handshake was not finished within {a} ms', 'TLS-handskakningen blev inte klar inom {a} ms'],
  ['the name could not be resolved: {a}', 'namnet gick inte att slå upp: {a}'],
  ['the name has no address', 'namnet har ingen adress'],
  ['no TCP connection: {a}', 'ingen TCP-anslutning: {a}'],
  [
    'the endpoint closed the connection during the TLS handshake',
    'ändpunkten stängde anslutningen under TLS-handskakningen',
  ],
  ['TLS handshake: {a}', 'TLS-handskakning: {a}'],
  ['the endpoint resumed a session that was never offered', 'ändpunkten återupptog en session som aldrig erbjöds'],
  ['the endpoint chose {a} where http/1.1 was offered', 'ändpunkten valde {a} fast http/1.1 erbjöds'],
  [
    'the endpoint closed the connection right after the TLS handshake',
    'ändpunkten stängde anslutningen direkt efter TLS-handskakningen',
  ],
  // Our own side.
  ['the egress proxy {a} answered {b} to CONNECT {c}', 'proxyn {a} svarade {b} på CONNECT {c}'],
  ['the egress proxy {a} cannot be reached: {b}', 'proxyn {a} går inte att nå: {b}'],
  [
    'the egress proxy {a} answered CONNECT with a head of more than {b} bytes',
    'proxyn {a} svarade på CONNECT med ett huvud på mer än {b} byte',
  ],
  [
    'the egress proxy {a} answered CONNECT with what is no HTTP',
    'proxyn {a} svarade på CONNECT med något som inte är HTTP',
  ],
  [
    'the egress proxy {a} closed the connection without an answer to CONNECT',
    'proxyn {a} stängde anslutningen utan att svara på CONNECT',
  ],
  ['the egress proxy {a} opened a tunnel and then spoke itself', 'proxyn {a} öppnade en tunnel och talade sedan själv'],
  [
    'our own client key or certificate cannot be used: {a}',
    'vår egen nyckel eller vårt eget klientcertifikat går inte att använda: {a}',
  ],
  ['given up before anything was sent', 'avbrutet innan något hade skickats'],
  [
    'given up by the gateway while the endpoint had not answered yet',
    'avbrutet av tjänsten innan ändpunkten hade svarat',
  ],
  [
    'no connection became free, or the address has changed',
    'ingen anslutning blev ledig, eller så har adressen ändrats',
  ],
  ['the mandate ended before anything was sent', 'fullmakten upphörde innan något hade skickats'],
  ['the agent was {a}', 'ombudet var {a}'],
  ['the agent {a} has no address that takes it', 'ombudet {a} har ingen adress som tar emot det'],
  ['the address has changed while connecting', 'adressen ändrades under anslutningen'],
  ['the request could not be made: {a}', 'anropet gick inte att skapa: {a}'],
  [
    'the document is not the one that was accepted; it is not signed',
    'dokumentet är inte det som togs emot; det signeras inte',
  ],
  // No answer.
  ['no answer within {a} ms', 'inget svar inom {a} ms'],
  ["the answer's head did not end within {a} ms", 'svarets huvud tog inte slut inom {a} ms'],
  ["the answer's head is larger than the limit", 'svarets huvud är större än gränsen'],
  ['the length of the answer is not what it says', 'svarets längd stämmer inte med vad det säger'],
  ['what the endpoint answered is not HTTP/1.1: {a}', 'det som ändpunkten svarade är inte HTTP/1.1: {a}'],
  [
    'the endpoint switches to another protocol, which nobody asked for',
    'ändpunkten byter till ett annat protokoll, vilket ingen bad om',
  ],
  [
    'the endpoint sent an answer that nobody asked for (or 100 Continue, which was not expected)',
    'ändpunkten skickade ett svar som ingen bad om (eller 100 Continue, som inte väntades)',
  ],
  ['no answer: {a}', 'inget svar: {a}'],
  [
    "the endpoint closed the connection in the middle of the answer's head",
    'ändpunkten stängde anslutningen mitt i svarets huvud',
  ],
  [
    'the endpoint closed the connection right after the TLS handshake, without an answer; it probably refuses our certificate',
    'ändpunkten stängde anslutningen direkt efter TLS-handskakningen, utan att svara; troligen godtar den inte vårt certifikat',
  ],
  ['the endpoint closed the connection without an answer', 'ändpunkten stängde anslutningen utan att svara'],
  // Certificates.
  ['the endpoint refuses our certificate (TLS alert: {a})', 'ändpunkten godtar inte vårt certifikat (TLS-larm: {a})'],
  ['the endpoint showed no certificate', 'ändpunkten visade inget certifikat'],
  [
    'the certificate that the endpoint showed could not be judged: {a}',
    'certifikatet som ändpunkten visade gick inte att bedöma: {a}',
  ],
  [
    'the certificate {a} ({b}, issued by {c}) is not registered for this address',
    'certifikatet {a} ({b}, utfärdat av {c}) är inte registrerat för den här adressen',
  ],
  ['the certificate {a} ({b}) was withdrawn', 'certifikatet {a} ({b}) är spärrat hos oss'],
  ['the certificate of {a} is not valid before {b}', 'certifikatet för {a} gäller först från {b}'],
  ['the certificate of {a} expired at {b}', 'certifikatet för {a} gick ut {b}'],
  [
    'the certificate of {a} is not for a TLS server (its extended key usage is {b})',
    'certifikatet för {a} är inte till för en TLS-server (dess utökade nyckelanvändning är {b})',
  ],
  ['the certificate of {a} is self-signed', 'certifikatet för {a} är självsignerat'],
  [
    'the certificate of {a} leads to no authority that we know; its issuer is {b}',
    'certifikatet för {a} leder inte till någon utfärdare som vi känner; dess utfärdare är {b}',
  ],
  [
    'the certificate of {a} has a critical extension that is not understood ({b})',
    'certifikatet för {a} har en kritisk utökning som inte förstås ({b})',
  ],
  [
    '{a} cannot have issued {b} (another key identifier, or its key usage)',
    '{a} kan inte ha utfärdat {b} (annan nyckelidentitet, eller fel nyckelanvändning)',
  ],
  ['{a}, who issued {b}, is no authority', '{a}, som utfärdade {b}, är ingen utfärdare'],
  ['the signature on the certificate of {a} is not that of {b}', 'signaturen på certifikatet för {a} är inte från {b}'],
  ['{a} may have at most {b} authorities below it', '{a} får ha högst {b} utfärdare under sig'],
  // Where we may connect.
  ['the URL cannot be read', 'URL:en går inte att läsa'],
  ['the URL must begin with https:, not {a}', 'URL:en måste börja med https:, inte {a}'],
  ['the URL must not carry a user or password', 'URL:en får inte innehålla användare eller lösenord'],
  ['the URL names no host', 'URL:en saknar värdnamn'],
  ['{a} may not be connected to: {b}', 'till {a} får vi inte ansluta: {b}'],
  ['connected to {a}, which is {b}', 'ansluten till {a}, som är {b}'],
  ...lawPhrases,
];

/** Longer ones are no phrases of ours. */
const longest = 1_000;

/** @returns what says a text in Swedish, and what is no phrase of the list, such as an operator's own words, as it is */
export function translatorOf(list: readonly (readonly [en: string, sv: string])[]): (text: string) => string {
  const matchers = list.map(([en, sv]) => {
    const names = [...en.matchAll(/\{(\w)\}/g)].map((found) => found[1] ?? '');
    const pattern = en.replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&').replaceAll(/\{\w\}/g, '(.+?)');
    return { pattern: new RegExp(`^${pattern.replaceAll('{', '\\{')}$`, 'u'), names, sv };
  });
  const translate = (text: string): string => {
    if (text.length > longest) return text;
    for (const { pattern, names, sv } of matchers) {
      const found = pattern.exec(text);
      if (!found) continue;
      const facts = new Map(names.map((name, index) => [name, translate(found[index + 1] ?? '')]));
      return sv.replaceAll(/\{(\w)\}/g, (_, name: string) => facts.get(name) ?? '');
    }
    return text;
  };
  return translate;
}

const toSwedish = translatorOf(phrases);

/** A detail of an attempt in the language. */
export const translated = (detail: string, language: Language): string =>
  language === 'en' ? detail : toSwedish(detail);
