/** What stands between back-ticks is something to type. */
export const withCode = (text: string): readonly { readonly code: boolean; readonly text: string }[] =>
  text.split('`').map((part, i) => ({ code: i % 2 === 1, text: part }));
