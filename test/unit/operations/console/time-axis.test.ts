import { strict as assert } from 'node:assert';
import { type Mark, markKinds, timeAxis } from '../../../../src/operations/console/time-axis.ts';

describe('the time axis of tries', () => {
  const now = new Date('2026-11-22T12:00:00Z');
  const said = { said: 'two tries', nowSaid: 'now' };
  const after = (minutes: number, kind: Mark['kind'] = 'failed'): Mark => ({
    at: new Date(now.getTime() + minutes * 60_000),
    kind,
    said: `at ${minutes}`,
  });
  const placesOf = (marks: readonly Mark[]) =>
    [...timeAxis({ marks }, now, said).html.matchAll(/class="mark \S+" transform="translate\(([\d.]+) /g)].map(
      ([, x]) => Number(x),
    );

  it('has them in their order, those before now on one side and those after it on the other', () => {
    const offsets = [-7 * 24 * 60, -8 * 60, -60, -10, -1, -0.1, 0.1, 5, 30, 8 * 60];
    const places = placesOf(offsets.map((minutes) => after(minutes)));
    assert.deepEqual(
      places,
      places.toSorted((a, b) => a - b),
    );
    assert.ok(places.every((x) => x >= 16 && x <= 944));
    assert.ok((places[5] ?? 0) < 620 && (places[6] ?? 0) > 620);
  });

  it('keeps apart what was seconds apart just now, however far back the first try was', () => {
    const [, , tenSeconds = 0, now5 = 0] = placesOf([after(-7 * 24 * 60), after(-60), after(-10 / 60), after(-5 / 60)]);
    assert.ok(now5 - tenSeconds > 8, `${now5 - tenSeconds}`);
  });

  it('draws how the lane stood behind them, from when to when, and what goes on up to now', () => {
    const band = (from: number, to: number) => ({ from: after(from).at, to: after(to).at, kind: 'held', said: 'held' });
    const { html } = timeAxis(
      { marks: [after(-60)], bands: [band(-30, -10), band(-5, 0), band(-900, -800)] },
      now,
      said,
    );
    const bands = [...html.matchAll(/class="band held" x="([\d.]+)" y="\d+" width="([\d.]+)"/g)].map(([, x, w]) => [
      Number(x),
      Number(x) + Number(w),
    ]);
    const [at60 = 0, at30, at10, at5] = placesOf([-60, -30, -10, -5].map((minutes) => after(minutes)));
    assert.equal(bands.length, 2, 'what was over before the axis begins is not on it');
    assert.ok(at60 > 16);
    assert.deepEqual(
      bands[0]?.map(Math.round),
      [at30, at10].map((x) => Math.round(x ?? 0)),
    );
    assert.deepEqual(bands[1]?.map(Math.round), [Math.round(at5 ?? 0), 620]);
  });

  it('tells kinds apart by shape, says each, and has no style of its own', () => {
    const { html } = timeAxis(
      { marks: markKinds.map((kind, i) => ({ ...after(i - 2, kind), said: `<b>${kind}</b> & co` })) },
      now,
      said,
    );
    const shapes = [...html.matchAll(/<\/title>(<\w+ [^>]+>)/g)].map(([, shape]) => shape);
    assert.equal(new Set(shapes).size, markKinds.length);
    assert.match(html, /<title>&#60;b&#62;failed/);
    assert.doesNotMatch(html, /style=|<script|<b>/);
    assert.match(html, /role="img" aria-label="two tries"/);
  });
});
