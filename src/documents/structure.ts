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

interface Model {
  readonly slots: readonly Slot[];
  /** Name → place among the slots. */
  readonly places: ReadonlyMap<string, number>;
}

export type Models = ReadonlyMap<string, Model>;

const textOnly: Model = { slots: [], places: new Map() };

/** The format's own rule for each way of being wrong. */
export interface StructureRules {
  readonly unknown: Rule;
  readonly missing: Rule;
  readonly repeated: Rule;
  readonly text: Rule;
}

/** Element → its children in order; `?` none or one, `*` any number, `+` one or more, nothing exactly one, `{3}` at most three. */
export function modelsOf(contents: Readonly<Record<string, string>>): Models {
  return new Map(
    Object.entries(contents).map(([name, words]) => [name, modelOf(words.trim().split(/\s+/).map(slotOf))]),
  );
}

function modelOf(slots: readonly Slot[]): Model {
  return { slots, places: new Map(slots.map(({ name }, i) => [name, i])) };
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
  const model = models.get(element.name) ?? textOnly;
  if (model === textOnly && element.children.length === 0) return;
  const { slots, places } = model;
  if (slots.length > 0 && element.text.trim() !== '') {
    findings.push(breach(rules.text, where, 'only elements', element.text.trim()));
  }
  const counts: number[] = slots.map(() => 0);
  let reached = 0;
  for (const child of element.children) {
    if (findings.length >= findingsLimit) return;
    const index = places.get(child.name) ?? -1;
    const slot = slots[index];
    if (slot === undefined) {
      findings.push(breach(rules.unknown, numbered(where, element, child), expectedIn(slots), child.name));
      continue;
    }
    const count = (counts[index] ?? 0) + 1;
    counts[index] = count;
    const path = `${where}/${child.local}${count > 1 ? `[${count}]` : ''}`;
    if (count > slot.most) findings.push(breach(rules.repeated, path, `at most ${slot.most}`, String(count)));
    if (index < reached) findings.push(breach(rules.unknown, path, `before ${slots[reached]?.name}`, 'after it'));
    reached = Math.max(reached, index);
    checkStructure(models, rules, child, path, findings);
  }
  for (const [index, { name, least }] of slots.entries()) {
    if (least > 0 && counts[index] === 0) {
      findings.push(breach(rules.missing, `${where}/${name.replace(/^.*:/, '')}`, name, undefined));
    }
  }
}

/** The path of a child that the table does not have, counted among those of its name. */
function numbered(where: string, element: XmlElement, child: XmlElement): string {
  const count = element.children.filter(({ name }) => name === child.name).indexOf(child) + 1;
  return `${where}/${child.local}${count > 1 ? `[${count}]` : ''}`;
}

function expectedIn(slots: readonly Slot[]): string {
  return slots.length === 0 ? 'text only' : `one of ${slots.map(({ name }) => name).join(', ')}`;
}
