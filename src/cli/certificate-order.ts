/** `kuvert certificate order`, `reorder` and `contact`: what takes a technical contact. */
import { type Command, Option } from 'commander';
import type { OrganisationNumber } from '../domain/organisation-number.ts';
import { inspectProcess } from '../platform/config/process.ts';
import { type CertificateType, certificateTypes } from '../store/enrol/orders.ts';
import { type ActOptions, actOf, withActOptions } from './act.ts';
import { organisationNumber } from './arguments.ts';
import { showContactChange, showPlaced } from './certificate-print.ts';
import { type Context, examples } from './context.ts';
import { withStore } from './store.ts';
import { json } from './terminal.ts';

interface ContactOptions {
  readonly name?: string;
  readonly email?: string;
  readonly phone?: string;
  readonly language?: 'sv' | 'en';
}

/** How PINs go out, and whether orders are approved, as this shell's settings have it. */
function orderSettings() {
  const { smsUrl, orderApproval, environment } = inspectProcess([]).values;
  const pin = smsUrl === undefined ? ('representative' as const) : ('sms' as const);
  return { pin, approval: orderApproval === true, environment };
}

const phoneText = "the contact's telephone for SMS, with country code: +46 70 123 45 67";
const languageOption = (text: string) => new Option('--language <language>', text).choices(['sv', 'en']);

const contactOf = ({ name, email, phone, language }: ContactOptions) => ({
  ...(name !== undefined && { name }),
  ...(email !== undefined && { email }),
  ...(phone !== undefined && { phone }),
  ...(language !== undefined && { language }),
});

export function addOrder(certificate: Command, { terminal }: Context): void {
  interface Options extends ActOptions, Required<Omit<ContactOptions, 'language'>> {
    readonly type: CertificateType;
    readonly description: string;
    readonly language: 'sv' | 'en';
    readonly address?: string;
    readonly dns?: string[];
  }
  const command = certificate
    .command('order')
    .description('Orders a certificate: a technical contact gets the codes that fetch it within 14 days.')
    .argument('<organisation-number>', 'such as 556016-0680', organisationNumber)
    .addOption(
      new Option(
        '--type <type>',
        'push-endpoint: shown by an endpoint that we push to · pull-client: shown by a program that fetches · both',
      )
        .choices(certificateTypes)
        .makeOptionMandatory(),
    )
    .requiredOption('--description <text>', "which of the supplier's programs it is for, in their words")
    .requiredOption('--name <name>', 'the technical contact, a natural person')
    .requiredOption('--email <address>', 'where the letter with the link goes')
    .requiredOption('--phone <number>', phoneText)
    .addOption(languageOption('of letters, SMS and page').default('sv'))
    .option('--address <name>', 'which address, when there are several in KUVERT_ENVIRONMENT')
    .option('--dns <name...>', "the endpoint's host names (default: that of the address's URL)");
  withActOptions(command)
    .addHelpText(
      'after',
      examples(
        [
          'kuvert certificate order 556016-0680 --type pull-client --description "payroll" --name "Anna Ek" --email anna@exempel.se --phone "+46 70 123 45 67" --dry-run',
          'whether it could be ordered, and every mistake if not',
        ],
        [
          'kuvert certificate order 556016-0680 --type push-endpoint --dns b2b.exempel.se b2b2.exempel.se --description "ERP" --name "Bo Alm" --email bo@exempel.se --phone +4670123456 --language en --reason "ticket 1234"',
          'for an endpoint with two names, the letter in English',
        ],
      ),
    )
    .action(async (number: OrganisationNumber, options: Options) => {
      const act = actOf('certificate order', options);
      const { placeOrder } = await import('../enrolment/orders.ts');
      const { pin, approval, environment } = orderSettings();
      const { type, description, address, dns = [], name, email, phone, language } = options;
      const contact = { name, email, phone, language };
      const wanted = { organisationNumber: number, address, environment, type, description, dnsNames: dns, contact };
      const placed = await withStore((pool) => placeOrder(pool, { ...wanted, approval, pin }, act));
      terminal.out(options.json ? json(placed) : showPlaced(placed));
      warnOfNoMail(terminal);
    });
}

export function addReorder(certificate: Command, { terminal }: Context): void {
  const command = certificate
    .command('reorder')
    .description('Orders anew what expired, was locked or lost, or went to a wrong telephone; the old codes are void.')
    .argument('<transfer-id>', 'of the old order')
    .option('--name <name>', 'another technical contact; what is not given stays as it was')
    .option('--email <address>', 'another mail address')
    .option('--phone <number>', 'another telephone')
    .addOption(languageOption('another language'));
  withActOptions(command)
    .addHelpText(
      'after',
      examples(
        ['kuvert certificate reorder K7PXM-4QWTZ --reason "expired"', 'new codes, a new letter to the same contact'],
        [
          'kuvert certificate reorder K7PXM-4QWTZ --phone "+46 70 765 43 21" --reason "wrong number"',
          'the same, with the right telephone',
        ],
      ),
    )
    .action(async (transferId: string, options: ContactOptions & ActOptions) => {
      const act = actOf('certificate reorder', options);
      const { reorder } = await import('../enrolment/orders.ts');
      const { pin, approval } = orderSettings();
      const placed = await withStore((pool) =>
        reorder(pool, { transferId, contact: contactOf(options), approval, pin }, act),
      );
      terminal.out(options.json ? json(placed) : showPlaced(placed));
      warnOfNoMail(terminal);
    });
}

export function addContact(certificate: Command, { terminal }: Context): void {
  const command = certificate
    .command('contact')
    .description(
      'Puts another technical contact in charge of a certificate that is in use; the old and the new are told.',
    )
    .argument('<certificate>', 'its SHA-256, or the TransferID that it was fetched with')
    .option('--name <name>', 'what is not given stays as it was')
    .option('--email <address>', 'where letters about it go')
    .option('--phone <number>', phoneText)
    .addOption(languageOption('of letters'));
  withActOptions(command)
    .addHelpText(
      'after',
      examples([
        'kuvert certificate contact K7PXM-4QWTZ --name "Bo Alm" --email bo@exempel.se --phone +4670123456 --reason "Anna has left"',
        'notices about the certificate go to Bo from now on',
      ]),
    )
    .action(async (named: string, options: ContactOptions & ActOptions) => {
      const act = actOf('certificate contact', options);
      const { changeContact } = await import('../enrolment/contact.ts');
      const changed = await withStore((pool) => changeContact(pool, { named, contact: contactOf(options) }, act));
      terminal.out(options.json ? json(changed) : showContactChange(changed));
    });
}

function warnOfNoMail(terminal: Context['terminal']): void {
  if (inspectProcess([]).values.mailUrl === undefined)
    terminal.err(
      'warning: this shell has no KUVERT_MAIL_URL; if the suppliers’ listener has none either, the letter waits until it has',
    );
}
