import { strict as assert } from 'node:assert';
import { claims, verdictText } from '../../../chaos/outer/verdict.ts';
import { buildCampaign, type Campaign, easy, type Row, refused, strict, taken } from './campaign.ts';
import { cleanCampaign, judged } from './judged.ts';

type Table = keyof Campaign['store'];

const one = (rows: readonly Row[], where: Row): Row => {
  const found = rows.filter((row) => Object.entries(where).every(([name, value]) => row[name] === value));
  assert.equal(found.length, 1, `${JSON.stringify(where)} is one row`);
  return found[0] as Row;
};
const change = (rows: readonly Row[], where: Row, to: Row): void => void Object.assign(one(rows, where), to);
const drop = (rows: Row[], where: Row): void => void rows.splice(rows.indexOf(one(rows, where)), 1);
const inStore = (table: Table, where: Row, to: Row) => (campaign: Campaign) => change(campaign.store[table], where, to);
const arrived = (id: string, attempt: number): Row => ({ event: 'received', id, attempt });

/** The answer of a kind about a message, in the books and as KA got it. */
const answerOf = ({ store, status }: Campaign, kind: string, about: Row) => {
  const line = status.find(({ answer }) => {
    const body = answer as Row;
    return body['answer'] === kind && Object.entries(about).every(([name, value]) => body[name] === value);
  }) as Row;
  return { line, row: one(store.outbox, { body: line['raw'] }) };
};

const [his, next] = [`of-${strict}`, `next-of-${strict}`];

/** The certificate of the one who wants order is revoked: the command begins then, and has returned 10 ms later. */
const revoke = ({ register }: Campaign, at: number): void => {
  register.push({ at, event: 'withdrawing', org: strict, fingerprint: his });
  register.push({ at: at + 10, event: 'withdrawn', org: strict, fingerprint: his });
};
/** Long after all else. */
const later = 1_800_000;
/** Longer than anything may go on. */
const tooLong = 6_000;
const isOpen = ({ connections }: Campaign, ended: number | undefined, at = 1_000_001): void => {
  const about = { connection: 1, org: strict, identity: his };
  connections.push({ at, event: 'connected', ...about });
  if (ended !== undefined) connections.push({ at: ended, event: 'ended', ...about });
};
const askNumbers = ({ collected }: Campaign, begun: number, at: number): void => {
  const numbers = [{ first: 1, last: 2, state: 'delivered' }];
  collected.push({ event: 'numbers', org: strict, identity: his, begun, at, highest: 2, numbers });
};
const turnedAway = ({ collected }: Campaign, identity: string, at: number): void => {
  const said = { what: 'list', status: 403, fault: 'certificate-not-accepted' };
  collected.push({ event: 'turned-away', org: strict, identity, begun: at, at: at + 5, ...said });
};
const listed = ({ store, lists }: Campaign, row: Row, serials: readonly string[], at: number): void => {
  change(store.certificate, { fingerprint: next }, row);
  lists.push({ event: 'list', url: 'here', serials, at });
};
const fault = ({ faults }: Campaign, target: string, from: number, to: number): void => {
  const about = { number: 1, kind: 'stopped', target };
  faults.push({ at: from, event: 'begins', ...about }, { at: to, event: 'healed', ...about });
};

interface Way {
  readonly by: (campaign: Campaign) => void;
  readonly says: RegExp;
  /** Claims that cannot stay true either. */
  readonly also?: readonly (keyof typeof claims)[];
}

/** Each way to break a claim, and what is said of it; nothing else may be found wrong. */
const broken: Record<keyof typeof claims, Record<string, Way>> = {
  'nothing is lost': {
    'a frame that the broker confirmed is nowhere': {
      by: ({ produced }) => {
        const line = {
          ka: 'KA:lost',
          key: `self-invoice|${easy}|SF-lost`,
          sha256: 'sha-lost',
          expects: 'message',
          kind: 'document',
        };
        produced.push({ at: 5, event: 'intent', ...line }, { at: 6, event: 'sent', ka: 'KA:lost' });
      },
      says: /LOST: the broker had it 1 times, the books have it never/,
    },
    'one of two copies that the broker confirmed is nowhere': {
      by: ({ produced }) => void produced.push({ at: 6, event: 'sent', ka: 'KA:m3' }),
      says: /LOST: the broker had it 2 times, the books have it 1 times/,
    },
    'a right document was rejected': {
      by: ({ produced }) => change(produced, { ka: 'KA:d1', event: 'intent' }, { expects: 'message' }),
      says: /it is right and was rejected: document-not-recognised/,
    },
    'a broken document was accepted': {
      by: ({ produced }) =>
        change(produced, { ka: 'KA:m3', event: 'intent' }, { expects: 'dead-letter', broken: 'noise' }),
      says: /it is broken \(noise\) and was accepted/,
    },
    'a dead letter is not what was sent': {
      by: ({ produced }) => change(produced, { ka: 'KA:d1', event: 'intent' }, { sha256: 'other' }),
      says: /dead letter d1 has not the bytes that KA sent/,
    },
    'a message waits in a lane that flows': {
      by: ({ store }) => change(store.delivery, { message: 'm3' }, { state: 'waiting', reason: null }),
      says: /message m3 waits in a lane that flows/,
    },
    'a message waits in a lane that backs off without an alarm': {
      by: ({ store }) => {
        change(store.delivery, { message: 'm3' }, { state: 'waiting', reason: null });
        change(store.lane, { id: 1 }, { state: 'backing-off' });
      },
      says: /message m3 waits in a lane that backs off and has no alarm/,
    },
    'a message is being sent by nobody': {
      by: inStore('delivery', { message: 'm3' }, { state: 'sending' }),
      says: /message m3 is being sent and nobody is sending/,
    },
  },
  'nothing goes to a wrong identity': {
    'a listener showed a certificate that is nobody’s': {
      by: ({ received }) => change(received, arrived('m3', 1), { identity: 'stolen' }),
      says: /message m3 came to 5599990016 on a connection that showed stolen/,
    },
    'a listener showed a certificate of another supplier': {
      by: ({ received }) => change(received, arrived('m3', 1), { identity: `of-${strict}` }),
      says: /which was not registered for it then/,
    },
    'the beginning of a request is enough': {
      by: ({ received }) =>
        change(received, arrived('m3', 1), {
          identity: 'stolen',
          whole: false,
          bodySha256: undefined,
          documentSha256: undefined,
          claims: undefined,
        }),
      says: /message m3 came to 5599990016 on a connection that showed stolen/,
    },
    'the certificate had been withdrawn before the claim': {
      by: ({ register, store }) => {
        const { at } = one(store.attempt, { delivery: 4, number: 1 });
        register.push({ at: Number(at) - 1, event: 'withdrawn', org: strict, fingerprint: `of-${strict}` });
        register.push({ at: Number(at) + 15, event: 'registered', org: strict, fingerprint: `of-${strict}` });
      },
      says: /message s1 came to 5599990024 on a connection that showed of-559999002/,
    },
    'an envelope of another environment came': {
      by: ({ received }) => {
        const line = one(received, arrived('m3', 1));
        line['claims'] = { ...(line['claims'] as Row), environment: 'production' };
      },
      says: /an envelope of production came to 5599990016/,
    },
  },
  'nothing is collected by others': {
    'somebody else was told of it': {
      by: ({ collected }) =>
        change(collected, { event: 'listed', id: 'c1' }, { org: strict, identity: `of-${strict}` }),
      says: /message c1 is for 5599990016, and 5599990024 was told of it/,
    },
    'somebody else was given it': {
      by: ({ collected }) => {
        const line = one(collected, { event: 'fetched', id: 'c1' });
        collected.push({ ...line, org: strict, identity: `of-${strict}` });
      },
      says: /what is signed for 5599990016 was given to 5599990024/,
      // The same id is his now, too.
      also: ['an id is one document in one envelope'],
    },
    'the receipt of somebody else was taken': {
      by: ({ collected }) => {
        const line = one(collected, { event: 'receipted', id: 'c1' });
        collected.push({ ...line, org: strict, identity: `of-${strict}`, result: 'already-received' });
      },
      says: /message c1 is for 5599990016, and 5599990024 was believed about it/,
    },
    'a certificate that is nobody’s will do': {
      by: ({ collected }) => change(collected, { event: 'fetched', id: 'c1' }, { identity: 'stolen' }),
      says: /5599990016 was given message c1 with the certificate stolen/,
    },
    'the certificate had been withdrawn when it asked': {
      by: ({ collected, register }) => {
        const { begun } = one(collected, { event: 'fetched', id: 'c1' });
        const term = { org: easy, fingerprint: `of-${easy}` };
        register.push({ at: Number(begun) - 1, event: 'withdrawn', ...term });
        register.push({ at: Number(begun) + 11, event: 'registered', ...term });
      },
      says: /5599990016 was given message c1 with the certificate of-559999001…, which was not registered for it then/,
    },
    'an envelope of another environment was given': {
      by: ({ collected }) => {
        const line = one(collected, { event: 'fetched', id: 'c1' });
        line['claims'] = { ...(line['claims'] as Row), environment: 'production' };
      },
      says: /an envelope of production was given to 5599990016/,
    },
  },
  'what is revoked is ended': {
    'a push that was begun before came long after': {
      by: (campaign) => {
        const { at } = one(campaign.store.attempt, { delivery: 5, number: 1 });
        revoke(campaign, Number(at));
        change(campaign.received, arrived('s2', 1), { at: Number(at) + 10 + tooLong });
      },
      says: /message s2 came to 5599990024 6\.0 s after the certificate of-559999002… had been taken out of use/,
    },
    'what was asked before was answered long after': {
      by: (campaign) => {
        revoke(campaign, later);
        askNumbers(campaign, later, later + 10 + tooLong);
      },
      says: /5599990024 was answered \(numbers\) 6\.0 s after/,
    },
    'it was answered long after a fault was healed': {
      by: (campaign) => {
        revoke(campaign, later);
        fault(campaign, 'api-1', later - 500, later + 3_000);
        askNumbers(campaign, later, later + 20_000);
      },
      says: /5599990024 was answered \(numbers\) 20\.0 s after/,
    },
    'a connection stayed open': {
      by: (campaign) => {
        isOpen(campaign, undefined);
        revoke(campaign, later);
      },
      says: /connection 1 of 5599990024, which showed of-559999002… .*, was never ended/,
    },
    'a connection was ended long after': {
      by: (campaign) => {
        isOpen(campaign, later + 10 + tooLong);
        revoke(campaign, later);
      },
      says: /connection 1 of 5599990024.*, was ended 6\.0 s after/,
    },
    'it was renewed afterwards': {
      by: (campaign) => {
        revoke(campaign, later);
        change(campaign.enrolled, { event: 'issued', at: issuedLast(campaign) }, { begun: later + 11 });
      },
      says: /5599990024 was given the certificate next-of-5599… in the place of of-559999002…, which had been taken out of use/,
    },
  },
  'revocation lists are true': {
    'one that was revoked is not on it': {
      by: (campaign) => listed(campaign, { withdrawn: later }, [], later + 16_000),
      says: /next-of-5599… of 5599990024 was taken out of use 16 s before the list at here was fetched, and is not on it/,
    },
    'one that is in use is on it': {
      by: (campaign) => listed(campaign, {}, ['A1'], later),
      says: /the list at here names A1, which is in use/,
    },
    'one that nobody knows is on it': {
      by: (campaign) => listed(campaign, {}, ['B2'], later),
      says: /the list at here names B2, which is in no book/,
    },
  },
  'a renewal is one certificate': {
    'the same key got two': {
      by: ({ store }) => {
        const row = one(store.certificate, { fingerprint: next });
        store.certificate.push({ ...row, fingerprint: 'third', renews: null });
      },
      says: /5599990024.* has 2 certificates in the books for its key/,
    },
    'the books have none': {
      by: ({ store, register }) => {
        drop(store.certificate, { fingerprint: next });
        register.length = 0;
      },
      says: /5599990024.* has 0 certificates in the books/,
    },
    'it was given another than the books have': {
      by: (campaign) =>
        change(campaign.enrolled, { event: 'issued', at: issuedLast(campaign) }, { fingerprint: 'third' }),
      says: /5599990024.* was given third…, and the books have next-of-5599…/,
    },
    'it was given one for another key': {
      by: (campaign) => change(campaign.enrolled, { event: 'issued', at: issuedLast(campaign) }, { holds: 'third' }),
      says: /5599990024.* was given next-of-5599…, which is for another key/,
    },
    'the books have it in the place of another': {
      by: ({ store }) => change(store.certificate, { fingerprint: next }, { renews: `of-${easy}` }),
      says: /5599990024.* has one in the books that is 5599990024's and renews of-5599990016/,
    },
    'a second key got one too': {
      by: ({ store }) => {
        const row = one(store.certificate, { fingerprint: next });
        store.certificate.push({ ...row, fingerprint: 'third', key: `other-key-of-${strict}`, renews: null });
      },
      says: /5599990024.* got a certificate for a second key/,
    },
    'one was renewed twice': {
      by: ({ store }) => {
        const row = one(store.certificate, { fingerprint: next });
        store.certificate.push({ ...row, fingerprint: 'third', key: 'third' });
      },
      says: /2 certificates are in the place of of-559999002…/,
    },
  },
  'who is registered is let in': {
    'a program was turned away with the new one': {
      by: (campaign) => turnedAway(campaign, next, later),
      says: /5599990024 was turned away \(list: certificate-not-accepted\) with next-of-5599…, which was registered/,
    },
    'a program was turned away with the old one before it was revoked': {
      by: (campaign) => {
        campaign.register.unshift({ at: 0, event: 'confirmed', org: strict, fingerprint: his });
        turnedAway(campaign, his, later - 10);
        revoke(campaign, later);
      },
      says: /5599990024 was turned away .* with of-559999002…, which was registered/,
    },
    'an endpoint was turned away': {
      by: ({ register, store }) => {
        register.push({ at: 0, event: 'registered', org: easy, fingerprint: `of-${easy}` });
        register.push({ at: 1, event: 'confirmed', org: easy, fingerprint: `of-${easy}` });
        change(store.attempt, { delivery: 3, number: 1 }, { fault: 'endpoint-certificate' });
      },
      says: /attempt 1 of m3 was not made, and the endpoint of 5599990016 showed of-559999001…, which was registered/,
    },
  },
  'receipts are true': {
    'it was told that its receipt was taken, and it was not': {
      by: ({ collected }) => {
        collected.push({
          event: 'receipted',
          id: 'm3',
          result: 'received',
          org: easy,
          identity: `of-${easy}`,
          begun: 1_000_001,
          at: 1_000_002,
        });
      },
      says: /5599990016 was told that its receipt for m3 was received; the books have it as not delivered/,
    },
    'it had fetched it and was told that nobody has': {
      by: ({ collected }) => change(collected, { event: 'receipted', id: 'c1' }, { result: 'not-fetched' }),
      says: /5599990016 had fetched c1, and was told that nobody has/,
    },
    'the books have a receipt that nobody gave': {
      by: ({ collected }) => drop(collected, { event: 'receipting', org: easy, begun: receiptBegun(collected, 'c1') }),
      says: /the books have a receipt for c1, which 5599990016 had not given/,
    },
    'the books had the receipt before it was given': {
      by: ({ store, collected }) =>
        change(store.receipt, { delivery: 8 }, { at: Number(receiptBegun(collected, 'c1')) - 1 }),
      says: /the books have a receipt for c1, which 5599990016 had not given/,
    },
    'it counts as collected and was never given': {
      by: ({ collected }) => drop(collected, { event: 'fetched', id: 'c1' }),
      says: /c1 counts as collected, and 5599990016 had never been given it/,
      also: ['sequences have no gap'],
    },
    'it counts as collected and other bytes were given': {
      by: ({ store }) => change(store.envelope, { message: 'c1' }, { sha256: 'another' }),
      says: /c1 counts as collected, and 5599990016 had been given other bytes/,
      also: ['an id is one document in one envelope'],
    },
  },
  'an id is one document in one envelope': {
    'it was fetched in another envelope than it was pushed in': {
      by: ({ collected }) => change(collected, { event: 'fetched', id: 'c2' }, { bodySha256: 'sealed anew' }),
      says: /id c2 came in 2 different envelopes/,
    },
    'an id came with another document': {
      by: ({ received, produced }) => {
        change(received, arrived('m2', 1), { documentSha256: 'sha-new' });
        const line = one(produced, { event: 'intent', ka: 'KA:m2' });
        produced.push({ ...line, ka: 'KA:m2b', sha256: 'sha-new', expects: 'message' });
      },
      says: /id m2 came with 2 different documents/,
    },
    'an id came in another envelope': {
      by: ({ received }) => change(received, arrived('m2', 1), { bodySha256: 'sealed anew' }),
      says: /id m2 came in 2 different envelopes/,
    },
    'the envelope is not the one in the books': {
      by: ({ store }) => change(store.envelope, { message: 'm1' }, { sha256: 'another' }),
      says: /the envelope of m1 is another than the one in the books/,
    },
    'a signature is not valid': {
      by: ({ received }) => change(received, arrived('m3', 1), { signature: 'does not fit the body' }),
      says: /the signature of m3 is not valid: does not fit the body/,
    },
    'what came is not what KA sent': {
      by: ({ received }) => change(received, arrived('m3', 1), { documentSha256: 'reformatted' }),
      says: /what came under m3 is not what KA sent/,
    },
    'the header names another id': {
      by: ({ received }) => {
        const line = one(received, arrived('m3', 1));
        line['claims'] = { ...(line['claims'] as Row), id: 'm9' };
      },
      says: /the header says m3, the envelope m9/,
    },
  },
  'sequences have no gap': {
    'the store has a gap': {
      by: ({ store }) => change(store.recipient, { org: strict }, { counter: 3 }),
      says: /5599990024 has no message with sequence 3; the counter says 3/,
      also: ['conservation is true'],
    },
    'a number that was given up is a message': {
      by: ({ store }) => void store.void_range.push({ org: strict, first: 2, last: 2 }),
      says: /5599990024 has a message with sequence 2, which was given up/,
      also: ['conservation is true'],
    },
    'two ids came with one sequence': {
      by: ({ received }) => {
        const line = one(received, arrived('m3', 1));
        line['claims'] = { ...(line['claims'] as Row), sequence: 1 };
      },
      says: /message m3 says sequence 1, the books 3/,
    },
    'a gap at a supplier is no gap in the books': {
      by: ({ received }) => change(received, arrived('m1', 1), { kept: false }),
      says: /5599990016 misses sequence 1, and the books say that it was delivered/,
      also: ['books and suppliers agree'],
    },
  },
  'numbers are explained': {
    'nobody answered': {
      by: (campaign) => {
        tellNumbers(campaign);
        campaign.collected.pop();
      },
      says: /5599990016 was not told what became of its numbers/,
    },
    'one is left out': {
      by: (campaign) => tellNumbers(campaign, toldOtherwise(4)),
      says: /is told of number 4 nothing/,
    },
    'one is told twice': {
      by: (campaign) => tellNumbers(campaign, [...truth, { first: 2, last: 3, state: 'delivered' }]),
      says: /is told of number 2 twice/,
    },
    'what was refused is told as delivered': {
      by: (campaign) => tellNumbers(campaign, toldOtherwise(3, { first: 3, last: 3, state: 'delivered', id: 'm3' })),
      says: /is told that number 3 is delivered; the books say refused/,
    },
    'one is told as another’s message': {
      by: (campaign) => tellNumbers(campaign, toldOtherwise(3, { first: 3, last: 3, state: 'refused', id: 's1' })),
      says: /is told that number 3 is message s1; it is m3/,
    },
    'numbers are told that nobody gave': {
      by: (campaign) => tellNumbers(campaign, [...truth, { first: 7, last: 9, state: 'waiting' }], { highest: 9 }),
      says: /is told of numbers up to 9; the counter says 6/,
    },
    'numbers that were given up are told as delivered': {
      by: (campaign) => {
        campaign.store.void_range.push({ org: easy, first: 7, last: 8 });
        change(campaign.store.recipient, { org: easy }, { counter: 8 });
        tellNumbers(campaign, [...truth, { first: 7, last: 8, state: 'delivered' }], { highest: 8 });
      },
      says: /is told that number 7 is delivered; the books say void/,
    },
  },
  'strict lanes are in order': {
    'the second came before the first': {
      by: ({ received }) => {
        const [first, second] = [one(received, arrived('s1', 1)), one(received, arrived('s2', 1))];
        const at = [received.indexOf(first), received.indexOf(second)] as const;
        received[at[0]] = second;
        received[at[1]] = first;
      },
      says: /5599990024 wants order, and got sequence 1 for the first time after 2/,
    },
  },
  'repeats are explained': {
    'an attempt came twice': {
      by: ({ received }) => {
        const line = one(received, arrived('m3', 1));
        received.push({ ...line, request: 90, connection: 90 });
      },
      says: /attempt 1 of m3 came 2 times/,
    },
    'an attempt is not in the books': {
      by: ({ received }) => {
        const line = one(received, arrived('m3', 1));
        received.push({ ...line, request: 90, connection: 90, attempt: 2 });
      },
      says: /attempt 2 of m3 was made and is not in the books/,
    },
    'it was claimed again after its receipt was on record': {
      by: ({ store }) => {
        const { at } = one(store.receipt, { delivery: 9 });
        const row = one(store.attempt, { delivery: 9, number: 1 });
        store.attempt.push({ ...row, number: 2, at: Number(at) + 1, finished: Number(at) + 2 });
        change(store.delivery, { message: 'c2' }, { attempts: 2 });
      },
      says: /attempt 2 of c2 was claimed after its receipt was on record/,
    },
    'it was claimed again after it was on record as delivered': {
      by: ({ store }) => {
        const row = one(store.attempt, { delivery: 1, number: 1 });
        store.attempt.push({ ...row, number: 2, at: Number(row['finished']) + 1, outcome: 'unknown', status: null });
        change(store.delivery, { message: 'm1' }, { attempts: 2 });
      },
      says: /attempt 2 of m1 was claimed after attempt 1 was on record as delivered/,
    },
  },
  'books and suppliers agree': {
    'the books say delivered, the supplier said 500': {
      by: ({ received }) => change(received, arrived('m1', 1), { receipt: false }),
      says: /the books say that attempt 1 of m1 was delivered; the supplier never said so/,
    },
    'the books say 422, the supplier said 400': {
      by: ({ received }) => change(received, arrived('m3', 1), { answers: 400 }),
      says: /the books say that attempt 1 of m3 was answered 422; the supplier never did/,
    },
    'the supplier said that it has it, the books say that nothing was sent': {
      by: ({ received, store }) => {
        const { request } = one(received, arrived('m2', 1));
        change(received, { event: 'answered', request }, { delivered: true });
        change(store.attempt, { delivery: 2, number: 1 }, { outcome: 'not-sent' });
      },
      says: /the supplier said that it has m2, attempt 1; the books say not-sent/,
    },
  },
  'conservation is true': {
    'a frame has no message': {
      by: ({ store }) =>
        void store.frame.push({ id: 99, sha256: 'x', verdict: 'message', message: 'm99', letter: null, at: 1 }),
      says: /13 frames were taken; 9 messages, 1 duplicates, 1 dead letters and 1 withdrawals are 12/,
    },
    'a delivery has no attempt that was answered 2xx': {
      by: ({ store }) => change(store.attempt, { delivery: 1, number: 1 }, { status: null }),
      says: /message m1 is delivered, and no attempt was answered 2xx/,
    },
    'it counts as collected without a receipt': {
      by: ({ store }) => drop(store.receipt, { delivery: 8 }),
      says: /message c1 is delivered, collected, and has no receipt/,
    },
    'an attempt has no end': {
      by: ({ store }) => change(store.attempt, { delivery: 2, number: 1 }, { outcome: null, finished: null }),
      says: /attempt 1 of message m2 never came to an end/,
    },
    'attempts were counted and are not there': {
      by: ({ store }) => change(store.delivery, { message: 'm2' }, { attempts: 3 }),
      says: /3 attempts of message m2 were counted, 2 are on record/,
    },
    'a message lies in the lane of another supplier': {
      by: ({ store }) => change(store.delivery, { message: 'm3' }, { lane: 2 }),
      says: /message m3 to 5599990016 lies in a lane of 5599990024/,
    },
    'a message has two current deliveries': {
      by: ({ store }) => {
        const row = one(store.delivery, { message: 'm3' });
        store.delivery.push({ ...row, id: 70, attempts: 0 });
      },
      says: /message m3 has 2 current deliveries/,
    },
  },
  'answers are complete and true': {
    'KA never got an answer': {
      by: (campaign) =>
        void campaign.status.splice(
          campaign.status.indexOf(answerOf(campaign, 'delivered', { messageId: 'm1' }).line),
          1,
        ),
      says: /KA never got the answer answer-\d+ \(delivered\)/,
    },
    'KA got an answer that is in no book': {
      by: ({ status }) => {
        const answer = { id: 'invented', answer: 'held', recipient: easy, lane: { address: 'main' } };
        status.push({ at: 9, raw: JSON.stringify(answer), headers: {}, answer });
      },
      says: /KA got an answer that is not in the books: invented/,
    },
    'an answer was never written': {
      by: (campaign) => {
        const { line, row } = answerOf(campaign, 'delivered', { messageId: 'm1' });
        campaign.status.splice(campaign.status.indexOf(line), 1);
        drop(campaign.store.outbox, { id: row['id'] });
      },
      says: /message m1 was delivered 1 times and answered so 0 times/,
    },
    'a message was accepted twice': {
      by: (campaign) => {
        const { line, row } = answerOf(campaign, 'accepted', { messageId: 'u1' });
        const answer = { ...(line['answer'] as Row), id: 'again' };
        const raw = JSON.stringify(answer);
        campaign.store.outbox.splice(campaign.store.outbox.indexOf(row), 0, { ...row, id: 98, body: raw });
        campaign.status.push({ ...line, raw, answer });
      },
      says: /message u1 was answered accepted 2 times/,
    },
    'the last word is not the state': {
      by: ({ store }) => change(store.delivery, { message: 'm3' }, { state: 'held', reason: 'schedule-spent' }),
      says: /message m3 is held, and the last that KA was told is refused/,
    },
    'an answer is still owed': {
      by: (campaign) => void (answerOf(campaign, 'refused', { messageId: 'm3' }).row['sent'] = null),
      says: /answer answer-\d+ is still owed/,
    },
    'a dead letter never came': {
      by: ({ dead }) => drop(dead, { bodySha256: 'sha-d1' }),
      says: /KA never got dead letter d1/,
    },
    'a dead letter came with other bytes': {
      by: ({ dead }) => change(dead, { bodySha256: 'sha-d1' }, { bodySha256: 'cut' }),
      says: /dead letter d1 came with other bytes/,
    },
    'a dead letter was not answered': {
      by: (campaign) => {
        const { line, row } = answerOf(campaign, 'rejected', { deadLetterId: 'd1' });
        campaign.status.splice(campaign.status.indexOf(line), 1);
        drop(campaign.store.outbox, { id: row['id'] });
      },
      says: /dead letter d1 was answered rejected 0 times/,
    },
    'a duplicate was not answered as one': {
      by: (campaign) => {
        const { row, line } = answerOf(campaign, 'duplicate', { messageId: 'm1' });
        const answer = { ...(line['answer'] as Row), answer: 'held', messageId: undefined };
        const raw = JSON.stringify(answer);
        Object.assign(row, { body: raw });
        Object.assign(line, { raw, answer });
        // The frame itself is not missed: its second copy was never confirmed.
        drop(
          campaign.produced,
          campaign.produced.findLast((one) => one['event'] === 'sent' && one['ka'] === 'KA:m1') as Row,
        );
      },
      says: /1 frames were duplicates, and 0 were answered so/,
    },
  },
};

/** The supplier that takes things as they come asks in the end what became of its numbers, and is told so. */
function tellNumbers({ world, collected }: Campaign, numbers: readonly Row[] = truth, more: Row = {}): void {
  Object.assign(world, { api: { ports: [1], caFile: 'ca.pem' } });
  Object.assign(one(world['suppliers'] as Row[], { org: easy }), { collects: 'prompt' });
  const asked = { org: easy, identity: `of-${easy}`, begun: 1_999_990, at: 1_999_991, highest: 6 };
  collected.push({ event: 'numbers', ...asked, numbers, ...more });
}

/** As the clean campaign leaves its numbers. */
/** When it was given the certificate for the second time. */
const issuedLast = ({ enrolled }: Campaign): unknown => enrolled.findLast(({ event }) => event === 'issued')?.['at'];

const truth: readonly Row[] = [
  { first: 1, last: 2, state: 'delivered' },
  { first: 3, last: 3, state: 'refused', id: 'm3' },
  { first: 4, last: 4, state: 'cancelled', id: 'm4' },
  { first: 5, last: 5, state: 'delivered', id: 'c1' },
  { first: 6, last: 6, state: 'delivered', id: 'c2' },
];

const toldOtherwise = (first: number, ...instead: readonly Row[]): readonly Row[] =>
  truth.flatMap((one) => (one['first'] === first ? instead : [one]));

/** When the receipt of a message was about to be given. */
const receiptBegun = (collected: readonly Row[], id: string): unknown =>
  collected.find(({ event, ids }) => event === 'receipting' && (ids as string[]).includes(id))?.['begun'];

describe('the verdict', () => {
  it('finds nothing in a campaign in which all agrees', async () => {
    const verdict = await judged(cleanCampaign());
    assert.deepEqual(verdict.findings, []);
    assert.equal(verdict.clean, true);
    const {
      sent,
      messages,
      duplicates,
      deadLetters,
      withdrawals,
      delivered,
      held,
      refused: no,
      cancelled,
    } = verdict.counts;
    assert.deepEqual(
      { sent, messages, duplicates, deadLetters, withdrawals, delivered, held, no, cancelled },
      {
        sent: 12,
        messages: 9,
        duplicates: 1,
        deadLetters: 1,
        withdrawals: 1,
        delivered: 6,
        held: 1,
        no: 1,
        cancelled: 1,
      },
    );
  });

  for (const [claim, ways] of Object.entries(broken))
    describe(claim, () => {
      for (const [way, { by, says, also = [] }] of Object.entries(ways))
        it(`is not true when ${way}`, async () => {
          const campaign = cleanCampaign();
          by(campaign);
          const { clean, findings } = await judged(campaign);
          assert.equal(clean, false);
          const all = findings.map((one) => `${one.claim}: ${one.what}`).join('\n');
          assert.ok(
            findings.some((one) => one.claim === claim && says.test(one.what)),
            all,
          );
          assert.deepEqual(new Set(findings.map((one) => one.claim)), new Set([claim, ...also]), all);
        });
    });

  it('finds nothing when a supplier is told of its numbers as they are, or as they were when it asked', async () => {
    const campaign = cleanCampaign();
    tellNumbers(campaign);
    const { findings, counts } = await judged(campaign);
    assert.deepEqual(findings, []);
    assert.equal(counts['numbersTold'], 6);
    const changed = cleanCampaign();
    tellNumbers(changed, toldOtherwise(4, { first: 4, last: 4, state: 'held' }));
    change(changed.store.delivery, { message: 'm4' }, { at: 1_999_995 });
    assert.deepEqual((await judged(changed)).findings, []);
  });

  it('finds nothing when a revocation ends what there is at once, and later where something was broken just then', async () => {
    const ended = cleanCampaign();
    isOpen(ended, later + 4_000);
    askNumbers(ended, later, later + 4_000);
    revoke(ended, later);
    turnedAway(ended, his, later + 5);
    const told = { org: strict, identity: his, begun: later + 8_000, at: later + 8_000, id: 's1' };
    ended.collected.push({ event: 'receipted', result: 'certificate-not-accepted', ...told });
    assert.deepEqual((await judged(ended)).findings, []);
    const broken = cleanCampaign();
    fault(broken, 'api-2/postgresql', later - 500, later + 3_000);
    isOpen(broken, later + 17_000);
    askNumbers(broken, later, later + 17_000);
    revoke(broken, later);
    assert.deepEqual((await judged(broken)).findings, []);
    // Of what was revoked just now a list need not know.
    const [before, after] = [cleanCampaign(), cleanCampaign()];
    listed(before, { withdrawn: later }, [], later + 14_000);
    listed(after, { withdrawn: later }, ['A1'], later + 1_000);
    for (const one of [before, after]) assert.deepEqual((await judged(one)).findings, []);
    // Opened while the command ran: nobody was there yet whom it could end.
    const opened = cleanCampaign();
    revoke(opened, later);
    isOpen(opened, undefined, later + 5);
    assert.deepEqual((await judged(opened)).findings, []);
  });

  it('leaves alone what the contract allows', async () => {
    const build = buildCampaign();
    build.accept('m1', easy);
    build.accept('m2', easy);
    build.accept('s1', strict);
    build.accept('s2', strict);
    // A kept connection that ended under the request: the same attempt once more, on another.
    build.push('m1', { answers: 'reset', kept: true, outcome: 'unknown' });
    const [first] = build.campaign.received;
    Object.assign(first ?? {}, { nth: 2 });
    build.campaign.received.splice(2, 0, { ...first, request: 50, connection: 50, nth: 1 });
    build.push('m1', taken);
    // KA took s1 back before it was sent, and it came all the same, late.
    build.push('s2', taken);
    build.withdraw('s1');
    build.push('s1', taken);
    build.push('m2', refused);
    // A lane that is held says why a message waits.
    build.accept('m3', easy);
    Object.assign(build.campaign.store.lane[0] ?? {}, { state: 'held', wake: null });
    // Numbers that were given up after a restoration are no gap.
    build.campaign.store.void_range.push({ org: strict, first: 3, last: 40 });
    change(build.campaign.store.recipient, { org: strict }, { counter: 40 });
    // KA hears everything twice.
    build.campaign.status.push(...build.campaign.status.map((line) => ({ ...line })));
    const { findings } = await judged(build.campaign);
    assert.deepEqual(findings, []);
  });

  it('counts what a supplier kept and did not confirm, and takes nothing for delivered that was not confirmed', async () => {
    const build = buildCampaign();
    build.accept('m1', easy);
    build.push('m1', { answers: 500, kept: true, outcome: 'message-failed' });
    Object.assign(build.campaign.store.lane[0] ?? {}, { state: 'held', wake: null });
    const { clean, counts } = await judged(build.campaign);
    assert.equal(clean, true);
    assert.deepEqual([counts['kept'], counts['keptWithoutReceipt'], counts['delivered']], [1, 1, 0]);
  });

  it('tells the seed, and the story of the message from KA to the supplier', async () => {
    const campaign = cleanCampaign();
    change(campaign.received, arrived('m2', 1), { identity: 'stolen' });
    const text = verdictText(await judged(campaign));
    assert.match(text, /^seed 7: 1 findings/);
    const order = [
      /NOT TRUE: nothing goes to a wrong identity\. message m2 came/,
      /KA {8}intent document self-invoice\|5599990016\|SF-m2 as KA:m2/,
      /store {5}a frame: message m2/,
      /KA {8}hears accepted/,
      /store {5}attempt 1 begins/,
      /supplier {2}5599990016 shows stolen…, gets attempt 1 on connection \d+, keeps it, answers reset/,
      /store {5}attempt 1: unknown/,
      /store {5}attempt 2 begins/,
      /KA {8}hears delivered/,
    ];
    const places = order.map((line) => text.search(line));
    assert.ok(!places.includes(-1), `${places.join(' ')}\n${text}`);
    assert.deepEqual(
      places,
      places.toSorted((a, b) => a - b),
      text,
    );
    assert.doesNotMatch(text, /KA:m1|KA:m3/);
  });
});
