import { strict as assert } from 'node:assert';
import type { WaitingRoom } from '../../src/collection/waiting.ts';
import { readSettings } from '../../src/platform/config/read.ts';
import { silentLog } from '../../src/platform/log.ts';
import { startSupplierApi, supplierApiSettings } from '../../src/roles/supplier-api.ts';
import { eventually } from '../support/eventually.ts';
import { openGateway } from '../support/gateway.ts';
import { kaDocument } from '../support/ka.ts';
import { programOf } from '../support/mailbox.ts';

describe('what KA sends ends a long poll', () => {
  it('from the queue through intake to the supplier that waits, and its receipt back to KA', async () => {
    const gateway = await openGateway();
    const supplier = await gateway.addSupplier();
    await gateway.register(supplier.entry({ delivery: 'pull', url: undefined }));
    await gateway.start();
    const { certificates } = gateway;
    let room: WaitingRoom | undefined;
    const role = await startSupplierApi(
      readSettings(supplierApiSettings, {
        ...gateway.environment,
        KUVERT_SUPPLIER_HOST: '127.0.0.1',
        KUVERT_SUPPLIER_PORT: '0',
        KUVERT_SUPPLIER_KEY_FILE: certificates.supplierListener.keyFile,
        KUVERT_SUPPLIER_CERTIFICATE_FILE: certificates.supplierListener.certificateFile,
      }),
      silentLog,
      (parts) => {
        room = parts.waiting;
        return parts;
      },
    );
    try {
      const program = programOf(role.port, certificates.authority.rootPem, supplier.credential);
      const waits = program.listed('?wait=30');
      await eventually('it waits', () => room?.waiting === 1);
      await gateway.ka.send([kaDocument(supplier.organisationNumber, 'F-1')]);
      const [id = ''] = await waits;
      assert.notEqual(id, '', 'the wait was over before it was told');
      await program.fetch(id);
      await program.receipt(id);
      await gateway.settled(1);
      assert.deepEqual(gateway.ka.about('F-1'), ['accepted', 'delivered']);
    } finally {
      await role.stop();
      await gateway.close();
    }
  });
});
