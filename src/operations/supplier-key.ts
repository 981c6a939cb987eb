/** Where a list of suppliers goes on, as a text for a URL: a person's number is in none. */
import type { ListedSupplier, SupplierKey } from '../store/operator/suppliers.ts';
import type { Db } from '../store/pool.ts';
import { findSupplier, supplierName } from './supplier-page.ts';

type Last = Pick<ListedSupplier, 'name' | 'organisationNumber'> & {
  readonly address: { readonly id: number } | undefined;
};

export const supplierKeyText = ({ name, organisationNumber, address }: Last): string =>
  Buffer.from(JSON.stringify([name, supplierName(organisationNumber, address?.id), address?.id ?? 0])).toString(
    'base64url',
  );

/** @returns undefined for what is no key: the first page */
export async function readSupplierKey(db: Db, text: string | undefined): Promise<SupplierKey | undefined> {
  if (text === undefined) return undefined;
  const [name, named, addressId] = partsOf(text);
  if (typeof name !== 'string' || typeof named !== 'string' || !Number.isSafeInteger(addressId)) return undefined;
  const organisationNumber = await findSupplier(db, named);
  return organisationNumber === undefined ? undefined : { name, organisationNumber, addressId: addressId as number };
}

function partsOf(text: string): unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    return Array.isArray(parts) ? parts : [];
  } catch {
    return [];
  }
}
