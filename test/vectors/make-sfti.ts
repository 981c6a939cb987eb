/** The vectors of the SFTI envelope: good ones, and each broken in one way and signed again by the right key. */
import { createHash } from 'node:crypto';
import { envelopeBytes } from '../../src/envelope/bytes.ts';
import type { Facts } from '../../src/envelope/facts.ts';
import { seal } from '../../src/envelope/seal.ts';
import type { Signer } from '../../src/envelope/signer.ts';

interface Given {
  readonly facts: Facts;
  readonly signer: Signer;
  readonly jws: (bytes: Buffer) => string;
  readonly add: (
    name: string,
    what: string,
    result: string,
    how: { bytes: Buffer; signature: string; expect?: unknown; where?: string },
  ) => void;
}

/** Whatever may stand around a root element, markup that is none, and a prefix that the envelope uses too. */
const prolog = '\uFEFF<?xml version="1.0" encoding="UTF-8"?>\n<!-- <Invoice> från KA -->\n<?ka version="7"?>\n';
const element = `<Invoice xmlns="urn:sfti:documents:BasicInvoice:1:0" xmlns:sh="urn:exempel:annat" a='1 > 0'>
  <ID>SF-2026-0042</ID><!-- </Invoice> -->
  <Note><![CDATA[Självfakturering </Invoice> ]]>&#8364; &amp; \u00e5\u00e4\u00f6 \u{1F4E6}</Note>\r
  <sh:Tom x="&lt;/Invoice>"/><Total   currency = "SEK" >1250.00</Total  >
</Invoice >`;
const epilog = '\n<!-- </Invoice> slut -->\n';
const hash = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex');

export async function addSfti({ facts: given, signer, jws, add }: Given): Promise<void> {
  const document = Buffer.from(prolog + element + epilog);
  const facts: Facts = {
    ...given,
    format: 'sfti',
    mediaType: 'application/xml',
    dataSchema: 'urn:sfti:documents:BasicInvoice:1:0',
    documentSha256: hash(document),
    correlationId: 'KA <7781> & "Åsa"\t\r\n',
  };
  const sealed = await seal(signer, facts, document);
  const good = envelopeBytes(sealed.head, document, sealed.sha256, 'sfti');
  const text = good.toString();
  const opens = (name: string, what: string, more: { expect?: unknown } = {}) =>
    add(name, what, 'opens', { bytes: good, signature: sealed.signature, ...more });
  opens(
    'sfti-good',
    'As the gateway sends it: BOM, comments and an instruction around the document, odd markup in it.',
  );
  opens('sfti-good-for-me', 'As the gateway sends it, to the receiver it is meant for.', {
    expect: { recipients: [facts.recipient], environment: 'test', certificates: [facts.recipientCertificate] },
  });
  const bare = await seal(signer, { ...facts, documentSha256: hash(element) }, Buffer.from(element));
  add(
    'sfti-good-bare',
    'A document that is its root element and nothing else: no scopes for what is around it.',
    'opens',
    {
      bytes: envelopeBytes(bare.head, Buffer.from(element), bare.sha256, 'sfti'),
      signature: bare.signature,
    },
  );

  /** One text instead of another, and signed again. */
  const changed = (from: string, to: string): { bytes: Buffer; signature: string } => {
    if (!text.includes(from)) throw new Error(`the good envelope does not hold ${from}`);
    const bytes = Buffer.from(text.replace(from, () => to));
    return { bytes, signature: jws(bytes) };
  };
  const scope = (type: string): string =>
    new RegExp(`<sh:Scope><sh:Type>${type}</sh:Type>.*</sh:Scope>\n`).exec(text)?.[0] ?? '?';
  const otherValue = (type: string, value: string): [string, string] => [
    scope(type),
    scope(type).replace(/(<sh:InstanceIdentifier>).*?</, (_, tag: string) => `${tag}${value}<`),
  ];
  const broken = (name: string, what: string, [from, to]: [string, string], where?: string): void =>
    add(`sfti-${name}`, what, 'envelope-malformed', {
      ...changed(from, to),
      ...(where === undefined ? {} : { where }),
    });
  const unsigned = (name: string, what: string, from: string, to: string): void =>
    add(`sfti-${name}`, what, 'signature-invalid', { bytes: changed(from, to).bytes, signature: sealed.signature });

  unsigned('document-byte-changed', 'One character of the document is another.', '1250.00', '1350.00');
  unsigned('scope-byte-changed', 'The sequence is another.', '00042<', '00043<');
  unsigned(
    'whitespace-added',
    'The same XML with one space more in a tag.',
    '<sh:BusinessScope>',
    '<sh:BusinessScope >',
  );
  unsigned(
    'newline-lost',
    'The line feed at the end is missing.',
    '</sh:StandardBusinessDocument>\n',
    '</sh:StandardBusinessDocument>',
  );
  unsigned(
    'quotes-changed',
    'The same XML with other quotes: signed are bytes, not an infoset.',
    `a='1 > 0'`,
    'a="1 > 0"',
  );

  // Form.
  const start = '<sh:StandardBusinessDocument xmlns';
  broken('doctype', 'There is a doctype.', [start, `<!DOCTYPE a [<!ENTITY b "c">]>\n${start}`], '/');
  broken('byte-order-mark', 'There is a byte-order mark first.', ['<?xml', '\uFEFF<?xml']);
  broken(
    'other-encoding',
    'The declaration names another encoding.',
    ['encoding="UTF-8"', 'encoding="ISO-8859-1"'],
    '/',
  );
  broken('version-1.1', 'It is XML 1.1.', ['<?xml version="1.0"', '<?xml version="1.1"'], '/');
  broken('truncated', 'The end tag is missing.', ['</sh:StandardBusinessDocument>', '']);
  broken('unbound-prefix', 'A prefix is not declared.', [
    '<sh:HeaderVersion>1.0</sh:HeaderVersion>',
    '<x:HeaderVersion>1.0</x:HeaderVersion>',
  ]);
  broken(
    'wrong-namespace',
    'The namespace is that of UN/CEFACT’s envelope.',
    [
      'urn:sfti:documents:StandardBusinessDocumentHeader',
      'http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader',
    ],
    '/',
  );
  broken('document-alone', 'The document without an envelope.', [text, `${element}\n`], '/');
  broken(
    'two-documents',
    'There are two documents.',
    [element, `${element}\n<Invoice xmlns="urn:sfti:documents:BasicInvoice:1:0"/>`],
    '/',
  );
  broken('no-document', 'There is no document.', [element, ''], '/');
  broken(
    'document-first',
    'The document stands before the header.',
    [
      `${start}:sh="urn:sfti:documents:StandardBusinessDocumentHeader">\n`,
      `${start}:sh="urn:sfti:documents:StandardBusinessDocumentHeader">\n${element}\n`,
    ],
    '/',
  );
  broken('text-between', 'There is text beside the document.', [element, `hej ${element}`], '/');
  broken(
    'document-as-text',
    'The document is text, not an element.',
    [element, element.replaceAll('<', '&lt;').replaceAll('>', '&gt;')],
    '/',
  );

  // Header.
  const path = '/StandardBusinessDocumentHeader';
  broken(
    'header-version-wrong',
    'Another version of the header.',
    ['<sh:HeaderVersion>1.0', '<sh:HeaderVersion>2.0'],
    `${path}/HeaderVersion`,
  );
  broken(
    'standard-wrong',
    'The header names another namespace than the document’s.',
    ['<sh:Standard>urn:sfti', '<sh:Standard>urn:annan'],
    `${path}/DocumentIdentification/Standard`,
  );
  broken(
    'type-wrong',
    'The header names another element than the document’s.',
    ['<sh:Type>Invoice<', '<sh:Type>Order<'],
    `${path}/DocumentIdentification/Type`,
  );
  broken('id-missing', 'There is no id.', [`<sh:InstanceIdentifier>${facts.id}</sh:InstanceIdentifier>\n`, ''], '/id');
  broken('id-not-version-7', 'The id is a random UUID.', [facts.id, '5f0c1c7a-9f0e-4c55-8d8e-0d8b3d1f5a11'], '/id');
  broken(
    'time-local',
    'The time is local time with an offset.',
    [facts.eventTime, '2026-03-02T09:15:30+01:00'],
    '/time',
  );
  broken(
    'authority-wrong',
    'The receiver is identified by another authority.',
    ['<sh:Receiver><sh:Identifier Authority="iso6523-actorid-upis"', '<sh:Receiver><sh:Identifier Authority="exempel"'],
    '/recipientorgnumber',
  );
  broken(
    'scheme-wrong',
    'The receiver has a GLN instead of an organisation number.',
    ['0007:5560160680', '0088:7300010000001'],
    '/recipientorgnumber',
  );
  broken(
    'recipient-check-digit',
    'The recipient’s check digit is wrong.',
    ['0007:5560160680', '0007:5560160681'],
    '/recipientorgnumber',
  );
  broken(
    'sender-missing',
    'There is no sender.',
    [/<sh:Sender>.*<\/sh:Sender>\n/.exec(text)?.[0] ?? '?', ''],
    '/senderorgnumber',
  );
  broken(
    'id-twice',
    'There are two ids.',
    [
      `<sh:InstanceIdentifier>${facts.id}`,
      `<sh:InstanceIdentifier>${facts.id}</sh:InstanceIdentifier><sh:InstanceIdentifier>${facts.id}`,
    ],
    `${path}/InstanceIdentifier`,
  );

  // Scopes.
  for (const type of [
    'sequence',
    'environment',
    'documentsha256',
    'elementsha256',
    'type',
    'subject',
    'source',
    'datacontenttype',
    'dataschema',
  ])
    broken(`${type}-missing`, `The scope ${type} is missing.`, [scope(type), ''], `/${type}`);
  broken(
    'sequence-twice',
    'The scope sequence is there twice.',
    [scope('sequence'), scope('sequence').repeat(2)],
    '/sequence',
  );
  broken(
    'environment-unknown',
    'An environment that there is not.',
    otherValue('environment', 'acceptance'),
    '/environment',
  );
  broken(
    'message-type-unknown',
    'A message type that there is not.',
    otherValue('type', 'se.arbetsformedlingen.ka.invoice.v1'),
    '/type',
  );

  // The document.
  broken(
    'hash-wrong',
    'documentsha256 is that of another document.',
    otherValue('documentsha256', 'a'.repeat(64)),
    '/documentsha256',
  );
  broken(
    'element-hash-wrong',
    'elementsha256 is that of another element.',
    otherValue('elementsha256', 'a'.repeat(64)),
    '/elementsha256',
  );
  broken(
    'document-changed',
    'The document was changed before it was signed.',
    ['1250.00', '1350.00'],
    '/elementsha256',
  );
  broken(
    'document-reformatted',
    'The document was printed anew before it was signed.',
    ['<Total   currency = "SEK" >', '<Total currency="SEK">'],
    '/elementsha256',
  );
  broken(
    'prolog-missing',
    'What stood before the root element is not told.',
    [scope('documentprolog'), ''],
    '/documentsha256',
  );
  broken(
    'epilog-changed',
    'What stood after the root element is another.',
    otherValue('documentepilog', 'Cg=='),
    '/documentsha256',
  );
  broken(
    'prolog-not-base64',
    'What stood before the root element is base64 without its padding.',
    otherValue('documentprolog', 'YQ'),
    '/documentprolog',
  );
  const twoRoots = Buffer.from('<Order/>');
  const two = text
    .replace(...otherValue('documentprolog', twoRoots.toString('base64')))
    .replace(...otherValue('documentsha256', hash(Buffer.concat([twoRoots, Buffer.from(element + epilog)]))));
  broken(
    'prolog-with-element',
    'A second document is hidden before the root element, and the hash is right.',
    [text, two],
    '/documentprolog',
  );

  for (const [name, what, expect, where] of [
    ['recipient', 'another company', { recipients: ['2021002114'] }, '/recipientorgnumber'],
    ['environment', 'a trial where business is expected', { environment: 'production' }, '/environment'],
    ['certificate', 'its address has another certificate', { certificates: ['b'.repeat(64)] }, '/recipientcertificate'],
  ] as const)
    add(`sfti-for-another-${name}`, `Right in every way, but: ${what}.`, 'envelope-malformed', {
      bytes: good,
      signature: sealed.signature,
      expect,
      where,
    });
}
