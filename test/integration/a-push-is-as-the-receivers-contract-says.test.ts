import { strict as assert } from 'node:assert';
import { loadContract } from '../../src/platform/http/contract.ts';
import { openContract } from '../support/contract.ts';
import { openGateway, type TestGateway } from '../support/gateway.ts';
import { conserved } from '../support/gateway-account.ts';
import { kaDocuments } from '../support/ka.ts';

/** Of HTTP itself, and what a client says of itself: no contract names them. */
const ofHttp = ['host', 'connection', 'content-length', 'content-type', 'user-agent'];

describe('a push', () => {
  let gateway: TestGateway;
  before(async () => {
    gateway = await openGateway();
  });
  after(() => gateway.close());

  it('has the headers and the body that the contract of the receiver documents, and no others', async () => {
    const { operations, resolve, holds } = openContract(loadContract('openapi/receiver/1.json'));
    const operation = operations[0] ?? assert.fail('no operation');
    const supplier = await gateway.addSupplier();
    const inXml = await gateway.addSupplier();
    await gateway.register(supplier.entry(), inXml.entry({ envelopeFormat: 'sfti' }));
    await gateway.start();
    const [first, second, third] = kaDocuments(supplier.organisationNumber, 3);
    assert.ok(first && second && third);
    const traced = {
      ...first,
      headers: { ...first.headers, traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01` },
    };
    // The second of each three is in XML, which is what an SFTI envelope takes.
    const svefaktura = kaDocuments(inXml.organisationNumber, 1, 'X');
    await gateway.ka.send([traced, second, third, ...svefaktura]);
    await gateway.settled(4);
    const requests = [...supplier.endpoint.requests, ...inXml.endpoint.requests];
    assert.equal(requests.length, 4);
    const met = { types: new Set<string>(), headers: new Set<string>() };
    for (const { method, headers, body } of requests) {
      assert.equal(method, operation.method);
      for (const { name, required, schema } of operation.parameters) {
        const value = headers[String(name)];
        if (value !== undefined) holds(resolve(schema), value, String(name));
        else assert.equal(required, false, `the header ${String(name)}`);
      }
      const documented = operation.parameters.map(({ name }) => String(name));
      for (const name of Object.keys(headers).filter((one) => !ofHttp.includes(one))) {
        assert.ok(documented.includes(name), `the header ${name} is not documented`);
        met.headers.add(name);
      }
      const type = String(headers['content-type']).split(';', 1)[0] ?? '';
      const content = operation.requestBody?.['content'] as Record<string, { schema: unknown }>;
      const media = content[type] ?? assert.fail(`the type ${type} is not documented`);
      holds(media.schema, type.endsWith('json') ? JSON.parse(body.toString()) : body.toString(), type);
      met.types.add(type);
    }
    // Everything that is documented was met.
    assert.equal(met.headers.size, operation.parameters.length);
    assert.equal(met.types.size, 2);
    await conserved(gateway);
  });
});
