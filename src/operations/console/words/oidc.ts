/** Words of the sign-in by an OpenID Connect provider. */
import type { InEach } from '../../catalogue.ts';

export const oidcWords = {
  'oidc.button': { en: 'Sign in with {provider}', sv: 'Logga in med {provider}' },
  'oidc.local': { en: 'With a local account', sv: 'Med ett lokalt konto' },
  'oidc.leave': { en: 'Sign out of {provider}', sv: 'Logga ut från {provider}' },
  'oidc.away': {
    en: '{provider} does not answer just now. Try again in a moment; a local account works meanwhile.',
    sv: '{provider} svarar inte just nu. Försök igen om en stund; ett lokalt konto fungerar under tiden.',
  },
  'oidc.denied': {
    en: '{provider} did not sign you in.',
    sv: '{provider} loggade inte in dig.',
  },
  'oidc.old': {
    en: 'That sign-in took too long, was begun in another window, or has been used. Begin again.',
    sv: 'Inloggningen tog för lång tid, påbörjades i ett annat fönster eller har redan använts. Börja om.',
  },
  'oidc.wrong': {
    en: 'The answer of {provider} could not be accepted. The log says why; a local account works meanwhile.',
    sv: 'Svaret från {provider} kunde inte godtas. Loggen säger varför; ett lokalt konto fungerar under tiden.',
  },
  'oidc.no-claim': {
    en: '{provider} signed you in, but said nothing in “{claim}”, which gives the roles here.',
    sv: '{provider} loggade in dig men angav inget i ”{claim}”, som ger rollerna här.',
  },
  'oidc.no-value': {
    en: '{provider} signed you in, but nothing that it says in “{claim}” gives a role here.',
    sv: '{provider} loggade in dig, men inget som anges i ”{claim}” ger en roll här.',
  },
  'oidc.no-role-do': {
    en: 'One of these is needed: {values}. Whoever keeps the accounts of {provider} can give it to you.',
    sv: 'Något av detta behövs: {values}. Den som sköter kontona i {provider} kan ge dig det.',
  },
  'oidc.disabled': {
    en: 'Your account is disabled here. An administrator can enable it.',
    sv: 'Ditt konto är avstängt här. En administratör kan öppna det.',
  },
  'oidc.account': {
    en: 'You sign in with {provider}. Your name and your roles come from there at each sign-in, and you have no password here.',
    sv: 'Du loggar in med {provider}. Ditt namn och dina roller kommer därifrån vid varje inloggning, och du har inget lösenord här.',
  },
  'oidc.from': { en: 'the provider {issuer}', sv: 'inloggningstjänsten {issuer}' },
  'oidc.kept': {
    en: 'The name and the roles of this account come from {issuer} at each sign-in, where they are changed. It has no password, link or token here. Disabling it keeps its person out.',
    sv: 'Kontots namn och roller kommer från {issuer} vid varje inloggning och ändras där. Det har inget lösenord, ingen länk och ingen nyckel här. Om det stängs av kommer personen inte in.',
  },
  'fault.account-elsewhere': {
    en: 'Nothing was done: the account is kept by the provider that its person signs in with',
    sv: 'Inget har gjorts: kontot sköts av den inloggningstjänst som personen använder',
  },
  'fault.account-elsewhere-do': {
    en: 'Roles are changed there. A script has an account of its own here.',
    sv: 'Roller ändras där. Ett program har ett eget konto här.',
  },
} as const satisfies Readonly<Record<string, InEach>>;
