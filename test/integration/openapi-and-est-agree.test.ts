/** The contract cannot lie about certificates either: each route is documented and served, and each answer is as it says. */
import { strict as assert } from 'node:assert';
import { supplierContract } from '../../src/collection/open-routes.ts';
import type { EnrolParts } from '../../src/enrolment/enrol.ts';
import { estRoutes } from '../../src/enrolment/face/est.ts';
import { makeSigningRequest } from '../../src/pki/own-key.ts';
import { openContract } from '../support/contract.ts';
import { day, newRequest, openEnrolment } from '../support/enrolment.ts';
import { estClient, issuedIn } from '../support/est-client.ts';
import type { Answered } from '../support/mailbox.ts';

const contract = openContract(supplierContract);
const operations = contract.operations.filter(({ path }) => path.startsWith('/.well-known/est/'));

describe('the contract and EST', () => {
  it('have the same routes; what they ask of a client is documented', () => {
    // Nothing of it is used before a request comes.
    const served = estRoutes({} as EnrolParts).map(({ method, path }) => `${method} ${path}`);
    assert.deepEqual(served.toSorted(), operations.map(({ method, path }) => `${method} ${path}`).toSorted());
    const security = (name: string, method: string) =>
      (supplierContract.paths[`/.well-known/est/${name}`]?.[method] as { security: unknown } | undefined)?.security;
    assert.deepEqual(security('cacerts', 'get'), []);
    assert.deepEqual(security('simpleenroll', 'post'), [{ codes: [] }]);
    assert.deepEqual(security('simplereenroll', 'post'), [{ certificate: [] }]);
  });

  it('agree on every answer that is documented', async () => {
    const stage = await openEnrolment();
    try {
      const clock = { shift: 0 };
      const now = () => new Date(Date.now() + clock.shift);
      const { port } = await stage.startApi({ now });
      const client = estClient(stage, port);
      const answered = new Set<string>();
      const held = async (name: string, asked: Promise<Answered>): Promise<Answered> => {
        const answer = await asked;
        const operation = operations.find(({ path }) => path === `/.well-known/est/${name}`);
        assert.ok(operation);
        const { status, headers, bytes } = answer;
        contract.allows(operation, { status, headers, body: bytes.toString('utf8') });
        answered.add(`${operation.path} ${status}`);
        return answer;
      };
      const enrol = (...given: Parameters<typeof client.enrol>) => held('simpleenroll', client.enrol(...given));
      const renew = (...given: Parameters<typeof client.renew>) => held('simplereenroll', client.renew(...given));
      const get = (name: string) => held(name, client.ask('GET', `/.well-known/est/${name}`));

      assert.equal((await get('cacerts')).status, 404);
      const { keyPem, der } = await newRequest();
      const order = await stage.order({ approval: 'awaited' });
      assert.equal((await enrol(order, der)).status, 202);
      await stage.pool.query("update certificate_order set approval = 'given' where id = $1", [order.id]);
      const ca = await stage.startCa({ now });
      for (const name of ['cacerts', 'csrattrs']) {
        const { headers } = await get(name);
        const again = await estAgain(name, String(headers['etag']));
        assert.equal(again.status, 304);
      }
      const certificate = issuedIn(await enrol(order, der));
      const credential = { keyPem, certificatePem: certificate.pem };
      await enrol({ ...order, password: 'x' }, der);
      const other = await newRequest();
      assert.equal((await enrol(order, other.der)).status, 409);
      assert.equal((await renew(credential, other.der)).status, 403);
      assert.equal((await renew(undefined, other.der)).status, 401);
      clock.shift = certificate.notAfter.getTime() - Date.now() - 9 * day;
      assert.equal((await enrol(order, der)).status, 403);
      const { der: used } = await makeSigningRequest(keyPem, 'x');
      const open = await stage.order({ orderedAt: now() });
      for (const ask of [
        (body: string | Buffer, headers = {}) => enrol(open, body, headers),
        (body: string | Buffer, headers = {}) => renew(credential, body, headers),
      ]) {
        assert.equal((await ask('?')).status, 400);
        assert.equal((await ask(Buffer.alloc(50_000))).status, 413);
        assert.equal((await ask('?', { 'content-type': 'text/plain' })).status, 415);
        assert.equal((await ask(used)).status, 422);
      }
      await ca.stop();
      assert.equal((await renew(credential, other.der)).status, 202);
      await stage.startCa({ now });
      let next = await renew(credential, other.der);
      while (next.status === 202) next = await renew(credential, other.der);
      issuedIn(next);
      assert.equal((await renew(credential, (await newRequest()).der)).status, 409);
      const documented = operations.flatMap(({ path, responses }) =>
        Object.keys(responses)
          .filter((status) => /^\d+$/.test(status) && status !== '429')
          .map((status) => `${path} ${status}`),
      );
      assert.deepEqual(
        documented.filter((one) => !answered.has(one)),
        [],
      );

      async function estAgain(name: string, etag: string): Promise<Answered> {
        const { programOf } = await import('../support/mailbox.ts');
        const program = programOf(port, stage.authority.root.certificatePem, { key: '', certificate: '' });
        return held(name, program.ask('GET', `/.well-known/est/${name}`, { headers: { 'if-none-match': etag } }));
      }
    } finally {
      await stage.close();
    }
  });
});
