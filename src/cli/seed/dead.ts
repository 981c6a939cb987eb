/** Frames that could not become messages: broken documents, judged by intake itself. */
import { readDocument } from '../../documents/read.ts';
import { answer } from '../../domain/answer.ts';
import type { OrganisationNumber } from '../../domain/organisation-number.ts';
import { check } from '../../intake/check.ts';
import { silentLog } from '../../platform/log.ts';
import type { DeadFrame } from '../../store/accept/frames.ts';
import { idAt } from './roll.ts';
import { frameIdOf, hexOf, iso, outboxRow, type Row, sha256, type Told } from './rows.ts';

/** @returns how intake judges the document of a message after it was broken in some way */
export type Broken = (told: Told) => DeadFrame;

const breaks: readonly ((text: string) => string)[] = [
  (text) => text.replace(/"(net|amount)":"\d+/, '$&9'),
  (text) => text.slice(0, Math.floor(text.length / 2)),
  (text) => text.replace(/"issueDate":"[^"]+"/, '"issueDate":"igår"'),
  (text) => text.replace(/"currency":"SEK",?/, ''),
  () =>
    '<?xml version="1.0" encoding="UTF-8"?>\n<Beställning xmlns="urn:example:old"><Nummer>17</Nummer></Beställning>\n',
  (text) => text.replaceAll('2021002114', '5560160680'),
];

export function makeBroken(documentBytes: number, sender: string): Broken {
  const limits = { bytes: documentBytes + 1_000_000, depth: 64, elements: 200_000 };
  const deps = {
    read: (bytes: Uint8Array, transport: 'text' | 'bytes') => readDocument(bytes, limits, transport),
    environment: 'test',
    sender: sender as OrganisationNumber,
    now: () => new Date(0),
    log: silentLog,
  } as const;
  return ({ story, paper }) => {
    const text = breaks[story.index % breaks.length]?.(paper.bytes.toString('utf8')) ?? '';
    const taken = check(deps, {
      body: Buffer.from(text),
      isText: true,
      headers: {},
      timestamp: story.acceptedAt,
    } as Parameters<typeof check>[1]);
    if (taken.kind !== 'dead-letter') throw new Error(`a document that was broken passes all checks: ${text}`);
    return taken;
  };
}

export function deadLetterRows(told: Told, broken: Broken): { letter: Row; frame: Row; outbox: Row[] } {
  const { plan, story } = told;
  const { fault, body, isText, headers, messageType, documentNumber, recipient } = broken(told);
  const at = story.acceptedAt + 15;
  const id = idAt(at, plan.seed, story.index, 7);
  const name = `${frameIdOf(plan, story.index)}:broken`;
  const said = answer('rejected', {
    id: idAt(at, plan.seed, story.index, 8),
    time: iso(at),
    deadLetterId: id,
    messageType,
    documentNumber,
    recipient,
    fault: { code: fault.code, detail: fault.message, findings: fault.findings },
  });
  const rejected = outboxRow(plan, story.index, at, said);
  return {
    letter: {
      id,
      taken_at: iso(at),
      broker_message_id: name,
      is_text: isText,
      body: hexOf(body),
      headers: hexOf(Buffer.from(JSON.stringify(headers))),
      fault: fault.code,
      detail: fault.message,
      findings: fault.findings,
      organisation_number: recipient ?? null,
      document_number: documentNumber ?? null,
    },
    frame: {
      taken_at: iso(at),
      broker_message_id: name,
      body_sha256: hexOf(sha256(body)),
      verdict: 'dead-letter',
      message_id: null,
      dead_letter_id: id,
    },
    outbox: [{ ...rejected, queue: 'dead', body: null, headers: {}, dead_letter_id: id }, rejected],
  };
}
