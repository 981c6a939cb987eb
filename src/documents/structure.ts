/**
 * What an XML format may contain, where and how often, as a table. A second total or a second seller is a way to make two systems
 * read two different documents, so this is checked, not skipped.
 */
import type { Finding } from '../domain/fault.ts';
import { breach, findingsLimit, type Rule } from './rules.ts';
import type { XmlElement } from './xml.ts';

interface Slot {
  readonly name: string;
  readonly least: number;
  readonly most: number;
}

export type Models = ReadonlyMap<string, readonly Slot[]>;

/** The format's own rule for each way of being wrong. */
export interface StructureRules {
  readonly unknown: Rule;
  readonly missing: Rule;
  readonly repeated: Rule;
  readonly text: Rule;
}

/** Element → its children in order; `?` none or one, `*` any number, `+` one or more, nothing exactly one, `{3}` at most three. */
export function modelsOf(contents: Readonly<Record<string, string>>): Models {
  return new Map(Object.entries(contents).map(([name, words]) => [name, words.trim().split(/\s+/).map(slotOf)]));
}

function slotOf(word: string): Slot {
  const [, name = '', mark = ''] = /^([A-Za-z:]+)(.*)$/.exec(word) ?? [];
  const most = /^\{(\d)\}$/.exec(mark)?.[1];
  const many = mark === '*' || mark === '+';
  return {
    name,
    least: mark === '' || mark === '+' ? 1 : 0,
    most: many ? Number.POSITIVE_INFINITY : Number(most ?? 1),
  };
}

/** Findings for the whole tree, at most `findingsLimit`. An element outside the table is reported, not entered. */
export function checkStructure(
  models: Models,
  rules: StructureRules,
  element: XmlElement,
  where: string,
  findings: Finding[],
): void {
  const model = models.get(element.name) ?? [];
  if (model.length > 0 && element.text.trim() !== '') {
    findings.push(breach(rules.text, where, 'only elements', element.text.trim()));
  }
  const seen = new Map<string, number>();
  let reached = 0;
  for (const child of element.children) {
    if (findings.length >= findingsLimit) return;
    const count = (seen.get(child.name) ?? 0) + 1;
    seen.set(child.name, count);
    const path = `${where}/${child.local}${count > 1 ? `[${count}]` : ''}`;
    const index = model.findIndex(({ name }) => name === child.name);
    const slot = model[index];
    if (slot === undefined) {
      findings.push(breach(rules.unknown, path, expectedIn(model), child.name));
      continue;
    }
    if (count > slot.most) findings.push(breach(rules.repeated, path, `at most ${slot.most}`, String(count)));
    if (index < reached) findings.push(breach(rules.unknown, path, `before ${model[reached]?.name}`, 'after it'));
    reached = Math.max(reached, index);
    checkStructure(models, rules, child, path, findings);
  }
  for (const { name, least } of model) {
    if (least > 0 && !seen.has(name)) {
      findings.push(breach(rules.missing, `${where}/${name.replace(/^.*:/, '')}`, name, undefined));
    }
  }
}

function expectedIn(model: readonly Slot[]): string {
  return model.length === 0 ? 'text only' : `one of ${model.map(({ name }) => name).join(', ')}`;
}
