import { strict as assert } from 'node:assert';
import { type Console, openConsole, type SignedIn } from '../support/console.ts';
import { eventually } from '../support/eventually.ts';
import { openGateway, type TestGateway } from '../support/gateway.ts';
import type { GatewaySupplier } from '../support/gateway-supplier.ts';
import { kaDocuments } from '../support/ka.ts';

describe('from the overview it is two clicks to why', function () {
  this.timeout(120_000);
  let gateway: TestGateway;
  let shown: Console;
  let browser: SignedIn;
  let down: GatewaySupplier;
  let stuck: PromiseWithResolvers<void>;
  beforeEach(async () => {
    stuck = Promise.withResolvers<void>();
    gateway = await openGateway({ settings: { KUVERT_RETRY_SCHEDULE: '2s' } });
    down = await gateway.addSupplier();
    await gateway.register(down.entry());
    shown = await openConsole({
      store: { pool: gateway.pool, databaseUrl: String(gateway.environment['DATABASE_URL']) },
    });
    browser = await shown.signedIn('anna', 'viewer');
    browser.cookies.set('kuvert-language', 'en');
  });
  afterEach(async () => {
    stuck.resolve();
    await shown?.stop();
    await gateway?.close();
  });

  /** The links of a section, by its heading's id. */
  const linksIn = (body: string, id: string) => {
    const section = new RegExp(`<section[^>]*aria-labelledby="${id}">.*?</section>`, 's').exec(body)?.[0] ?? '';
    return [...section.matchAll(/<a href="([^"]+)"/g)].map(([, path]) => String(path));
  };
  const unescaped = (body: string) => body.replaceAll('&#39;', "'").replaceAll('&amp;', '&');

  it('a supplier that is down gets its messages late: first why and when next, then why and from when to when', async () => {
    await down.endpoint.stop();
    await gateway.start();
    await gateway.ka.send(kaDocuments(down.organisationNumber, 5));
    await eventually('the lane backs off', async () => {
      const { rows } = await gateway.pool.query<{ state: string }>('select state from lane');
      return rows[0]?.state === 'backing-off';
    });

    const during = (await browser.get('/')).body;
    const [lane] = linksIn(during, 'lanes-title');
    assert.equal(lane, `/suppliers/${down.organisationNumber}`);
    const waits = unescaped((await browser.get(lane)).body);
    assert.match(waits, /Backs off since [^<]*no TCP connection[^<]*tried again at \d{4}-/);
    const waiting = /href="(\/messages\/[0-9a-f-]{36})"/.exec(waits)?.[1] ?? '';
    const waitingPage = unescaped((await browser.get(waiting)).body);
    assert.match(waitingPage, /Waits because the endpoint fails/);
    assert.match(waitingPage, /have stood still since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\./);
    assert.deepEqual(linksIn(during, 'again-title'), []);

    await down.endpoint.restart();
    await gateway.settled(5);

    const after = (await browser.get('/')).body;
    assert.deepEqual(linksIn(after, 'lanes-title'), [], 'it flows');
    const [supplier, message] = linksIn(after, 'again-title');
    assert.equal(supplier, lane);
    const why =
      /stood still from \d{4}-\d\d-\d\d \d\d:\d\d:\d\d to [^:]*\d\d:\d\d:\d\d: the endpoint could not be reached[^<]*no TCP connection/;
    assert.match(unescaped((await browser.get(supplier)).body), why);
    assert.match(String(message), /^\/messages\//);
    const { rows } = await gateway.pool.query<{ id: string }>('select id from message');
    assert.equal(rows.length, 5);
    // Also of those that were not tried while it stood: they waited behind.
    for (const path of [String(message), ...rows.map(({ id }) => `/messages/${id}`)]) {
      const { body } = await browser.get(path);
      assert.match(unescaped(body), why, path);
      assert.match(unescaped(body), /It was taken from KA \d{4}.* and was with the supplier /);
    }
    browser.cookies.set('kuvert-language', 'sv');
    assert.match((await browser.get(String(message))).body, /stod still från .* till .*: ändpunkten gick inte att nå/);
  });

  it('how old the oldest frame on the broker is, and whether broker, Redis and PostgreSQL answer', async () => {
    const nobody = unescaped((await browser.get('/')).body);
    assert.match(nobody, /no process with the role intake runs/);
    assert.match(nobody, /Not known: nobody is connected/);
    assert.match(nobody, /PostgreSQL 1\d[\d.]*<\/dt><dd class="good">answers within \d+ ms/);
    await gateway.startDelivery();
    const intake = await gateway.startIntake((deps) => ({
      ...deps,
      store: async (batch) => {
        await stuck.promise;
        return deps.store(batch);
      },
    }));
    await eventually('the broker is there', async () =>
      /<dt>Broker<\/dt><dd class="good">connected, /.test((await browser.get('/')).body),
    );
    const empty = (await browser.get('/')).body;
    assert.match(empty, /Nothing waits there/);
    assert.match(empty, /<dt>Redis<\/dt><dd class="good">answers within \d+ ms/);
    assert.match(empty, /intake: 1, delivery: 1/);
    await gateway.ka.send(kaDocuments(down.organisationNumber, 3));
    await eventually('the frame is seen', async () =>
      /id="frame-title">[^<]*<\/h2>\s*<p class="big">\d+ seconds? ago/.test((await browser.get('/')).body),
    );
    stuck.resolve();
    await gateway.settled(3);
    await eventually('it is gone', async () => /Nothing waits there/.test((await browser.get('/')).body));
    await intake.stop();
    assert.match((await browser.get('/')).body, /no process with the role intake runs/);
  });
});
