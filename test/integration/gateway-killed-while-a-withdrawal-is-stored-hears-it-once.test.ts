import { strict as assert } from 'node:assert';
import { listAudit } from '../../src/store/audit.ts';
import { inTurn, type Moment, startCrashing } from '../support/crash-gateway.ts';
import { jsonSelfInvoice, sampleOrganisationNumber } from '../support/documents.ts';
import { openGateway } from '../support/gateway.ts';
import { conserved } from '../support/gateway-account.ts';
import { kaDocument, withdrawalOf } from '../support/ka.ts';

describe('gateway killed while a withdrawal is stored, then started again, hears it once', function () {
  this.timeout(120_000);
  const moments: readonly Moment[] = ['before', 'during', 'after'];
  let runs: readonly Promise<void>[];
  before(() => {
    runs = moments.map(killAndStartAgain);
    for (const run of runs) run.catch(() => undefined);
  });

  for (const [i, moment] of moments.entries()) it(`${moment} its transaction, in the middle of a batch`, () => runs[i]);
});

async function killAndStartAgain(moment: Moment): Promise<void> {
  const gateway = await openGateway();
  try {
    const recipient = sampleOrganisationNumber(97);
    const wrong = kaDocument(recipient, 'W-1');
    const right = { ...wrong, body: jsonSelfInvoice({ recipient, number: 'W-1', seed: 9 }), isText: true };
    const other = kaDocument(recipient, 'W-2', 2);
    await gateway.ka.send([wrong, withdrawalOf(wrong), right, other]);
    await inTurn(() => startCrashing(gateway, { role: 'intake', step: 'withdraw', moment, nth: 1 }).crashed);
    await gateway.start();
    const found = await gateway.settled(4);
    assert.deepEqual([found.taken, found.messages, found.withdrawals, found.cancelled], [4, 3, 1, 1]);
    assert.deepEqual(gateway.ka.about('W-1'), ['accepted', 'held', 'cancelled', 'accepted', 'held']);
    assert.deepEqual(gateway.ka.about('W-2'), ['accepted', 'held']);
    assert.equal((await listAudit(gateway.pool, { action: 'message.withdraw', limit: 9 })).length, 1);
    await conserved(gateway);
  } finally {
    await gateway.close();
  }
}
