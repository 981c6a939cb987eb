-- The line of a message: suppliers and where they are reached, what was taken, what is on its way, what was answered.

create table supplier (
  organisation_number text primary key check (organisation_number ~ '^[0-9]{10}$'),
  name text not null check (length(name) between 1 and 200),
  language text not null check (language in ('sv', 'en')),
  created_at timestamptz not null default now(),
  changed_at timestamptz not null default now()
);

-- A certificate belongs to one organisation, whatever addresses it serves: the primary key says so.
create table certificate (
  fingerprint text primary key check (fingerprint ~ '^[0-9a-f]{64}$'),
  organisation_number text not null references supplier,
  pem text not null,
  subject text not null,
  not_before timestamptz not null,
  not_after timestamptz not null,
  registered_at timestamptz not null default now(),
  withdrawn_at timestamptz,
  unique (fingerprint, organisation_number)
);

create table address (
  id bigint generated always as identity primary key,
  organisation_number text not null references supplier,
  name text not null check (length(name) between 1 and 100),
  environment text not null check (environment in ('test', 'production')),
  delivery text not null check (delivery in ('push', 'pull', 'manual')),
  url text check (length(url) <= 2000),
  message_types text[] not null check (cardinality(message_types) > 0),
  envelope_format text not null check (envelope_format in ('cloudevents')),
  ordering text not null check (ordering in ('any', 'strict')),
  concurrency integer not null check (concurrency between 1 and 64),
  rate_per_second double precision check (rate_per_second > 0),
  -- Counts every change that a kept-alive connection must not outlive: URL, certificates, mode.
  version bigint not null default 1,
  created_at timestamptz not null default now(),
  changed_at timestamptz not null default now(),
  retired_at timestamptz,
  unique (organisation_number, name),
  unique (id, organisation_number),
  check (delivery <> 'push' or url is not null)
);

create table address_certificate (
  address_id bigint not null,
  organisation_number text not null,
  fingerprint text not null,
  registered_at timestamptz not null default now(),
  first_shown_at timestamptz,
  primary key (address_id, fingerprint),
  foreign key (address_id, organisation_number) references address (id, organisation_number),
  foreign key (fingerprint, organisation_number) references certificate (fingerprint, organisation_number)
);

-- Everything on its way to one address. This row is the lock: only the holder of the newest epoch may claim and record.
create table lane (
  id bigint primary key references address,
  state text not null default 'flowing' check (state in ('flowing', 'backing-off', 'held', 'paused')),
  -- Why it is not flowing: a fault code and a sentence.
  reason text,
  detail text,
  since timestamptz not null default now(),
  -- Endpoint failures in a row: the place in the retry schedule.
  failures integer not null default 0,
  -- How many pushes at once, while the lane grows back after an outage; null: as many as the address allows.
  ramp integer,
  -- The last deliveries in a row that the endpoint failed on, or refused, without a success between.
  failed_run bigint[] not null default '{}',
  refused_run bigint[] not null default '{}',
  -- When this lane wants to be drained next; null: nothing to do.
  wake_at timestamptz,
  -- The address's rate: nothing is claimed before, whatever the alarm says.
  not_before timestamptz,
  epoch bigint not null default 0,
  holder text,
  lease_until timestamptz
);
create index lane_due on lane (wake_at) where wake_at is not null;

-- The gapless number of each recipient, known to us or not.
create table recipient (
  organisation_number text primary key check (organisation_number ~ '^[0-9]{10}$'),
  counter bigint not null check (counter >= 0),
  purged bigint not null default 0 check (purged >= 0)
);

create table message (
  id uuid primary key,
  -- The order of acceptance over all recipients.
  number bigint generated always as identity unique,
  organisation_number text not null references recipient,
  sequence bigint not null check (sequence > 0),
  environment text not null check (environment in ('test', 'production')),
  message_type text not null check (message_type in ('purchase-order', 'self-invoice', 'self-invoice-credit')),
  document_number text not null check (length(document_number) between 1 and 200),
  version integer not null check (version > 0),
  replaces uuid references message,
  format text not null,
  media_type text not null,
  data_schema text not null,
  document_sha256 bytea not null check (length(document_sha256) = 32),
  document_size integer not null,
  -- RFC 3339 in UTC with the producer's fraction digits; event_at is the same as a time to compute with.
  event_time text not null,
  event_at timestamptz not null,
  currency text,
  total numeric,
  ka_message_id text check (length(ka_message_id) <= 500),
  correlation_id text check (length(correlation_id) <= 500),
  traceparent text check (length(traceparent) <= 100),
  accepted_at timestamptz not null default now(),
  unique (organisation_number, sequence)
);
create index message_document_number on message (document_number);

create table content (
  message_id uuid primary key references message,
  document bytea not null
);

-- Which documents were accepted; outlives the messages. Version 1 of a key is the lock of that key.
create table accepted_document (
  message_type text not null,
  organisation_number text not null,
  document_number text not null,
  version integer not null,
  document_sha256 bytea not null,
  message_id uuid not null,
  primary key (message_type, organisation_number, document_number, version)
);

-- What was signed, from the first exposure on unchangeable.
create table envelope (
  message_id uuid primary key references message,
  format text not null check (format in ('cloudevents')),
  head text not null,
  signature text not null,
  sha256 bytea not null check (length(sha256) = 32),
  key_thumbprint text not null,
  sealed_at timestamptz not null default now()
);

create table delivery (
  id bigint generated always as identity primary key,
  message_id uuid not null references message,
  message_number bigint not null,
  number integer not null check (number > 0),
  current boolean not null default true,
  lane_id bigint references lane,
  state text not null check (state in ('waiting', 'sending', 'delivered', 'refused', 'held', 'cancelled')),
  -- Why it is held or refused, or what the last try met: a fault code and a sentence.
  reason text,
  detail text,
  attempts integer not null default 0,
  -- Message failures: the place in the message's own schedule.
  failures integer not null default 0,
  next_try_at timestamptz,
  created_at timestamptz not null default now(),
  changed_at timestamptz not null default now(),
  delivered_at timestamptz,
  delivered_by text check (delivered_by in ('pushed', 'collected')),
  unique (message_id, number),
  check (state not in ('waiting', 'sending') or lane_id is not null),
  check ((state = 'waiting') = (next_try_at is not null)),
  check ((state = 'delivered') = (delivered_at is not null and delivered_by is not null))
);
create unique index delivery_current on delivery (message_id) where current;
create index delivery_oldest on delivery (lane_id, message_number) where state = 'waiting';
create index delivery_due on delivery (lane_id, next_try_at) where state = 'waiting';
create index delivery_sending on delivery (lane_id) where state = 'sending';
create index delivery_stopped on delivery (lane_id, message_number) where state in ('held', 'refused');
create index delivery_unaddressed on delivery (message_id) where lane_id is null and state = 'held';

create table attempt (
  delivery_id bigint not null references delivery,
  number integer not null check (number > 0),
  lane_id bigint not null,
  epoch bigint not null,
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  -- Null while under way.
  outcome text check (outcome in ('delivered', 'endpoint-failed', 'message-failed', 'refused', 'turned-away', 'unsendable', 'not-sent', 'unknown')),
  fault text,
  detail text,
  status integer,
  excerpt text,
  tls_version text,
  cipher text,
  peer_fingerprint text,
  connect_ms double precision,
  tls_ms double precision,
  first_byte_ms double precision,
  total_ms double precision,
  remote_address text,
  primary key (delivery_id, number),
  check ((finished_at is null) = (outcome is null))
);
create index attempt_under_way on attempt (lane_id) where outcome is null;

create table dead_letter (
  id uuid primary key,
  taken_at timestamptz not null default now(),
  broker_message_id text,
  is_text boolean not null,
  body bytea not null,
  -- JSON, as bytes: what a sender puts in a header may be nothing that a text column takes.
  headers bytea not null,
  fault text not null,
  detail text not null,
  findings jsonb not null,
  organisation_number text,
  document_number text
);

-- The ledger: one row for every frame that was taken from the broker.
create table frame (
  id bigint generated always as identity primary key,
  taken_at timestamptz not null default now(),
  broker_message_id text check (length(broker_message_id) <= 500),
  body_sha256 bytea not null check (length(body_sha256) = 32),
  verdict text not null check (verdict in ('message', 'duplicate', 'dead-letter')),
  message_id uuid,
  dead_letter_id uuid references dead_letter,
  check ((verdict = 'dead-letter') = (dead_letter_id is not null)),
  check (verdict = 'dead-letter' or message_id is not null),
  -- The same frame brought again by the broker after a lost acknowledgement is not another frame.
  unique (broker_message_id, body_sha256)
);
create unique index frame_of_message on frame (message_id) where verdict = 'message';

create table outbox (
  id bigint generated always as identity primary key,
  queue text not null check (queue in ('status', 'dead')),
  -- For status: the JSON. For dead: null, the body is the dead letter's.
  body text,
  headers jsonb not null default '{}',
  dead_letter_id uuid references dead_letter,
  created_at timestamptz not null default now(),
  sent_at timestamptz,
  check ((queue = 'dead') = (dead_letter_id is not null)),
  check ((queue = 'status') = (body is not null))
);
create index outbox_unsent on outbox (id) where sent_at is null;

-- What people did. Append-only; each row's hash covers the one before.
create table audit (
  id bigint primary key,
  at timestamptz not null,
  actor text not null,
  action text not null,
  subject text not null,
  reason text,
  details jsonb not null,
  previous bytea not null,
  hash bytea not null
);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'rows of % are never changed or removed', tg_table_name using errcode = 'restrict_violation';
end
$$;
create trigger audit_append_only before update or delete or truncate on audit for each statement execute function refuse_change();
create trigger envelope_unchanged before update on envelope for each statement execute function refuse_change();

-- Delivered is absorbing, whoever writes.
create function keep_delivered() returns trigger language plpgsql as $$
begin
  raise exception 'delivery % is delivered and stays so', old.id using errcode = 'restrict_violation';
end
$$;
create trigger delivered_is_absorbing before update of state on delivery for each row
  when (old.state = 'delivered' and new.state <> 'delivered') execute function keep_delivered();
