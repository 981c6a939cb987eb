/** Asks a server on the loopback whether it is ready, in its own protocol and without its client library. */
import { connect } from 'node:net';

const PATIENCE = 1_000;
const MOST = 4_096;

/** Sends `request`; true when the answer contains `expected`, false on anything else, refusal and silence included. */
export function answers(port: number, request: string, expected: string): Promise<boolean> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect({ port, host: '127.0.0.1' });
    const done = (result: boolean) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(PATIENCE, () => done(false));
    socket.once('error', () => done(false));
    socket.once('close', () => done(false));
    socket.once('connect', () => socket.write(request));
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (text.includes(expected)) done(true);
      else if (text.length > MOST) done(false);
    });
  });
}
