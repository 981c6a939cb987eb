/** What stands on a page in the place of a sentence that names a command: the button is beside it. Pure. */

export const onPages = {
  'delivery.refused': {
    en: 'The supplier refused it{cause}.',
    sv: 'Leverantören avvisade det{cause}.',
  },
  'delivery.held': {
    en: 'Held{cause}.',
    sv: 'Stoppat{cause}.',
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
    en: 'Waits because the lane is paused{cause}.',
    sv: 'Väntar eftersom leveranserna till adressen är pausade{cause}.',
  },
  'waiting.held': {
    en: 'Waits because the lane is held{cause}. It flows again when it is released{probed}.',
    sv: 'Väntar eftersom leveranserna till adressen är stoppade{cause}. De släpps fram när någon gör det{probed}.',
  },
  'lane.paused': {
    en: 'Paused since {since}{cause}.',
    sv: 'Pausad sedan {since}{cause}.',
  },
  'lane.held': {
    en: 'Held since {since}{cause}. It flows again when it is released{probed}.',
    sv: 'Stoppad sedan {since}{cause}. Den släpps fram när någon gör det{probed}.',
  },
} as const;
