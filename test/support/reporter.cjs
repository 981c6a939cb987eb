'use strict';

/**
 * The project's mocha reporter. One line per test file, the claims of the integration files below it, failures in full
 * at the end, and as the very last line the total: `N passed, N failed` (`, N skipped` when there are any).
 *
 * It needs no terminal and works the same under --parallel, where the events of a file arrive in one go when the file
 * has finished. CommonJS, because mocha loads reporters with require().
 */

const path = require('node:path');
const { reporters } = require('mocha');

/** Files whose test titles are the product's claims: they are listed one by one. */
const LISTED = `test${path.sep}integration${path.sep}`;
const STACK_LINES = 12;

function fileOf(runnable) {
  for (let at = runnable; at; at = at.parent) {
    if (at.file) {
      return path.relative(process.cwd(), at.file);
    }
  }
  return '(no file)';
}

function titleOf(runnable) {
  return typeof runnable.titlePath === 'function' ? runnable.titlePath().join(' › ') : runnable.title;
}

function indent(text, by) {
  return text
    .split('\n')
    .map((line) => (line === '' ? line : by + line))
    .join('\n');
}

/** The frames worth reading: ours, without mocha's and Node's own, and with paths from the project's root. */
function framesOf(stack) {
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
  const ours = frames.filter((line) => !/node_modules[/\\]mocha[/\\]|\(?node:internal\//.test(line));
  const shown = (ours.length > 0 ? ours : frames).slice(0, STACK_LINES);
  return shown.map((line) =>
    line.trim().replaceAll(`file://${process.cwd()}/`, '').replaceAll(`${process.cwd()}/`, ''),
  );
}

function diffOf(err) {
  const { actual: was, expected: wanted } = err;
  // Of true and false there is nothing to compare.
  if (err.showDiff === false || wanted === undefined || typeof wanted === 'boolean' || was === wanted) {
    return '';
  }
  const [actual, expected] = [was, wanted].map((value) =>
    typeof value === 'string' ? value : JSON.stringify(value, null, 2),
  );
  return actual === expected || actual === undefined ? '' : reporters.Base.generateDiff(actual, expected).trim();
}

/** Message, diff, stack and causes of what was thrown, whatever it was. */
function describeError(err) {
  if (err === null || typeof err !== 'object') {
    return `thrown: ${String(err)}`;
  }
  // In parallel mode an error arrives as a plain object: its name is only left at the head of the stack.
  const named = err.name ?? /^([A-Za-z]+)(?: \[\w+\])?:/.exec(err.stack ?? '')?.[1] ?? 'Error';
  const name = named === 'Error' ? '' : `${named}: `;
  const code = err.code && err.code !== 'ERR_ASSERTION' ? ` [${err.code}]` : '';
  const parts = [`${name}${err.message ?? '(no message)'}${code}`];
  // The messages of node:assert already hold a diff; one is enough.
  const diff = err.generatedMessage || String(err.message).includes('+ actual - expected') ? '' : diffOf(err);
  if (diff !== '') {
    parts.push(diff);
  }
  if (typeof err.stack === 'string') {
    parts.push(framesOf(err.stack).join('\n'));
  }
  if (err.cause !== undefined && err.cause !== null) {
    parts.push(`caused by: ${indent(describeError(err.cause), '  ').trimStart()}`);
  }
  return parts.filter((part) => part !== '').join('\n');
}

/** `N passed, N failed` and, when there are any, `, N skipped`. */
function totalLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

function seconds(ms) {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** @typedef {{ result: 'passed' | 'failed' | 'skipped', title: string, ms: number }} Claim */

class Reporter {
  constructor(runner, options) {
    this.write = options?.reporterOptions?.write ?? ((text) => process.stdout.write(text));
    this.count = { passed: 0, failed: 0, skipped: 0 };
    this.failures = [];
    this.skips = [];
    this.file = undefined;
    runner.on('pass', (test) => this.add(test, 'passed'));
    runner.on('pending', (test) => this.add(test, 'skipped'));
    runner.on('fail', (test, err) => this.add(test, 'failed', err));
    runner.once('end', () => this.end());
  }

  add(test, result, err) {
    // A file that cannot be loaded is named by the error; other errors have a `file` too that says something else (PostgreSQL's).
    const named = String(err?.file ?? '').endsWith('.test.ts');
    const file = named ? path.relative(process.cwd(), err.file) : fileOf(test);
    if (this.file?.name !== file) {
      this.closeFile();
      this.file = { name: file, passed: 0, failed: 0, skipped: 0, ms: 0, claims: [] };
    }
    this.count[result] += 1;
    this.file[result] += 1;
    this.file.ms += test.duration ?? 0;
    this.file.claims.push({ result, title: titleOf(test), ms: test.duration ?? 0 });
    if (result === 'failed') {
      this.failures.push({ file, title: titleOf(test), err });
    }
    if (result === 'skipped') {
      this.skips.push({ file, title: titleOf(test) });
    }
  }

  closeFile() {
    const file = this.file;
    if (file === undefined) {
      return;
    }
    const word = file.failed > 0 ? 'FAIL' : 'ok  ';
    this.write(`${word}  ${file.name}  ${totalLine(file)}  ${seconds(file.ms)}\n`);
    if (file.name.startsWith(LISTED)) {
      const mark = { passed: '+', failed: 'x', skipped: '-' };
      for (const /** @type {Claim} */ claim of file.claims) {
        this.write(`        ${mark[claim.result]} ${claim.title}  ${seconds(claim.ms)}\n`);
      }
    }
    this.file = undefined;
  }

  end() {
    this.closeFile();
    for (const { file, title } of this.skips) {
      this.write(`\nskipped: ${title}\n         ${file}\n`);
    }
    this.failures.forEach(({ file, title, err }, at) => {
      this.write(`\n${at + 1}) ${title}\n   ${file}\n${indent(describeError(err), '   ')}\n`);
    });
    this.write(`\n${totalLine(this.count)}\n`);
  }
}

module.exports = Reporter;
