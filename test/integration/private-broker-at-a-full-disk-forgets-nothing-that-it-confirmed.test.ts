import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Local, startLocal } from '../../src/platform/local/local.ts';
import { connectStomp, type Stomp, type StompFrame, type StompOptions } from '../chaos/outer/stomp.ts';
import { type Disks, mountDisks } from '../chaos/rig/disks.ts';
import { restartUntilItRuns } from '../chaos/rig/servers.ts';
import { eventually } from '../support/eventually.ts';

const queue = '/queue/full';
const body = Buffer.alloc(64 * 1024, 'x');

describe('a private broker at a full disk forgets nothing that it confirmed', function () {
  this.timeout(180_000);
  const folder = mkdtempSync(join(tmpdir(), 'kuvert-full-'));
  let disks: Disks;
  let set: Local;
  before(async function () {
    const mounted = mountDisks(folder);
    // Without root, or where no loop device can be had, no disk can be filled without filling everybody's.
    if (typeof mounted === 'string') return this.skip();
    disks = mounted;
    set = await startLocal({ folder, want: { broker: true } });
  });
  after(async () => {
    await set?.stop();
    disks?.unmount();
    rmSync(folder, { recursive: true, force: true });
  });

  const options = (onFrame: StompOptions['onFrame']): StompOptions => {
    const { url, user, password } = set.broker!;
    const { hostname: host, port } = new URL(url.replace(/^stomp/, 'http'));
    return { host, port: Number(port), user, password, onFrame };
  };

  /** Sends one after the other, each with a receipt, until all are sent or one is not confirmed in time. */
  async function send(names: readonly string[]): Promise<string[]> {
    const confirmed: string[] = [];
    const stomp = await connectStomp(options(({ headers }) => confirmed.push(headers['receipt-id'] ?? '')));
    for (const name of names) {
      stomp.write('SEND', { destination: queue, persistent: 'true', name, receipt: name }, body);
      const deadline = Date.now() + 3_000;
      while (!confirmed.includes(name) && Date.now() < deadline) await sleep(2);
      if (!confirmed.includes(name)) break;
    }
    stomp.end('done');
    return confirmed;
  }

  async function takeAll(enough: (names: ReadonlySet<string>) => boolean): Promise<Set<string>> {
    const names = new Set<string>();
    let stomp: Stomp | undefined;
    const take = ({ headers }: StompFrame): void => {
      names.add(headers['name'] ?? '');
      stomp?.write('ACK', { id: headers['ack'] ?? '' });
    };
    stomp = await connectStomp(options(take));
    stomp.write('SUBSCRIBE', { destination: queue, id: '1', ack: 'client-individual' });
    await eventually('everything that was confirmed has come', async () => enough(names), 20_000);
    stomp.end('done');
    return names;
  }

  it('nor what it confirmed after there was room again, when it is killed', async () => {
    const names = (prefix: string) => Array.from({ length: 400 }, (_, i) => `${prefix}-${i}`);
    const before = await send(names('before'));
    assert.equal(before.length, 400);
    disks.fill('activemq');
    // It may have met the full disk in work of its own already, and stopped: then nobody gets in, and nothing is confirmed.
    const full = await send(names('full')).catch(() => []);
    assert.ok(full.length < 400, 'a full disk takes no more');
    disks.free('activemq');
    // If it does not work by now it is started anew, as an operator would.
    const [works] = await send(['works']).catch(() => []);
    if (works === undefined) {
      await set.broker?.kill();
      await restartUntilItRuns(set.broker!);
    }
    const after = await send(names('after').slice(0, 100));
    assert.equal(after.length, 100);
    await set.broker?.kill();
    await set.broker?.restart();
    const confirmed = [...before, ...full, ...after];
    await takeAll((found) => confirmed.every((name) => found.has(name)));
  });
});
