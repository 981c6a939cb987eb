/** Letters about the end of a mandate, to the agent and to its principal: from when on who gets what, and what is to be done. */
import { inDays, nothing, waitingText } from './end-letters.ts';
import type { Letter } from './facts.ts';
import { formatMoment } from './words.ts';

const nobody = { agent: '?', principal: '?' };

export const mandateEnding: Letter = {
  sv: ({ contact, description, ends, name, end = nothing, mandate: { agent, principal } = nobody }) => [
    `Fullmakten för ${agent} att ta emot åt ${principal} upphör ${inDays.sv(end.daysLeft)}`,
    `Hej ${contact.name}!`,
    `${agent} tar som ombud emot meddelanden för ${principal}, med en fullmakt som upphör ${formatMoment(ends, 'sv')}. Ingenting följer den för: ${description}.`,
    `Vad du ska göra: ska ${agent} fortsätta behövs en ny fullmakt från ${principal}, lämnad till oss i god tid. Ska någon annan ta över behövs dennes fullmakt, eller en egen adress för ${principal}.`,
    `Om ingenting görs: från den stunden lämnas inget av detta till ${agent}. Meddelandena stannar hos oss tills någon får ta emot dem. ${waitingText.sv(end.waiting)}`,
    `Är det meningen att den upphör? Då behöver du inte göra något. Fullmaktens nummer hos oss är ${name}.`,
  ],
  en: ({ contact, description, ends, name, end = nothing, mandate: { agent, principal } = nobody }) => [
    `The mandate of ${agent} to receive for ${principal} ends ${inDays.en(end.daysLeft)}`,
    `Dear ${contact.name},`,
    `${agent} receives messages for ${principal} as its agent, by a mandate that ends on ${formatMoment(ends, 'en')}, Swedish time. Nothing follows it for: ${description}.`,
    `What to do: if ${agent} shall go on, a new mandate from ${principal} is needed, and must reach us in good time. If somebody else shall take over, that one's mandate is needed, or an address of ${principal}'s own.`,
    `If nothing is done: from that moment none of this is given to ${agent}. The messages stay with us until somebody may receive them. ${waitingText.en(end.waiting)}`,
    `It is meant to end? Then there is nothing for you to do. Our number of the mandate is ${name}.`,
  ],
};
