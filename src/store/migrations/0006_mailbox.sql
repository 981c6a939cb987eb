-- Suppliers fetch: what they fetched, and their word that they have it.

-- A delivery that a receipt has ended. The first receipt counts; whoever says it again says nothing new.
create table receipt (
  delivery_id bigint primary key references delivery,
  at timestamptz not null default now(),
  -- The certificate that was shown, SHA-256 in hex.
  fingerprint text not null check (fingerprint ~ '^[0-9a-f]{64}$'),
  remote_address text
);
create trigger receipt_append_only before update or delete or truncate on receipt for each statement execute function refuse_change();

-- Who was given an envelope's bytes, with which certificate, and how often.
create table collection (
  message_id uuid not null references message,
  fingerprint text not null check (fingerprint ~ '^[0-9a-f]{64}$'),
  first_at timestamptz not null default now(),
  last_at timestamptz not null default now(),
  times integer not null default 1 check (times > 0),
  remote_address text,
  primary key (message_id, fingerprint)
);

-- What failed too often lies in the mailbox still. Seldom written to, so that a page of the mailbox never reads what is
-- held or refused for other reasons.
create index delivery_spent on delivery (lane_id, message_number) where state = 'held' and reason = 'schedule-spent';

-- What went wrong with a supplier lately, for the supplier. What goes well costs it nothing.
create index attempt_unsuccessful on attempt (lane_id, finished_at) where outcome is not null and outcome <> 'delivered';

-- A supplier's own certificates, for the supplier.
create index certificate_of_organisation on certificate (organisation_number);

-- Whoever takes a certificate out of use tells every listener, when that is committed: the triggers cannot forget it.
create function tell_register() returns trigger language plpgsql as $$
begin
  perform pg_notify('kuvert_register', old.fingerprint);
  return null;
end
$$;
create trigger certificate_withdrawn after update of withdrawn_at on certificate for each row
  when (new.withdrawn_at is distinct from old.withdrawn_at) execute function tell_register();
create trigger address_certificate_removed after delete on address_certificate for each row execute function tell_register();

create function tell_retirement() returns trigger language plpgsql as $$
begin
  perform pg_notify('kuvert_register', fingerprint) from address_certificate where address_id = new.id;
  return null;
end
$$;
create trigger address_retired after update of retired_at on address for each row
  when (new.retired_at is not null and old.retired_at is null) execute function tell_retirement();
