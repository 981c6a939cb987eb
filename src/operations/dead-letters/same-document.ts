/** Whether a corrected document is still the one that the dead letter is about. Pure. */
import { Fault, type FaultCode, type Finding } from '../../domain/fault.ts';
import type { MessageType } from '../../domain/message.ts';
import type { OrganisationNumber } from '../../domain/organisation-number.ts';
import type { DeadLetterOne } from '../../store/operator/dead-letters.ts';

/** Which document it is. Undefined: it does not say, or it cannot be read. */
export interface Says {
  readonly recipient: OrganisationNumber | undefined;
  readonly messageType: MessageType | undefined;
  readonly documentNumber: string | undefined;
}

type Letter = Pick<DeadLetterOne, 'fault' | 'findings' | 'organisationNumber' | 'documentNumber'>;

interface Field {
  readonly name: keyof Says;
  /** What findings about it name. */
  readonly where: readonly string[];
  /** A dead letter of this fault has it wrong. */
  readonly wrongIn?: FaultCode;
  readonly code: FaultCode;
  readonly text: string;
}

const fields: readonly Field[] = [
  {
    name: 'recipient',
    where: ['recipient'],
    code: 'document-wrong-recipient',
    text: 'The document is for another organisation than the dead letter',
  },
  {
    name: 'messageType',
    where: ['messageType', 'message-type'],
    code: 'document-wrong-type',
    text: 'The document is of another type than the dead letter',
  },
  {
    name: 'documentNumber',
    where: ['document number'],
    wrongIn: 'document-number-taken',
    code: 'document-wrong-number',
    text: 'The document has another number than the dead letter',
  },
];

/**
 * @param kept what the dead letter's headers and document say
 * @returns where it differs from what is known, unless just that was found wrong; undefined: it may be the same
 */
export function otherThanKnown(letter: Letter, kept: Says, says: Says): Fault | undefined {
  const known: Readonly<Record<keyof Says, string | undefined>> = {
    recipient: letter.organisationNumber ?? kept.recipient,
    messageType: kept.messageType,
    documentNumber: letter.documentNumber ?? kept.documentNumber,
  };
  const differing = fields.filter((field) => {
    const value = known[field.name];
    return value !== undefined && value !== says[field.name] && !foundWrong(letter, field, value);
  });
  const findings = differing.map(({ name, text }): Finding => {
    // A person's number is not told by way of a fault.
    const expected = name === 'recipient' ? undefined : known[name];
    const found = says[name];
    return {
      where: name,
      rule: 'dead-letter',
      text,
      ...(expected === undefined ? {} : { expected }),
      ...(found === undefined ? {} : { found }),
    };
  });
  return differing[0] && new Fault(differing[0].code, findings.map(({ text }) => text).join('. '), { findings });
}

/** What was found wrong is what is corrected. */
const foundWrong = ({ fault, findings }: Letter, { where, wrongIn }: Field, value: string): boolean =>
  fault === wrongIn || findings.some((finding) => where.includes(finding.where) || finding.found === value);
