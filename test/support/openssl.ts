/** OpenSSL on the command line: the outside judge of what we write, and the maker of what strangers send. */
import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface OpenSsl {
  /** Where it runs; names of files are relative to it. */
  readonly folder: string;
  /** Runs it. @returns standard output, as text; an exit status that is not 0 is a failed assertion */
  run(...args: readonly string[]): string;
  /** The same; what it says when it fails, else undefined. */
  refusal(...args: readonly string[]): string | undefined;
  write(name: string, content: string | Uint8Array): string;
  remove(): void;
}

export function openSsl(): OpenSsl {
  const folder = mkdtempSync(join(tmpdir(), 'kuvert-openssl-'));
  const call = (args: readonly string[]) =>
    spawnSync('openssl', args, { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 26 });
  return {
    folder,
    run: (...args) => {
      const { error, status, stdout, stderr } = call(args);
      assert.equal(status, 0, `openssl ${args.join(' ')}: ${error?.message ?? stderr}${stdout}`);
      return stdout;
    },
    refusal: (...args) => {
      const { error, status, stdout, stderr } = call(args);
      if (error) throw error;
      return status === 0 ? undefined : stderr + stdout;
    },
    write: (name, content) => {
      writeFileSync(join(folder, name), content);
      return name;
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}
