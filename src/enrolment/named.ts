/** The order that somebody names by its TransferID. */
import { Fault } from '../domain/fault.ts';
import { lockOrder, type Order, readOrder } from '../store/enrol/orders.ts';
import type { Db } from '../store/pool.ts';
import { readTransferId } from './codes.ts';

/** @throws Fault `not-found` */
export async function readNamed(db: Db, text: string, read = readOrder): Promise<Order> {
  const transferId = readTransferId(text);
  const order = transferId === undefined ? undefined : await read(db, { transferId });
  if (order === undefined)
    throw new Fault('not-found', `there is no order ${text.slice(0, 40)}; see \`kuvert certificate orders\``);
  return order;
}

/** The same, with its row kept to the end of the transaction. */
export const lockNamed = (db: Db, text: string): Promise<Order> => readNamed(db, text, lockOrder);
