/** The words of the page behind a letter's link, in each language. */

export const pageLanguages = ['sv', 'en'] as const;
export type PageLanguage = (typeof pageLanguages)[number];

const words = {
  title: { sv: 'Hämta ett certifikat', en: 'Fetch a certificate' },
  language: { sv: 'Språk', en: 'Language' },
  organisation: { sv: 'Organisation', en: 'Organisation' },
  description: { sv: 'För', en: 'For' },
  type: { sv: 'Typ', en: 'Type' },
  names: { sv: 'Värdnamn', en: 'Host names' },
  until: { sv: 'Hämtas före', en: 'Fetch before' },
  'until-at': { sv: '{at}, svensk tid', en: '{at}, Swedish time' },
  'type-push-endpoint': { sv: 'mottagare som vi skickar till', en: 'endpoint that we push to' },
  'type-pull-client': { sv: 'program som hämtar', en: 'program that fetches' },
  'type-both': { sv: 'mottagare och program som hämtar', en: 'endpoint, and program that fetches' },
  test: { sv: 'Testmiljö', en: 'Test environment' },

  'ask-intro': {
    sv: 'Här visas överföringskoderna för ett certifikat. Lösenordet visas en enda gång: fortsätt när du är redo att hämta certifikatet, eller att spara lösenordet säkert.',
    en: 'This page shows the transfer codes for a certificate. The password is shown a single time: go on when you are ready to fetch the certificate, or to keep the password safe.',
  },
  'ask-to-send': {
    sv: 'Du behöver en PIN-kod. Vi skickar den som sms till {phone}.',
    en: 'You need a PIN. We send it by SMS to {phone}.',
  },
  'ask-sent': { sv: 'En PIN-kod har skickats till {phone}.', en: 'A PIN has been sent to {phone}.' },
  'ask-representative': {
    sv: 'Du får PIN-koden av den som beställde certifikatet.',
    en: 'You get the PIN from whoever ordered the certificate.',
  },
  'ask-none': {
    sv: 'Just nu kan ingen PIN-kod skickas. Försök igen senare, eller be den som beställde certifikatet att beställa på nytt.',
    en: 'No PIN can be sent at present. Try again later, or ask whoever ordered the certificate to order anew.',
  },
  'send-pin': { sv: 'Skicka PIN-kod', en: 'Send the PIN' },
  'send-again': { sv: 'Skicka en ny PIN-kod', en: 'Send another PIN' },
  'again-note': { sv: 'Den förra slutar då att gälla.', en: 'The one before stops working then.' },
  pin: { sv: 'PIN-kod, sex siffror', en: 'PIN, six digits' },
  open: { sv: 'Visa koderna', en: 'Show the codes' },

  'pin-sent': { sv: 'PIN-koden är på väg till {phone}.', en: 'The PIN is on its way to {phone}.' },
  'pin-too-soon': {
    sv: 'En PIN-kod skickades nyss. Vänta en minut innan du ber om en ny.',
    en: 'A PIN was sent a moment ago. Wait a minute before you ask for another.',
  },
  'pin-too-many': {
    sv: 'Det har skickats fem PIN-koder, och fler skickas inte. Be den som beställde att beställa på nytt, kanske med ett annat telefonnummer.',
    en: 'Five PINs have been sent, and no more are. Ask whoever placed the order to order anew, perhaps with another telephone number.',
  },
  'pin-failed': {
    sv: 'Det är inte säkert att PIN-koden kom iväg. Kommer den inte, så be om en ny om en minut.',
    en: 'The PIN may not have been sent. If it does not come, ask for another in a minute.',
  },
  'pin-wrong': {
    sv: 'PIN-koden var fel. Försök kvar: {tries}. Sedan låses beställningen.',
    en: 'The PIN was wrong. Tries left: {tries}. Then the order is locked.',
  },
  'pin-unreadable': { sv: 'PIN-koden är sex siffror.', en: 'The PIN is six digits.' },

  'codes-title': { sv: 'Överföringskoderna', en: 'The transfer codes' },
  'codes-once': {
    sv: 'Det här visas bara nu. Laddar du om eller stänger sidan är lösenordet borta, och då måste ett nytt certifikat beställas.',
    en: 'This is shown now and never again. Once you reload or close the page the password is gone, and a new order is needed.',
  },
  'codes-approval': {
    sv: 'Beställningen väntar på att godkännas. Tills dess svarar tjänsten att du ska komma tillbaka (202); koderna gäller då också.',
    en: 'The order awaits approval. Until then you are asked to come back (202); the codes stay good.',
  },
  root: { sv: 'Rotcertifikatets SHA-256', en: "The root certificate's SHA-256" },
  'root-note': {
    sv: 'Med den kontrollerar du att det är vår tjänst som ditt program talar med.',
    en: 'With it you make sure that it is our service that your program talks to.',
  },
  how: { sv: 'Så hämtar du certifikatet', en: 'How to fetch the certificate' },
  'how-kuvert': { sv: 'Med Kuvert', en: 'With Kuvert' },
  'how-kuvert-note': {
    sv: 'Lösenordet frågas efter. Nyckeln görs hos dig och lämnar dig aldrig. Nyckel och certifikat ligger sedan i mappen kuvert-certificate.',
    en: 'It asks for the password. The key is made on your machine and never leaves it. Key and certificate are in the folder kuvert-certificate then.',
  },
  'how-renew': {
    sv: 'Förnya det sedan från cron, varje dag; inget händer förrän det är dags:',
    en: 'Then renew it from cron, each day; nothing happens until it is time:',
  },
  'how-curl': { sv: 'Med curl och openssl', en: 'With curl and openssl' },
  'how-codes-file': {
    sv: 'Spara det här som filen koder.txt, som bara du kan läsa:',
    en: 'Keep this as the file codes.txt, for you alone to read:',
  },
  'how-root': {
    sv: 'Hämta våra certifikat, och behåll bara det som har SHA-256 ovan. Blir det ett fel, så är det inte vi: sluta här.',
    en: 'Fetch our certificates, and keep only the one with the SHA-256 above. If that ends in an error, it is not us: stop here.',
  },
  'how-enrol': { sv: 'Gör en nyckel och hämta certifikatet:', en: 'Make a key and fetch the certificate:' },
  'codes-file': { sv: 'koder.txt', en: 'codes.txt' },

  'closed-opened': {
    sv: 'Koderna visades {at}, svensk tid, och visas inte igen',
    en: 'The codes were shown on {at}, Swedish time, and are not shown again',
  },
  'closed-opened-do': {
    sv: 'Var det inte du? Säg det genast till den som beställde certifikatet. Har du tappat bort dem, så be om en ny beställning; då slutar de gamla att gälla.',
    en: 'That was not you? Tell whoever ordered the certificate at once. If you have lost them, ask for a new order: the old ones then stop working.',
  },
  'closed-fetched': { sv: 'Certifikatet är hämtat', en: 'The certificate has been fetched' },
  'closed-fetched-do': {
    sv: 'Var det inte du? Säg det genast till den som beställde certifikatet, så att det kan spärras.',
    en: 'That was not you? Tell whoever ordered the certificate at once, so that it can be revoked.',
  },
  'closed-locked': {
    sv: 'Beställningen är låst',
    en: 'The order is locked',
  },
  'closed-locked-do': {
    sv: 'Koderna gäller inte längre: det har gissats fel fem gånger, eller vi kan inte veta om de redan har använts. Be den som beställde certifikatet att beställa på nytt. Var det inte du som gissade? Säg det också.',
    en: 'The codes are void: somebody guessed wrong five times, or we cannot know whether they were used already. Ask whoever ordered the certificate to order anew. If it was not you who guessed, tell them that too.',
  },
  'closed-expired': {
    sv: 'Tiden för att hämta certifikatet är ute',
    en: 'The time to fetch the certificate is over',
  },
  'closed-expired-do': {
    sv: 'Koderna gällde i 14 dagar. Be den som beställde certifikatet att beställa på nytt.',
    en: 'The codes were good for 14 days. Ask whoever ordered the certificate to order anew.',
  },
  'closed-cancelled': { sv: 'Beställningen är återtagen', en: 'The order was cancelled' },
  'closed-cancelled-do': {
    sv: 'Undrar du varför, fråga den som beställde certifikatet.',
    en: 'Ask whoever ordered the certificate if you wonder why.',
  },
  'closed-replaced': {
    sv: 'En nyare beställning har ersatt den här',
    en: 'A newer order took the place of this one',
  },
  'closed-replaced-do': { sv: 'Använd länken i det senaste brevet.', en: 'Use the link in the latest letter.' },

  unknown: { sv: 'Länken leder ingenstans', en: 'The link leads nowhere' },
  'unknown-do': {
    sv: 'Kontrollera att hela länken ur brevet kom med. Brev som skickas om har nya länkar; den senaste gäller.',
    en: 'Make sure that the whole link of the letter was used. A letter that is sent again has a new link; the latest is good.',
  },
  guesses: { sv: 'För många fel härifrån', en: 'Too many wrong guesses from here' },
  'guesses-do': {
    sv: 'Från det nätverk du sitter på har det kommit för många felaktiga länkar eller koder. Försök igen om {minutes} min.',
    en: 'Too many wrong links or codes came from the network that you are on. Try again in {minutes} min.',
  },
} as const satisfies Record<string, Readonly<Record<PageLanguage, string>>>;

export type Word = keyof typeof words;

/** @param values for the {names} in it */
export function wordIn(language: PageLanguage, word: Word, values: Readonly<Record<string, string>> = {}): string {
  return words[word][language].replaceAll(/\{(\w+)\}/g, (all, name: string) => values[name] ?? all);
}
