import { strict as assert } from 'node:assert';
import { closeIncident, openIncident } from '../../src/store/enrol/incidents.ts';
import type { Visitor } from '../support/browser.ts';
import { type Console, openConsole } from '../support/console.ts';

const person = '8001011231';

describe('open incidents on the overview', () => {
  let desk: Console;
  let viewer: Visitor;
  before(async () => {
    desk = await openConsole();
    viewer = await desk.signedIn('vera', 'viewer');
  });
  after(() => desk?.stop());

  const list = async (path = '/') => {
    const { status, body } = await viewer.get(path);
    assert.equal(status, 200);
    return /<ul class="plain incidents">([^]*?)<\/ul>/.exec(body)?.[1] ?? '';
  };
  const ending = (n: number, more: object = {}) =>
    openIncident(
      desk.pool,
      { kind: 'certificate-expiring', subject: `certificate/${n}` },
      {
        organisation: `Nr ${n} AB`,
        organisationNumber: '5560160680',
        addresses: ['main'],
        waiting: 3,
        contact: null,
        description: 'orderintag',
        notAfter: '2027-01-01T00:00:00Z',
        ...more,
      },
      new Date(Date.UTC(2026, 9, n)),
    );

  it('are none when all is well, and there is nothing to click', async () => {
    assert.equal(await list(), '');
    assert.doesNotMatch((await viewer.get('/')).body, /#incidents/);
  });

  it('are sentences, newest first, with what to type where there is something to type', async () => {
    await ending(1);
    await ending(2);
    const told = await list();
    assert.match(told, /Nr 2 AB \(5560160680\), main: certifikatet för ”orderintag” går ut 2027-01-01 00:00 UTC/);
    assert.ok(told.indexOf('Nr 2 AB') < told.indexOf('Nr 1 AB'));
    assert.match(told, /<code>kuvert certificate contact<\/code>/);
    assert.match((await viewer.get('/')).body, /<a href="#incidents">2<\/a>/);
    await viewer.post('/language', { language: 'en', to: '/' });
    assert.match(await list(), /the certificate for “orderintag” ends on 2027-01-01 00:00 UTC and nothing follows it/);
  });

  it('name no person’s number', async () => {
    await ending(3, { organisation: 'Eva Persson', organisationNumber: person });
    const told = await list();
    assert.match(told, /Eva Persson \(80\*{8}\)/);
    assert.doesNotMatch(told, new RegExp(person));
  });

  it('are as many as are read at a glance, with how many more there are; a closed one is not told', async () => {
    for (let n = 5; n < 13; n++) await ending(n);
    assert.equal((await list()).split('<li>').length - 1, 8);
    assert.match((await viewer.get('/')).body, /3 more:\s*<code>kuvert incident list --open<\/code>/);
    await closeIncident(desk.pool, { kind: 'certificate-expiring', subject: 'certificate/11' }, new Date());
    assert.doesNotMatch(await list(), /Nr 11 AB/);
  });
});
