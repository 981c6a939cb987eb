/** An envelope sealed by a development key, as it comes to a receiver. */
import { createHash, randomUUIDv7 } from 'node:crypto';
import type { OrganisationNumber } from '../../src/domain/organisation-number.ts';
import { envelopeBytes } from '../../src/envelope/bytes.ts';
import { seal } from '../../src/envelope/seal.ts';
import { loadSigner } from '../../src/envelope/signer.ts';
import type { DevCredential } from './dev-authority.ts';

export const sealedRecipient = '5560160680' as OrganisationNumber;

/** @param by whose signing key; the document is `text`, or says only its number */
export async function sealed(
  by: DevCredential,
  sequence: bigint | number,
  more: { readonly id?: string; readonly to?: string; readonly text?: string; readonly format?: 'sfti' } = {},
): Promise<{ readonly body: Buffer; readonly signature: string; readonly id: string }> {
  const document = Buffer.from(more.text ?? `{"n":${sequence}}`);
  const id = more.id ?? randomUUIDv7();
  const { head, signature, sha256, format } = await seal(
    loadSigner(by.keyPem, by.certificatePem),
    {
      id,
      source: 'https://example.test/ka',
      messageType: 'self-invoice',
      documentNumber: '../../etc/passwd',
      eventTime: '2026-01-02T03:04:05Z',
      format: more.format,
      senderOrganisation: '2021002114',
      mediaType: more.format === 'sfti' ? 'application/xml' : 'application/json',
      dataSchema: 'urn:test',
      sequence,
      environment: 'test',
      documentSha256: createHash('sha256').update(document).digest('hex'),
      recipient: (more.to ?? sealedRecipient) as OrganisationNumber,
      recipientCertificate: undefined,
      recipientUrl: undefined,
    },
    document,
  );
  return { body: envelopeBytes(head, document, sha256, format), signature, id };
}
