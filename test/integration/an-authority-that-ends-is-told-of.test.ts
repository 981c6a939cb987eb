/** Certificates do not outlive their authority: before they are cut short for that, operators know. */
import { strict as assert } from 'node:assert';
import { sayIncident } from '../../src/enrolment/incident-words.ts';
import { listIncidents } from '../../src/store/enrol/incidents.ts';
import { day, type Enrolment, openEnrolment } from '../support/enrolment.ts';
import { eventually } from '../support/eventually.ts';

describe('an issuing authority that ends before what it issues should', () => {
  let stage: Enrolment;
  before(async () => {
    stage = await openEnrolment();
  });
  after(() => stage.close());

  it('is an incident, opened once, until another issues or the setting asks for less', async () => {
    const { notAfter, subject } = stage.authority.issuing.certificate;
    const at = new Date(notAfter.getTime() - 729 * day);
    const told = (open: number) =>
      eventually(`${open} are open`, async () => {
        const found = (await listIncidents(stage.pool, { open: true })).filter(
          ({ kind }) => kind === 'authority-ending',
        );
        return found.length === open && found;
      });
    const run = async (open: number, now: Date, settings: Record<string, string> = {}) => {
      const ca = await stage.startCa({ now: () => now, settings });
      const found = await told(open);
      await ca.stop();
      return found;
    };
    await run(0, new Date(at.getTime() - 2 * day));
    const [one] = await run(1, at);
    assert.ok(one);
    for (const [language, words] of [
      ['sv', 'går ut'],
      ['en', 'ends on'],
    ] as const) {
      const sentence = sayIncident(one, language);
      assert.ok(sentence.includes(`${subject} ${words} ${notAfter.toISOString().slice(0, 10)}`), sentence);
    }
    assert.deepEqual(await run(1, new Date(at.getTime() + day)), [one]);
    await run(0, at, { KUVERT_CERTIFICATE_LIFETIME: '365d' });
    await run(1, at);
    // As if another had taken over.
    await stage.pool.query("update incident set subject = 'authority/another' where closed_at is null");
    await run(0, new Date());
  });
});
