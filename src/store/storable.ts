/** What a sender wrote, made fit for text and jsonb columns: PostgreSQL takes no NUL, and JSON in it no lone surrogate. */

/** No NUL, no lone surrogate, no longer than `limit` characters. */
export function storableText(text: string, limit = Number.POSITIVE_INFINITY): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD').slice(0, limit).toWellFormed();
}

/** JSON of the value, every string and name in it made storable. */
export function storableJson(value: unknown): string {
  return JSON.stringify(value, (_name, member: unknown) => {
    if (typeof member === 'string') return storableText(member);
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member;
    return Object.fromEntries(Object.entries(member).map(([name, one]) => [storableText(name), one]));
  });
}
