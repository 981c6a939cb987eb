/** What the settings of this shell have against an endpoint's IP address. */
import { settingsOfProcess } from '../platform/config/process.ts';
import type { WhyNoPush } from '../suppliers/url.ts';

export async function egressOfProcess(): Promise<WhyNoPush> {
  const { egressJudge } = await import('../delivery/push/egress.ts');
  const judge = egressJudge(settingsOfProcess(['egressAllow']).egressAllow);
  return (address) => {
    const verdict = judge(address);
    return verdict.ok ? undefined : verdict.why;
  };
}
