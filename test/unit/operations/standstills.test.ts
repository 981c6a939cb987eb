import { strict as assert } from 'node:assert';
import { explainLateness, explainStandstill, standstillsOf } from '../../../src/operations/standstills.ts';
import type { AttemptRow } from '../../../src/store/messages.ts';
import type { LaneChange } from '../../../src/store/operator/lane-changes.ts';

/** Seconds after eleven o'clock, Swedish time. */
const at = (seconds: number) => new Date(Date.UTC(2026, 10, 22, 10, 0, seconds));
const change = (seconds: number, state: LaneChange['state'], reason?: string, detail?: string): LaneChange => ({
  at: at(seconds),
  state,
  reason,
  detail,
});
const down = (seconds: number) => change(seconds, 'backing-off', 'endpoint-unreachable', 'no TCP connection: refused');
const flows = (seconds: number) => change(seconds, 'flowing');
const newestFirst = (...changes: LaneChange[]) => changes.toReversed();
const swedish = { language: 'sv', on: 'page' } as const;
const english = { language: 'en', on: 'page' } as const;

describe('standstills of a lane', () => {
  it('go from the first change away from flowing to the next flowing, newest first; the last may go on', () => {
    const changes = newestFirst(down(0), change(9, 'held', 'schedule-spent'), flows(20), change(30, 'paused'));
    const found = standstillsOf(changes);
    assert.deepEqual(
      found.map(({ began, ended }) => [began, ended]),
      [
        [at(30), undefined],
        [at(0), at(20)],
      ],
    );
    assert.deepEqual(
      found.map((one) => one.changes.length),
      [1, 2],
    );
    assert.deepEqual(standstillsOf([flows(3)]), []);
  });

  it('are told with both times and their cause, in either language', () => {
    const [one] = standstillsOf(newestFirst(down(2), flows(31)));
    assert.ok(one);
    assert.equal(
      explainStandstill(one, swedish),
      'Leveranserna till adressen stod still från 2026-11-22 11:00:02 till 11:00:31: ändpunkten gick inte att nå (ingen TCP-anslutning: refused).',
    );
    assert.match(
      explainStandstill(one, english),
      /stood still from 2026-11-22 11:00:02 to 11:00:31: .*no TCP connection/,
    );
  });

  it('name the last cause too where it is another', () => {
    const [one] = standstillsOf(newestFirst(down(2), change(9, 'held', 'endpoint-certificate'), flows(31)));
    assert.ok(one);
    assert.match(explainStandstill(one, english), /no TCP connection: refused\); last: .*certificate/);
  });
});

describe('why a message came late', () => {
  const attempt = (number: number, seconds: number, outcome: string): AttemptRow =>
    ({
      deliveryId: 1,
      number,
      startedAt: at(seconds),
      finishedAt: at(seconds),
      outcome,
      ...(outcome === 'message-failed' ? { fault: 'message-failed', status: 500 } : {}),
    }) as AttemptRow;
  const delivered = (attempts: AttemptRow[] = []) =>
    ({ state: 'delivered', createdAt: at(5), deliveredAt: at(32), attempts }) as const;

  it('is that its lane stood still: cause and both times, also for one that was never tried then', () => {
    const said = explainLateness(delivered(), newestFirst(down(2), flows(31)), english);
    assert.match(said ?? '', /^It was taken from KA 2026-11-22 11:00:05 and was with the supplier 11:00:32\. /);
    assert.match(said ?? '', /stood still from 2026-11-22 11:00:02 to 11:00:31: .*no TCP connection/);
  });

  it('is not what was over before it came', () => {
    assert.equal(explainLateness(delivered(), newestFirst(down(1), flows(4)), english), undefined);
  });

  it('is its own tries where the lane flowed', () => {
    const tries = [attempt(1, 6, 'message-failed'), attempt(2, 20, 'message-failed'), attempt(3, 31, 'delivered')];
    const said = explainLateness(delivered(tries), [], english) ?? '';
    assert.match(said, /2 tries failed, the first of them 2026-11-22 11:00:06\. .*answered 500/);
  });

  it('is nothing when all went well, or when it is not on its way', () => {
    assert.equal(explainLateness(delivered([attempt(1, 6, 'delivered')]), [], english), undefined);
    const held = { state: 'held', createdAt: at(5), deliveredAt: undefined, attempts: [] } as const;
    assert.equal(explainLateness(held, newestFirst(down(2)), english), undefined);
  });

  it('says of one that waits since when nothing goes', () => {
    const waits = { state: 'waiting', createdAt: at(5), deliveredAt: undefined, attempts: [] } as const;
    const said = explainLateness(waits, newestFirst(down(2)), swedish);
    assert.match(said ?? '', /^Leveranserna till adressen har stått still sedan 2026-11-22 11:00:02\.$/);
  });
});
