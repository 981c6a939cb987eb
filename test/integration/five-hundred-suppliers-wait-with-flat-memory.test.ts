/** Five hundred suppliers, each on a connection of its own, wait for something to come: in one process, and others are served. */
import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import { sampleOrganisationNumber } from '../support/documents.ts';
import { enter, issueClient, type Shown } from '../support/door.ts';
import { frameFor, type Line, openLine } from '../support/line.ts';
import { mailboxEnvironment } from '../support/mailbox.ts';
import { type MailboxProcess, startMailboxProcess } from '../support/mailbox-process.ts';

const suppliers = 500;
const waitSeconds = 1;

interface Polling {
  readonly organisationNumber: string;
  readonly socket: TLSSocket;
  /** One request, to the end of its answer. */
  poll(wait: number): Promise<string>;
}

describe('five hundred suppliers that wait', () => {
  let line: Line;
  let process: MailboxProcess;
  let all: Polling[];
  before(async () => {
    line = await openLine();
    process = await startMailboxProcess(mailboxEnvironment(line, { KUVERT_SUPPLIER_STRANGERS: '1000' }));
    const numbers = Array.from({ length: suppliers }, (_, i) => sampleOrganisationNumber(400 + i));
    // Certificates first: who is connected and asks for nothing for a minute is let go.
    const shown = new Map<string, Shown>();
    for (const number of numbers) {
      const one = await issueClient(line.certificates.authority, `Leverantör ${number}`);
      await enter(line.pool, number, [one]);
      shown.set(number, one);
    }
    all = [];
    for (let i = 0; i < suppliers; i += 25)
      all.push(
        ...(await Promise.all(numbers.slice(i, i + 25).map((number) => polling(number, shown.get(number) as Shown)))),
      );
  });
  after(async () => {
    for (const { socket } of all) socket.destroy();
    await process.stop();
    await line.close();
  });

  async function polling(organisationNumber: string, shown: Shown): Promise<Polling> {
    const ca = line.certificates.authority.rootPem;
    const socket = connect({ port: process.port, host: '127.0.0.1', ca, key: shown.keyPem, cert: shown.chainPem });
    socket.setEncoding('utf8').on('error', () => undefined);
    await once(socket, 'secureConnect');
    const poll = async (wait: number): Promise<string> => {
      if (socket.destroyed) throw new Error('broken off before');
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      let said = '';
      const gone = () => reject(new Error(`broken off after “${said}”`));
      const hear = (part: string) => {
        said += part;
        const [head = '', body] = said.split('\r\n\r\n');
        const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
        if (body !== undefined && body.length >= length) resolve(said);
      };
      socket.on('data', hear).once('close', gone);
      socket.write(`GET /v1/messages?wait=${wait} HTTP/1.1\r\nhost: x\r\n\r\n`);
      return promise.finally(() => socket.off('data', hear).off('close', gone));
    };
    // Who shakes hands and asks for nothing is let go.
    await poll(0);
    return { organisationNumber, socket, poll };
  }

  it('are answered, each of them, round after round, and what one round took is let go', async () => {
    const held: number[] = [];
    for (let round = 0; round < 4; round++) {
      const answers = await Promise.all(all.map(({ poll }) => poll(waitSeconds)));
      for (const answer of answers) assert.match(answer, /^HTTP\/1\.1 200 OK[^]*\{"messages":\[\]\}$/);
      held.push(await process.memory());
    }
    // The first round warms up. Two rounds of five hundred waits may leave less than one kilobyte each.
    const grown = (held[3] ?? 0) - (held[1] ?? 0);
    assert.ok(grown < suppliers * 2 * 1_024, `${grown} bytes more: ${held.join(', ')}`);
  });

  it('do not hear what comes for one of them, and that one hears it at once', async () => {
    const [one, ...others] = all as [Polling, ...Polling[]];
    let heard = 0;
    const waiting = others.map(async ({ poll }) => {
      const answer = await poll(waitSeconds);
      heard += 1;
      return answer;
    });
    const mine = one.poll(30);
    const { verdicts } = await line.take([frameFor(one.organisationNumber as never)]);
    assert.ok(verdicts[0]?.kind === 'accepted');
    assert.match(await mine, new RegExp(verdicts[0].messageId));
    for (const answer of await Promise.all(waiting)) assert.match(answer, /\{"messages":\[\]\}$/);
    assert.equal(heard, others.length);
  });
});
