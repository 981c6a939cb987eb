-- Certificates from order to revocation: who issues, what was ordered, what was asked of the authority and what it decided.

-- Certificates of authorities that issue for this gateway, the root above them too. Keys are never here.
create table authority (
  fingerprint text primary key check (fingerprint ~ '^[0-9a-f]{64}$'),
  kind text not null check (kind in ('root', 'issuing')),
  subject text not null,
  pem text not null,
  spki_sha256 bytea not null check (length(spki_sha256) = 32),
  not_before timestamptz not null,
  not_after timestamptz not null,
  registered_at timestamptz not null default now()
);

-- Revocation lists (RFC 5280 §5), DER, as they are handed out. Numbers only grow.
create table revocation_list (
  authority text not null references authority,
  number bigint not null check (number > 0),
  made_at timestamptz not null,
  next_update_at timestamptz not null,
  -- SHA-256 of what was revoked when it was made: the same again needs no new list.
  entries_sha256 bytea not null check (length(entries_sha256) = 32),
  der bytea not null,
  primary key (authority, number)
);

-- A natural person at a supplier, who answers for a certificate. Another person, or another telephone, is another row.
create table technical_contact (
  id bigint generated always as identity primary key,
  organisation_number text not null references supplier,
  name text not null check (length(name) between 1 and 200),
  email text not null check (length(email) between 3 and 254),
  -- E.164
  phone text not null check (phone ~ '^\+[1-9][0-9]{6,14}$'),
  language text not null check (language in ('sv', 'en')),
  created_at timestamptz not null default now(),
  unique (id, organisation_number)
);

create index technical_contact_of on technical_contact (organisation_number);

-- An order for one certificate. Codes are kept as hashes only.
create table certificate_order (
  id uuid primary key,
  -- TransferID: an identifier, no secret.
  transfer_id text not null unique check (length(transfer_id) between 8 and 40),
  organisation_number text not null references supplier,
  address_id bigint not null,
  type text not null check (type in ('push-endpoint', 'pull-client', 'both')),
  -- Which of the supplier's programs it is for.
  description text not null check (length(description) between 1 and 200),
  dns_names text[] not null check (cardinality(dns_names) <= 20),
  contact_id bigint not null,
  ordered_by text not null,
  ordered_at timestamptz not null,
  expires_at timestamptz not null check (expires_at > ordered_at),
  -- An order that is not fetched when it expires is expired, without a word in this column.
  state text not null default 'ordered' check (state in ('ordered', 'opened', 'fetched', 'locked', 'cancelled', 'replaced')),
  reason text,
  changed_at timestamptz not null,
  approval text not null default 'not-needed' check (approval in ('not-needed', 'awaited', 'given')),
  approved_by text,
  replaces uuid references certificate_order,
  -- SHA-256 of what stands in the links that were sent.
  link_hashes bytea[] not null default '{}' check (cardinality(link_hashes) <= 20),
  -- argon2id, in the PHC string format.
  pin_hash text,
  pin_made_at timestamptz,
  pins_sent integer not null default 0,
  wrong_pins integer not null default 0,
  -- SHA-256 of the SHA-256 of TransferPassword.
  password_check bytea check (length(password_check) = 32),
  opened_at timestamptz,
  wrong_passwords integer not null default 0,
  fingerprint text,
  foreign key (address_id, organisation_number) references address (id, organisation_number),
  foreign key (contact_id, organisation_number) references technical_contact (id, organisation_number),
  check ((state = 'fetched') = (fingerprint is not null))
);
create index certificate_order_of_organisation on certificate_order (organisation_number, ordered_at);
create index certificate_order_link on certificate_order using gin (link_hashes);

-- What is known of a certificate that was issued here, beside what the register keeps of any.
alter table certificate
  add authority text references authority,
  -- Upper-case hex.
  add serial text check (serial ~ '^[0-9A-F]{1,40}$'),
  -- SHA-256 of SubjectPublicKeyInfo, of every certificate: a key is used once.
  add spki_sha256 bytea check (length(spki_sha256) = 32),
  add type text check (type in ('push-endpoint', 'pull-client', 'both')),
  add description text,
  add contact_id bigint,
  add order_id uuid references certificate_order,
  -- The certificate that this one was issued to follow. Each is renewed once.
  add renews text unique references certificate,
  add revocation_reason text check (revocation_reason in ('unspecified', 'keyCompromise', 'affiliationChanged', 'superseded', 'cessationOfOperation', 'privilegeWithdrawn')),
  add foreign key (contact_id, organisation_number) references technical_contact (id, organisation_number),
  add check (revocation_reason is null or withdrawn_at is not null),
  add check ((authority is null) = (serial is null));
create unique index certificate_serial on certificate (authority, serial) where authority is not null;
create index certificate_key on certificate (spki_sha256);
create index certificate_revoked on certificate (authority, withdrawn_at) where authority is not null and withdrawn_at is not null;
create index certificate_not_after on certificate (not_after) where withdrawn_at is null;
alter table certificate_order add foreign key (fingerprint) references certificate;

-- What has been revoked stays so.
create function keep_revoked() returns trigger language plpgsql as $$
begin
  raise exception 'certificate % is revoked and stays so', old.fingerprint using errcode = 'restrict_violation';
end
$$;
create trigger revoked_is_final before update of withdrawn_at, revocation_reason on certificate for each row
  when (old.revocation_reason is not null
        and (new.withdrawn_at is distinct from old.withdrawn_at or new.revocation_reason is distinct from old.revocation_reason))
  execute function keep_revoked();

-- What was asked of the authority, and what came of it. Asked by the front, decided by the authority: `intended` is on record before
-- anything is signed, and `issued` before anybody gets it.
create table issuance (
  id uuid primary key,
  kind text not null check (kind in ('enrol', 'renew', 'own')),
  order_id uuid references certificate_order,
  -- The certificate that is renewed: the one that the TLS peer showed.
  renews text references certificate,
  -- Of our own certificates.
  purpose text check (purpose in ('client', 'listener', 'signing')),
  -- Of our own listener: under which names suppliers reach it.
  dns_names text[] not null default '{}' check (cardinality(dns_names) <= 20),
  -- PKCS#10, DER.
  request bytea not null check (length(request) <= 16384),
  spki_sha256 bytea not null check (length(spki_sha256) = 32),
  -- SHA-256 of the password that was given. Taken away when it is decided.
  proof bytea check (length(proof) = 32),
  remote_address text,
  asked_at timestamptz not null default clock_timestamp(),
  state text not null default 'asked' check (state in ('asked', 'intended', 'issued', 'refused')),
  authority text references authority,
  serial text check (serial ~ '^[0-9A-F]{1,40}$'),
  not_before timestamptz,
  not_after timestamptz,
  fault text,
  detail text,
  -- PEM; the register has it too, except our own.
  certificate text,
  fingerprint text check (fingerprint ~ '^[0-9a-f]{64}$'),
  intended_at timestamptz,
  decided_at timestamptz,
  check ((kind = 'enrol') = (order_id is not null)),
  check ((kind = 'renew') = (renews is not null)),
  check ((kind = 'own') = (purpose is not null)),
  check ((state in ('intended', 'issued')) = (serial is not null and authority is not null and not_before is not null and not_after is not null and intended_at is not null)),
  check ((state = 'issued') = (certificate is not null and fingerprint is not null)),
  check ((state in ('issued', 'refused')) = (decided_at is not null)),
  check ((state = 'refused') = (fault is not null)),
  check (decided_at is null or proof is null)
);
create unique index issuance_serial on issuance (authority, serial) where serial is not null;
create unique index issuance_of_order on issuance (order_id) where state in ('intended', 'issued');
create unique index issuance_of_renewed on issuance (renews) where state in ('intended', 'issued');
create unique index issuance_key on issuance (spki_sha256) where state in ('intended', 'issued');
create index issuance_open on issuance (asked_at) where state in ('asked', 'intended');
create index issuance_asked_of_order on issuance (order_id, asked_at) where order_id is not null;
create index issuance_asked_of_renewed on issuance (renews, asked_at) where renews is not null;

-- The authority hears of what is asked, the front of what was decided, when it is committed.
create function tell_issuance() returns trigger language plpgsql as $$
begin
  perform pg_notify(case when new.state = 'asked' then 'kuvert_asked' else 'kuvert_decided' end, new.id::text);
  return null;
end
$$;
create trigger issuance_asked after insert on issuance for each row execute function tell_issuance();
create trigger issuance_decided after update of state on issuance for each row
  when (new.state in ('issued', 'refused')) execute function tell_issuance();

-- Certificates that the gateway itself shows or signs with, also those that it will, and those that it did.
create table own_certificate (
  fingerprint text primary key check (fingerprint ~ '^[0-9a-f]{64}$'),
  purpose text not null check (purpose in ('client', 'listener', 'signing')),
  environment text not null check (environment in ('test', 'production')),
  pem text not null,
  subject text not null,
  serial text,
  authority text references authority,
  spki_sha256 bytea not null check (length(spki_sha256) = 32),
  not_before timestamptz not null,
  not_after timestamptz not null,
  use_from timestamptz not null,
  registered_at timestamptz not null default now(),
  announced_at timestamptz,
  withdrawn_at timestamptz,
  revocation_reason text
);
create index own_certificate_key on own_certificate (spki_sha256);

-- Letters to technical contacts. Written when they are sent, in the words of that day; here is what they are about.
create table letter (
  id bigint generated always as identity primary key,
  kind text not null check (length(kind) between 1 and 50),
  contact_id bigint not null references technical_contact,
  order_id uuid references certificate_order,
  fingerprint text,
  details jsonb not null default '{}',
  created_at timestamptz not null default clock_timestamp(),
  next_try_at timestamptz default clock_timestamp(),
  tries integer not null default 0,
  sent_at timestamptz,
  given_up_at timestamptz,
  detail text,
  check ((next_try_at is null) = (sent_at is not null or given_up_at is not null))
);
create index letter_due on letter (next_try_at) where next_try_at is not null;
create index letter_about on letter (fingerprint, contact_id) where fingerprint is not null;

-- Which notices of a coming end were given. What is here is not given again.
create table expiry_notice (
  -- Of a certificate; or `mandate/` and the number of one.
  fingerprint text not null,
  -- Days ahead; -1: after it ended.
  days integer not null check (days between -1 and 366),
  at timestamptz not null default clock_timestamp(),
  primary key (fingerprint, days)
);

-- What an operator should know of and that lasts: one row from its beginning to its end.
create table incident (
  id bigint generated always as identity primary key,
  kind text not null check (length(kind) between 1 and 50),
  subject text not null check (length(subject) between 1 and 300),
  details jsonb not null default '{}',
  opened_at timestamptz not null,
  closed_at timestamptz check (closed_at >= opened_at)
);
create unique index incident_open on incident (kind, subject) where closed_at is null;
