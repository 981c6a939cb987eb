/** A finding about a document, which is on record in English, in a reader's language. Pure. */
import { type Rule, rules } from '../documents/rules.ts';
import type { Finding } from '../domain/fault.ts';
import type { Language } from './catalogue.ts';
import { translatorOf } from './phrases.ts';
import { expectedPhrases, findingPhrases, foundPhrases } from './phrases-findings.ts';
import { rulesInSwedish } from './rule-words.ts';

const found = translatorOf(foundPhrases);
const expected = translatorOf(expectedPhrases);
const sentence = translatorOf([...findingPhrases, ...expectedPhrases]);

const isRule = (rule: string): rule is Rule => Object.hasOwn(rules, rule);

/** What the document itself says stays as it is, and so does a sentence that an earlier version wrote. */
export function findingSaid(finding: Finding, language: Language): Finding {
  if (language === 'en') return finding;
  const { rule, text } = finding;
  return {
    ...finding,
    text: isRule(rule) && rules[rule] === text ? rulesInSwedish[rule] : sentence(text),
    ...(finding.expected === undefined ? {} : { expected: expected(finding.expected) }),
    ...(finding.found === undefined ? {} : { found: found(finding.found) }),
  };
}

/** Why there is no message, where no findings say it. */
export const faultDetailSaid = (detail: string, language: Language): string =>
  language === 'en' ? detail : sentence(detail);
