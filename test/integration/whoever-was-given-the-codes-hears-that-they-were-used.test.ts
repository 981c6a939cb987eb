import { strict as assert } from 'node:assert';
import { sendNext } from '../../src/enrolment/postman.ts';
import { revokeCertificate } from '../../src/enrolment/revoke.ts';
import { silentLog } from '../../src/platform/log.ts';
import type { Mail } from '../../src/platform/mail.ts';
import { certificateIn, type Enrolment, type OpenedOrder, openEnrolment } from '../support/enrolment.ts';
import { eventually } from '../support/eventually.ts';

describe('whoever was given the codes', () => {
  let stage: Enrolment;
  before(async () => {
    // What is issued may be renewed at once.
    stage = await openEnrolment({ KUVERT_CERTIFICATE_LIFETIME: '30d', KUVERT_RENEWAL_FROM: '60d' });
    await stage.startCa();
  });
  after(() => stage.close());

  const issued = async (asked: Parameters<Enrolment['ask']>[0]): Promise<string> => {
    const { id } = await stage.ask(asked);
    const decision = await eventually('it is decided', async () => {
      const found = await stage.decision(id);
      return found.kind !== 'open' && found;
    });
    return certificateIn(decision.kind === 'issued' ? decision.certificate : assert.fail(JSON.stringify(decision)))
      .fingerprint;
  };
  const inLanguage = (order: OpenedOrder, language: string) =>
    stage.pool.query('update technical_contact set language = $2 where organisation_number = $1', [
      order.organisationNumber,
      language,
    ]);
  /** All that is due goes out. */
  const sent = async (): Promise<readonly Mail[]> => {
    const mails: Mail[] = [];
    const send = (mail: Mail) => {
      mails.push(mail);
      return Promise.resolve({ kind: 'sent' } as const);
    };
    const now = () => new Date();
    const parts = { log: silentLog, pool: stage.pool, send, publicUrl: 'https://k.exempel.se', now, random: () => 0.5 };
    while ((await sendNext(parts, new AbortController().signal)) !== 'none');
    return mails;
  };

  for (const [language, subject, words] of [
    [
      'sv',
      /^\[test\] Certifikatet för .* är hämtat$/,
      /^Hej Anna Ek![\s\S]*”Ekonomisystemet på Exempel”[\s\S]* gäller till \d[\s\S]*Ring genast/,
    ],
    [
      'en',
      /^\[test\] The certificate for .* has been fetched$/,
      /^Dear Anna Ek,[\s\S]*“Ekonomisystemet på Exempel”[\s\S]* until \d.* Swedish time[\s\S]*Call whoever/,
    ],
  ] as const)
    it(`hears, in ${language}, that they were used, which certificate came of it, and whom to call; once, and not of its renewal`, async () => {
      const order = await stage.order();
      await inLanguage(order, language);
      const fingerprint = await issued({ order });
      const [letter, ...more] = await sent();
      assert.deepEqual(more, []);
      assert.equal(letter?.to, 'anna@exempel.se');
      assert.match(letter.subject, subject);
      assert.match(letter.text, words);
      assert.ok(letter.text.includes(fingerprint));
      assert.ok(!/https?:/.test(letter.text), 'there is nothing to click on');
      await issued({ renews: fingerprint });
      assert.deepEqual(await sent(), []);
    });

  it('hears nothing of one that was revoked before the letter could leave, nor of a request that is refused', async () => {
    const order = await stage.order();
    const named = await issued({ order });
    await revokeCertificate(stage.pool, {
      named,
      as: 'keyCompromise',
      actor: 'cli:test',
      reason: 'a test',
      now: new Date(),
      heldProbe: 1_000,
      rehearsal: false,
    });
    const { id } = await stage.ask({ order: await stage.order(), password: 'wrong' });
    await eventually('it is refused', async () => (await stage.decision(id)).kind === 'refused');
    assert.deepEqual(await sent(), []);
    const { rows } = await stage.pool.query(
      'select detail, sent_at from letter where fingerprint = $1 and given_up_at is not null',
      [named],
    );
    assert.deepEqual(rows, [{ detail: 'the certificate is withdrawn', sent_at: null }]);
  });
});
