/** Pass phrases and passwords: from a file or from the keyboard, never from the command line, where everybody on the machine sees them. */
import { Fault } from '../domain/fault.ts';
import { readText } from './read-text.ts';
import type { Terminal } from './terminal.ts';

export interface SecretSource {
  /** One line; undefined: who runs the command is asked. */
  readonly file: string | undefined;
  /** The option that names the file, such as `--passphrase-file`. */
  readonly option: string;
  /** What is asked, such as `Pass phrase of the root's key`. */
  readonly question: string;
  /** Asked a second time: for what is made now and cannot be had again. */
  readonly twice?: boolean;
  readonly leastLength?: number;
}

/** @throws Fault `argument-invalid` if there is nobody to ask, the file is not one line, the secret is too short or was not repeated */
export async function readSecret(source: SecretSource, terminal: Terminal): Promise<string> {
  const secret = source.file === undefined ? await ask(source, terminal) : fromFile(source.file);
  const least = source.leastLength ?? 1;
  if (secret.length < least) throw wrong(`${source.question}: at least ${least} characters are expected`);
  return secret;
}

function fromFile(file: string): string {
  const secret = readText(file).replace(/\r?\n$/, '');
  if (/[\r\n]/.test(secret)) throw wrong(`${file}: one line is expected, with nothing but the secret`);
  return secret;
}

async function ask({ option, question, twice }: SecretSource, terminal: Terminal): Promise<string> {
  if (!process.stdin.isTTY)
    throw wrong(`${question}: there is no keyboard to ask at; give it in a file with ${option}`);
  const { stdin } = process;
  // Before anything is asked: what is typed ahead is not shown either.
  stdin.setRawMode(true).setEncoding('utf8').resume();
  try {
    const secret = await typed(`${question}: `, terminal);
    if (twice && (await typed('The same again: ', terminal)) !== secret) throw wrong('the two are not the same');
    return secret;
  } finally {
    stdin.setRawMode(false).pause();
  }
}

const keys = { interrupt: '\u0003', end: '\u0004', backspace: ['\u007f', '\b'] };

/** Reads a line of a keyboard that shows nothing. */
function typed(question: string, terminal: Terminal): Promise<string> {
  const { stdin, stderr } = process;
  return new Promise((resolve, reject) => {
    let line: readonly string[] = [];
    const finish = (act: () => void): void => {
      stdin.off('data', take).off('end', gone);
      terminal.err('');
      act();
    };
    const take = (chunk: string): void => {
      for (const key of chunk) {
        if (key === '\r' || key === '\n') return finish(() => resolve(line.join('')));
        if (key === keys.interrupt || key === keys.end)
          return finish(() => reject(wrong('interrupted: nothing was done')));
        line = keys.backspace.includes(key) ? line.slice(0, -1) : [...line, key];
      }
    };
    const gone = (): void => finish(() => reject(wrong('the keyboard is gone: nothing was done')));
    stdin.on('data', take).once('end', gone);
    stderr.write(question);
  });
}

const wrong = (why: string): Fault => new Fault('argument-invalid', why);
