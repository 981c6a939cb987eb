/**
 * Reading of a frame's header lines, in place of stompit's own. A producer may name a JMS property as it likes and
 * ActiveMQ puts the name on the wire as it is, so with stompit's reading one such frame would keep every frame behind it
 * from us for ever: a name with a backslash or a line break and a value of more than 1 024 bytes break the connection,
 * each time the frame comes; a property called `hasOwnProperty` ends the process; and a letter cut in two between two
 * packets becomes two replacement characters.
 */
import { randomUUID } from 'node:crypto';
import stompit, { type Parser } from 'stompit';
import { readText } from './text-body.ts';

/** What is kept of one line, in bytes, and of one frame's headers, in lines and characters; the rest is read and let go. */
const lineLimit = 1_048_576;
const headersLimit = 5_000;
const charactersLimit = 4_194_304;
/** Kept whatever stands before them: without these a frame cannot be acknowledged, or says something else than it does. */
const alwaysKept = new Set(
  [
    'subscription ack message-id receipt-id content-length transformation timestamp',
    'messageType message-type recipient eventTime event-time operation messageId reason documentNumber document-number',
    'kaMessageId ka-message-id correlationId correlation-id',
  ].flatMap((names) => names.split(' ')),
);

/**
 * The value that ActiveMQ gives the header `transformation` of each message that is no bytes message, when SUBSCRIBE asked
 * for it. No producer knows it, so that none can say it of a bytes message.
 */
export const textMark = `text-${randomUUID()}`;

const commands = new Set(['CONNECTED', 'MESSAGE', 'RECEIPT', 'ERROR']);

const escapes: Readonly<Record<string, string>> = { '\\r': '\r', '\\n': '\n', '\\c': ':', '\\\\': '\\' };
/** STOMP 1.2 “Value Encoding”, except that an unknown escape stands for itself. */
const unescape = (text: string): string =>
  text.includes('\\') ? text.replace(/\\[rnc\\]/g, (escape) => escapes[escape] ?? escape) : text;

interface Unfinished {
  parts: Buffer[];
  bytes: number;
}
const unfinished = new WeakMap<Parser, Unfinished>();
const characters = new WeakMap<Parser, number>();

/** One line without its end, or null when the chunk ends first. The bytes are kept as bytes until the line is whole. */
function parseLine(this: Parser): string | null {
  const end = this._chunk.indexOf(0x0a);
  const before = unfinished.get(this);
  const piece = this._chunk.subarray(0, end === -1 ? this._chunk.length : end);
  this._consume(end === -1 ? piece.length : end + 1);
  if (end === -1) {
    const { parts, bytes } = before ?? { parts: [], bytes: 0 };
    if (bytes < lineLimit) parts.push(piece);
    unfinished.set(this, { parts, bytes: bytes + piece.length });
    return null;
  }
  let line = piece;
  if (before) {
    unfinished.delete(this);
    line = Buffer.concat([...before.parts, piece]).subarray(0, Math.max(lineLimit, piece.length));
  }
  // The carriage return belongs to the end of the line (STOMP 1.2 “Augmented BNF”).
  return line.toString('utf8', 0, line.at(-1) === 0x0d ? line.length - 1 : line.length);
}

/** What is no command is a frame that is none, and ends the connection at once: it might have no headers to wait for. */
function parseCommandLine(this: Parser): void {
  this._parsingFrame = true;
  const line = this._parseLine();
  if (line === null) return;
  this._command = line;
  this._headers = {};
  this._numHeaders = 0;
  if (commands.has(line)) this._parse = this._parseHeaderLine;
  else {
    disarm(this);
    this._beginBody();
  }
}

/** The first of several lines with one name counts (STOMP 1.2 “Repeated Header Entries”). */
function parseHeaderLine(this: Parser): void {
  const line = this._parseLine();
  if (line === null) return;
  if (this._numHeaders === 0) {
    this._headers = Object.create(null) as Parser['_headers'];
    characters.set(this, 0);
  }
  if (line === '') {
    const isText = this._headers['transformation'] === textMark;
    if (isText) {
      delete this._headers['transformation'];
      delete this._headers['content-length'];
    }
    disarm(this);
    this._beginBody();
    if (isText) readText(this);
    return;
  }
  const colon = line.indexOf(':');
  const name = unescape(colon === -1 ? line : line.slice(0, colon));
  if (name in this._headers) return;
  const kept = characters.get(this) ?? 0;
  const isFull = this._numHeaders >= headersLimit || kept + line.length > charactersLimit;
  if (isFull && !alwaysKept.has(name)) return;
  this._headers[name] = colon === -1 ? '' : unescape(line.slice(colon + 1));
  this._numHeaders += 1;
  characters.set(this, kept + line.length);
}

/**
 * stompit looks commands, receipts and subscriptions up in plain objects, and every object has a `constructor` and a `__proto__`: it
 * would call what was never meant to be called, and the process would end. Names that nobody has given are made names that are none.
 */
function disarm(parser: Parser): void {
  if (parser._command in Object.prototype) parser._command = '';
  for (const name of ['receipt-id', 'subscription', 'version'])
    if (String(parser._headers[name] ?? '') in Object.prototype) parser._headers[name] = '';
  // stompit puts the text of an error in a buffer, and one that is longer than it states would end the process. `message` says enough.
  if (parser._command === 'ERROR') delete parser._headers['content-type'];
  // A property of that name on a text message, which has no length of its own: it is read to its NUL, as texts are.
  if (!/^\d{1,15}$/.test(String(parser._headers['content-length'] ?? '0'))) delete parser._headers['content-length'];
}

/** A property called content-length may also be a number that is too small: what follows belongs to the text still. */
function parseNullByte(this: Parser): void {
  if (this._chunk[0] !== 0) {
    this._parse = this._parseBody;
    return;
  }
  this._consume(1);
  this._beginTrailer();
}

/** Puts these functions in stompit's parser: its methods name each other through this prototype. */
export function installHeaderReading(): void {
  Object.assign(stompit.IncomingFrameStream.prototype, {
    _parseLine: parseLine,
    _parseCommandLine: parseCommandLine,
    _parseHeaderLine: parseHeaderLine,
    _parseNullByte: parseNullByte,
  });
}
