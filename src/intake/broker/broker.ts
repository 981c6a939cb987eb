/** The door to ActiveMQ: one or several brokers with fail-over, a consumer and a sender on connections of their own. */
import { setTimeout } from 'node:timers/promises';
import { Fault } from '../../domain/fault.ts';
import type { Log } from '../../platform/log.ts';
import { parseBrokerAddress } from './address.ts';
import { type Connection, type ConnectionOptions, connect, reasonOf } from './connection.ts';
import { type Batch, type ConsumeOptions, type Consumer, consume } from './consumer.ts';
import type { SetAside } from './read-frame.ts';
import { createSender, type Sender } from './sender.ts';

export interface BrokerOptions extends ConnectionOptions {
  /** Tried in turn, beginning with the one that let us in last. */
  readonly urls: readonly string[];
  readonly log: Log;
  /** 0 ≤ x < 1, for the jitter of the back-off. */
  readonly random: () => number;
}

export interface Broker {
  consume(options: ConsumeOptions, setAside: SetAside, onBatch: (batch: Batch) => Promise<void>): Consumer;
  /** A sender with its own connection: a broker that makes producers wait must not keep our acknowledgements waiting. */
  createSender(): Sender;
}

/** Throws Fault setting-invalid for an address that is none; connects to nothing yet. */
export function createBroker(options: BrokerOptions): Broker {
  const addresses = options.urls.map(parseBrokerAddress);
  if (addresses.length === 0) throw new Fault('setting-invalid', 'BROKER_URLS names no broker');
  let first = 0;
  const connectAny = async (): Promise<Connection> => {
    const reasons: string[] = [];
    for (let i = 0; i < addresses.length; i++) {
      const at = (first + i) % addresses.length;
      const address = addresses[at];
      if (address === undefined) continue;
      try {
        const connection = await connect(address, options);
        first = at;
        return connection;
      } catch (error) {
        reasons.push(reasonOf(error));
      }
    }
    const many = reasons.length > 1 ? 'None of the brokers can be used. ' : '';
    throw new Fault('server-unavailable', `${many}${reasons.join('. ')}`);
  };
  return {
    consume: (consumeOptions, setAside, onBatch) =>
      consume(
        {
          connect: connectAny,
          setAside,
          log: options.log,
          idle: 10 * options.watchdog,
          pause: (failures, signal) =>
            setTimeout(backOff(failures, options.random()), undefined, { signal }).catch(() => undefined),
        },
        consumeOptions,
        onBatch,
      ),
    createSender: () => createSender(connectAny),
  };
}

/** Milliseconds before the next try after so many failures in a row: 50, 100, 200 … 1 000, plus or minus a fifth. */
export function backOff(failures: number, random: number): number {
  return Math.min(1_000, 50 * 2 ** Math.min(failures, 10)) * (0.8 + 0.4 * random);
}
