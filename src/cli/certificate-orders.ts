/** `kuvert certificate orders`, `cancel-order` and `approve`. */
import type { Command } from 'commander';
import type { OrganisationNumber } from '../domain/organisation-number.ts';
import type { Order } from '../store/enrol/orders.ts';
import { type ActOptions, actOf, withActOptions } from './act.ts';
import { organisationNumber } from './arguments.ts';
import { orderTable, type ToldOrder } from './certificate-print.ts';
import { type Context, examples } from './context.ts';
import { withStore } from './store.ts';
import { json } from './terminal.ts';

export function addOrders(certificate: Command, { terminal }: Context): void {
  certificate
    .command('orders')
    .description('What has been ordered, newest first, and what became of it and of the letter.')
    .argument('[organisation-number]', 'only of this supplier', organisationNumber)
    .option('--json', 'for programs')
    .addHelpText('after', examples(['kuvert certificate orders 556016-0680', 'those of one supplier']))
    .action(async (number: OrganisationNumber | undefined, options: { json?: true }) => {
      const { standingOf } = await import('../enrolment/standing.ts');
      const { listOrders } = await import('../store/enrol/orders.ts');
      const { lettersOf } = await import('../store/enrol/letters.ts');
      const told = await withStore(async (pool) => {
        const orders = await listOrders(pool, number);
        const letters = await lettersOf(
          pool,
          orders.map(({ id }) => id),
        );
        const now = new Date();
        return orders.map((order): ToldOrder => toldOf(order, standingOf(order, now), letters.get(order.id)));
      });
      terminal.out(options.json ? json(told) : orderTable(told));
    });
}

/** Nothing of the codes, not even their hashes. */
const toldOf = (order: Order, state: ToldOrder['state'], letter: ToldOrder['letter'] | undefined): ToldOrder => ({
  transferId: order.transferId,
  organisationNumber: order.organisationNumber,
  organisation: order.organisation.name,
  address: order.address.name,
  environment: order.address.environment,
  type: order.type,
  description: order.description,
  dnsNames: order.dnsNames,
  state,
  reason: order.reason,
  approval: order.approval,
  contact: order.contact,
  orderedBy: order.orderedBy,
  orderedAt: order.orderedAt,
  expiresAt: order.expiresAt,
  openedAt: order.openedAt,
  fingerprint: order.fingerprint,
  letter,
});

export function addCancelOrder(certificate: Command, { terminal }: Context): void {
  const command = certificate
    .command('cancel-order')
    .description('Takes back an order whose certificate nobody has fetched.')
    .argument('<transfer-id>', 'of the order');
  withActOptions(command)
    .addHelpText(
      'after',
      examples(['kuvert certificate cancel-order K7PXM-4QWTZ --reason "ordered by mistake"', 'its codes open nothing']),
    )
    .action(async (transferId: string, options: ActOptions) => {
      const act = actOf('certificate cancel-order', options);
      const { cancelOrder } = await import('../enrolment/orders.ts');
      const done = await withStore((pool) => cancelOrder(pool, transferId, act));
      terminal.out(options.json ? json(done) : said(`The order ${done.transferId} is cancelled.`, done.rehearsal));
    });
}

export function addApprove(certificate: Command, { terminal }: Context): void {
  const command = certificate
    .command('approve')
    .description('Approves an order, where KUVERT_ORDER_APPROVAL wants that; not by whoever placed it.')
    .argument('<transfer-id>', 'of the order');
  withActOptions(command)
    .addHelpText(
      'after',
      examples(['kuvert certificate approve K7PXM-4QWTZ --reason "checked by telephone"', 'it can be fetched now']),
    )
    .action(async (transferId: string, options: ActOptions) => {
      const act = actOf('certificate approve', options);
      const { approveOrder } = await import('../enrolment/orders.ts');
      const done = await withStore((pool) => approveOrder(pool, transferId, act));
      terminal.out(options.json ? json(done) : said(`The order ${done.transferId} is approved.`, done.rehearsal));
    });
}

const said = (sentence: string, rehearsal: boolean): string =>
  rehearsal ? `${sentence}\nRehearsal: nothing was changed.` : sentence;
