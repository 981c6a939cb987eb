/** The parts of stompit 1.0 that this room uses; the package has no types of its own. */
declare module 'stompit' {
  import type { EventEmitter } from 'node:events';
  import type { Socket } from 'node:net';
  import type { Duplex, Readable, Writable } from 'node:stream';

  interface IncomingFrame extends Readable {
    readonly command: string;
    readonly headers: Record<string, string | number | undefined>;
  }

  interface SendOptions {
    readonly onReceipt?: () => void;
  }

  interface Client extends EventEmitter {
    sendFrame(command: string, headers: Record<string, string>, options?: SendOptions): Writable;
    /** Registers who takes the frames of a subscription, without sending SUBSCRIBE. */
    setImplicitSubscription(
      id: string,
      ack: 'client-individual',
      onMessage: (error: Error | null, message: IncomingFrame) => void,
    ): unknown;
    disconnect(callback: (error: Error | null) => void): void;
    destroy(error?: Error): void;
    getTransportSocket(): Socket;
  }

  interface ConnectOptions {
    readonly host: string;
    readonly port: number;
    readonly timeout: number;
    readonly connectHeaders: Record<string, string>;
    readonly ssl: boolean;
    readonly ca?: string;
    readonly servername?: string;
    readonly minVersion?: string;
    readonly maxLineLength: number;
    readonly maxHeaders: number;
    readonly heartbeatDelayMargin: number;
    readonly heartbeatOutputMargin: number;
  }

  /** What `_parse…` methods of the parser see of it. */
  interface Parser {
    _chunk: Buffer;
    _command: string;
    _headers: Record<string, string | number>;
    _numHeaders: number;
    _parsingFrame: boolean;
    /** The one whose body is read; `_resume` is called when there is room for more of it. */
    _frame: IncomingFrame & { _resume?: () => void };
    _parse: (this: Parser) => void;
    _decode: (text: string) => string;
    _consume(bytes: number): void;
    /** Nothing more is parsed until the returned function is called. */
    _pause(): () => void;
    _beginBody(): void;
    _beginTrailer(): void;
    _parseBody(): void;
    _parseLine(): string | null;
    _parseCommandLine(): void;
    _parseHeaderLine(): void;
  }

  const stompit: {
    connect(options: ConnectOptions, callback: (error: Error | null, client: Client) => void): Client;
    readonly IncomingFrameStream: { new (): Duplex; readonly prototype: Parser };
  };
  export default stompit;
  export type { Client, IncomingFrame, Parser };
}
