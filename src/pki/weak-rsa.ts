/** RSA keys that are too weak to be given a certificate, whatever their length says. Each check takes some milliseconds at most. */

/** A rule that a key breaks, and one sentence about it. */
export interface Weakness {
  readonly rule: string;
  readonly text: string;
  readonly expected: string;
  readonly found: string;
}

export const shortestModulus = 2_048;
export const longestModulus = 8_192;
const smallestExponent = 65_537n;
/** Checking a signature costs what the exponent is long; nobody needs a longer one. */
const largestExponent = 2n ** 64n;

/** @returns what is wrong with a public key; nothing else is tried once its length is not right */
export function rsaWeaknesses(modulus: bigint, exponent: bigint): readonly Weakness[] {
  const length = modulus.toString(2).length;
  if (length < shortestModulus || length > longestModulus)
    return [
      {
        rule: 'rsa-length',
        text: `An RSA key of ${length} bits is not taken; make one of 3072 bits, or better an elliptic curve key (P-256).`,
        expected: `${shortestModulus} to ${longestModulus} bits`,
        found: `${length} bits`,
      },
    ];
  const weaknesses: Weakness[] = [];
  if (exponent < smallestExponent || exponent >= largestExponent || exponent % 2n === 0n)
    weaknesses.push({
      rule: 'rsa-exponent',
      text: 'The public exponent of the RSA key is not one that is taken; use 65537, as every tool does by itself.',
      expected: 'odd, 65537 or more, less than 2^64',
      found: exponent.toString().slice(0, 40),
    });
  const factor = smallPrimes.find((prime) => modulus % prime === 0n);
  if (factor !== undefined) weaknesses.push(weakModulus(`it can be divided by ${factor}`));
  else if (isNearSquare(modulus)) weaknesses.push(weakModulus('its two primes are too near each other'));
  else if (isOfInfineon(modulus))
    weaknesses.push(weakModulus('it was made by a faulty library in a smart card or TPM (ROCA, CVE-2017-15361)'));
  return weaknesses;
}

const weakModulus = (found: string): Weakness => ({
  rule: 'rsa-modulus',
  text: 'The modulus of the RSA key is weak: whoever knows the certificate can find the private key. Make a new key.',
  expected: 'the product of two large random primes',
  found,
});

/** All primes below 2^12. */
const smallPrimes = primesBelow(4_096);

function primesBelow(limit: number): readonly bigint[] {
  const composite = new Set<number>();
  const primes: bigint[] = [];
  for (let number = 2; number < limit; number++) {
    if (composite.has(number)) continue;
    primes.push(BigInt(number));
    for (let multiple = number * number; multiple < limit; multiple += number) composite.add(multiple);
  }
  return primes;
}

/** Fermat's factorisation, some steps of it: finds primes that were taken from one small neighbourhood. */
const fermatSteps = 100;

function isNearSquare(modulus: bigint): boolean {
  let middle = squareRoot(modulus);
  if (middle * middle === modulus) return true;
  for (let step = 0; step < fermatSteps; step++) {
    middle++;
    const rest = middle * middle - modulus;
    // Squares end in few patterns; the root is taken only of what may be one.
    if (!mayBeSquare.has(Number(rest & 63n))) continue;
    const root = squareRoot(rest);
    if (root * root === rest) return true;
  }
  return false;
}

const mayBeSquare: ReadonlySet<number> = new Set(Array.from({ length: 64 }, (_, number) => (number * number) % 64));

/** The whole part of the square root, by Newton's method from above. */
function squareRoot(value: bigint): bigint {
  if (value < 2n) return value;
  let root = 1n << BigInt(Math.ceil(value.toString(2).length / 2));
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/**
 * The fingerprint of CVE-2017-15361 (Nemec et al., “The Return of Coppersmith's Attack”, 2017): the modulus is a power of 65537
 * modulo each of these primes. A sound key passes for one with a chance of 2^-27.
 */
const rocaPrimes = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157];
const powers = rocaPrimes.map((prime) => {
  const reached = new Set<number>();
  for (let power = 1; !reached.has(power); power = (power * 65_537) % prime) reached.add(power);
  return { prime: BigInt(prime), reached };
});

const isOfInfineon = (modulus: bigint): boolean =>
  powers.every(({ prime, reached }) => reached.has(Number(modulus % prime)));
