-- Operators: who they are, how they get in, and what they have asked for that takes a while.

create table operator_account (
  id bigint generated always as identity primary key,
  -- What is typed at the sign-in, and stands in the audit.
  name text not null unique check (name ~ '^[a-z0-9][a-z0-9._@-]{0,99}$'),
  display_name text not null check (length(display_name) between 1 and 200),
  roles text[] not null check (cardinality(roles) > 0
    and roles <@ array['viewer', 'operator', 'security-officer', 'auditor', 'administrator']),
  -- argon2id as a PHC string; null: none was chosen yet, or they come by OpenID Connect.
  password_hash text check (length(password_hash) <= 500),
  -- OpenID Connect: the issuer and its name for them.
  issuer text check (length(issuer) <= 500),
  subject text check (length(subject) <= 500),
  wrong_passwords integer not null default 0,
  locked_until timestamptz,
  created_at timestamptz not null default clock_timestamp(),
  disabled_at timestamptz,
  check ((issuer is null) = (subject is null)),
  -- Who comes by a provider comes by nothing else.
  check (issuer is null or password_hash is null)
);
create unique index operator_account_subject on operator_account (issuer, subject) where subject is not null;

-- A link that signs in once. Only its SHA-256 is kept, as of sessions and tokens.
create table operator_link (
  hash bytea primary key check (length(hash) = 32),
  account_id bigint not null references operator_account (id),
  made_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz
);
create index operator_link_of_account on operator_link (account_id);

create table operator_session (
  hash bytea primary key check (length(hash) = 32),
  account_id bigint not null references operator_account (id),
  how text not null check (how in ('password', 'link', 'oidc')),
  -- SHA-256 of the state that it was asked for with: what the provider answered begins one session and no second.
  oidc_state bytea unique check (length(oidc_state) = 32),
  remote_address text,
  began_at timestamptz not null,
  -- Written once a minute at most.
  seen_at timestamptz not null,
  ends_at timestamptz not null,
  ended_at timestamptz,
  check ((how = 'oidc') = (oidc_state is not null))
);
create index operator_session_of_account on operator_session (account_id) where ended_at is null;
create index operator_session_ends on operator_session (ends_at);

-- For scripts: `authorization: Bearer …`.
create table operator_token (
  id bigint generated always as identity primary key,
  hash bytea not null unique check (length(hash) = 32),
  account_id bigint not null references operator_account (id),
  name text not null check (length(name) between 1 and 100),
  -- What it may at most; never more than its account may at that moment.
  permissions text[] not null check (cardinality(permissions) > 0
    and permissions <@ array['view', 'act', 'certify', 'open', 'audit', 'administer']),
  made_at timestamptz not null,
  expires_at timestamptz not null,
  -- Written once a minute at most.
  used_at timestamptz,
  revoked_at timestamptz
);
create index operator_token_of_account on operator_token (account_id);
