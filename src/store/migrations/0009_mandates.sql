-- Agents: an organisation acts for another, its principal, for so long and for these message types.

create table mandate (
  id bigint generated always as identity primary key,
  -- For whom. It need not be a supplier with an address of its own.
  principal text not null references recipient,
  -- Who acts, and at which of its addresses; the environment is that address's.
  agent text not null,
  address_id bigint not null,
  message_types text[] not null check (cardinality(message_types) > 0),
  valid_from timestamptz not null,
  -- The first moment at which it does not run any more.
  valid_to timestamptz not null,
  -- Where the principal's signed word is kept.
  evidence text not null check (length(evidence) between 1 and 500),
  recorded_by text not null,
  recorded_at timestamptz not null default clock_timestamp(),
  -- Ended before its time.
  ended_at timestamptz,
  ended_by text,
  end_reason text,
  ends_at timestamptz not null generated always as (least(valid_to, ended_at)) stored,
  -- What waited for it was let go when it began.
  begun boolean not null default false,
  -- Nothing of the principal is left on its way to the agent by it.
  settled boolean not null default false,
  foreign key (address_id, agent) references address (id, organisation_number),
  check (valid_to > valid_from),
  check (principal <> agent),
  check ((ended_at is null) = (ended_by is null) and (ended_at is null) = (end_reason is null))
);
create index mandate_of_principal on mandate (principal);
create index mandate_at_address on mandate (address_id, principal);
-- What the clock has to do: so good as nothing, always.
create index mandate_beginning on mandate (valid_from) where not begun;
create index mandate_ending on mandate (ends_at) where not settled;

-- What was given stays given: only its early end is written into it, once, and what the clock has done.
create function keep_mandate() returns trigger language plpgsql as $$
begin
  raise exception 'mandate % stays as it was given', old.id using errcode = 'restrict_violation';
end
$$;
create trigger mandate_kept before update on mandate for each row
  when (old.ended_at is not null and (new.ended_at, new.ended_by, new.end_reason) is distinct from (old.ended_at, old.ended_by, old.end_reason)
        or (new.principal, new.agent, new.address_id, new.message_types, new.valid_from, new.valid_to, new.evidence, new.recorded_by, new.recorded_at)
           is distinct from (old.principal, old.agent, old.address_id, old.message_types, old.valid_from, old.valid_to, old.evidence, old.recorded_by, old.recorded_at))
  execute function keep_mandate();
create trigger mandate_not_removed before delete or truncate on mandate for each statement execute function refuse_change();

-- Who ends one before its time tells every worker, when that is committed: what is not on the wire yet stays here.
create function tell_mandate() returns trigger language plpgsql as $$
begin
  perform pg_notify('kuvert_mandate', new.address_id || ' ' || new.principal);
  return null;
end
$$;
create trigger mandate_ended after update of ended_at on mandate for each row
  when (new.ended_at is not null and old.ended_at is null) execute function tell_mandate();

-- Whose message it is when it lies at another's address: its agent's. What goes to an address of its own organisation pays nothing.
alter table delivery add principal text;
create index delivery_of_principal on delivery (lane_id, principal, state, message_number)
  where principal is not null and state in ('waiting', 'sending', 'held', 'refused');
-- An agent's own messages among those of its principals, for the agent's list.
create index delivery_own on delivery (lane_id, message_number) where principal is null and state = 'waiting';
create index delivery_own_spent on delivery (lane_id, message_number)
  where principal is null and state = 'held' and reason = 'schedule-spent';
