/** Errors in words; apart from the log, so that who only wants the words does not get a log with them. */

/** What a caught value says, for a log field: message, code and the causes behind it; never a stack of secrets. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // One name with several addresses, none of which lets us in: Node leaves the message empty.
  if (error instanceof AggregateError && error.errors.length > 0)
    return [...new Set(error.errors.map(errorText))].join('; ');
  const code = (error as { code?: unknown }).code;
  const own =
    typeof code === 'string' && !error.message.includes(code)
      ? `${code}: ${error.message}`
      : error.message || error.name;
  const cause = causeBeyond(own, error);
  return cause === undefined ? own : `${own} (${errorText(cause)})`;
}

/** The first cause that says something new: many a sentence repeats what it was caused by. */
function causeBeyond(said: string, { cause }: Error): unknown {
  if (!(cause instanceof Error) || cause.message === '' || !said.includes(cause.message)) return cause;
  return causeBeyond(said, cause);
}
