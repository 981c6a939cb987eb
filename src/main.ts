/** Begins and ends the process. */
import { run } from './cli/run.ts';

// A reader that has seen enough (`kuvert message list | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

const code = await run(process.argv.slice(2));
// What was written is out before the end: exiting cuts a pipe off.
process.stderr.write('', () => process.stdout.write('', () => process.exit(code)));
