/** What a refusal says (RFC 9457): the last part of its type; what is none says nothing. */
export function problemOf(body: Buffer): string {
  try {
    const { type } = JSON.parse(body.toString()) as { type?: unknown };
    return typeof type === 'string' ? (type.split(/[/#:]/).at(-1) ?? '') : '';
  } catch {
    return '';
  }
}
