/** Where a list of suppliers goes on, as a text for a URL: a number is in none, and none leads to a place in an order by number. */
import type { ListedSupplier, SupplierKey } from '../store/operator/suppliers.ts';

type Last = Pick<ListedSupplier, 'name' | 'supplierId'> & {
  readonly address: { readonly id: number } | undefined;
};

export const supplierKeyText = ({ name, supplierId, address }: Last): string =>
  Buffer.from(JSON.stringify([name, supplierId, address?.id ?? 0])).toString('base64url');

/** @returns undefined for what is no key: the first page */
export function readSupplierKey(text: string | undefined): SupplierKey | undefined {
  const [name, supplierId, addressId] = text === undefined ? [] : partsOf(text);
  const right =
    typeof name === 'string' &&
    !name.includes('\0') &&
    Number.isSafeInteger(supplierId) &&
    Number.isSafeInteger(addressId);
  return right ? { name, supplierId: supplierId as number, addressId: addressId as number } : undefined;
}

function partsOf(text: string): unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    return Array.isArray(parts) ? parts : [];
  } catch {
    return [];
  }
}
