import { strict as assert } from 'node:assert';
import { startEndpoint } from '../support/endpoint.ts';
import { eventually } from '../support/eventually.ts';
import { openGateway, type TestGateway } from '../support/gateway.ts';
import { assertAnswered, assertDelivered, conserved } from '../support/gateway-account.ts';
import { issueSupplierCredential } from '../support/gateway-supplier.ts';
import { kaDocuments } from '../support/ka.ts';

describe('an address change moves the connection, not the envelope', function () {
  this.timeout(120_000);
  let gateway: TestGateway;
  beforeEach(async () => {
    gateway = await openGateway();
  });
  afterEach(() => gateway.close());

  it('messages that were tried at the old URL come to the new one with the bytes they had', async () => {
    const supplier = await gateway.addSupplier();
    const { endpoint, credential, organisationNumber } = supplier;
    await gateway.register(supplier.entry({ concurrency: 3 }));
    await gateway.start();
    const first = kaDocuments(organisationNumber, 4, 'A');
    const second = kaDocuments(organisationNumber, 6, 'B');
    await gateway.ka.send(first);
    await gateway.settled(4);
    const kept = endpoint.seen.connections;
    // Claimed, sent and not taken.
    endpoint.behave(503);
    await gateway.ka.send(second);
    await eventually('some were sealed and sent', () => endpoint.requests.length >= 7);
    const before = await supplier.received();

    const ca = gateway.certificates.authority.rootPem;
    const rolled = await issueSupplierCredential(gateway.certificates.authority, organisationNumber);
    const moved = await startEndpoint({ ...rolled, ca });
    try {
      await gateway.register(supplier.entry({ concurrency: 3, url: moved.url, certificates: [rolled.certificate] }));
      const sent = endpoint.requests.length;
      endpoint.behave('ok');
      const late = kaDocuments(organisationNumber, 3, 'C');
      await gateway.ka.send(late);
      const found = await gateway.settled(13);
      assert.equal(found.delivered, 13);
      // A push that was on the wire when the address changed may have ended after it; no new one begins.
      assert.ok(endpoint.requests.length - sent <= 3, 'the old endpoint got no more');
      const there = endpoint.requests.length;

      // Everything that came to either, as the supplier sees it.
      endpoint.requests.push(...moved.requests);
      const received = await assertDelivered(gateway, supplier, [...first, ...second, ...late]);
      const atNew = received.slice(there);
      const old = before.filter(({ id }) => atNew.some((one) => one.id === id));
      assert.ok(old.length > 0, 'some came to both');
      for (const one of atNew) {
        const sealedOld = before.some(({ id }) => id === one.id);
        const sealedNew = late.some(({ number }) => number === one.documentNumber);
        // Between our look and the change others may have been sealed for the old address.
        const expected = sealedOld ? [endpoint.url] : sealedNew ? [moved.url] : [endpoint.url, moved.url];
        assert.ok(expected.includes(one.recipientUrl ?? ''), `${one.documentNumber} says ${one.recipientUrl}`);
        const { fingerprint } = one.recipientUrl === endpoint.url ? credential : rolled;
        assert.equal(one.recipientCertificate, fingerprint);
      }
      assert.ok(kept >= 1 && moved.seen.connections >= 1);
      assertAnswered(gateway, [...first, ...second, ...late]);
      await conserved(gateway);
    } finally {
      await moved.stop();
    }
  });

  it('a kept connection to the old address is not used again, although the old endpoint would take everything', async () => {
    const supplier = await gateway.addSupplier();
    const { organisationNumber, endpoint } = supplier;
    await gateway.register(supplier.entry());
    await gateway.start();
    const ca = gateway.certificates.authority.rootPem;
    const moved = await startEndpoint({ ...supplier.credential, ca });
    try {
      const documents = kaDocuments(organisationNumber, 40);
      let taken = 0;
      for (let round = 0; round < 8; round++) {
        // To and fro; each time the connection to the other one is warm.
        const here = round % 2 === 0;
        await gateway.register(supplier.entry({ url: here ? endpoint.url : moved.url }));
        const count = () => [endpoint.requests.length, moved.requests.length] as const;
        const [atOld, atMoved] = count();
        await gateway.ka.send(documents.slice(round * 5, round * 5 + 5));
        taken += 5;
        await gateway.settled(taken);
        assert.deepEqual(count(), here ? [atOld + 5, atMoved] : [atOld, atMoved + 5], `round ${round}`);
      }
      endpoint.requests.push(...moved.requests);
      await assertDelivered(gateway, supplier, documents);
      assertAnswered(gateway, documents);
      await conserved(gateway);
    } finally {
      await moved.stop();
    }
  });

  it('a certificate that was withdrawn ends its kept connection: nothing more goes to who shows it', async () => {
    const supplier = await gateway.addSupplier();
    const { organisationNumber, endpoint } = supplier;
    const rolled = await issueSupplierCredential(gateway.certificates.authority, organisationNumber);
    await gateway.register(supplier.entry());
    await gateway.start();
    const documents = kaDocuments(organisationNumber, 6);
    await gateway.ka.send(documents.slice(0, 3));
    await gateway.settled(3);
    await gateway.register(supplier.entry({ certificates: [rolled.certificate] }));
    await gateway.ka.send(documents.slice(3));
    const held = await eventually('the lane is held', () => gateway.ka.answers().find(({ lane }) => lane));
    assert.equal(held.fault?.code, 'endpoint-certificate');
    assert.equal(endpoint.requests.length, 3);
    // The supplier rolls its certificate too; the lane is released by a handshake.
    endpoint.useCredential(rolled);
    const found = await gateway.settled(6);
    assert.equal(found.delivered, 6);
    const received = await assertDelivered(gateway, supplier, documents);
    assert.equal(received.length, 6);
    await conserved(gateway);
  });
});
