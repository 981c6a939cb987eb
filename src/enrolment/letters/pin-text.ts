/** The SMS with a PIN: one message's length in either language, and no name in it. */

const texts = {
  sv: (pin: string, order: string) =>
    `Kuvert: PIN-koden är ${pin} för beställning ${order}. Skriv den på sidan som du har öppen. Ge den inte till någon annan.`,
  en: (pin: string, order: string) =>
    `Kuvert: the PIN is ${pin} for order ${order}. Type it on the page that you have open. Give it to nobody else.`,
} as const;

export const pinText = (language: keyof typeof texts, pin: string, order: string): string =>
  texts[language](pin, order);
