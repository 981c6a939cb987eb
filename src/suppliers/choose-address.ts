/** Which of a supplier's addresses an operator means. */
import { Fault } from '../domain/fault.ts';

/**
 * The only one, or the one that is named.
 * @param all those in use
 * @throws Fault `not-found` · `argument-invalid` when it is not said which of several
 */
export function chooseAddress<A>(
  all: readonly A[],
  { organisationNumber, address }: { readonly organisationNumber: string; readonly address: string | undefined },
  nameOf: (one: A) => string,
): A {
  const [first, ...more] = all;
  if (first === undefined)
    throw new Fault('not-found', `${organisationNumber} has no address in use; see \`kuvert supplier list\``);
  const names = all.map(nameOf).join(', ');
  if (address === undefined) {
    if (more.length === 0) return first;
    throw new Fault(
      'argument-invalid',
      `${organisationNumber} has several addresses (${names}); say which with --address NAME`,
    );
  }
  const found = all.find((one) => nameOf(one) === address);
  if (found) return found;
  throw new Fault('not-found', `${organisationNumber} has no address ${address} in use; it has ${names}`);
}
