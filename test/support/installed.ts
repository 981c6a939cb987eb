/** What a test needs of the machine. It fails without: what is not run proves nothing, and a skip is easily overlooked. */
import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';

const found = new Map<string, boolean>();

/** @param packages of Debian, which bring it */
export function mustBeHere(isHere: boolean, what: string, packages: string): void {
  assert.ok(isHere, `${what} is not here, and this test needs it: bin/setup test, or apt-get install ${packages}`);
}

/** A program that can be called by its name, and the Debian package that brings it. */
export function mustHave(program: string, ofPackage = program, version = '--version'): void {
  // Once: docker-compose takes a second to say its version.
  const isHere = found.get(program) ?? spawnSync(program, [version]).error === undefined;
  found.set(program, isHere);
  mustBeHere(isHere, program, ofPackage);
}
