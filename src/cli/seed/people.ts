/** The suppliers of a seeded book: who they are, how they get their messages, and what is wrong with their endpoints. */
import type { FaultCode } from '../../domain/fault.ts';
import type { LaneState } from '../../domain/lane.ts';
import { checkDigitIsRight } from '../../domain/organisation-number.ts';

export interface Trouble {
  readonly state: Exclude<LaneState, 'flowing'>;
  readonly reason: FaultCode | null;
  readonly detail: string | null;
  /** Milliseconds before the book's end at which it began. */
  readonly since: number;
  /** Milliseconds after the book's end at which it is tried again; null: when a person says so. */
  readonly again: number | null;
}

/** `agent`: at the address of the supplier before it, by a mandate. `unknown`: nobody has registered it. */
export type Way = 'push' | 'pull' | 'agent' | 'unknown';

export interface Person {
  readonly index: number;
  readonly organisationNumber: string;
  readonly name: string;
  readonly language: 'sv' | 'en';
  readonly way: Way;
  readonly host: string;
  readonly ordering: 'any' | 'strict';
  readonly ratePerSecond: number | null;
  readonly concurrency: number;
  readonly trouble: Trouble | undefined;
}

/** The one whose lane is very full. */
export const fullLane = 3;
export const mostSuppliers = 9_000;
const minute = 60_000;
const hour = 60 * minute;

export function personAt(index: number): Person {
  const way = wayOf(index);
  return {
    index,
    organisationNumber: organisationNumberOf(index),
    name: nameOf(index),
    language: index % 13 === 6 ? 'en' : 'sv',
    way,
    // RFC 2606: no such host will ever be.
    host: `kuvert.leverantor-${index}.example`,
    ordering: index % 30 === 12 ? 'strict' : 'any',
    ratePerSecond: index % 30 === 22 ? 5 : null,
    concurrency: [1, 4, 4, 8, 16][index % 5] ?? 4,
    trouble: way === 'push' ? troubleOf(index) : undefined,
  };
}

function wayOf(index: number): Way {
  if (index % 10 === 4) return 'pull';
  if (index % 100 === 61) return 'agent';
  return index % 200 === 77 ? 'unknown' : 'push';
}

function troubleOf(index: number): Trouble | undefined {
  if (index === fullLane)
    return {
      state: 'held',
      reason: 'endpoint-rejects-us',
      detail: 'the endpoint answered 403',
      since: 36 * 24 * hour,
      again: 42 * minute,
    };
  if (index % 250 === 18)
    return {
      state: 'held',
      reason: 'endpoint-certificate',
      detail: `the certificate ${'4c7e01b9'.repeat(8)} (CN=${nameOf(index)}, issued by CN=Exempel, C=SE) is not registered for this address`,
      since: 74 * hour,
      again: 25 * minute,
    };
  if (index % 150 === 28)
    return {
      state: 'backing-off',
      reason: 'endpoint-no-answer',
      detail: 'no answer within 30000 ms',
      since: 9 * hour,
      again: 8 * minute,
    };
  if (index % 500 === 38)
    return { state: 'paused', reason: null, detail: 'the supplier moves its servers', since: 150 * hour, again: null };
  if (index % 300 === 47)
    return {
      state: 'held',
      reason: 'mass-refusal',
      detail: '5 different messages refused in a row; the last one: the endpoint answered 422',
      since: 100 * hour,
      again: null,
    };
  return undefined;
}

/**
 * 5599 98 down to 5599 90, beyond what Bolagsverket has issued; each fortieth a sole trader, born in a month that there is not.
 */
function organisationNumberOf(index: number): string {
  const three = (n: number) => String(n % 1_000).padStart(3, '0');
  const stem =
    index % 40 === 9
      ? `990000${three(Math.floor(index / 40))}`
      : `5599${98 - Math.floor(index / 1_000)}${three(index)}`;
  return Array.from({ length: 10 }, (_, digit) => `${stem}${digit}`).find(checkDigitIsRight) ?? stem;
}

function nameOf(index: number): string {
  const first = firsts[index % firsts.length];
  const second = seconds[Math.floor(index / firsts.length) % seconds.length];
  const round = Math.floor(index / (firsts.length * seconds.length));
  return index % 40 === 9
    ? `${first} ${second}`
    : `${first} ${second} ${['AB', 'Syd AB', 'Nord AB', 'Väst AB'][round % 4]}`;
}

const firsts =
  'Norrskenet Björkudden Älvdalen Tallmon Strandängen Solberga Lärkan Fyren Hallonet Granliden Ekbacken Kungsporten Åsen Sjövik Linden Vintergatan Hjorten Rönnbäret Klippan Furuvik Mälarstrand Örnen Skogsro Havsbandet Bergslagen Kornet Ängslyckan Tranan Slätten Fjället Hasselbo Kvarnen Ljungen Viken Stensäter Morgonsolen Svalan Brofästet Torget Hamnen Liljan'.split(
    ' ',
  );
const seconds =
  'Utbildning Kompetens Omställning Vägledning Arbete Lärande Yrkesskola Matchning Resurs Framtid Kunskap Coaching Akademi Språk Rekrytering Etablering Praktik Folkhögskola Konsult'.split(
    ' ',
  );
