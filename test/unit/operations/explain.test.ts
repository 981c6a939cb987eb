import { strict as assert } from 'node:assert';
import { faultCodes } from '../../../src/domain/fault.ts';
import { type Language, languages } from '../../../src/operations/catalogue.ts';
import { explain, explainAttempt, explainLane } from '../../../src/operations/explain.ts';
import type { AttemptRow, DeliveryRow } from '../../../src/store/messages.ts';

const now = new Date('2026-03-01T12:00:00Z');
const later = new Date('2026-03-01T13:00:00Z');
const fingerprint = 'ab12'.repeat(16);

const attempt = (more: Partial<AttemptRow>): AttemptRow => ({
  deliveryId: 1,
  number: 3,
  startedAt: now,
  finishedAt: now,
  outcome: undefined,
  fault: undefined,
  detail: undefined,
  status: undefined,
  excerpt: undefined,
  tlsVersion: undefined,
  cipher: undefined,
  peerFingerprint: undefined,
  connectMs: undefined,
  tlsMs: undefined,
  firstByteMs: undefined,
  totalMs: 41.2,
  remoteAddress: undefined,
  ...more,
});

const delivery = (more: Partial<DeliveryRow>): DeliveryRow => ({
  id: 1,
  number: 1,
  current: true,
  state: 'waiting',
  reason: undefined,
  detail: undefined,
  createdAt: now,
  changedAt: now,
  nextTryAt: now,
  deliveredAt: undefined,
  deliveredBy: undefined,
  receiptFingerprint: undefined,
  receiptFrom: undefined,
  fetchedAt: undefined,
  address: 'default',
  laneState: 'flowing',
  laneReason: undefined,
  laneDetail: undefined,
  laneWakeAt: undefined,
  strict: false,
  delivery: 'push',
  attempts: [],
  ...more,
});

const wellFormed = (sentence: string) => {
  assert.match(sentence, /^[A-ZÅÄÖ].*\.$/u);
  assert.doesNotMatch(sentence, /[{}]|undefined|null|\.\.|::|: \(| {2}| ,| \./);
};

type Claims<T> = readonly (readonly [claim: string, record: T, en: string, sv: string])[];

function says<T>(claims: Claims<T>, sentence: (record: T, language: Language) => string) {
  for (const [claim, record, en, sv] of claims)
    it(claim, () => {
      assert.equal(sentence(record, 'en'), en);
      assert.equal(sentence(record, 'sv'), sv);
      for (const language of languages) wellFormed(sentence(record, language));
    });
}

describe('what became of an attempt, in one sentence', () => {
  says<Partial<AttemptRow>>(
    [
      ['it is under way', { totalMs: undefined }, 'It is under way.', 'Det pågår.'],
      [
        'the supplier has it',
        { outcome: 'delivered', status: 204 },
        'The supplier has it: the endpoint answered 204 after 41 ms.',
        'Leverantören har det: ändpunkten svarade 204 efter 41 ms.',
      ],
      [
        'the supplier refused it, and said why',
        { outcome: 'refused', fault: 'message-refused', status: 422, excerpt: 'line 3 has no account' },
        'The supplier refused the message: the endpoint answered 422 and wrote “line 3 has no account”.',
        'Leverantören avvisade meddelandet: ändpunkten svarade 422 och skrev ”line 3 has no account”.',
      ],
      [
        'the supplier refused it, without a word',
        { outcome: 'refused', fault: 'message-refused', status: 400 },
        'The supplier refused the message: the endpoint answered 400.',
        'Leverantören avvisade meddelandet: ändpunkten svarade 400.',
      ],
      [
        'the endpoint is busy',
        { outcome: 'endpoint-failed', fault: 'endpoint-busy', status: 503 },
        'The endpoint asked us to come back later: it answered 503.',
        'Ändpunkten bad oss återkomma senare: den svarade 503.',
      ],
      [
        'the endpoint is silent',
        { outcome: 'endpoint-failed', fault: 'endpoint-no-answer', detail: 'no answer within 30000 ms' },
        'The endpoint gave no answer that we can use: no answer within 30000 ms.',
        'Ändpunkten gav inget svar som går att använda: inget svar inom 30000 ms.',
      ],
      [
        'nobody is there',
        {
          outcome: 'endpoint-failed',
          fault: 'endpoint-unreachable',
          detail: 'no TCP connection: connect ECONNREFUSED 203.0.113.9:443',
        },
        'The endpoint was not reached: no TCP connection: connect ECONNREFUSED 203.0.113.9:443.',
        'Ändpunkten gick inte att nå: ingen TCP-anslutning: connect ECONNREFUSED 203.0.113.9:443.',
      ],
      [
        'no TLS',
        {
          outcome: 'endpoint-failed',
          fault: 'endpoint-tls',
          detail: 'the TLS handshake was not finished within 10000 ms',
        },
        'No secure connection to the endpoint came about: the TLS handshake was not finished within 10000 ms.',
        'Det blev ingen säker anslutning till ändpunkten: TLS-handskakningen blev inte klar inom 10000 ms.',
      ],
      [
        'our own proxy',
        {
          outcome: 'endpoint-failed',
          fault: 'proxy-failed',
          detail:
            'the egress proxy 10.0.0.9:3128 answered 407 (Proxy Authentication Required) to CONNECT 203.0.113.9:443',
        },
        'It is our own egress proxy, not the supplier, and it concerns every lane: the egress proxy 10.0.0.9:3128 answered 407 (Proxy Authentication Required) to CONNECT 203.0.113.9:443.',
        'Felet ligger hos vår egen proxy, inte hos leverantören, och drabbar alla leveranser: proxyn 10.0.0.9:3128 svarade 407 (Proxy Authentication Required) på CONNECT 203.0.113.9:443.',
      ],
      [
        'our own credential',
        {
          outcome: 'endpoint-failed',
          fault: 'certificate-invalid',
          detail: 'our own client key or certificate cannot be used: key values mismatch',
        },
        'Our own client certificate could not be used, so nothing was sent: our own client key or certificate cannot be used: key values mismatch.',
        'Vårt eget klientcertifikat gick inte att använda, så inget skickades: vår egen nyckel eller vårt eget klientcertifikat går inte att använda: key values mismatch.',
      ],
      [
        'we gave up',
        {
          outcome: 'endpoint-failed',
          fault: 'outcome-unknown',
          detail: 'given up by the gateway while the endpoint had not answered yet',
        },
        'The gateway stopped before it had an answer on record, so nobody knows whether the supplier has it.',
        'Tjänsten stannade innan den hade sparat något svar, så ingen vet om leverantören har fått det.',
      ],
      [
        'the worker died',
        { outcome: 'unknown', fault: 'outcome-unknown', totalMs: undefined },
        'The gateway stopped before it had an answer on record, so nobody knows whether the supplier has it.',
        'Tjänsten stannade innan den hade sparat något svar, så ingen vet om leverantören har fått det.',
      ],
      [
        'the endpoint fails on this message',
        { outcome: 'message-failed', fault: 'message-failed', status: 500, excerpt: 'boom' },
        'The endpoint failed on this very message: it answered 500 and wrote “boom”.',
        'Ändpunkten klarade inte av just det här meddelandet: den svarade 500 och skrev ”boom”.',
      ],
      [
        'we fail on this message',
        { outcome: 'message-failed', fault: 'internal', detail: 'the request could not be made: invalid header' },
        'Something went wrong in the gateway itself: the request could not be made: invalid header.',
        'Något gick fel i själva tjänsten: anropet gick inte att skapa: invalid header.',
      ],
      [
        'we are not let in',
        { outcome: 'turned-away', fault: 'endpoint-rejects-us', status: 403 },
        'The endpoint did not let us in: it answered 403.',
        'Ändpunkten släppte inte in oss: den svarade 403.',
      ],
      [
        'we are sent elsewhere',
        { outcome: 'turned-away', fault: 'endpoint-rejects-us', status: 308 },
        'The endpoint answered 308 to send us elsewhere, and redirects are not followed.',
        'Ändpunkten svarade 308 för att hänvisa oss någon annanstans, och hänvisningar följs inte.',
      ],
      [
        'they refuse our certificate',
        {
          outcome: 'turned-away',
          fault: 'endpoint-rejects-us',
          detail: 'the endpoint refuses our certificate (TLS alert: unknown ca)',
        },
        'The endpoint refused our client certificate: the endpoint refuses our certificate (TLS alert: unknown ca).',
        'Ändpunkten godtog inte vårt klientcertifikat: ändpunkten godtar inte vårt certifikat (TLS-larm: unknown ca).',
      ],
      [
        'we refuse theirs: it is not registered',
        {
          outcome: 'turned-away',
          fault: 'endpoint-certificate',
          peerFingerprint: fingerprint,
          detail: `the certificate ${fingerprint} (Någon annan AB, issued by CN=Test CA) is not registered for this address`,
        },
        `We refused the endpoint, and not one byte of the message was sent: the certificate ${fingerprint} (Någon annan AB, issued by CN=Test CA) is not registered for this address.`,
        `Vi godtog inte ändpunkten, och inte en enda byte av meddelandet skickades: certifikatet ${fingerprint} (Någon annan AB, utfärdat av CN=Test CA) är inte registrerat för den här adressen.`,
      ],
      [
        'we refuse theirs: it has expired, and which one it is',
        {
          outcome: 'turned-away',
          fault: 'endpoint-certificate',
          peerFingerprint: fingerprint,
          detail: 'the certificate of Leverantör AB expired at 2026-02-28T00:00:00.000Z',
        },
        `We refused the endpoint, and not one byte of the message was sent: the certificate of Leverantör AB expired at 2026-02-28T00:00:00.000Z; it showed the certificate ${fingerprint}.`,
        `Vi godtog inte ändpunkten, och inte en enda byte av meddelandet skickades: certifikatet för Leverantör AB gick ut 2026-02-28T00:00:00.000Z; den visade certifikatet ${fingerprint}.`,
      ],
      [
        'the URL leads inside',
        {
          outcome: 'turned-away',
          fault: 'url-not-allowed',
          detail: 'a.example may not be connected to: 127.0.0.1 is loopback',
        },
        'We may not connect to where the URL points, so nothing was sent: a.example may not be connected to: 127.0.0.1 is loopback.',
        'Vi får inte ansluta dit URL:en pekar, så inget skickades: till a.example får vi inte ansluta: 127.0.0.1 is loopback.',
      ],
      [
        'the envelope is not the one that was signed',
        { outcome: 'unsendable', fault: 'envelope-changed' },
        'The message could not be put on the wire, so nothing was sent: the rebuilt envelope is not the one that was signed; nothing is sent.',
        'Meddelandet gick inte att skicka som det är, så inget skickades: det återskapade kuvertet är inte det som signerades; inget skickas.',
      ],
      [
        'it does not go into this envelope',
        { outcome: 'unsendable', fault: 'format-not-possible', detail: 'a JSON document' },
        'The message could not be put on the wire, so nothing was sent: the document cannot be put in the envelope format of the address: a JSON document.',
        'Meddelandet gick inte att skicka som det är, så inget skickades: dokumentet kan inte läggas i adressens kuvertformat: a JSON document.',
      ],
      [
        'nothing was begun',
        { outcome: 'not-sent', detail: 'given up before anything was sent' },
        'Nothing was sent, and it counts against nobody: given up before anything was sent.',
        'Inget skickades, och det räknas inte som ett misslyckat försök: avbrutet innan något hade skickats.',
      ],
    ],
    (record, language) => explainAttempt(attempt(record), language),
  );

  it("a stranger's text is cut where nobody reads on", () => {
    const said = explainAttempt(
      attempt({ outcome: 'refused', fault: 'message-refused', status: 422, excerpt: 'å'.repeat(2_000) }),
      'sv',
    );
    assert.ok(said.endsWith(`${'å'.repeat(200)}…”.`));
  });

  it('whatever is on record, there is a sentence', () => {
    const kinds = ['endpoint-failed', 'message-failed', 'refused', 'turned-away', 'unsendable', 'not-sent', 'unknown'];
    for (const outcome of [...kinds, 'delivered', undefined, 'something new'])
      for (const fault of [...faultCodes, undefined])
        for (const status of [undefined, 200, 302, 503])
          for (const detail of [undefined, 'a detail'])
            for (const language of languages)
              wellFormed(explainAttempt(attempt({ outcome, fault, status, detail }), language));
  });
});

describe('why a message is where it is, in one sentence', () => {
  says<Partial<DeliveryRow>>(
    [
      ['waits its turn', {}, 'Waits its turn.', 'Väntar på sin tur.'],
      [
        'waits for its own next try',
        {
          nextTryAt: later,
          reason: 'message-failed',
          detail: 'the endpoint answered 500 (Internal Server Error)',
        },
        'Waits for its next try at 2026-03-01 13:00:00 UTC: the endpoint failed on this message (the endpoint answered 500 (Internal Server Error)).',
        'Väntar på nästa försök 2026-03-01 13:00:00 UTC: ändpunkten klarade inte av meddelandet (ändpunkten svarade 500 (Internal Server Error)).',
      ],
      [
        'waits because the lane backs off',
        { laneState: 'backing-off', laneReason: 'endpoint-busy', laneWakeAt: later },
        'Waits because the endpoint fails: the endpoint asks us to come back later; the lane is tried again at 2026-03-01 13:00:00 UTC.',
        'Väntar eftersom ändpunkten inte fungerar: ändpunkten ber oss återkomma senare; nästa försök görs 2026-03-01 13:00:00 UTC.',
      ],
      [
        'waits because the lane backs off, after several messages in a row',
        {
          laneState: 'backing-off',
          laneReason: 'message-failed',
          laneDetail: 'the endpoint answered 500 (Internal Server Error)',
          laneWakeAt: later,
        },
        'Waits because the endpoint fails: it failed on one message after another (the endpoint answered 500 (Internal Server Error)); the lane is tried again at 2026-03-01 13:00:00 UTC.',
        'Väntar eftersom ändpunkten inte fungerar: den har misslyckats med det ena meddelandet efter det andra (ändpunkten svarade 500 (Internal Server Error)); nästa försök görs 2026-03-01 13:00:00 UTC.',
      ],
      [
        'waits because our own proxy does not let us out',
        {
          laneState: 'backing-off',
          laneReason: 'proxy-failed',
          laneDetail: 'the egress proxy opened no tunnel within 500 ms',
          laneWakeAt: later,
        },
        "Waits because our own side fails, not the supplier's: our own egress proxy opened no way to the endpoint (the egress proxy opened no tunnel within 500 ms); the lane is tried again at 2026-03-01 13:00:00 UTC.",
        'Väntar på grund av ett fel hos oss, inte hos leverantören: vår egen proxy öppnade ingen väg till ändpunkten (proxyn öppnade ingen tunnel inom 500 ms); nästa försök görs 2026-03-01 13:00:00 UTC.',
      ],
      [
        "waits because the lane is paused, for an operator's reason in an operator's words",
        { laneState: 'paused', laneReason: 'held-by-operator', laneDetail: 'ticket 7' },
        'Waits because the lane is paused: an operator holds it (ticket 7); `kuvert supplier resume` lets it flow.',
        'Väntar eftersom leveranserna till adressen är pausade: en operatör har stoppat det (ticket 7); `kuvert supplier resume` släpper fram dem.',
      ],
      [
        'waits because the lane is held, and is probed',
        {
          laneState: 'held',
          laneReason: 'mass-refusal',
          laneDetail:
            '5 different messages refused in a row; the last one: the endpoint answered 422 (Unprocessable Entity)',
          laneWakeAt: later,
        },
        'Waits because the lane is held: the supplier refuses one message after another; the lane is held and they wait (5 different messages refused in a row; the last one: the endpoint answered 422 (Unprocessable Entity)); `kuvert supplier release` lets it flow, or a probe that succeeds (the next: 2026-03-01 13:00:00 UTC).',
        'Väntar eftersom leveranserna till adressen är stoppade: leverantören avvisar det ena meddelandet efter det andra; leveranserna är stoppade och meddelandena väntar (5 olika meddelanden avvisade i rad; det sista: ändpunkten svarade 422 (Unprocessable Entity)); `kuvert supplier release` släpper fram dem, eller ett kontrollförsök som lyckas (nästa: 2026-03-01 13:00:00 UTC).',
      ],
      [
        'waits because the schedule of the lane is spent, and nobody probes it',
        {
          laneState: 'held',
          laneReason: 'schedule-spent',
          laneDetail: 'Every planned try has been made; the last one: no answer within 30000 ms',
        },
        'Waits because the lane is held: every planned try has been made; the last one: no answer within 30000 ms; `kuvert supplier release` lets it flow; until then it is not tried again.',
        'Väntar eftersom leveranserna till adressen är stoppade: alla planerade försök är gjorda; det sista: inget svar inom 30000 ms; `kuvert supplier release` släpper fram dem; fram till dess görs inga nya försök.',
      ],
      [
        'waits in a strict lane',
        { strict: true },
        'Waits its turn in a strict lane: nothing passes an earlier message that is refused, held or not yet delivered.',
        'Väntar på sin tur i strikt ordning: inget går förbi ett tidigare meddelande som är avvisat, stoppat eller ännu inte levererat.',
      ],
      [
        'waits to be fetched',
        { delivery: 'pull' },
        'Waits until the supplier fetches it.',
        'Väntar på att leverantören hämtar det.',
      ],
      [
        'was fetched, and the receipt is waited for',
        { delivery: 'pull', fetchedAt: now },
        'The supplier fetched it at 2026-03-01 12:00:00 UTC and has not said yet that it has it: it waits for the receipt.',
        'Leverantören hämtade det 2026-03-01 12:00:00 UTC men har inte bekräftat det: det väntar på kvittensen.',
      ],
      [
        'waits to be handed over',
        { delivery: 'manual' },
        'Waits until somebody hands it over: the address is manual.',
        'Väntar på att någon lämnar över det: adressen är manuell.',
      ],
      [
        'is on the wire',
        { state: 'sending', attempts: [attempt({})] },
        'Attempt 3 has been on its way since 2026-03-01 12:00:00 UTC.',
        'Försök 3 har pågått sedan 2026-03-01 12:00:00 UTC.',
      ],
      [
        'is held for want of an address',
        { state: 'held', reason: 'no-address', address: undefined },
        'Held: no address is known for the recipient; it goes on its way by itself when `kuvert supplier import` brings an address that takes it.',
        'Stoppat: ingen adress är känd för mottagaren; det skickas av sig självt när `kuvert supplier import` ger en adress som tar emot det.',
      ],
      [
        'was fetched by an agent',
        {
          state: 'delivered',
          deliveredBy: 'collected',
          deliveredAt: new Date('2026-03-01T12:00:00Z'),
          address: 'main',
          agent: '5560160680',
        },
        'Delivered at 2026-03-01 12:00:00 UTC (collected, address main of the agent 5560160680).',
        'Levererat 2026-03-01 12:00:00 UTC (hämtat, adressen main hos ombudet 5560160680).',
      ],
      [
        'is held because the mandate of its agent ended',
        { state: 'held', reason: 'mandate-ended', detail: 'the agent was 5560160680', address: undefined },
        'Held: the mandate by which an agent took it does not run any more (the agent was 5560160680); it goes on its way by itself when a mandate covers it again (`kuvert supplier mandate add`), or an address of the recipient takes it (`kuvert supplier import`).',
        'Stoppat: fullmakten som ett ombud tog emot det med gäller inte längre (ombudet var 5560160680); det skickas av sig självt när en fullmakt gäller för det igen (`kuvert supplier mandate add`), eller en adress hos mottagaren tar emot det (`kuvert supplier import`).',
      ],
      [
        'is held because its own schedule is spent',
        {
          state: 'held',
          reason: 'schedule-spent',
          detail: 'Every planned try has been made; the last one: the endpoint answered 500 (Internal Server Error)',
        },
        'Held: every planned try has been made; the last one: the endpoint answered 500 (Internal Server Error); `kuvert message release` sends it on its way.',
        'Stoppat: alla planerade försök är gjorda; det sista: ändpunkten svarade 500 (Internal Server Error); `kuvert message release` skickar det vidare.',
      ],
      [
        'is refused',
        {
          state: 'refused',
          reason: 'message-refused',
          detail: 'the endpoint answered 422 (Unprocessable Entity)',
        },
        'The supplier refused it: the endpoint answered 422 (Unprocessable Entity); `kuvert message release` sends it again, `cancel` withdraws it.',
        'Leverantören avvisade det: ändpunkten svarade 422 (Unprocessable Entity); `kuvert message release` skickar det igen, `cancel` drar tillbaka det.',
      ],
      [
        'is refused and replaced',
        { state: 'refused', reason: 'superseded' },
        'The supplier refused it, and a newer version of the document was accepted since.',
        'Leverantören avvisade det, och en nyare version av dokumentet har tagits emot sedan dess.',
      ],
      [
        'is withdrawn',
        { state: 'cancelled', reason: 'withdrawn-by-ka', detail: 'fel belopp' },
        'Withdrawn at 2026-03-01 12:00:00 UTC: KA withdrew it (fel belopp).',
        'Tillbakadraget 2026-03-01 12:00:00 UTC: KA drog tillbaka det (fel belopp).',
      ],
      [
        'is delivered',
        {
          state: 'delivered',
          deliveredAt: now,
          deliveredBy: 'pushed',
          attempts: [attempt({ outcome: 'delivered', status: 204 })],
        },
        'Delivered at 2026-03-01 12:00:00 UTC (pushed, address default) with the answer 204 to attempt 3.',
        'Levererat 2026-03-01 12:00:00 UTC (skickat till adressen default) med svaret 204 på försök 3.',
      ],
      [
        'is fetched',
        { state: 'delivered', deliveredAt: now, deliveredBy: 'collected' },
        'Delivered at 2026-03-01 12:00:00 UTC (collected, address default).',
        'Levererat 2026-03-01 12:00:00 UTC (hämtat, adressen default).',
      ],
    ],
    (record, language) => explain(delivery(record), now, language),
  );

  it('whatever is on record, there is a sentence', () => {
    const states = ['waiting', 'sending', 'delivered', 'refused', 'held', 'cancelled'] as const;
    for (const state of states)
      for (const reason of [...faultCodes, undefined])
        for (const laneState of ['flowing', 'backing-off', 'held', 'paused', undefined])
          for (const laneWakeAt of [undefined, later])
            for (const language of languages)
              wellFormed(
                explain(delivery({ state, reason, laneReason: reason, laneState, laneWakeAt }), now, language),
              );
  });
});

describe('on a page, where buttons take the place of commands', () => {
  const told = (record: Parameters<typeof delivery>[0]) =>
    languages.map((language) => explain(delivery(record), now, { language, on: 'page' }));
  const stands: readonly (readonly [name: string, Parameters<typeof delivery>[0], en: string, sv: string])[] = [
    [
      'what the supplier refused says that nothing is tried by itself, and what puts it right',
      { state: 'refused', reason: 'message-refused', detail: 'the endpoint answered 422' },
      'The supplier refused it: the endpoint answered 422. It is not tried again by itself: release it when the supplier has put right what was wrong, or cancel it. A corrected document from KA takes its place.',
      'Leverantören avvisade det: ändpunkten svarade 422. Inga nya försök görs av sig själva: släpp fram det när leverantören har rättat felet, eller makulera det. Ett rättat dokument från KA ersätter det.',
    ],
    [
      'what an operator held says that it stays',
      { state: 'held', reason: 'held-by-operator', detail: 'ticket 7' },
      'Held: an operator holds it (ticket 7). It stays here until somebody releases or cancels it.',
      'Stoppat: en operatör har stoppat det (ticket 7). Det ligger kvar tills någon släpper fram eller makulerar det.',
    ],
    [
      'what waits in a lane that is paused says where that ends',
      { state: 'waiting', laneState: 'paused', laneReason: 'held-by-operator', laneDetail: 'ticket 7' },
      'Waits because the lane is paused: an operator holds it (ticket 7). Nothing is tried until somebody resumes it on the supplier’s page.',
      'Väntar eftersom leveranserna till adressen är pausade: en operatör har stoppat det (ticket 7). Inga försök görs förrän någon återupptar dem på leverantörens sida.',
    ],
    [
      'what waits in a lane that is held says what lets it flow again, and that nothing else does',
      { state: 'waiting', laneState: 'held', laneReason: 'mass-refusal', laneDetail: undefined, laneWakeAt: undefined },
      'Waits because the lane is held: the supplier refuses one message after another; the lane is held and they wait. What lets it flow again is its release on the supplier’s page; until then it is not tried again.',
      'Väntar eftersom leveranserna till adressen är stoppade: leverantören avvisar det ena meddelandet efter det andra; leveranserna är stoppade och meddelandena väntar. Det som får dem att flyta igen är att någon släpper fram dem på leverantörens sida; fram till dess görs inga nya försök.',
    ],
  ];
  for (const [name, record, en, sv] of stands) it(name, () => assert.deepEqual(told(record), [en, sv]));

  it('no sentence names a command', () => {
    for (const state of ['waiting', 'refused', 'held'] as const)
      for (const reason of [...faultCodes, undefined])
        for (const laneState of ['flowing', 'backing-off', 'held', 'paused', undefined])
          for (const sentence of told({ state, reason, laneReason: reason, laneState })) {
            wellFormed(sentence);
            assert.doesNotMatch(sentence, /`/);
          }
  });
});

describe('how a lane is, in one sentence', () => {
  says<Parameters<typeof explainLane>[0]>(
    [
      [
        'it flows',
        { state: 'flowing', reason: undefined, detail: undefined, since: now, nextWake: undefined },
        'Messages flow.',
        'Meddelanden levereras.',
      ],
      [
        'it backs off',
        {
          state: 'backing-off',
          reason: 'endpoint-unreachable',
          detail: 'the name could not be resolved: getaddrinfo ENOTFOUND a.example',
          since: now,
          nextWake: later,
        },
        'Backs off since 2026-03-01 12:00:00 UTC: the endpoint could not be reached (the name could not be resolved: getaddrinfo ENOTFOUND a.example); it is tried again at 2026-03-01 13:00:00 UTC.',
        'Väntar med nya försök sedan 2026-03-01 12:00:00 UTC: ändpunkten gick inte att nå (namnet gick inte att slå upp: getaddrinfo ENOTFOUND a.example); nästa försök görs 2026-03-01 13:00:00 UTC.',
      ],
      [
        'it is held, and probed',
        {
          state: 'held',
          reason: 'endpoint-certificate',
          detail: `the certificate ${fingerprint} (Leverantör AB) was withdrawn`,
          since: now,
          nextWake: later,
        },
        `Held since 2026-03-01 12:00:00 UTC: the endpoint showed a certificate that may not receive these messages (the certificate ${fingerprint} (Leverantör AB) was withdrawn); \`kuvert supplier release\` lets it flow, or a probe that succeeds (the next: 2026-03-01 13:00:00 UTC).`,
        `Stoppad sedan 2026-03-01 12:00:00 UTC: ändpunkten visade ett certifikat som inte får ta emot de här meddelandena (certifikatet ${fingerprint} (Leverantör AB) är spärrat hos oss); \`kuvert supplier release\` släpper fram meddelandena, eller ett kontrollförsök som lyckas (nästa: 2026-03-01 13:00:00 UTC).`,
      ],
      [
        'it is paused',
        { state: 'paused', reason: 'held-by-operator', detail: 'ticket 7', since: now, nextWake: undefined },
        'Paused since 2026-03-01 12:00:00 UTC: an operator holds it (ticket 7); `kuvert supplier resume` lets it flow.',
        'Pausad sedan 2026-03-01 12:00:00 UTC: en operatör har stoppat det (ticket 7); `kuvert supplier resume` släpper fram meddelandena.',
      ],
    ],
    explainLane,
  );
});
