// What pages do beyond links and forms; without it they work all the same.
'use strict';

/** Parts of a page that renew themselves: what comes is what stands in them. Whoever is in it with the keyboard is not disturbed. */
for (const part of document.querySelectorAll('[data-live]')) {
  const source = new EventSource(part.dataset.live);
  let last;
  const show = () => {
    if (last === undefined || part.contains(document.activeElement)) return;
    part.innerHTML = last;
    last = undefined;
  };
  source.addEventListener('message', ({ data }) => {
    last = data;
    part.classList.remove('stale');
    show();
  });
  part.addEventListener('focusout', () => setTimeout(show));
  source.addEventListener('error', () => part.classList.add('stale'));
  // Signed out, here or elsewhere.
  source.addEventListener('over', () => location.reload());
}

/** The chart of the flow. */
const flow = document.querySelector('[data-flow]');
if (flow) {
  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  let plot;
  const draw = async () => {
    const answer = await fetch(flow.dataset.flow).catch(() => undefined);
    if (!answer?.ok) return;
    const { buckets } = await answer.json();
    const data = [
      buckets.map(({ at }) => Date.parse(at) / 1000),
      buckets.map(({ messages }) => messages),
      buckets.map(({ delivered }) => delivered),
      buckets.map(({ failed }) => failed),
    ];
    if (plot) return plot.setData(data);
    const axis = { stroke: color('--soft'), grid: { stroke: color('--line'), width: 1 }, ticks: { show: false } };
    plot = new uPlot(
      {
        width: flow.clientWidth,
        height: 220,
        cursor: { drag: { x: false, y: false } },
        scales: { y: { range: (_, __, most) => [0, Math.max(5, most * 1.1)] } },
        axes: [
          { ...axis, values: [[60, '{HH}:{mm}', null, null, null, null, null, null, 1]] },
          { ...axis, size: 50 },
        ],
        series: [
          { label: flow.dataset.time, value: '{HH}:{mm}' },
          { label: flow.dataset.in, stroke: color('--link'), width: 2, points: { show: false } },
          { label: flow.dataset.out, stroke: color('--good'), width: 2, points: { show: false } },
          { label: flow.dataset.failed, stroke: color('--bad'), width: 1.5, points: { show: false } },
        ],
      },
      data,
      flow,
    );
  };
  void draw();
  setInterval(() => document.hidden || void draw(), 15000);
  addEventListener('resize', () => plot?.setSize({ width: flow.clientWidth, height: 220 }));
}
