/**
 * Bodies of which the broker has told that they are no JMS bytes message, and so have no length of their own. ActiveMQ ends
 * each frame with NUL and line feed; a NUL with anything else behind it belongs to the text (a producer that compresses its
 * texts gets them through as they are). What stands between such a frame and the next command was part of the text too, after
 * a NUL and a line feed: no document holds those, and it is let go, or nothing behind it would ever be reached.
 */
import type { Parser } from 'stompit';

const frameEnd = Buffer.from([0, 0x0a]);
/** What a broker sends once a session is open. */
const commands = ['MESSAGE\n', 'RECEIPT\n', 'ERROR\n'];

interface Reading {
  /** The chunk before ended with a NUL: what comes next says whether it was the end. */
  nul: boolean;
  /** Of a command, what has come of it. */
  word: string;
}
const readings = new WeakMap<Parser, Reading>();

/** Called in place of stompit's reading of a body, after `_beginBody`. */
export function readText(parser: Parser): void {
  readings.set(parser, { nul: false, word: '' });
  parser._parse = parseText;
}

function parseText(this: Parser): void {
  if (readToEnd(this, (piece) => push(this, piece))) {
    this._beginTrailer();
    this._parse = parseNext;
  }
}

/** Line feeds are heart-beats. */
function parseNext(this: Parser): void {
  const reading = readingOf(this);
  for (let at = 0; at < this._chunk.length; at++) {
    const byte = this._chunk[at] ?? 0;
    if (reading.word === '' && byte === 0x0a) continue;
    const word = reading.word + String.fromCharCode(byte);
    if (commands.includes(word)) {
      this._consume(at + 1);
      this._parsingFrame = true;
      this._command = word.slice(0, -1);
      this._headers = {};
      this._numHeaders = 0;
      this._parse = this._parseHeaderLine;
      return;
    }
    if (!commands.some((command) => command.startsWith(word))) {
      // This byte may begin the end of the rest.
      this._consume(at);
      reading.word = '';
      this._parse = parseRest;
      return;
    }
    reading.word = word;
  }
  this._consume(this._chunk.length);
}

function parseRest(this: Parser): void {
  if (readToEnd(this, () => undefined)) this._parse = parseNext;
}

/** Consumes the chunk up to the end of the frame and hands over what stands before it; true when the end was there. */
function readToEnd(parser: Parser, take: (piece: Buffer) => void): boolean {
  const reading = readingOf(parser);
  const chunk = parser._chunk;
  if (reading.nul) {
    reading.nul = false;
    if (chunk[0] === 0x0a) {
      parser._consume(1);
      return true;
    }
    take(Buffer.from([0]));
  }
  const end = chunk.indexOf(frameEnd);
  if (end === -1) reading.nul = chunk.at(-1) === 0;
  const piece = chunk.subarray(0, end === -1 ? chunk.length - Number(reading.nul) : end);
  parser._consume(end === -1 ? chunk.length : end + frameEnd.length);
  if (piece.length > 0) take(piece);
  return end !== -1;
}

function push(parser: Parser, piece: Buffer): void {
  // As Java writes it: what is set aside is read by the broker up to its first NUL.
  const text = piece.includes(0) ? Buffer.from(piece.toString('latin1').replaceAll('\0', '\xc0\x80'), 'latin1') : piece;
  if (!parser._frame.push(text)) parser._frame._resume = parser._pause();
}

function readingOf(parser: Parser): Reading {
  return readings.get(parser) ?? { nul: false, word: '' };
}
