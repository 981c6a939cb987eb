/** What is said when a law of conservation does not hold, in Swedish: beside src/store/conservation.ts. Pure. */
export const lawPhrases: readonly (readonly [en: string, sv: string])[] = [
  [
    '{a} frames were taken, but {b} messages, {c} duplicates, {d} dead letters and {e} withdrawals are not as many',
    '{a} togs emot, men {b} meddelanden, {c} dubbletter, {d} stoppade inkommande och {e} återkallelser är inte lika många',
  ],
  ['{a} frames became dead letters, but there are {b}', '{a} stoppades på väg in, men det finns {b}'],
  [
    '{a} recipients whose counter is not the number of their messages and void numbers, or not the highest sequence',
    '{a} mottagare vars räknare inte är antalet meddelanden och makulerade nummer, eller inte det högsta numret',
  ],
  ['{a} messages whose number is void', '{a} meddelanden vars nummer är makulerat'],
  ['{a} messages without exactly one current delivery', '{a} meddelanden som inte har precis en gällande leverans'],
  ['{a} messages without the frame that they came from', '{a} meddelanden utan det som de kom av'],
  [
    '{a} deliveries marked as pushed without an attempt that was answered so',
    '{a} leveranser som sägs vara skickade fast inget försök fick det svaret',
  ],
  [
    '{a} deliveries marked as collected without a receipt',
    '{a} leveranser som sägs vara hämtade fast ingen kvittens finns',
  ],
  ['{a} receipts whose delivery is not marked as collected', '{a} kvittenser vars leverans inte sägs vara hämtad'],
  [
    '{a} messages that were receipted or fetched without ever having been sealed',
    '{a} meddelanden som kvitterades eller hämtades fast de aldrig har förseglats',
  ],
  [
    '{a} attempts answered as delivered whose delivery is not',
    '{a} försök som besvarades som levererade fast leveransen inte är det',
  ],
  [
    '{a} deliveries that are sending although the lease of their lane ran out long ago',
    '{a} leveranser som sägs pågå fast tiden för dem gick ut för länge sedan',
  ],
  [
    '{a} tries of deliveries that are not sending, without an outcome',
    '{a} försök utan utfall för leveranser som inte pågår',
  ],
  [
    '{a} lanes that flow and have something to send, but no alarm',
    '{a} adresser som flyter och har något att skicka, men inget som väcker dem',
  ],
  [
    '{a} deliveries that lead to the address of an organisation that may not have them',
    '{a} leveranser till en adress hos en organisation som inte får ha dem',
  ],
  [
    '{a} deliveries that do not say rightly whether their address is an agent’s',
    '{a} leveranser som inte rätt säger om adressen är ett ombuds',
  ],
  [
    '{a} tries at an agent’s that were begun when no mandate ran',
    '{a} försök hos ett ombud som påbörjades när ingen fullmakt gällde',
  ],
  ['{a} withdrawals whose message still goes its way', '{a} återkallelser vars meddelande ändå är på väg'],
  ['{a} dead letters without an answer in the outbox', '{a} stoppade inkommande utan ett svar till KA'],
];
