/** What stands on a page in the place of a sentence that names a command: the button is beside it. Pure. */

export const onPages = {
  'delivery.refused': {
    en: 'The supplier refused it{cause}. It is not tried again by itself: release it when the supplier has put right what was wrong, or cancel it. A corrected document from KA takes its place.',
    sv: 'Leverantören avvisade det{cause}. Inga nya försök görs av sig själva: släpp fram det när leverantören har rättat felet, eller makulera det. Ett rättat dokument från KA ersätter det.',
  },
  'delivery.held': {
    en: 'Held{cause}. It stays here until somebody releases or cancels it.',
    sv: 'Stoppat{cause}. Det ligger kvar tills någon släpper fram eller makulerar det.',
  },
  'delivery.held-no-address': {
    en: 'Held{cause}; it goes on its way by itself when the supplier has an address that takes it.',
    sv: 'Stoppat{cause}; det skickas av sig självt när leverantören har en adress som tar emot det.',
  },
  'delivery.held-mandate': {
    en: 'Held{cause}; it goes on its way by itself when a mandate covers it again, or an address of the recipient takes it.',
    sv: 'Stoppat{cause}; det skickas av sig självt när en fullmakt gäller för det igen, eller en adress hos mottagaren tar emot det.',
  },
  'waiting.paused': {
    en: 'Waits because the lane is paused{cause}. Nothing is tried until somebody resumes it on the supplier’s page.',
    sv: 'Väntar eftersom leveranserna till adressen är pausade{cause}. Inga försök görs förrän någon återupptar dem på leverantörens sida.',
  },
  'waiting.held': {
    en: 'Waits because the lane is held{cause}. What lets it flow again is its release on the supplier’s page{probed}.',
    sv: 'Väntar eftersom leveranserna till adressen är stoppade{cause}. Det som får dem att flyta igen är att någon släpper fram dem på leverantörens sida{probed}.',
  },
  'lane.paused': {
    en: 'Paused since {since}{cause}. Nothing is tried until somebody resumes it.',
    sv: 'Pausad sedan {since}{cause}. Inga försök görs förrän någon återupptar leveranserna.',
  },
  'lane.held': {
    en: 'Held since {since}{cause}. What lets it flow again is its release{probed}.',
    sv: 'Stoppad sedan {since}{cause}. Det som får leveranserna att flyta igen är att någon släpper fram dem{probed}.',
  },
} as const;
