/** How a lane stands, told to the supplier whose it is: nothing of operators' commands, nothing of what they wrote. Pure. */
import type { LaneOverview } from '../store/supplier-lanes.ts';
import { fill, type InEach, type Language } from './catalogue.ts';
import { laneCauseOf, stamp } from './explain.ts';

const sentences = {
  pull: {
    en: 'Nothing is pushed to this address: messages wait here until you fetch them.',
    sv: 'Inget skickas till den här adressen: meddelandena väntar här tills ni hämtar dem.',
  },
  manual: {
    en: 'Nothing is pushed to this address: messages wait here until you fetch them or they are handed over to you.',
    sv: 'Inget skickas till den här adressen: meddelandena väntar här tills ni hämtar dem eller de lämnas över till er.',
  },
  flowing: { en: 'Messages are pushed to you.', sv: 'Meddelanden skickas till er.' },
  'backing-off': {
    en: 'Your endpoint has not worked since {since}{cause}. The next try is at {at}; until then you can fetch what waits.',
    sv: 'Er ändpunkt har inte fungerat sedan {since}{cause}. Nästa försök görs {at}; till dess kan ni hämta det som väntar.',
  },
  ours: {
    en: 'Our own side has not worked since {since}{cause}. The next try is at {at}; until then you can fetch what waits.',
    sv: 'Det har varit fel hos oss sedan {since}{cause}. Nästa försök görs {at}; till dess kan ni hämta det som väntar.',
  },
  'held-probed': {
    en: 'Nothing is pushed to you since {since}{cause}. We look again at {at}, and go on by ourselves when it works; until then you can fetch what waits.',
    sv: 'Inget skickas till er sedan {since}{cause}. Vi försöker igen {at} och fortsätter av oss själva när det fungerar; till dess kan ni hämta det som väntar.',
  },
  held: {
    en: 'Nothing is pushed to you since {since}{cause}. We do not try again by ourselves: tell us when it is put right. You can fetch what waits.',
    sv: 'Inget skickas till er sedan {since}{cause}. Vi försöker inte igen av oss själva: säg till när det är åtgärdat. Ni kan hämta det som väntar.',
  },
  paused: {
    en: 'We have paused the pushes to you since {since}. You can fetch what waits.',
    sv: 'Vi har pausat det som skickas till er sedan {since}. Ni kan hämta det som väntar.',
  },
} as const satisfies Readonly<Record<string, InEach>>;

export function explainOwnLane(
  delivery: 'push' | 'pull' | 'manual',
  { state, reason, detail, since, nextWake }: Pick<LaneOverview, 'state' | 'reason' | 'detail' | 'since' | 'nextWake'>,
  language: Language,
): string {
  return fill(sentences[keyOf(delivery, state, reason, nextWake)][language], {
    since: stamp(since, language),
    at: stamp(nextWake, language),
    cause: laneCauseOf(reason, reason === 'held-by-operator' ? undefined : detail, language),
  });
}

function keyOf(
  delivery: 'push' | 'pull' | 'manual',
  state: LaneOverview['state'],
  reason: string | undefined,
  nextWake: Date | undefined,
): keyof typeof sentences {
  if (delivery !== 'push') return delivery;
  if (state === 'backing-off' && (reason === 'proxy-failed' || reason === 'certificate-invalid')) return 'ours';
  return state === 'held' && nextWake !== undefined ? 'held-probed' : state;
}
