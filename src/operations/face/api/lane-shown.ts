/** A lane and a try as scripts see them. */
import type { LaneTry } from '../../../store/operator/lane-tries.ts';
import type { ListedSupplier } from '../../../store/operator/suppliers.ts';
import type { TestCall } from '../../../store/operator/test-calls.ts';
import type { RegisteredSupplier } from '../../../store/suppliers.ts';
import type { Language } from '../../catalogue.ts';
import { explainAttempt, explainLane } from '../../explain.ts';
import { type AddressSeen, supplierName } from '../../supplier-page.ts';
import { shownNumber, shownSubject } from '../masking.ts';
import type { AskedBy } from './ask.ts';

/** A row of the list. */
export function laneListed({ organisationNumber, name, address }: ListedSupplier, { who, language }: AskedBy) {
  if (address === undefined) return [];
  const { id, name: addressName, ...rest } = address;
  return [
    {
      lane: id,
      supplier: supplierName(organisationNumber, id),
      organisationNumber: shownNumber(who, organisationNumber),
      name,
      address: addressName,
      ...rest,
      why: explainLane(address, language),
    },
  ];
}

/** With all that is of it. */
export function laneSeen(
  { address, lane, tries, planned, waiting, changes, calls }: AddressSeen,
  { organisationNumber, name }: Pick<RegisteredSupplier, 'organisationNumber' | 'name'>,
  { who, language }: AskedBy,
) {
  const { id, name: addressName, version: _version, retiredAt: _retiredAt, ...rest } = address;
  const { addressId: _addressId, ...standing } = lane;
  return {
    lane: id,
    supplier: supplierName(organisationNumber, id),
    organisationNumber: shownNumber(who, organisationNumber),
    name,
    address: addressName,
    ...rest,
    certificates: rest.certificates.map((certificate) => ({
      ...certificate,
      subject: shownSubject(who, certificate.subject, organisationNumber),
    })),
    ...standing,
    why: explainLane(lane, language),
    tries: tries.map((one) => tryOf(one, language)),
    planned,
    waitingMessages: waiting,
    changes,
    testCalls: calls.map(callOf),
  };
}

function tryOf({ deliveryId: _delivery, laneId: _lane, ...one }: LaneTry, language: Language) {
  return { ...one, why: explainAttempt({ ...one, deliveryId: _delivery }, language) };
}

export const callOf = ({ addressId, result, ...call }: TestCall) => ({
  ...call,
  lane: addressId,
  result: result && resultOf(result),
});

/** It was written as it was met; of that, what is described. */
function resultOf(result: NonNullable<TestCall['result']>): NonNullable<TestCall['result']> {
  const { kind, fault, detail, tlsVersion, cipher, peerFingerprint, connectMs, tlsMs, totalMs, remoteAddress } = result;
  const met = { fault, detail, tlsVersion, cipher, peerFingerprint, connectMs, tlsMs, remoteAddress };
  return { kind, totalMs, ...Object.fromEntries(Object.entries(met).filter(([, value]) => value !== undefined)) };
}
