-- What the operators' console asks for: sums that are made now and then, orders for many messages, test calls.

-- One row for each kind, made anew by whichever process of the role operator-api comes first.
create table snapshot (
  kind text primary key check (length(kind) between 1 and 50),
  at timestamptz not null,
  took_ms double precision not null,
  value jsonb not null
);

-- An operator's order for many messages. It begins as a draft, which is the dry run: what was selected then, and nothing else, is what is done.
create table job (
  id bigint generated always as identity primary key,
  kind text not null check (kind in ('resend', 'release')),
  -- What was asked for, and what the dry run said of it.
  wanted jsonb not null,
  account_id bigint not null references operator_account (id),
  -- Who drafted it; from the start on, who started it.
  actor text not null,
  reason text not null check (length(reason) between 1 and 1000),
  -- Messages a second.
  rate double precision not null check (rate > 0),
  state text not null default 'draft' check (state in ('draft', 'queued', 'running', 'stopping', 'stopped', 'done', 'failed')),
  total integer not null check (total >= 0),
  -- The message at this place, and all before it, are behind us.
  done integer not null default 0 check (done between 0 and total),
  moved integer not null default 0,
  not_moved integer not null default 0,
  -- The first of those that could not be moved, each with its reason.
  examples jsonb not null default '[]',
  -- The row of the audit that the messages' rows name.
  order_row bigint,
  detail text check (length(detail) <= 1000),
  made_at timestamptz not null,
  began_at timestamptz,
  ended_at timestamptz,
  -- The process that is at it, and until when it is.
  holder uuid,
  lease_until timestamptz,
  check ((ended_at is null) = (state in ('draft', 'queued', 'running', 'stopping'))),
  check ((state = 'draft') = (order_row is null)),
  check (moved + not_moved = done)
);
create index job_open on job (id) where state in ('queued', 'running', 'stopping');
create index job_draft on job (made_at) where state = 'draft';

-- What was selected, in its order.
create table job_message (
  job_id bigint not null references job (id),
  place integer not null,
  message_id uuid not null,
  -- The number of its delivery that was current then.
  delivery integer not null,
  primary key (job_id, place)
);

-- An operator asks whether an endpoint lets us in: a TLS handshake, never a message. Role delivery makes it.
create table test_call (
  id bigint generated always as identity primary key,
  address_id bigint not null references address (id),
  actor text not null,
  reason text not null check (length(reason) between 1 and 1000),
  asked_at timestamptz not null,
  -- By a process of role delivery, which makes it then.
  taken_at timestamptz,
  answered_at timestamptz,
  result jsonb,
  check ((answered_at is null) = (result is null))
);
create index test_call_open on test_call (id) where answered_at is null;
create index test_call_of_address on test_call (address_id, id);
create function tell_test_call() returns trigger language plpgsql as $$
begin
  perform pg_notify('kuvert_test_call', new.id::text);
  return null;
end
$$;
create trigger test_call_asked after insert on test_call for each row execute function tell_test_call();
create trigger test_call_answered after update of answered_at on test_call for each row execute function tell_test_call();

-- How lanes were: a row for each change of state or reason, written by whatever changes the lane, in the same transaction.
create table lane_change (
  id bigint generated always as identity primary key,
  lane_id bigint not null references lane (id),
  at timestamptz not null,
  state text not null,
  reason text,
  detail text
);
create index lane_change_of_lane on lane_change (lane_id, at, id);
-- What flows again, the latest first.
create index lane_change_flowing on lane_change (at) where state = 'flowing';
create function keep_lane_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' or old.state <> new.state then
    insert into lane_change (lane_id, at, state, reason, detail) values (new.id, new.since, new.state, new.reason, new.detail);
  else
    insert into lane_change (lane_id, at, state, reason, detail) values (new.id, clock_timestamp(), new.state, new.reason, new.detail);
  end if;
  return null;
end
$$;
create trigger lane_begun after insert on lane for each row when (new.state <> 'flowing') execute function keep_lane_change();
create trigger lane_changed after update on lane for each row
  when (old.state <> new.state or old.reason is distinct from new.reason) execute function keep_lane_change();
insert into lane_change (lane_id, at, state, reason, detail) select id, since, state, reason, detail from lane where state <> 'flowing' order by since;

-- What a process of the line says of itself and of the servers that it works with, every few seconds; one row for each process and role.
create table pulse (
  role text not null check (length(role) between 1 and 50),
  process uuid not null,
  at timestamptz not null,
  value jsonb not null,
  primary key (role, process)
);

-- In the order in which they end, also those that are withdrawn.
create index certificate_ending on certificate (not_after, fingerprint);
-- Where a certificate is registered.
create index address_certificate_fingerprint on address_certificate (fingerprint);

-- The flow of the last hours, without a cost worth telling for whoever writes.
create index attempt_started_at on attempt using brin (started_at);
create index receipt_at on receipt using brin (at);

-- What lies in no lane, and what was cancelled: few rows, in the order of lists.
create index delivery_nowhere on delivery (message_number) where lane_id is null and state in ('held', 'refused');
create index delivery_cancelled on delivery (message_number) where state = 'cancelled';
-- The newer version of a document, from the older one.
create index message_replaces on message (replaces) where replaces is not null;
-- Also by how a document number begins, whatever the database's language.
drop index message_document_number;
create index message_document_number on message (document_number text_pattern_ops);
-- What was done to one thing.
create index audit_subject on audit (subject text_pattern_ops, id);
-- To what kind of thing, who, what: also the rare ones are found at once.
create index audit_group on audit (split_part(subject, '/', 1), actor, action, id);
-- Dead letters as they are looked for, newest first. Intake writes them for a dead letter, and for nothing else.
create index dead_letter_fault on dead_letter (fault, id);
create index dead_letter_organisation_number on dead_letter (organisation_number, id);
create index dead_letter_document_number on dead_letter (document_number, id);
-- Of all that operators enter for one dead letter, one becomes a message.
create unique index frame_entered on frame (split_part(broker_message_id, '/', 1)) where verdict = 'message' and broker_message_id like 'operator:%';

-- A supplier that is a person, and has no address, is named by its row: its number stands in no path, and lists do not go by it.
alter table supplier add column id bigint not null generated always as identity unique;
