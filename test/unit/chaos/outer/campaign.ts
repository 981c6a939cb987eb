/** A small campaign, made by hand: the folder that the outer world would have written, and the store that goes with it. All of it agrees. */
export type Row = Record<string, unknown>;
export type Lines = Row[];

/** Tables as the verdict's own SQL gives them, by the first table that a statement names. */
export interface Tables {
  message: Row[];
  delivery: Row[];
  attempt: Row[];
  envelope: Row[];
  receipt: Row[];
  void_range: Row[];
  frame: Row[];
  dead_letter: Row[];
  outbox: Row[];
  recipient: Row[];
  lane: Row[];
  certificate: Row[];
  audit: Row[];
}

export interface Campaign {
  world: Row;
  produced: Lines;
  received: Lines;
  status: Lines;
  dead: Lines;
  register: Lines;
  collected: Lines;
  enrolled: Lines;
  connections: Lines;
  faults: Lines;
  lists: Lines;
  store: Tables;
}

export const buyer = '2021002114';
/** Takes things as they come; wants order; is known to nobody. */
export const [easy, strict, stranger] = ['5599990016', '5599990024', '5599990818'] as const;
const lanes: Readonly<Record<string, number>> = { [easy]: 1, [strict]: 2 };

/** What an attempt came to: at the supplier, and in the books. */
export interface Try {
  readonly answers: number | 'reset';
  readonly kept: boolean;
  readonly outcome: string;
}
export const taken: Try = { answers: 204, kept: true, outcome: 'delivered' };
export const muted: Try = { answers: 'reset', kept: true, outcome: 'unknown' };
export const refused: Try = { answers: 422, kept: false, outcome: 'refused' };

/** Builds a campaign step by step; what is built is clean. */
export function buildCampaign() {
  let clock = 1_000_000;
  const tick = (): number => (clock += 10);
  let requests = 0;
  let connections = 0;
  const counters = new Map<string, number>();
  const campaign: Campaign = {
    world: {
      seed: 7,
      environment: 'test',
      sender: buyer,
      queues: { in: 'in', status: 'status', dead: 'dead' },
      suppliers: [easy, strict].map((org) => ({
        org,
        ordering: org === strict ? 'strict' : 'any',
        messageTypes: ['self-invoice'],
      })),
    },
    produced: [],
    received: [],
    status: [],
    dead: [],
    register: [],
    collected: [],
    enrolled: [],
    connections: [],
    faults: [],
    lists: [],
    store: {
      message: [],
      delivery: [],
      attempt: [],
      envelope: [],
      receipt: [],
      void_range: [],
      frame: [],
      dead_letter: [],
      outbox: [],
      recipient: [],
      audit: [],
      lane: [easy, strict].map((org) => ({
        id: lanes[org],
        org,
        name: 'main',
        state: 'flowing',
        wake: null,
        delivery: 'push',
        retired: null,
      })),
      certificate: [easy, strict].map((org) => ({
        fingerprint: `of-${org}`,
        org,
        at: 0,
        withdrawn: null,
        key: `key-of-${org}`,
        renews: null,
        serial: null,
      })),
    },
  };
  const { store } = campaign;

  const answer = (body: Row): void => {
    const id = `answer-${store.outbox.length + 1}`;
    const raw = JSON.stringify({ id, ...body });
    store.outbox.push({
      id: store.outbox.length + 1,
      queue: 'status',
      body: raw,
      letter: null,
      at: tick(),
      sent: tick(),
    });
    campaign.status.push({ at: tick(), raw, headers: {}, answer: JSON.parse(raw) as Row });
  };
  const send = (line: Row): void => {
    campaign.produced.push({ at: tick(), event: 'intent', kind: 'document', type: 'self-invoice', ...line });
    campaign.produced.push({ at: tick(), event: 'sent', ka: line['ka'] });
  };
  const frame = (row: Row): void =>
    void store.frame.push({
      id: store.frame.length + 1,
      broker: `b-${store.frame.length}`,
      message: null,
      letter: null,
      at: tick(),
      ...row,
    });
  const lineOf = (ka: string): Row =>
    campaign.produced.find((one) => one['ka'] === ka && one['event'] === 'intent') ?? {};
  const about = (id: string): Row => {
    const row = store.message.find((one) => one['id'] === id) ?? {};
    const { sequence, version, type: messageType, document: documentNumber, org: recipient } = row;
    return {
      messageId: id,
      sequence: String(sequence),
      version,
      messageType,
      documentNumber,
      recipient,
      kaMessageId: row['ka'],
    };
  };
  const deliveryOf = (id: string): Row => store.delivery.findLast((one) => one['message'] === id) ?? {};

  const build = {
    campaign,
    /** KA sends a document and it is accepted as message `id`. */
    accept(id: string, org: string): void {
      const [ka, number, sha256] = [`KA:${id}`, `SF-${id}`, `sha-${id}`];
      send({ ka, key: `self-invoice|${org}|${number}`, org, number, sha256, expects: 'message' });
      const sequence = (counters.get(org) ?? 0) + 1;
      counters.set(org, sequence);
      store.recipient = [...counters].map(([one, counter]) => ({ org: one, counter, purged: 0 }));
      frame({ sha256, verdict: 'message', message: id });
      store.message.push({
        id,
        number: store.message.length + 1,
        org,
        sequence,
        environment: 'test',
        type: 'self-invoice',
        document: number,
        version: 1,
        sha256,
        ka,
        at: tick(),
      });
      const lane = lanes[org] ?? null;
      store.delivery.push({
        id: store.delivery.length + 1,
        message: id,
        number: 1,
        current: true,
        lane,
        state: lane === null ? 'held' : 'waiting',
        reason: lane === null ? 'no-address' : null,
        attempts: 0,
        by: null,
        at: tick(),
      });
      answer({ answer: 'accepted', ...about(id) });
      if (lane === null) answer({ answer: 'held', ...about(id), fault: { code: 'no-address' } });
    },
    /** The same frame again. */
    double(id: string): void {
      const line = lineOf(`KA:${id}`);
      send({ ...line, doubled: true });
      frame({ sha256: line['sha256'], verdict: 'duplicate', message: id });
      answer({ answer: 'duplicate', messageId: id, kaMessageId: `KA:${id}` });
    },
    reject(id: string): void {
      const [ka, sha256] = [`KA:${id}`, `sha-${id}`];
      send({
        ka,
        key: `self-invoice|${easy}|SF-${id}`,
        org: easy,
        number: `SF-${id}`,
        sha256,
        expects: 'dead-letter',
        broken: 'noise',
      });
      frame({ sha256, verdict: 'dead-letter', letter: id });
      store.dead_letter.push({ id, fault: 'document-not-recognised', ka, sha256, at: tick() });
      answer({ answer: 'rejected', deadLetterId: id, kaMessageId: ka, fault: { code: 'document-not-recognised' } });
      store.outbox.push({
        id: store.outbox.length + 1,
        queue: 'dead',
        body: null,
        letter: id,
        at: tick(),
        sent: tick(),
      });
      const headers = { 'dead-letter-id': id, 'original-kaMessageId': ka, fault: 'document-not-recognised' };
      campaign.dead.push({ at: tick(), headers, bodySha256: sha256, bytes: 9 });
    },
    withdraw(id: string): void {
      const [ka, line] = [`KA:${id}:w`, lineOf(`KA:${id}`)];
      send({ ...line, kind: 'withdrawal', ka, sha256: 'nothing', expects: 'withdrawal' });
      frame({ sha256: 'nothing', verdict: 'withdrawal', message: id });
      Object.assign(deliveryOf(id), { state: 'cancelled', reason: 'withdrawn-by-ka' });
      answer({ answer: 'cancelled', ...about(id), kaMessageId: ka, fault: { code: 'withdrawn-by-ka' } });
    },
    /** One attempt, on a connection of its own. */
    push(id: string, { answers, kept, outcome }: Try): void {
      const delivery = deliveryOf(id);
      const row = store.message.find((one) => one['id'] === id) ?? {};
      const { org, sequence, document: number, sha256 } = row;
      const attempt = Number(delivery['attempts']) + 1;
      const at = tick();
      const receipt = answers === 204;
      const request = ++requests;
      const claims = { id, recipient: org, sender: buyer, environment: 'test', sequence, type: 'self-invoice', number };
      campaign.received.push({
        at: tick(),
        event: 'received',
        request,
        org,
        lane: 'main',
        id,
        attempt,
        whole: true,
        bodySha256: `body-${id}`,
        documentSha256: sha256,
        signature: 'valid',
        claims,
        identity: `of-${String(org)}`,
        client: 'gateway',
        connection: ++connections,
        nth: 1,
        kept,
        answers,
        receipt,
      });
      campaign.received.push({
        at: tick(),
        event: 'answered',
        request,
        org,
        id,
        answered: answers,
        delivered: receipt,
      });
      const status = typeof answers === 'number' ? answers : null;
      const own = { delivery: delivery['id'], number: attempt, fault: null, peer: `of-${String(org)}` };
      store.attempt.push({ ...own, at, finished: tick(), outcome, status });
      if (!store.envelope.some((one) => one['message'] === id))
        store.envelope.push({ message: id, sha256: `body-${id}` });
      const state = outcome === 'delivered' || outcome === 'refused' ? outcome : 'waiting';
      Object.assign(delivery, { attempts: attempt, state, by: state === 'delivered' ? 'pushed' : null, at: tick() });
      if (state !== 'waiting') answer({ answer: state, ...about(id) });
    },
    /** The supplier is told of it and fetches it. */
    fetch(id: string): void {
      const { org, sequence, document: number, sha256 } = store.message.find((one) => one['id'] === id) ?? {};
      const by = (): Row => ({ org, identity: `of-${String(org)}`, begun: tick(), at: tick(), id });
      campaign.collected.push({ event: 'listed', sequence, ...by() });
      const claims = { id, recipient: org, sender: buyer, environment: 'test', sequence, type: 'self-invoice', number };
      const bytes = { bodySha256: `body-${id}`, documentSha256: sha256, signature: 'valid', claims };
      campaign.collected.push({ event: 'fetched', ...bytes, ...by() });
      if (!store.envelope.some((one) => one['message'] === id))
        store.envelope.push({ message: id, sha256: `body-${id}` });
    },
    /** The supplier says that it has it, and is believed. */
    receipt(id: string): void {
      const { org } = store.message.find((one) => one['id'] === id) ?? {};
      const by = (): Row => ({ org, identity: `of-${String(org)}`, begun: tick(), at: tick() });
      campaign.collected.push({ event: 'receipting', ids: [id], ...by() });
      const delivery = deliveryOf(id);
      const { begun, at, ...who } = by();
      const received = tick();
      store.receipt.push({ delivery: delivery['id'], at: received, fingerprint: `of-${String(org)}` });
      Object.assign(delivery, { state: 'delivered', by: 'collected', reason: null, at: received });
      answer({ answer: 'delivered', ...about(id) });
      campaign.collected.push({
        event: 'receipted',
        id,
        result: 'received',
        ...who,
        begun,
        at: Math.max(Number(at), tick()),
      });
    },
    /** The supplier renews with its own software, and switches nothing over yet. */
    renew(org: string): void {
      const [renews, fingerprint, key] = [`of-${org}`, `next-of-${org}`, `next-key-of-${org}`];
      const first = { org, key, renews, wants: 'this' };
      campaign.enrolled.push({ at: tick(), event: 'asking', ...first });
      campaign.enrolled.push({ at: tick(), event: 'unanswered', ...first, begun: tick() });
      const begun = tick();
      store.certificate.push({ fingerprint, org, at: tick(), withdrawn: null, key, renews, serial: 'A1' });
      for (const again of [begun, tick()])
        campaign.enrolled.push({ at: tick(), event: 'issued', ...first, begun: again, fingerprint, holds: key });
      const second = { org, key: `other-key-of-${org}`, renews, wants: 'another' };
      campaign.enrolled.push({ at: tick(), event: 'asking', ...second });
      const refused = { status: 409, fault: 'already-renewed' };
      campaign.enrolled.push({ at: tick(), event: 'not-issued', ...second, begun: tick(), ...refused });
      campaign.register.push({ at: begun, event: 'registered', org, fingerprint });
      campaign.register.push({ at: tick(), event: 'confirmed', org, fingerprint });
    },
  };
  return build;
}
