/** What KA sends: the same world, seed and mix give the same frames, byte for byte. */
import { createHash } from 'node:crypto';
import { breakages, breakDocument } from './documents/break.ts';
import { type DocumentOptions, withCheckDigit } from './documents/figures.ts';
import { type Format, formatsOf, writeDocument } from './documents/write.ts';
import type { IntentLine } from './lines.ts';
import { type Chance, chanceOf } from './random.ts';
import { keyOf, type MessageType, type World } from './world.ts';

/** Shares of the documents, 0 to 1. */
export interface Mix {
  /** Sent twice, as by a KA that does not know whether the first got through. */
  readonly doubled: number;
  /** Change places with the one behind. */
  readonly reordered: number;
  /** For a supplier whom nobody knows. */
  readonly unknown: number;
  /** Must become dead letters. */
  readonly broken: number;
  /** Have the number of an earlier one and other bytes. */
  readonly reused: number;
  /** Are withdrawn a little later. */
  readonly withdrawn: number;
  /** How often a format is chosen, beside the others. */
  readonly formats: Readonly<Record<Format, number>>;
}

export const usualMix: Mix = {
  doubled: 0.05,
  reordered: 0.05,
  unknown: 0.03,
  broken: 0.05,
  reused: 0.04,
  withdrawn: 0.04,
  formats: { svefaktura: 4, 'svefaktura-latin-1': 1, peppol: 3, json: 3 },
};

/** One frame, and what its line says of it. */
export interface PlannedFrame {
  readonly line: IntentLine;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly isText: boolean;
}

interface Sketch {
  readonly type: MessageType;
  readonly format: Format;
  readonly options: DocumentOptions;
  readonly unknown: boolean;
}

const prefixes: Readonly<Record<MessageType, string>> = {
  'purchase-order': 'IO',
  'self-invoice': 'SF',
  'self-invoice-credit': 'SK',
};

/** `count` documents, and the frames that doubling and withdrawing add to them. */
export function planFrames(world: World, seed: number, count: number, mix: Mix = usualMix): PlannedFrame[] {
  const chance = chanceOf(seed);
  const sketches: Sketch[] = [];
  const frames: PlannedFrame[] = [];
  for (let i = 0; i < count; i++) {
    const earlier = sketches.length > 0 && chance.happens(mix.reused) ? chance.pick(sketches.slice(-30)) : undefined;
    const sketch = earlier ? reworded(earlier, `rättad ${seed}-${i}`) : sketchOf(world, chance, mix, `${seed}-${i}`);
    const frame = frameOf(chance, sketch, `KA:${seed}:${i}`, i, {
      breaks: earlier === undefined && chance.happens(mix.broken),
      reused: earlier !== undefined,
    });
    if (frame.line.expects === 'message') sketches.push(sketch);
    frames.push(frame);
    if (chance.happens(mix.doubled)) frames.push({ ...frame, line: { ...frame.line, doubled: true } });
    if (sketches.length > 0 && chance.happens(mix.withdrawn)) {
      const { type, options } = chance.pick(sketches.slice(-10));
      frames.push(withdrawalFrame(keyOf(type, options.org, options.number), `KA:${seed}:${i}:w`));
    }
    if (frames.length > 1 && chance.happens(mix.reordered)) swapLast(frames);
  }
  return frames;
}

/** @param key `type|org|number`. */
export function withdrawalFrame(key: string, ka: string): PlannedFrame {
  const [type = '', org = '', number = ''] = key.split('|');
  const body = Buffer.alloc(0);
  return {
    line: {
      event: 'intent',
      kind: 'withdrawal',
      ka,
      key,
      type: type as MessageType,
      org,
      number,
      sha256: sha256(body),
      bytes: 0,
      format: 'withdrawal',
      expects: 'withdrawal',
    },
    headers: { operation: 'withdraw', messageType: type, recipient: org, documentNumber: number, kaMessageId: ka },
    body,
    isText: true,
  };
}

function sketchOf(world: World, chance: Chance, mix: Mix, name: string): Sketch {
  const supplier = chance.pick(world.suppliers);
  const unknown = chance.happens(mix.unknown);
  const type = chance.pick(supplier.messageTypes);
  // What an SFTI envelope cannot hold is held: now and then, not all day.
  const awkward = chance.happens(0.03);
  const fits = (format: Format): boolean => format === 'svefaktura' || format === 'peppol';
  const possible = formatsOf(type).filter((one) => supplier.format !== 'sfti' || awkward || fits(one));
  const weighted = possible.flatMap((one) => Array.from({ length: mix.formats[one] }, () => one));
  const format = chance.pick(weighted.length > 0 ? weighted : possible);
  const number = `${prefixes[type]}-${name}`;
  return {
    type,
    format,
    unknown,
    options: {
      sender: world.sender,
      org: unknown ? strangerOf(world, chance) : supplier.org,
      number,
      original: `${number}-original`,
      words: 'enligt avtal',
      quantity: 1 + chance.below(40),
      price: 4 * (250 + chance.below(20_000)),
    },
  };
}

const reworded = (sketch: Sketch, words: string): Sketch => ({ ...sketch, options: { ...sketch.options, words } });

/** Nobody has 559999-08nn here. */
function strangerOf({ suppliers, sender }: World, chance: Chance): string {
  for (;;) {
    const org = withCheckDigit(`55999908${chance.below(10)}`);
    if (org !== sender && !suppliers.some((one) => one.org === org)) return org;
  }
}

function frameOf(
  chance: Chance,
  { type, format, options, unknown }: Sketch,
  ka: string,
  place: number,
  { breaks, reused }: { readonly breaks: boolean; readonly reused: boolean },
): PlannedFrame {
  const { org, number } = options;
  const good = {
    body: writeDocument(type, format, options),
    headers: {
      messageType: type,
      recipient: org,
      eventTime: new Date(Date.UTC(2026, 3, 2) + place).toISOString(),
      correlationId: `about ${number}`,
      kaMessageId: ka,
    },
    // A text message is UTF-8, whatever the document says of itself.
    isText: format === 'json' || (format !== 'svefaktura-latin-1' && chance.happens(0.3)),
  };
  const breakage = breaks ? chance.pick(breakages) : undefined;
  const made = breakage ? breakDocument(breakage, good, options) : good;
  return {
    ...made,
    line: {
      event: 'intent',
      kind: 'document',
      ka,
      key: keyOf(type, org, number),
      type,
      org,
      number,
      format,
      sha256: sha256(made.body),
      bytes: made.body.length,
      expects: breakage ? 'dead-letter' : 'message',
      ...(breakage ? { broken: breakage } : {}),
      ...(unknown ? { unknown } : {}),
      ...(reused ? { reused } : {}),
    },
  };
}

function swapLast(frames: PlannedFrame[]): void {
  const [last, before] = [frames.pop(), frames.pop()];
  for (const one of [last, before]) if (one) frames.push({ ...one, line: { ...one.line, reordered: true } });
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
