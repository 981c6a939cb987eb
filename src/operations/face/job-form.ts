/** The form of an order for many messages, as it was filled in. */
import { messageTypes, parseMessageType } from '../../domain/message.ts';
import { parseOrganisationNumber } from '../../domain/organisation-number.ts';
import { fromLocalTime, localTime } from '../../platform/moments.ts';
import { reasonLimit } from '../../store/audit.ts';
import type { Job } from '../../store/operator/jobs.ts';
import type { Language } from '../catalogue.ts';
import type { Word } from '../console/words.ts';
import { type JobOrder, leastRate, mostRate } from '../jobs/order.ts';
import { selectionOf } from '../jobs/wanted.ts';
import { manyActions } from '../many-messages.ts';

/** As typed; an empty text where nothing was. */
export type JobForm = Readonly<Record<(typeof names)[number], string>>;

const names = ['action', 'recipient', 'state', 'type', 'from', 'to', 'since', 'rate', 'reason'] as const;

export const askedJob = (fields: URLSearchParams): JobForm =>
  Object.fromEntries(names.map((name) => [name, (fields.get(name) ?? '').trim()])) as JobForm;

type Read = Pick<JobOrder, 'action' | 'selection' | 'rate' | 'reason'>;

/** What was meant, or the word for what is not right. */
export function readJobForm(form: JobForm, now: Date): Read | { readonly wrong: Word } {
  const action = manyActions.find((one) => one === form.action);
  if (action === undefined) return { wrong: 'jobs.wrong-action' };
  const recipient = parseOrganisationNumber(form.recipient);
  if (recipient === undefined) return { wrong: 'jobs.wrong-recipient' };
  const messageType = form.type === '' ? undefined : parseMessageType(form.type);
  if (form.type !== '' && !messageTypes.some((one) => one === messageType)) return { wrong: 'jobs.wrong-type' };
  const [fromSequence, toSequence] = [sequence(form.from), sequence(form.to)];
  if (fromSequence === 'wrong' || toSequence === 'wrong') return { wrong: 'jobs.wrong-sequence' };
  const since = form.since === '' ? undefined : fromLocalTime(form.since);
  if (form.since !== '' && since === undefined) return { wrong: 'jobs.wrong-since' };
  // What was delivered is resent, whatever stands in the field for the other order.
  const state = action === 'resend' ? undefined : form.state;
  const selection = selectionOf({ action, recipient, state, messageType, fromSequence, toSequence, since }, now);
  if (typeof selection === 'string') return { wrong: `jobs.wrong-${selection}` };
  const rate = Number(form.rate.replace(',', '.'));
  if (!(rate >= leastRate && rate <= mostRate)) return { wrong: 'jobs.wrong-rate' };
  if (form.reason === '' || form.reason.length > reasonLimit) return { wrong: 'jobs.wrong-reason' };
  return { action, selection, rate, reason: form.reason };
}

function sequence(text: string): number | undefined | 'wrong' {
  if (text === '') return undefined;
  return /^[1-9]\d{0,14}$/.test(text) ? Number(text) : 'wrong';
}

/** The form of a job like this one. */
export function againFor({ kind, reason, rate, wanted }: Job): string {
  const { recipient, state, messageType = '', fromSequence = '', toSequence = '', since } = wanted;
  const from = since === undefined ? '' : localTime(new Date(since)).replace(' ', 'T');
  const numbers = { from: String(fromSequence), to: String(toSequence), rate: String(rate) };
  const fields = { action: kind, recipient, state, type: messageType, ...numbers, since: from, reason };
  return `/jobs/new?${new URLSearchParams(fields).toString()}`;
}

export const rateSaid = (rate: number, language: Language): string =>
  new Intl.NumberFormat(language === 'sv' ? 'sv-SE' : 'en-GB', { maximumFractionDigits: 3 }).format(rate);
