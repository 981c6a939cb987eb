/** What a file's addresses have to do with the mandates that their supplier has given. Pure. */
import type { Finding } from '../domain/fault.ts';
import type { Mandate } from '../store/mandates.ts';
import { addressPlace, type WantedSupplier } from './wanted.ts';

/**
 * A message must have one way to go: what an agent takes, or will, no address of the supplier's own may take.
 * @param mandates those that are not over
 */
export function mandateFindings(wanted: WantedSupplier, mandates: readonly Mandate[]): Finding[] {
  const given = mandates.filter(({ principal }) => principal === wanted.organisationNumber);
  return wanted.addresses.flatMap(({ environment, messageTypes }, index) =>
    given.flatMap((mandate): Finding[] => {
      const shared = messageTypes.filter((type) => mandate.messageTypes.includes(type));
      if (mandate.environment !== environment || shared.length === 0) return [];
      return [
        {
          where: `${addressPlace(wanted, index)}/messageTypes`,
          rule: 'mandate-holds',
          text: `${shared.join(', ')} in ${environment} goes to ${mandate.agent} by mandate ${mandate.id} until ${mandate.to.toISOString()}; end it first (\`kuvert supplier mandate end ${mandate.id}\`)`,
        },
      ];
    }),
  );
}
