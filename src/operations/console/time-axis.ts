/** Tries on a time axis, as SVG: what was is left of now, what is planned right of it; near is wide and far is narrow, as a schedule is. */
import { type Html, html } from '../../platform/html.ts';

export const markKinds = ['delivered', 'failed', 'refused', 'called', 'planned'] as const;
export type MarkKind = (typeof markKinds)[number];

export interface Mark {
  readonly at: Date;
  readonly kind: MarkKind;
  /** What it was, for who points at it. */
  readonly said: string;
}

/** How a lane stood from one time to another. */
export interface Band {
  readonly from: Date;
  readonly to: Date;
  readonly kind: string;
  readonly said: string;
}

const width = 960;
const height = 84;
const line = 44;
/** Where now is: more has been than is planned. */
const middle = 620;
const edge = 16;
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
/** What is nearer is drawn as far as this. */
const near = 10_000;
const steps = [
  [minute, '1 min'],
  [10 * minute, '10 min'],
  [hour, '1 h'],
  [8 * hour, '8 h'],
  [day, '1 d'],
  [7 * day, '7 d'],
  [30 * day, '30 d'],
] as const;

/** Milliseconds of the part of the axis that holds all of these. */
const spanOf = (spans: readonly number[]): number => Math.max(hour, ...spans) * 1.15;

const share = (ms: number, span: number): number => Math.log1p(ms / near) / Math.log1p(span / near);

/** @param said what the whole shows, for who hears the page */
export function timeAxis(
  { marks, bands = [] }: { readonly marks: readonly Mark[]; readonly bands?: readonly Band[] },
  now: Date,
  { said, nowSaid }: { said: string; nowSaid: string },
): Html {
  const offsets = marks.map(({ at }) => at.getTime() - now.getTime());
  const past = spanOf(offsets.filter((ms) => ms < 0).map((ms) => -ms));
  const ahead = spanOf(offsets.filter((ms) => ms >= 0));
  const x = (ms: number): string =>
    (ms < 0
      ? middle - Math.min(1, share(-ms, past)) * (middle - edge)
      : middle + Math.min(1, share(ms, ahead)) * (width - edge - middle)
    ).toFixed(1);
  const tick = (ms: number, text: string) =>
    html`<path class="tick" d="M${x(ms)} ${line - 5}v10"/><text x="${x(ms)}" y="${line + 26}">${text}</text>`;
  const ticks = steps.flatMap(([ms, text]) => [
    ...(ms < past ? [tick(-ms, `−${text}`)] : []),
    ...(ms < ahead ? [tick(ms, `+${text}`)] : []),
  ]);
  // What began before the first mark is drawn from the edge on.
  const strips = bands
    .filter(({ to }) => now.getTime() - to.getTime() < past)
    .map(({ from, to, kind, said: title }) => {
      const left = Number(x(Math.min(-1, from.getTime() - now.getTime())));
      const right = Number(x(Math.min(0, to.getTime() - now.getTime())));
      return html`<rect class="band ${kind}" x="${left.toFixed(1)}" y="${line - 13}" width="${Math.max(2, right - left).toFixed(1)}" height="26"><title>${title}</title></rect>`;
    });
  const drawn = marks.map(
    ({ at, kind, said: title }) =>
      html`<g class="mark ${kind}" transform="translate(${x(at.getTime() - now.getTime())} ${line})"><title>${title}</title>${shape(kind)}</g>`,
  );
  return html`<svg class="axis" viewBox="0 0 ${width} ${height}" role="img" aria-label="${said}">${strips}<path class="line" d="M${edge} ${line}H${width - edge}"/>${ticks}<path class="now" d="M${middle} 18V${line + 12}"/><text class="now" x="${middle}" y="12">${nowSaid}</text>${drawn}</svg>`;
}

/** Told apart by shape, not by colour alone. */
function shape(kind: MarkKind): Html {
  switch (kind) {
    case 'delivered':
      return html`<circle r="5"/>`;
    case 'failed':
      return html`<path d="M-5-5 5 5M5-5-5 5"/>`;
    case 'refused':
      return html`<rect x="-5" y="-5" width="10" height="10"/>`;
    case 'called':
      return html`<path d="M0-6 6 5H-6Z"/>`;
    case 'planned':
      return html`<path d="M0-7 6 0 0 7-6 0Z"/>`;
  }
}

/** A mark by itself, for the legend. */
export const glyph = (kind: MarkKind): Html =>
  html`<svg class="axis glyph" viewBox="-8 -8 16 16" width="16" height="16" aria-hidden="true"><g class="mark ${kind}">${shape(kind)}</g></svg>`;
