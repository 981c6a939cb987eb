/** Deliberately broken gateways: what the model must find, or it finds nothing. */

export interface Broken {
  readonly about: string;
  /** What the model says of it. */
  readonly law: RegExp;
  /** The statement as the broken store says it. */
  readonly rewrite?: (text: string) => string;
  /** Instead of PostgreSQL's alarm at the second look. */
  readonly alarmOf?: () => number | undefined;
}

/** A statement with another text in one place. The text must be there: else this breaks nothing, and the model proves nothing. */
function instead(of: string, replacements: readonly (readonly [string, string])[]): (text: string) => string {
  return (text) => {
    if (!text.includes(of)) return text;
    return replacements.reduce((changed, [before, after]) => {
      if (!changed.includes(before)) throw new Error(`“${before}” is not in the statement any more:\n${text}`);
      return changed.replaceAll(before, after);
    }, text);
  };
}

export const brokenGateways = {
  'epoch ignored': {
    about: 'a claim does not ask whose the lane is by now',
    law: /claimed \d+ on lane/,
    rewrite: instead('set lease_until = clock_timestamp() + asked.lease', [
      ['and lane.epoch = asked.epoch and lane.holder = asked.holder', ''],
      ['returning lane.holder', 'returning asked.holder'],
    ]),
  },
  'armed without looking again': {
    about: 'a worker that has set its alarm goes to sleep at once',
    law: /the queue rings/,
    alarmOf: () => undefined,
  },
  'lease not looked at': {
    about: 'a lane is taken from a holder whose lease has not run out',
    law: /took lane \w+ while hand \d+ has it/,
    rewrite: instead('extract(epoch from lane.lease_until - clock_timestamp())::float8 * 1000 as leased', [
      ['extract(epoch from lane.lease_until - clock_timestamp())::float8 * 1000 as leased', '0::float8 as leased'],
    ]),
  },
  'lane row not locked': {
    about: 'a lane is taken and recorded without a lock on its row',
    law: /was taken under epoch|is held under epoch/,
    rewrite: instead('order by lane.id for no key update of lane', [['for no key update of lane', '']]),
  },
  'strict order forgotten': {
    about: 'a strict lane sends what stands behind a refused or held delivery',
    law: /is strict, and/,
    rewrite: instead('with asked as (select * from unnest($1::bigint[], $2::int[], $3::boolean[])', [
      ['not asked.strict', 'true'],
    ]),
  },
  'receipt for nothing': {
    about: 'a receipt is taken for what nobody was ever given',
    law: /has a receipt, and was never given to anybody/,
    rewrite: instead('as exposed', [
      [
        'coalesce((select true from envelope e where e.message_id = d.message_id limit 1), false) as exposed',
        'true as exposed',
      ],
    ]),
  },
  'alarm not silenced': {
    about: 'an address that is not pushed to any more keeps its alarm',
    law: /is not pushed to, and has an alarm all the same/,
    rewrite: instead('update lane set wake_at = null where id = any($1)', [['wake_at = null', 'wake_at = wake_at']]),
  },
  'mandate not asked for at the claim': {
    about: 'what is a principal’s is claimed at its agent whether a mandate runs or not',
    law: /was claimed on lane \w+, and no mandate runs/,
    rewrite: instead('extract(epoch from max(x.ends_at) - clock_timestamp())::float8 * 1000 as left', [
      ['x.valid_from <= clock_timestamp() and x.ends_at > clock_timestamp()', 'true'],
    ]),
  },
  'mandate not asked for at the list': {
    about: 'an agent lists and fetches what is a principal’s whether a mandate runs or not',
    law: /was given to an agent, and no mandate runs/,
    rewrite: (text) =>
      text.includes('d.principal = $') ? text.replaceAll('and x.ends_at > clock_timestamp()', '') : text,
  },
  'refusals left at the agent': {
    about: 'what the agent refused stays in its lane when the mandate is over',
    law: /is refused at the agent's lane \w+, and no mandate runs/,
    rewrite: instead('with astray as materialized', [["d.state <> 'sending'", "d.state = 'waiting'"]]),
  },
} as const satisfies Readonly<Record<string, Broken>>;

export type BrokenName = keyof typeof brokenGateways;
