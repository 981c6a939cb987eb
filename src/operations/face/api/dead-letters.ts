/** Dead letters for scripts: the list, one with its findings, its document, and a corrected one entered in its place. */
import { Fault } from '../../../domain/fault.ts';
import {
  type DeadLetterListed,
  listDeadLetters,
  listReentered,
  readDeadLetter,
  reenteredFor,
} from '../../../store/operator/dead-letters.ts';
import type { Pool } from '../../../store/pool.ts';
import { openDeadLetter } from '../../dead-letters/open.ts';
import { type Entrance, originOf, reenter } from '../../dead-letters/re-entry.ts';
import { mostActionBytes } from '../actions.ts';
import { shownNumber } from '../masking.ts';
import type { OperatorRoute } from '../route.ts';
import { type AskedBy, acts, known, looks, namedIn, textIn, timeIn } from './ask.ts';
import { keyIn, limitIn, noKey, pageOf } from './paging.ts';

export interface DeadLettersApiParts {
  readonly pool: Pool;
  readonly entrance: Entrance;
  /** Largest document that intake takes. */
  readonly documentBytes: number;
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function deadLettersApi({ pool, entrance, documentBytes }: DeadLettersApiParts): readonly OperatorRoute[] {
  return [
    looks('/dead-letters', 'view', async (asked) => {
      const limit = limitIn(asked);
      const [after] = keyIn(asked, ['string']) ?? [];
      if (after !== undefined && !uuid.test(after)) throw noKey();
      const rows = await listDeadLetters(pool, {
        fault: textIn(asked, 'fault'),
        organisationNumber: textIn(asked, 'supplier'),
        documentNumber: textIn(asked, 'document'),
        since: timeIn(asked, 'from'),
        until: timeIn(asked, 'to'),
        after,
        limit: limit + 1,
      });
      return pageOf(
        rows,
        limit,
        ({ id }) => [id],
        ({ findings, ...row }) => ({ ...letterOf(row, asked), findingsCount: findings }),
      );
    }),
    looks('/dead-letters/:id', 'view', (asked) => seen(pool, asked)),
    acts('/dead-letters/:id/document', 'open', async (asked, act) => {
      const { letter, text } = await openDeadLetter(pool, { ...act, deadLetterId: namedIn(asked, 'id') });
      const { documentNumber, detail, findings } = letter;
      return { value: { ...known({ documentNumber, text }), detail, findings } };
    }),
    acts<{ readonly document: string }>(
      '/dead-letters/:id/re-enter',
      'act',
      async (asked, { body, ...act }) => {
        const order = { ...act, deadLetterId: namedIn(asked, 'id'), document: body.document };
        const fault = await reenter(pool, entrance, order);
        // As it was: nothing was entered.
        if (fault !== undefined)
          throw new Fault('document-invalid', `${fault.code}: ${fault.message}`, { findings: fault.findings });
        return { value: await seen(pool, asked) };
      },
      // A character of a document may be written as six.
      mostActionBytes + 6 * documentBytes,
    ),
  ];
}

function letterOf<T extends Omit<DeadLetterListed, 'findings'>>(row: T, { who }: AskedBy) {
  const { supplier, organisationNumber, brokerMessageId, documentNumber, ...rest } = row;
  return {
    ...rest,
    ...known({ name: supplier, brokerMessageId, documentNumber }),
    organisationNumber: organisationNumber === null ? undefined : shownNumber(who, organisationNumber),
    enteredFor: reenteredFor(brokerMessageId),
  };
}

async function seen(pool: Pool, asked: AskedBy) {
  const id = namedIn(asked, 'id');
  const letter = await readDeadLetter(pool, id);
  if (letter === undefined) throw new Fault('not-found', 'there is no such dead letter');
  const { findings, detail: _detail, isText: _isText, ...row } = letter;
  return {
    ...letterOf(row, asked),
    // What was expected and found quotes the document, and comes with it.
    findings: findings.map(({ where, rule, text }) => ({ where, rule, text })),
    entered: (await listReentered(pool, originOf(letter)))
      .filter(({ deadLetterId }) => deadLetterId !== id)
      .map(({ sha256: _sha256, ...one }) => known(one)),
  };
}
