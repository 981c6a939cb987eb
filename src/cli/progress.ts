/** How far something long has come, on the terminal; nothing at all when nobody looks at one. */
export interface Progress {
  readonly at: (done: number) => void;
  readonly end: () => void;
}

/** On standard error, so that the result can be piped. @param unit what a stop lets finish */
export async function startProgress(what: string, total: number, unit = 'the message'): Promise<Progress> {
  if (!process.stderr.isTTY) return { at: () => undefined, end: () => undefined };
  const { Presets, SingleBar } = await import('cli-progress');
  const bar = new SingleBar(
    {
      stream: process.stderr,
      format: `${what} {bar} {value}/{total}, {eta_formatted} left; Ctrl-C stops after ${unit} under way`,
      fps: 5,
      // A stop is ours to hear: the message under way is finished and what was done is told.
      gracefulExit: false,
      hideCursor: false,
    },
    Presets.shades_classic,
  );
  bar.start(total, 0);
  return { at: (done) => bar.update(done), end: () => bar.stop() };
}
