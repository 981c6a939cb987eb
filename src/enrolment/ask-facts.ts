/** What the authority looks up before it decides, and again when it finishes what was left. */
import { Fault } from '../domain/fault.ts';
import { readCertificates } from '../pki/certificate.ts';
import { judgeUsage } from '../pki/judge-peer.ts';
import { readRenewed } from '../store/enrol/certificates.ts';
import type { SuppliersAskedFor } from '../store/enrol/issuance.ts';
import { lockOrder, readOrder } from '../store/enrol/orders.ts';
import type { Db } from '../store/pool.ts';
import type { AskedFor } from './decide.ts';

/**
 * @param lock keeps the order, or the certificate that is renewed, as it is to the end of the transaction
 * @throws Fault `order-not-open` · `certificate-not-accepted` when it is not there
 */
export async function readAskedFor(
  db: Db,
  { for: asked }: { readonly for: SuppliersAskedFor },
  lock: 'read' | 'lock',
): Promise<AskedFor> {
  if (asked.kind === 'enrol') {
    const order = await (lock === 'lock' ? lockOrder : readOrder)(db, { id: asked.orderId });
    if (order === undefined) throw new Fault('order-not-open', 'there is no such order');
    return { kind: 'enrol', order, proof: asked.proof };
  }
  const renewed = await readRenewed(db, asked.renews, lock);
  if (renewed === undefined) throw new Fault('certificate-not-accepted', 'the certificate is not registered');
  const [certificate] = readCertificates(renewed.pem, 'the register');
  if (certificate === undefined) throw new Fault('certificate-not-accepted', 'the certificate cannot be read');
  const { x509 } = certificate;
  const uses = {
    server: judgeUsage(x509, 'server') === undefined,
    client: judgeUsage(x509, 'client') === undefined,
  };
  return { kind: 'renew', renewed, certificate, uses };
}
