// What pages do beyond links and forms; without it they work all the same.
'use strict';

/** Milliseconds: the gateway says something each five seconds; and who was turned away asks again after a while. */
const silence = 20000;
const pause = 10000;
const clock = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Stockholm', timeStyle: 'short' });

// On a narrow screen the places stand in one row: the one that this page is of is in sight.
if (!location.hash)
  document.querySelector('.places [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });

/**
 * Parts of a page that renew themselves: what comes is what stands in them. Whoever is in it with the keyboard is not disturbed.
 * One that nothing is heard of says how old it is, and asks on.
 */
for (const part of document.querySelectorAll('[data-live]')) {
  const away = document.getElementById(part.dataset.away);
  let heardAt = new Date();
  let patience;
  let retry;
  let source;
  let last;
  const show = () => {
    if (last === undefined || part.contains(document.activeElement)) return;
    part.innerHTML = last;
    last = undefined;
  };
  const stale = () => {
    part.classList.add('stale');
    const says = away.dataset.says.replace('{at}', clock.format(heardAt));
    if (away.textContent !== says) away.textContent = says;
  };
  const wait = () => {
    clearTimeout(patience);
    patience = setTimeout(stale, silence);
  };
  const heard = () => {
    heardAt = new Date();
    part.classList.remove('stale');
    away.textContent = '';
    wait();
  };
  const open = () => {
    source = new EventSource(part.dataset.live);
    wait();
    source.addEventListener('message', ({ data }) => {
      last = data;
      heard();
      show();
    });
    source.addEventListener('beat', heard);
    source.addEventListener('away', stale);
    source.addEventListener('error', () => {
      stale();
      // A browser that was answered with anything but a stream does not come back by itself.
      if (source.readyState === EventSource.CLOSED) {
        source = undefined;
        retry = setTimeout(follow, pause);
      }
    });
    // Signed out, here or elsewhere.
    source.addEventListener('over', () => location.reload());
  };
  part.addEventListener('focusout', () => setTimeout(show));
  // What nobody sees is not asked for; seen again, it is what it was until the first word comes.
  const follow = () => {
    clearTimeout(retry);
    if (!document.hidden) return source ?? open();
    clearTimeout(patience);
    source?.close();
    source = undefined;
    part.classList.add('stale');
  };
  document.addEventListener('visibilitychange', follow);
  follow();
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
  const renew = () => document.hidden || void draw();
  setInterval(renew, 15000);
  document.addEventListener('visibilitychange', renew);
  addEventListener('resize', () => plot?.setSize({ width: flow.clientWidth, height: 220 }));
}
