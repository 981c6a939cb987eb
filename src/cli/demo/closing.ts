/** How the demo ends: a table, the conservation line, and where to look next. */
import { relative } from 'node:path';
import { conservation } from '../../store/conservation.ts';
import { type SupplierTotals, supplierTotals } from '../../store/totals.ts';
import { consoleLink } from '../console-link.ts';
import { showConservation } from '../status.ts';
import { table } from '../table.ts';
import { players, unwanted } from './cast.ts';
import type { Theatre } from './theatre.ts';

export interface Summary {
  readonly suppliers: readonly Pick<
    SupplierTotals,
    'organisationNumber' | 'messages' | 'delivered' | 'fetched' | 'refused' | 'attempts'
  >[];
  readonly taken: number;
  readonly messages: number;
  readonly duplicates: number;
  readonly deadLetters: number;
  readonly conserved: boolean;
}

export async function summaryOf(theatre: Theatre): Promise<Summary> {
  const { taken, messages, duplicates, deadLetters, conserved } = await conservation(theatre.pool());
  const totals = await supplierTotals(theatre.pool());
  return {
    suppliers: totals.map((row) => ({
      organisationNumber: row.organisationNumber,
      messages: row.messages,
      delivered: row.delivered,
      fetched: row.fetched,
      refused: row.refused,
      attempts: row.attempts,
    })),
    taken,
    messages,
    duplicates,
    deadLetters,
    conserved,
  };
}

/** @param running whether everything goes on after this, to be looked at. */
export async function closing(
  theatre: Theatre,
  summary: Summary,
  complaints: readonly string[],
  milliseconds: number,
  running: boolean,
): Promise<string> {
  const of = (organisationNumber: string) => players.find((player) => player.organisationNumber === organisationNumber);
  const rows = table(
    [
      { title: 'ORGANISATION', value: (row: Summary['suppliers'][number]) => row.organisationNumber },
      { title: 'SUPPLIER', value: (row) => of(row.organisationNumber)?.name },
      { title: 'WHAT IT DID', value: (row) => of(row.organisationNumber)?.story },
      { title: 'MESSAGES', value: (row) => row.messages },
      { title: 'DELIVERED', value: (row) => row.delivered },
      { title: 'OF WHICH FETCHED', value: (row) => row.fetched },
      { title: 'REFUSED', value: (row) => row.refused },
      { title: 'ATTEMPTS', value: (row) => row.attempts },
    ],
    summary.suppliers,
  );
  const verdict =
    complaints.length === 0
      ? `Every message is where it should be (${Math.round(milliseconds / 1_000)} s).`
      : ['Not everything is as it should be:', ...complaints.map((complaint) => `  ${complaint}`)].join('\n');
  const parts = ['', rows, '', showConservation(await conservation(theatre.pool())), verdict];
  if (running) parts.push('', await lookNext(theatre));
  return parts.join('\n');
}

async function lookNext(theatre: Theatre): Promise<string> {
  const environment = relative('.', theatre.stage().environmentFile);
  const down = players.find(({ temper }) => temper === 'down');
  return [
    'Everything still runs. The operators’ console, in a browser; the link signs in once:',
    `  ${await consoleLink(theatre.pool(), 'demo', theatre.consoleOrigin())}`,
    'Or look around in another terminal, in this folder:',
    `  set -a; . ${environment}; set +a`,
    '  bin/kuvert status',
    `  bin/kuvert message list --recipient ${down?.organisationNumber}`,
    '  bin/kuvert message show IO-2026-0012         what its attempts met',
    `  bin/kuvert message show ${unwanted.documentNumber}         refused, and why`,
    '  bin/kuvert message show IO-2026-0015         fetched, and receipted',
    `  bin/kuvert supplier show ${down?.organisationNumber}`,
    'What the suppliers received lies under .kuvert/demo/suppliers/. Ctrl-C stops everything and removes it.',
  ].join('\n');
}
