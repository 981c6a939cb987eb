/** Reading what is typed after a command; what cannot be read says what would. */
import { InvalidArgumentError, Option } from 'commander';
import { type DeliveryState, deliveryStates } from '../domain/delivery.ts';
import { type MessageType, messageTypes, parseMessageType } from '../domain/message.ts';
import { type OrganisationNumber, parseOrganisationNumber } from '../domain/organisation-number.ts';
import { revocationReasons } from '../domain/revocation.ts';
import { parseDuration } from '../domain/schedule.ts';
import { reasonLimit } from '../store/audit.ts';

export function organisationNumber(text: string): OrganisationNumber {
  const number = parseOrganisationNumber(text);
  if (number === undefined)
    throw new InvalidArgumentError(
      'An organisation number such as 556016-0680 is expected; its check digit must be right.',
    );
  return number;
}

/** Several may be given. */
export function organisationNumbers(text: string, before: readonly OrganisationNumber[] = []): OrganisationNumber[] {
  return [...before, organisationNumber(text)];
}

export function messageType(text: string): MessageType {
  const type = parseMessageType(text);
  if (type === undefined) throw new InvalidArgumentError(`One of ${messageTypes.join(', ')} is expected.`);
  return type;
}

/** Several, with commas between. */
export const someMessageTypes = (text: string): readonly MessageType[] => [
  ...new Set(text.split(',').map((one) => messageType(one.trim()))),
];

export function deliveryState(text: string): DeliveryState {
  const state = deliveryStates.find((one) => one === text);
  if (state === undefined) throw new InvalidArgumentError(`One of ${deliveryStates.join(', ')} is expected.`);
  return state;
}

export function reason(text: string): string {
  const trimmed = text.trim();
  if (trimmed === '') throw new InvalidArgumentError('Say why, in a few words.');
  if (trimmed.length > reasonLimit) throw new InvalidArgumentError(`At most ${reasonLimit} characters.`);
  return trimmed;
}

/** Where somebody's signed word is kept. */
export function evidence(text: string): string {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed.length > 500)
    throw new InvalidArgumentError('Say where it is kept, in 1 to 500 characters: a diary number, a contract.');
  return trimmed;
}

/** `--as`, what outsiders are told; `--reason` is ours. */
export const revocationReason = (): Option =>
  new Option('--as <reason>', 'the reason that the revocation list gives (RFC 5280)')
    .choices(revocationReasons)
    .makeOptionMandatory();

/** `--reason`, without which nothing is changed. */
export const mandatoryReason = (): Option =>
  new Option('--reason <text>', 'why, for the audit; must be given').argParser(reason).makeOptionMandatory();

export function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!/^\d+$/.test(text) || number < least || number > most)
      throw new InvalidArgumentError(`A whole number from ${least} to ${most} is expected.`);
    return number;
  };
}

/** `20/s`, `30/m`; a bare number is a second's. @returns how many a second */
export function rate(text: string): number {
  const [, count = '', unit = 's'] = /^(\d{1,4}(?:\.\d{1,3})?)(?:\/(s|m))?$/.exec(text) ?? [];
  const perSecond = Number(count) / (unit === 'm' ? 60 : 1);
  if (count === '' || perSecond <= 0 || perSecond > 1_000)
    throw new InvalidArgumentError('A rate such as 20/s or 30/m is expected, 1000/s at most.');
  return perSecond;
}

/** RFC 3339, a date, or how long ago: `2026-03-01T12:00:00Z`, `2026-03-01`, `2h`. */
export function since(text: string): Date {
  const ago = parseDuration(text);
  if (ago !== undefined) return new Date(Date.now() - ago);
  const date = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text)
    ? new Date(text)
    : undefined;
  if (date === undefined || Number.isNaN(date.getTime()))
    throw new InvalidArgumentError(
      'A time such as 2026-03-01T12:00:00Z, a date, or a duration such as 2h is expected.',
    );
  return date;
}

/** RFC 3339, or a date: its first moment in UTC. */
export function moment(text: string): Date {
  const time = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text)
    ? new Date(text)
    : undefined;
  if (time === undefined || Number.isNaN(time.getTime()))
    throw new InvalidArgumentError(
      'A time such as 2027-01-01T00:00:00+01:00 or a date such as 2027-01-01 is expected.',
    );
  return time;
}

export const mandateId = whole(1, Number.MAX_SAFE_INTEGER);
