/** `kuvert certificate`: from the order of a certificate on. */
import type { Command } from 'commander';
import { addForecast } from './certificate-forecast.ts';
import { addContact, addOrder, addReorder } from './certificate-order.ts';
import { addApprove, addCancelOrder, addOrders } from './certificate-orders.ts';
import { addListCertificates, addRevoke, addShowCertificate } from './certificate-revoke.ts';
import { type Context, examples } from './context.ts';

export function addCertificate(program: Command, context: Context): void {
  const certificate = program
    .command('certificate')
    .description("Suppliers' certificates: ordered, fetched with one-time codes by a technical contact.")
    .addHelpText(
      'after',
      examples(
        [
          'kuvert certificate order 556016-0680 --type pull-client --description "payroll" --name "Anna Ek" --email anna@exempel.se --phone "+46 70 123 45 67" --reason "ticket 1234"',
          'Anna gets a letter with a link; behind it, and a PIN, are the codes that fetch the certificate',
        ],
        ['kuvert certificate orders', 'what has been ordered, and what became of it'],
        ['kuvert certificate forecast', 'what ends when, and which deliveries will fail then'],
      ),
    );
  addOrder(certificate, context);
  addOrders(certificate, context);
  addReorder(certificate, context);
  addCancelOrder(certificate, context);
  addApprove(certificate, context);
  addContact(certificate, context);
  addListCertificates(certificate, context);
  addShowCertificate(certificate, context);
  addRevoke(certificate, context);
  addForecast(certificate, context);
}
