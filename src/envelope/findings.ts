/** What is wrong with an envelope, told in one form by everything that reads one. */
import { Fault, type Finding } from '../domain/fault.ts';

/** @param where the attribute, or the path in the header, without its first slash */
export function finding(where: string, rule: string, text: string, expected?: string, found?: string): Finding {
  return {
    where: `/${where}`,
    rule,
    text,
    ...(expected ? { expected } : {}),
    ...(found === undefined ? {} : { found }),
  };
}

export function malformed(findings: readonly Finding[]): Fault {
  const said = findings.map(({ where, text, expected, found }) =>
    [`${where}: ${text}`, expected && `expected ${expected}`, found && `found ${found}`].filter(Boolean).join('; '),
  );
  return new Fault('envelope-malformed', said.join('\n'), { findings });
}
