/** Where a list of suppliers goes on, as a text for a URL: a number is in none, and none leads to a place in an order by number. */
import type { ListedSupplier, SupplierKey } from '../store/operator/suppliers.ts';
import { keyParts, keyText } from './key-text.ts';

type Last = Pick<ListedSupplier, 'name' | 'supplierId'> & {
  readonly address: { readonly id: number } | undefined;
};

export const supplierKeyText = ({ name, supplierId, address }: Last): string =>
  keyText([name, supplierId, address?.id ?? 0]);

/** @returns undefined for what is no key: the first page */
export function readSupplierKey(text: string | undefined): SupplierKey | undefined {
  const [name, supplierId, addressId] = text === undefined ? [] : keyParts(text);
  const right =
    typeof name === 'string' &&
    !name.includes('\0') &&
    Number.isSafeInteger(supplierId) &&
    Number.isSafeInteger(addressId);
  return right ? { name, supplierId: supplierId as number, addressId: addressId as number } : undefined;
}
