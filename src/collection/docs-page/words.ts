/** The page's own words, in each language. What a contract says is in English, and marked so. */

export const pageLanguages = ['sv', 'en'] as const;
export type PageLanguage = (typeof pageLanguages)[number];

const words = {
  title: { sv: 'Kuvert: gränssnitt för leverantörer', en: 'Kuvert: APIs for suppliers' },
  intro: {
    sv: 'Två kontrakt: det API som du hämtar med, och det API som du bygger om du vill få meddelanden skickade till dig. Sidan är gjord av OpenAPI-dokumenten, som också går att hämta.',
    en: 'Two contracts: the API that you fetch with, and the API that you build to have messages sent to you. This page is made from the OpenAPI documents, which can be fetched too.',
  },
  'in-english': { sv: 'Kontrakten själva är skrivna på engelska.', en: '' },
  contents: { sv: 'Innehåll', en: 'Contents' },
  language: { sv: 'Språk', en: 'Language' },
  document: { sv: 'OpenAPI-dokument', en: 'OpenAPI document' },
  version: { sv: 'version', en: 'version' },
  parameters: { sv: 'Parametrar', en: 'Parameters' },
  body: { sv: 'Innehåll i anropet', en: 'Request body' },
  answers: { sv: 'Svar', en: 'Answers' },
  headers: { sv: 'Huvuden', en: 'Headers' },
  example: { sv: 'Exempel', en: 'Example' },
  schemas: { sv: 'Scheman', en: 'Schemas' },
  required: { sv: 'måste anges', en: 'required' },
  optional: { sv: 'kan saknas', en: 'optional' },
  always: { sv: 'finns alltid', en: 'always there' },
  'list-of': { sv: 'lista av', en: 'list of' },
  'one-of': { sv: 'ett av', en: 'one of' },
  usual: { sv: 'förvalt', en: 'default' },
  'most-items': { sv: 'högst {n} stycken', en: 'at most {n} items' },
  'most-characters': { sv: 'högst {n} tecken', en: 'at most {n} characters' },
  from: { sv: 'från', en: 'from' },
  to: { sv: 'till', en: 'to' },
  'no-certificate': { sv: 'Inget certifikat behövs.', en: 'No certificate is asked for.' },
  certificate: { sv: 'Kräver ditt klientcertifikat.', en: 'Wants your client certificate.' },
  'our-certificate': { sv: 'Vi visar vårt klientcertifikat.', en: 'We show our client certificate.' },
  path: { sv: 'i sökvägen', en: 'in the path' },
  query: { sv: 'i frågan', en: 'in the query' },
  header: { sv: 'huvud', en: 'header' },
  any: { sv: 'övriga', en: 'any other' },
  empty: { sv: 'utan innehåll', en: 'no body' },
} as const satisfies Record<string, Readonly<Record<PageLanguage, string>>>;

export type Word = keyof typeof words;

export const wordIn = (language: PageLanguage, word: Word): string => words[word][language];
