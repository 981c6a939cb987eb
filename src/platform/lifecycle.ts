/** How a process is told to stop. */

/** Resolves at the first SIGINT or SIGTERM. A second one ends the process at once, as it would without us. */
export function untilTold(): { readonly told: Promise<NodeJS.Signals>; readonly forget: () => void } {
  let forget: () => void = () => undefined;
  const told = new Promise<NodeJS.Signals>((resolve) => {
    const heard = (signal: NodeJS.Signals) => {
      // Not at once: libraries that tidy the terminal end the process if theirs are the only listeners when they are called.
      setImmediate(forget);
      resolve(signal);
    };
    forget = () => {
      process.off('SIGINT', heard);
      process.off('SIGTERM', heard);
    };
    process.on('SIGINT', heard);
    process.on('SIGTERM', heard);
  });
  return { told, forget };
}
