/** What a campaign came to: a page for people, and the same as JSON. */
import { execFileSync } from 'node:child_process';
import { commit, machine } from '../../bench/report.ts';
import type { Campaign, CampaignOptions } from './campaign.ts';
import { faultKinds, sayFault } from './plan.ts';

export function reportOf(options: CampaignOptions, campaign: Campaign) {
  const { seed, faults, suppliers, broken } = options;
  const { kept: _kept, ...rest } = campaign;
  const about = { seed, faults, suppliers, broken: broken ?? null };
  return { ...about, ...commit(), gateway: gatewayCommit(), machine: machine(), ...rest };
}

/** The commit that last changed the gateway itself. */
function gatewayCommit(): string {
  try {
    return execFileSync('git', ['log', '-1', '--format=%H', '--', 'src'], { encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}

/** The JSON has all. */
const mostStories = 5;

export function page(options: CampaignOptions, campaign: Campaign): string {
  const { plan, verdict, settling, endedByItself, seconds } = campaign;
  const failed = plan.filter(({ result }) => result === 'failed');
  const leftOut = new Map(plan.flatMap(({ kind, result, why }) => (result === 'left out' ? [[kind, why ?? '']] : [])));
  const count = (kind: string): number => plan.filter((one) => one.kind === kind && one.result === 'done').length;
  const rows: (readonly [string, string | number])[] = [
    ...faultKinds.filter((kind) => count(kind) > 0).map((kind) => [kind, count(kind)] as const),
    ...[...leftOut].map(([kind, why]) => [`${kind}: left out`, why] as const),
    ...Object.entries(verdict.counts).map(([what, value]) => [what, String(value)] as const),
    ['seconds of faults', seconds.faults],
    ['seconds of settling and verdict', seconds.settling],
    ['seconds in all', seconds.all],
  ];
  const width = Math.max(...rows.map(([what]) => what.length));
  const sections = [
    `seed ${options.seed}, ${plan.length} faults, ${options.suppliers} suppliers${options.broken === undefined ? '' : `, broken: ${options.broken}`}`,
    rows.map(([what, value]) => `  ${what.padEnd(width)}  ${value}`).join('\n'),
    ...failed.map((fault) => `could not be brought about: ${sayFault(fault)}: ${fault.why}`),
    ...endedByItself.map((last) => `a gateway process ended by itself: ${last}`),
    ...(settling.settled
      ? []
      : [`not settled after ${Math.round(settling.milliseconds / 1_000)} s: ${JSON.stringify(settling.last)}`]),
    ...verdict.findings
      .slice(0, mostStories)
      .map(({ claim, what, story }) =>
        [`NOT TRUE: ${claim}. ${what}`, ...story.map((line) => `    ${line}`)].join('\n'),
      ),
    ...(verdict.findings.length > mostStories
      ? [`and ${verdict.findings.length - mostStories} more findings (--json has all)`]
      : []),
    campaign.clean
      ? 'clean: nothing lost, nothing to the wrong company, every message accounted for'
      : `NOT CLEAN; to see it again: npm run chaos -- --faults ${options.faults} --seed ${options.seed}${options.suppliers === 20 ? '' : ` --suppliers ${options.suppliers}`}${options.broken === undefined ? '' : ` --broken ${options.broken}`}`,
    ...(campaign.kept === undefined ? [] : [`the files are in ${campaign.kept}`]),
  ];
  return sections.join('\n\n');
}
