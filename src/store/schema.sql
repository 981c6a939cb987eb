-- The schema that the migrations make, read from PostgreSQL's catalog by `npm run schema`. For reading, not for running.

create table accepted_document (
  message_type text not null,
  organisation_number text not null,
  document_number text not null,
  version integer not null,
  document_sha256 bytea not null,
  message_id uuid not null,
  constraint accepted_document_pkey PRIMARY KEY (message_type, organisation_number, document_number, version)
);

create table address (
  id bigint not null generated always as identity,
  organisation_number text not null,
  name text not null,
  environment text not null,
  delivery text not null,
  url text,
  message_types text[] not null,
  envelope_format text not null,
  ordering text not null,
  concurrency integer not null,
  rate_per_second double precision,
  version bigint not null default 1,
  created_at timestamp with time zone not null default now(),
  changed_at timestamp with time zone not null default now(),
  retired_at timestamp with time zone,
  constraint address_check CHECK (delivery <> 'push'::text OR url IS NOT NULL),
  constraint address_concurrency_check CHECK (concurrency >= 1 AND concurrency <= 64),
  constraint address_delivery_check CHECK (delivery = ANY (ARRAY['push'::text, 'pull'::text, 'manual'::text])),
  constraint address_envelope_format_check CHECK (envelope_format = ANY (ARRAY['cloudevents'::text, 'sfti'::text])),
  constraint address_environment_check CHECK (environment = ANY (ARRAY['test'::text, 'production'::text])),
  constraint address_id_organisation_number_key UNIQUE (id, organisation_number),
  constraint address_message_types_check CHECK (cardinality(message_types) > 0),
  constraint address_name_check CHECK (length(name) >= 1 AND length(name) <= 100),
  constraint address_ordering_check CHECK (ordering = ANY (ARRAY['any'::text, 'strict'::text])),
  constraint address_organisation_number_fkey FOREIGN KEY (organisation_number) REFERENCES supplier(organisation_number),
  constraint address_organisation_number_name_key UNIQUE (organisation_number, name),
  constraint address_pkey PRIMARY KEY (id),
  constraint address_rate_per_second_check CHECK (rate_per_second > 0::double precision),
  constraint address_url_check CHECK (length(url) <= 2000)
);
CREATE TRIGGER address_retired AFTER UPDATE OF retired_at ON address FOR EACH ROW WHEN (new.retired_at IS NOT NULL AND old.retired_at IS NULL) EXECUTE FUNCTION tell_retirement();

create table address_certificate (
  address_id bigint not null,
  organisation_number text not null,
  fingerprint text not null,
  registered_at timestamp with time zone not null default now(),
  first_shown_at timestamp with time zone,
  constraint address_certificate_address_id_organisation_number_fkey FOREIGN KEY (address_id, organisation_number) REFERENCES address(id, organisation_number),
  constraint address_certificate_fingerprint_organisation_number_fkey FOREIGN KEY (fingerprint, organisation_number) REFERENCES certificate(fingerprint, organisation_number),
  constraint address_certificate_pkey PRIMARY KEY (address_id, fingerprint)
);
CREATE INDEX address_certificate_fingerprint ON address_certificate USING btree (fingerprint);
CREATE TRIGGER address_certificate_removed AFTER DELETE ON address_certificate FOR EACH ROW EXECUTE FUNCTION tell_register();

create table attempt (
  delivery_id bigint not null,
  number integer not null,
  lane_id bigint not null,
  epoch bigint not null,
  started_at timestamp with time zone not null default now(),
  finished_at timestamp with time zone,
  outcome text,
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
  constraint attempt_check CHECK ((finished_at IS NULL) = (outcome IS NULL)),
  constraint attempt_delivery_id_fkey FOREIGN KEY (delivery_id) REFERENCES delivery(id),
  constraint attempt_number_check CHECK (number > 0),
  constraint attempt_outcome_check CHECK (outcome = ANY (ARRAY['delivered'::text, 'endpoint-failed'::text, 'message-failed'::text, 'refused'::text, 'turned-away'::text, 'unsendable'::text, 'not-sent'::text, 'unknown'::text])),
  constraint attempt_pkey PRIMARY KEY (delivery_id, number)
);
CREATE INDEX attempt_started_at ON attempt USING brin (started_at);
CREATE INDEX attempt_under_way ON attempt USING btree (lane_id) WHERE outcome IS NULL;
CREATE INDEX attempt_unsuccessful ON attempt USING btree (lane_id, finished_at) WHERE outcome IS NOT NULL AND outcome <> 'delivered'::text;

create table audit (
  id bigint not null,
  at timestamp with time zone not null,
  actor text not null,
  action text not null,
  subject text not null,
  reason text,
  details jsonb not null,
  previous bytea not null,
  hash bytea not null,
  constraint audit_pkey PRIMARY KEY (id)
);
CREATE INDEX audit_group ON audit USING btree (split_part(subject, '/'::text, 1), actor, action, id);
CREATE INDEX audit_subject ON audit USING btree (subject text_pattern_ops, id);
CREATE TRIGGER audit_append_only BEFORE UPDATE OR TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_purged_from_the_start AFTER DELETE ON audit REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION keep_audit();

create table audit_checkpoint (
  row_id bigint not null,
  hash bytea not null,
  purged bigint not null,
  at timestamp with time zone not null,
  jws text not null,
  constraint audit_checkpoint_hash_check CHECK (length(hash) = 32),
  constraint audit_checkpoint_jws_check CHECK (length(jws) <= 16384),
  constraint audit_checkpoint_pkey PRIMARY KEY (row_id),
  constraint audit_checkpoint_purged_check CHECK (purged > 0),
  constraint audit_checkpoint_row_id_check CHECK (row_id > 0)
);
CREATE TRIGGER audit_checkpoint_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON audit_checkpoint FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

create table audit_head (
  row_id bigint not null,
  at timestamp with time zone not null,
  jws text not null,
  written_at timestamp with time zone,
  constraint audit_head_jws_check CHECK (length(jws) <= 16384),
  constraint audit_head_pkey PRIMARY KEY (row_id),
  constraint audit_head_row_id_check CHECK (row_id > 0)
);
CREATE TRIGGER audit_head_kept BEFORE DELETE OR TRUNCATE ON audit_head FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_head_unchanged BEFORE UPDATE ON audit_head FOR EACH ROW EXECUTE FUNCTION keep_audit_head();

create table authority (
  fingerprint text not null,
  kind text not null,
  subject text not null,
  pem text not null,
  spki_sha256 bytea not null,
  not_before timestamp with time zone not null,
  not_after timestamp with time zone not null,
  registered_at timestamp with time zone not null default now(),
  constraint authority_fingerprint_check CHECK (fingerprint ~ '^[0-9a-f]{64}$'::text),
  constraint authority_kind_check CHECK (kind = ANY (ARRAY['root'::text, 'issuing'::text])),
  constraint authority_pkey PRIMARY KEY (fingerprint),
  constraint authority_spki_sha256_check CHECK (length(spki_sha256) = 32)
);

create table book_copy (
  copy text not null,
  known_at timestamp with time zone not null default clock_timestamp(),
  because text not null,
  constraint book_copy_because_check CHECK (because = ANY (ARRAY['first'::text, 'restored'::text, 'vouched'::text])),
  constraint book_copy_pkey PRIMARY KEY (copy)
);
CREATE TRIGGER book_copy_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON book_copy FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

create table certificate (
  fingerprint text not null,
  organisation_number text not null,
  pem text not null,
  subject text not null,
  not_before timestamp with time zone not null,
  not_after timestamp with time zone not null,
  registered_at timestamp with time zone not null default now(),
  withdrawn_at timestamp with time zone,
  authority text,
  serial text,
  spki_sha256 bytea,
  type text,
  description text,
  contact_id bigint,
  order_id uuid,
  renews text,
  revocation_reason text,
  constraint certificate_authority_fkey FOREIGN KEY (authority) REFERENCES authority(fingerprint),
  constraint certificate_check CHECK (revocation_reason IS NULL OR withdrawn_at IS NOT NULL),
  constraint certificate_check1 CHECK ((authority IS NULL) = (serial IS NULL)),
  constraint certificate_contact_id_organisation_number_fkey FOREIGN KEY (contact_id, organisation_number) REFERENCES technical_contact(id, organisation_number),
  constraint certificate_fingerprint_check CHECK (fingerprint ~ '^[0-9a-f]{64}$'::text),
  constraint certificate_fingerprint_organisation_number_key UNIQUE (fingerprint, organisation_number),
  constraint certificate_order_id_fkey FOREIGN KEY (order_id) REFERENCES certificate_order(id),
  constraint certificate_organisation_number_fkey FOREIGN KEY (organisation_number) REFERENCES supplier(organisation_number),
  constraint certificate_pkey PRIMARY KEY (fingerprint),
  constraint certificate_renews_fkey FOREIGN KEY (renews) REFERENCES certificate(fingerprint),
  constraint certificate_renews_key UNIQUE (renews),
  constraint certificate_revocation_reason_check CHECK (revocation_reason = ANY (ARRAY['unspecified'::text, 'keyCompromise'::text, 'affiliationChanged'::text, 'superseded'::text, 'cessationOfOperation'::text, 'privilegeWithdrawn'::text])),
  constraint certificate_serial_check CHECK (serial ~ '^[0-9A-F]{1,40}$'::text),
  constraint certificate_spki_sha256_check CHECK (length(spki_sha256) = 32),
  constraint certificate_type_check CHECK (type = ANY (ARRAY['push-endpoint'::text, 'pull-client'::text, 'both'::text]))
);
CREATE INDEX certificate_ending ON certificate USING btree (not_after, fingerprint);
CREATE INDEX certificate_key ON certificate USING btree (spki_sha256);
CREATE INDEX certificate_not_after ON certificate USING btree (not_after) WHERE withdrawn_at IS NULL;
CREATE INDEX certificate_of_organisation ON certificate USING btree (organisation_number);
CREATE INDEX certificate_revoked ON certificate USING btree (authority, withdrawn_at) WHERE authority IS NOT NULL AND withdrawn_at IS NOT NULL;
CREATE UNIQUE INDEX certificate_serial ON certificate USING btree (authority, serial) WHERE authority IS NOT NULL;
CREATE TRIGGER certificate_withdrawn AFTER UPDATE OF withdrawn_at ON certificate FOR EACH ROW WHEN (new.withdrawn_at IS DISTINCT FROM old.withdrawn_at) EXECUTE FUNCTION tell_register();
CREATE TRIGGER revoked_is_final BEFORE UPDATE OF withdrawn_at, revocation_reason ON certificate FOR EACH ROW WHEN (old.revocation_reason IS NOT NULL AND (new.withdrawn_at IS DISTINCT FROM old.withdrawn_at OR new.revocation_reason IS DISTINCT FROM old.revocation_reason)) EXECUTE FUNCTION keep_revoked();

create table certificate_order (
  id uuid not null,
  transfer_id text not null,
  organisation_number text not null,
  address_id bigint not null,
  type text not null,
  description text not null,
  dns_names text[] not null,
  contact_id bigint not null,
  ordered_by text not null,
  ordered_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  state text not null default 'ordered'::text,
  reason text,
  changed_at timestamp with time zone not null,
  approval text not null default 'not-needed'::text,
  approved_by text,
  replaces uuid,
  link_hashes bytea[] not null default '{}'::bytea[],
  pin_hash text,
  pin_made_at timestamp with time zone,
  pins_sent integer not null default 0,
  wrong_pins integer not null default 0,
  password_check bytea,
  opened_at timestamp with time zone,
  wrong_passwords integer not null default 0,
  fingerprint text,
  constraint certificate_order_address_id_organisation_number_fkey FOREIGN KEY (address_id, organisation_number) REFERENCES address(id, organisation_number),
  constraint certificate_order_approval_check CHECK (approval = ANY (ARRAY['not-needed'::text, 'awaited'::text, 'given'::text])),
  constraint certificate_order_check CHECK (expires_at > ordered_at),
  constraint certificate_order_check1 CHECK ((state = 'fetched'::text) = (fingerprint IS NOT NULL)),
  constraint certificate_order_contact_id_organisation_number_fkey FOREIGN KEY (contact_id, organisation_number) REFERENCES technical_contact(id, organisation_number),
  constraint certificate_order_description_check CHECK (length(description) >= 1 AND length(description) <= 200),
  constraint certificate_order_dns_names_check CHECK (cardinality(dns_names) <= 20),
  constraint certificate_order_fingerprint_fkey FOREIGN KEY (fingerprint) REFERENCES certificate(fingerprint),
  constraint certificate_order_link_hashes_check CHECK (cardinality(link_hashes) <= 20),
  constraint certificate_order_organisation_number_fkey FOREIGN KEY (organisation_number) REFERENCES supplier(organisation_number),
  constraint certificate_order_password_check_check CHECK (length(password_check) = 32),
  constraint certificate_order_pkey PRIMARY KEY (id),
  constraint certificate_order_replaces_fkey FOREIGN KEY (replaces) REFERENCES certificate_order(id),
  constraint certificate_order_state_check CHECK (state = ANY (ARRAY['ordered'::text, 'opened'::text, 'fetched'::text, 'locked'::text, 'cancelled'::text, 'replaced'::text])),
  constraint certificate_order_transfer_id_check CHECK (length(transfer_id) >= 8 AND length(transfer_id) <= 40),
  constraint certificate_order_transfer_id_key UNIQUE (transfer_id),
  constraint certificate_order_type_check CHECK (type = ANY (ARRAY['push-endpoint'::text, 'pull-client'::text, 'both'::text]))
);
CREATE INDEX certificate_order_link ON certificate_order USING gin (link_hashes);
CREATE INDEX certificate_order_of_organisation ON certificate_order USING btree (organisation_number, ordered_at);

create table collection (
  message_id uuid not null,
  fingerprint text not null,
  first_at timestamp with time zone not null default now(),
  last_at timestamp with time zone not null default now(),
  times integer not null default 1,
  remote_address text,
  constraint collection_fingerprint_check CHECK (fingerprint ~ '^[0-9a-f]{64}$'::text),
  constraint collection_message_id_fkey FOREIGN KEY (message_id) REFERENCES message(id),
  constraint collection_pkey PRIMARY KEY (message_id, fingerprint),
  constraint collection_times_check CHECK (times > 0)
);

create table content (
  message_id uuid not null,
  document bytea not null,
  constraint content_message_id_fkey FOREIGN KEY (message_id) REFERENCES message(id),
  constraint content_pkey PRIMARY KEY (message_id)
);

create table dead_letter (
  id uuid not null,
  taken_at timestamp with time zone not null default now(),
  broker_message_id text,
  is_text boolean not null,
  body bytea not null,
  headers bytea not null,
  fault text not null,
  detail text not null,
  findings jsonb not null,
  organisation_number text,
  document_number text,
  constraint dead_letter_pkey PRIMARY KEY (id)
);
CREATE INDEX dead_letter_document_number ON dead_letter USING btree (document_number, id);
CREATE INDEX dead_letter_fault ON dead_letter USING btree (fault, id);
CREATE INDEX dead_letter_organisation_number ON dead_letter USING btree (organisation_number, id);
CREATE INDEX dead_letter_taken_at ON dead_letter USING brin (taken_at);

create table delivery (
  id bigint not null generated always as identity,
  message_id uuid not null,
  message_number bigint not null,
  number integer not null,
  current boolean not null default true,
  lane_id bigint,
  state text not null,
  reason text,
  detail text,
  attempts integer not null default 0,
  failures integer not null default 0,
  next_try_at timestamp with time zone,
  created_at timestamp with time zone not null default now(),
  changed_at timestamp with time zone not null default now(),
  delivered_at timestamp with time zone,
  delivered_by text,
  principal text,
  constraint delivery_check CHECK ((state <> ALL (ARRAY['waiting'::text, 'sending'::text])) OR lane_id IS NOT NULL),
  constraint delivery_check1 CHECK ((state = 'waiting'::text) = (next_try_at IS NOT NULL)),
  constraint delivery_check2 CHECK ((state = 'delivered'::text) = (delivered_at IS NOT NULL AND delivered_by IS NOT NULL)),
  constraint delivery_delivered_by_check CHECK (delivered_by = ANY (ARRAY['pushed'::text, 'collected'::text])),
  constraint delivery_lane_id_fkey FOREIGN KEY (lane_id) REFERENCES lane(id),
  constraint delivery_message_id_fkey FOREIGN KEY (message_id) REFERENCES message(id),
  constraint delivery_message_id_number_key UNIQUE (message_id, number),
  constraint delivery_number_check CHECK (number > 0),
  constraint delivery_pkey PRIMARY KEY (id),
  constraint delivery_state_check CHECK (state = ANY (ARRAY['waiting'::text, 'sending'::text, 'delivered'::text, 'refused'::text, 'held'::text, 'cancelled'::text]))
);
CREATE INDEX delivery_cancelled ON delivery USING btree (message_number) WHERE state = 'cancelled'::text;
CREATE UNIQUE INDEX delivery_current ON delivery USING btree (message_id) WHERE current;
CREATE INDEX delivery_due ON delivery USING btree (lane_id, next_try_at) WHERE state = 'waiting'::text;
CREATE INDEX delivery_nowhere ON delivery USING btree (message_number) WHERE lane_id IS NULL AND (state = ANY (ARRAY['held'::text, 'refused'::text]));
CREATE INDEX delivery_of_principal ON delivery USING btree (lane_id, principal, state, message_number) WHERE principal IS NOT NULL AND (state = ANY (ARRAY['waiting'::text, 'sending'::text, 'held'::text, 'refused'::text]));
CREATE INDEX delivery_oldest ON delivery USING btree (lane_id, message_number) WHERE state = 'waiting'::text;
CREATE INDEX delivery_own ON delivery USING btree (lane_id, message_number) WHERE principal IS NULL AND state = 'waiting'::text;
CREATE INDEX delivery_own_spent ON delivery USING btree (lane_id, message_number) WHERE principal IS NULL AND state = 'held'::text AND reason = 'schedule-spent'::text;
CREATE INDEX delivery_sending ON delivery USING btree (lane_id) WHERE state = 'sending'::text;
CREATE INDEX delivery_spent ON delivery USING btree (lane_id, message_number) WHERE state = 'held'::text AND reason = 'schedule-spent'::text;
CREATE INDEX delivery_stopped ON delivery USING btree (lane_id, message_number) WHERE state = ANY (ARRAY['held'::text, 'refused'::text]);
CREATE INDEX delivery_unaddressed ON delivery USING btree (message_id) WHERE lane_id IS NULL AND state = 'held'::text;
CREATE TRIGGER delivered_is_absorbing BEFORE UPDATE OF state ON delivery FOR EACH ROW WHEN (old.state = 'delivered'::text AND new.state <> 'delivered'::text) EXECUTE FUNCTION keep_delivered();

create table envelope (
  message_id uuid not null,
  format text not null,
  head text not null,
  signature text not null,
  sha256 bytea not null,
  key_thumbprint text not null,
  sealed_at timestamp with time zone not null default now(),
  constraint envelope_format_check CHECK (format = ANY (ARRAY['cloudevents'::text, 'sfti'::text])),
  constraint envelope_message_id_fkey FOREIGN KEY (message_id) REFERENCES message(id),
  constraint envelope_pkey PRIMARY KEY (message_id),
  constraint envelope_sha256_check CHECK (length(sha256) = 32)
);
CREATE TRIGGER envelope_unchanged BEFORE UPDATE ON envelope FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

create table expiry_notice (
  fingerprint text not null,
  days integer not null,
  at timestamp with time zone not null default clock_timestamp(),
  constraint expiry_notice_days_check CHECK (days >= '-1'::integer AND days <= 366),
  constraint expiry_notice_pkey PRIMARY KEY (fingerprint, days)
);

create table frame (
  id bigint not null generated always as identity,
  taken_at timestamp with time zone not null default now(),
  broker_message_id text,
  body_sha256 bytea not null,
  verdict text not null,
  message_id uuid,
  dead_letter_id uuid,
  constraint frame_body_sha256_check CHECK (length(body_sha256) = 32),
  constraint frame_broker_message_id_body_sha256_key UNIQUE (broker_message_id, body_sha256),
  constraint frame_broker_message_id_check CHECK (length(broker_message_id) <= 500),
  constraint frame_check CHECK ((verdict = 'dead-letter'::text) = (dead_letter_id IS NOT NULL)),
  constraint frame_check1 CHECK (verdict = 'dead-letter'::text OR message_id IS NOT NULL),
  constraint frame_dead_letter_id_fkey FOREIGN KEY (dead_letter_id) REFERENCES dead_letter(id),
  constraint frame_pkey PRIMARY KEY (id),
  constraint frame_verdict_check CHECK (verdict = ANY (ARRAY['message'::text, 'duplicate'::text, 'dead-letter'::text, 'withdrawal'::text]))
);
CREATE UNIQUE INDEX frame_entered ON frame USING btree (split_part(broker_message_id, '/'::text, 1)) WHERE verdict = 'message'::text AND broker_message_id ~~ 'operator:%'::text;
CREATE UNIQUE INDEX frame_of_message ON frame USING btree (message_id) WHERE verdict = 'message'::text;
CREATE INDEX frame_taken_at ON frame USING brin (taken_at);

create table incident (
  id bigint not null generated always as identity,
  kind text not null,
  subject text not null,
  details jsonb not null default '{}'::jsonb,
  opened_at timestamp with time zone not null,
  closed_at timestamp with time zone,
  constraint incident_check CHECK (closed_at >= opened_at),
  constraint incident_kind_check CHECK (length(kind) >= 1 AND length(kind) <= 50),
  constraint incident_pkey PRIMARY KEY (id),
  constraint incident_subject_check CHECK (length(subject) >= 1 AND length(subject) <= 300)
);
CREATE UNIQUE INDEX incident_open ON incident USING btree (kind, subject) WHERE closed_at IS NULL;

create table issuance (
  id uuid not null,
  kind text not null,
  order_id uuid,
  renews text,
  purpose text,
  dns_names text[] not null default '{}'::text[],
  request bytea not null,
  spki_sha256 bytea not null,
  proof bytea,
  remote_address text,
  asked_at timestamp with time zone not null default clock_timestamp(),
  state text not null default 'asked'::text,
  authority text,
  serial text,
  not_before timestamp with time zone,
  not_after timestamp with time zone,
  fault text,
  detail text,
  certificate text,
  fingerprint text,
  intended_at timestamp with time zone,
  decided_at timestamp with time zone,
  constraint issuance_authority_fkey FOREIGN KEY (authority) REFERENCES authority(fingerprint),
  constraint issuance_check CHECK ((kind = 'enrol'::text) = (order_id IS NOT NULL)),
  constraint issuance_check1 CHECK ((kind = 'renew'::text) = (renews IS NOT NULL)),
  constraint issuance_check2 CHECK ((kind = 'own'::text) = (purpose IS NOT NULL)),
  constraint issuance_check3 CHECK ((state = ANY (ARRAY['intended'::text, 'issued'::text])) = (serial IS NOT NULL AND authority IS NOT NULL AND not_before IS NOT NULL AND not_after IS NOT NULL AND intended_at IS NOT NULL)),
  constraint issuance_check4 CHECK ((state = 'issued'::text) = (certificate IS NOT NULL AND fingerprint IS NOT NULL)),
  constraint issuance_check5 CHECK ((state = ANY (ARRAY['issued'::text, 'refused'::text])) = (decided_at IS NOT NULL)),
  constraint issuance_check6 CHECK ((state = 'refused'::text) = (fault IS NOT NULL)),
  constraint issuance_check7 CHECK (decided_at IS NULL OR proof IS NULL),
  constraint issuance_dns_names_check CHECK (cardinality(dns_names) <= 20),
  constraint issuance_fingerprint_check CHECK (fingerprint ~ '^[0-9a-f]{64}$'::text),
  constraint issuance_kind_check CHECK (kind = ANY (ARRAY['enrol'::text, 'renew'::text, 'own'::text])),
  constraint issuance_order_id_fkey FOREIGN KEY (order_id) REFERENCES certificate_order(id),
  constraint issuance_pkey PRIMARY KEY (id),
  constraint issuance_proof_check CHECK (length(proof) = 32),
  constraint issuance_purpose_check CHECK (purpose = ANY (ARRAY['client'::text, 'listener'::text, 'signing'::text])),
  constraint issuance_renews_fkey FOREIGN KEY (renews) REFERENCES certificate(fingerprint),
  constraint issuance_request_check CHECK (length(request) <= 16384),
  constraint issuance_serial_check CHECK (serial ~ '^[0-9A-F]{1,40}$'::text),
  constraint issuance_spki_sha256_check CHECK (length(spki_sha256) = 32),
  constraint issuance_state_check CHECK (state = ANY (ARRAY['asked'::text, 'intended'::text, 'issued'::text, 'refused'::text]))
);
CREATE INDEX issuance_asked_of_order ON issuance USING btree (order_id, asked_at) WHERE order_id IS NOT NULL;
CREATE INDEX issuance_asked_of_renewed ON issuance USING btree (renews, asked_at) WHERE renews IS NOT NULL;
CREATE UNIQUE INDEX issuance_key ON issuance USING btree (spki_sha256) WHERE state = ANY (ARRAY['intended'::text, 'issued'::text]);
CREATE UNIQUE INDEX issuance_of_order ON issuance USING btree (order_id) WHERE state = ANY (ARRAY['intended'::text, 'issued'::text]);
CREATE UNIQUE INDEX issuance_of_renewed ON issuance USING btree (renews) WHERE state = ANY (ARRAY['intended'::text, 'issued'::text]);
CREATE INDEX issuance_open ON issuance USING btree (asked_at) WHERE state = ANY (ARRAY['asked'::text, 'intended'::text]);
CREATE UNIQUE INDEX issuance_serial ON issuance USING btree (authority, serial) WHERE serial IS NOT NULL;
CREATE TRIGGER issuance_asked AFTER INSERT ON issuance FOR EACH ROW EXECUTE FUNCTION tell_issuance();
CREATE TRIGGER issuance_decided AFTER UPDATE OF state ON issuance FOR EACH ROW WHEN (new.state = ANY (ARRAY['issued'::text, 'refused'::text])) EXECUTE FUNCTION tell_issuance();

create table job (
  id bigint not null generated always as identity,
  kind text not null,
  wanted jsonb not null,
  account_id bigint not null,
  actor text not null,
  reason text not null,
  rate double precision not null,
  state text not null default 'draft'::text,
  total integer not null,
  done integer not null default 0,
  moved integer not null default 0,
  not_moved integer not null default 0,
  examples jsonb not null default '[]'::jsonb,
  order_row bigint,
  detail text,
  made_at timestamp with time zone not null,
  began_at timestamp with time zone,
  ended_at timestamp with time zone,
  holder uuid,
  lease_until timestamp with time zone,
  constraint job_account_id_fkey FOREIGN KEY (account_id) REFERENCES operator_account(id),
  constraint job_check CHECK (done >= 0 AND done <= total),
  constraint job_check1 CHECK ((ended_at IS NULL) = (state = ANY (ARRAY['draft'::text, 'queued'::text, 'running'::text, 'stopping'::text]))),
  constraint job_check2 CHECK ((state = 'draft'::text) = (order_row IS NULL)),
  constraint job_check3 CHECK ((moved + not_moved) = done),
  constraint job_detail_check CHECK (length(detail) <= 1000),
  constraint job_kind_check CHECK (kind = ANY (ARRAY['resend'::text, 'release'::text])),
  constraint job_pkey PRIMARY KEY (id),
  constraint job_rate_check CHECK (rate > 0::double precision),
  constraint job_reason_check CHECK (length(reason) >= 1 AND length(reason) <= 1000),
  constraint job_state_check CHECK (state = ANY (ARRAY['draft'::text, 'queued'::text, 'running'::text, 'stopping'::text, 'stopped'::text, 'done'::text, 'failed'::text])),
  constraint job_total_check CHECK (total >= 0)
);
CREATE INDEX job_draft ON job USING btree (made_at) WHERE state = 'draft'::text;
CREATE INDEX job_open ON job USING btree (id) WHERE state = ANY (ARRAY['queued'::text, 'running'::text, 'stopping'::text]);

create table job_message (
  job_id bigint not null,
  place integer not null,
  message_id uuid not null,
  delivery integer not null,
  constraint job_message_job_id_fkey FOREIGN KEY (job_id) REFERENCES job(id),
  constraint job_message_pkey PRIMARY KEY (job_id, place)
);

create table lane (
  id bigint not null,
  state text not null default 'flowing'::text,
  reason text,
  detail text,
  since timestamp with time zone not null default now(),
  failures integer not null default 0,
  ramp integer,
  failed_run bigint[] not null default '{}'::bigint[],
  refused_run bigint[] not null default '{}'::bigint[],
  wake_at timestamp with time zone,
  not_before timestamp with time zone,
  epoch bigint not null default 0,
  holder text,
  lease_until timestamp with time zone,
  constraint lane_id_fkey FOREIGN KEY (id) REFERENCES address(id),
  constraint lane_pkey PRIMARY KEY (id),
  constraint lane_state_check CHECK (state = ANY (ARRAY['flowing'::text, 'backing-off'::text, 'held'::text, 'paused'::text]))
);
CREATE INDEX lane_due ON lane USING btree (wake_at) WHERE wake_at IS NOT NULL;
CREATE TRIGGER lane_begun AFTER INSERT ON lane FOR EACH ROW WHEN (new.state <> 'flowing'::text) EXECUTE FUNCTION keep_lane_change();
CREATE TRIGGER lane_changed AFTER UPDATE ON lane FOR EACH ROW WHEN (old.state <> new.state OR old.reason IS DISTINCT FROM new.reason) EXECUTE FUNCTION keep_lane_change();

create table lane_change (
  id bigint not null generated always as identity,
  lane_id bigint not null,
  at timestamp with time zone not null,
  state text not null,
  reason text,
  detail text,
  constraint lane_change_lane_id_fkey FOREIGN KEY (lane_id) REFERENCES lane(id),
  constraint lane_change_pkey PRIMARY KEY (id)
);
CREATE INDEX lane_change_flowing ON lane_change USING btree (at) WHERE state = 'flowing'::text;
CREATE INDEX lane_change_of_lane ON lane_change USING btree (lane_id, at, id);

create table letter (
  id bigint not null generated always as identity,
  kind text not null,
  contact_id bigint not null,
  order_id uuid,
  fingerprint text,
  details jsonb not null default '{}'::jsonb,
  created_at timestamp with time zone not null default clock_timestamp(),
  next_try_at timestamp with time zone default clock_timestamp(),
  tries integer not null default 0,
  sent_at timestamp with time zone,
  given_up_at timestamp with time zone,
  detail text,
  constraint letter_check CHECK ((next_try_at IS NULL) = (sent_at IS NOT NULL OR given_up_at IS NOT NULL)),
  constraint letter_contact_id_fkey FOREIGN KEY (contact_id) REFERENCES technical_contact(id),
  constraint letter_kind_check CHECK (length(kind) >= 1 AND length(kind) <= 50),
  constraint letter_order_id_fkey FOREIGN KEY (order_id) REFERENCES certificate_order(id),
  constraint letter_pkey PRIMARY KEY (id)
);
CREATE INDEX letter_about ON letter USING btree (fingerprint, contact_id) WHERE fingerprint IS NOT NULL;
CREATE INDEX letter_due ON letter USING btree (next_try_at) WHERE next_try_at IS NOT NULL;

create table mandate (
  id bigint not null generated always as identity,
  principal text not null,
  agent text not null,
  address_id bigint not null,
  message_types text[] not null,
  valid_from timestamp with time zone not null,
  valid_to timestamp with time zone not null,
  evidence text not null,
  recorded_by text not null,
  recorded_at timestamp with time zone not null default clock_timestamp(),
  ended_at timestamp with time zone,
  ended_by text,
  end_reason text,
  ends_at timestamp with time zone not null default LEAST(valid_to, ended_at),
  begun boolean not null default false,
  settled boolean not null default false,
  constraint mandate_address_id_agent_fkey FOREIGN KEY (address_id, agent) REFERENCES address(id, organisation_number),
  constraint mandate_check CHECK (valid_to > valid_from),
  constraint mandate_check1 CHECK (principal <> agent),
  constraint mandate_check2 CHECK ((ended_at IS NULL) = (ended_by IS NULL) AND (ended_at IS NULL) = (end_reason IS NULL)),
  constraint mandate_evidence_check CHECK (length(evidence) >= 1 AND length(evidence) <= 500),
  constraint mandate_message_types_check CHECK (cardinality(message_types) > 0),
  constraint mandate_pkey PRIMARY KEY (id),
  constraint mandate_principal_fkey FOREIGN KEY (principal) REFERENCES recipient(organisation_number)
);
CREATE INDEX mandate_at_address ON mandate USING btree (address_id, principal);
CREATE INDEX mandate_beginning ON mandate USING btree (valid_from) WHERE NOT begun;
CREATE INDEX mandate_ending ON mandate USING btree (ends_at) WHERE NOT settled;
CREATE INDEX mandate_of_principal ON mandate USING btree (principal);
CREATE TRIGGER mandate_ended AFTER UPDATE OF ended_at ON mandate FOR EACH ROW WHEN (new.ended_at IS NOT NULL AND old.ended_at IS NULL) EXECUTE FUNCTION tell_mandate();
CREATE TRIGGER mandate_kept BEFORE UPDATE ON mandate FOR EACH ROW WHEN (old.ended_at IS NOT NULL AND (new.ended_at IS DISTINCT FROM old.ended_at OR new.ended_by IS DISTINCT FROM old.ended_by OR new.end_reason IS DISTINCT FROM old.end_reason) OR new.principal IS DISTINCT FROM old.principal OR new.agent IS DISTINCT FROM old.agent OR new.address_id IS DISTINCT FROM old.address_id OR new.message_types IS DISTINCT FROM old.message_types OR new.valid_from IS DISTINCT FROM old.valid_from OR new.valid_to IS DISTINCT FROM old.valid_to OR new.evidence IS DISTINCT FROM old.evidence OR new.recorded_by IS DISTINCT FROM old.recorded_by OR new.recorded_at IS DISTINCT FROM old.recorded_at) EXECUTE FUNCTION keep_mandate();
CREATE TRIGGER mandate_not_removed BEFORE DELETE OR TRUNCATE ON mandate FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

create table message (
  id uuid not null,
  number bigint not null generated always as identity,
  organisation_number text not null,
  sequence bigint not null,
  environment text not null,
  message_type text not null,
  document_number text not null,
  version integer not null,
  replaces uuid,
  format text not null,
  media_type text not null,
  data_schema text not null,
  document_sha256 bytea not null,
  document_size integer not null,
  event_time text not null,
  event_at timestamp with time zone not null,
  currency text,
  total numeric,
  ka_message_id text,
  correlation_id text,
  traceparent text,
  accepted_at timestamp with time zone not null default now(),
  findings jsonb,
  constraint message_correlation_id_check CHECK (length(correlation_id) <= 500),
  constraint message_document_number_check CHECK (length(document_number) >= 1 AND length(document_number) <= 200),
  constraint message_document_sha256_check CHECK (length(document_sha256) = 32),
  constraint message_environment_check CHECK (environment = ANY (ARRAY['test'::text, 'production'::text])),
  constraint message_ka_message_id_check CHECK (length(ka_message_id) <= 500),
  constraint message_message_type_check CHECK (message_type = ANY (ARRAY['purchase-order'::text, 'self-invoice'::text, 'self-invoice-credit'::text])),
  constraint message_number_key UNIQUE (number),
  constraint message_organisation_number_fkey FOREIGN KEY (organisation_number) REFERENCES recipient(organisation_number),
  constraint message_organisation_number_sequence_key UNIQUE (organisation_number, sequence),
  constraint message_pkey PRIMARY KEY (id),
  constraint message_replaces_fkey FOREIGN KEY (replaces) REFERENCES message(id),
  constraint message_sequence_check CHECK (sequence > 0),
  constraint message_traceparent_check CHECK (length(traceparent) <= 100),
  constraint message_version_check CHECK (version > 0)
);
CREATE INDEX message_accepted_at ON message USING brin (accepted_at);
CREATE INDEX message_document_number ON message USING btree (document_number text_pattern_ops);
CREATE INDEX message_replaces ON message USING btree (replaces) WHERE replaces IS NOT NULL;

create table migration (
  name text not null,
  sha256 text not null,
  applied_at timestamp with time zone not null default now(),
  constraint migration_pkey PRIMARY KEY (name)
);

create table operator_account (
  id bigint not null generated always as identity,
  name text not null,
  display_name text not null,
  roles text[] not null,
  password_hash text,
  issuer text,
  subject text,
  wrong_passwords integer not null default 0,
  locked_until timestamp with time zone,
  created_at timestamp with time zone not null default clock_timestamp(),
  disabled_at timestamp with time zone,
  constraint operator_account_check CHECK ((issuer IS NULL) = (subject IS NULL)),
  constraint operator_account_check1 CHECK (issuer IS NULL OR password_hash IS NULL),
  constraint operator_account_display_name_check CHECK (length(display_name) >= 1 AND length(display_name) <= 200),
  constraint operator_account_issuer_check CHECK (length(issuer) <= 500),
  constraint operator_account_name_check CHECK (name ~ '^[a-z0-9][a-z0-9._@-]{0,99}$'::text),
  constraint operator_account_name_key UNIQUE (name),
  constraint operator_account_password_hash_check CHECK (length(password_hash) <= 500),
  constraint operator_account_pkey PRIMARY KEY (id),
  constraint operator_account_roles_check CHECK (cardinality(roles) > 0 AND roles <@ ARRAY['viewer'::text, 'operator'::text, 'security-officer'::text, 'auditor'::text, 'administrator'::text]),
  constraint operator_account_subject_check CHECK (length(subject) <= 500)
);
CREATE UNIQUE INDEX operator_account_subject ON operator_account USING btree (issuer, subject) WHERE subject IS NOT NULL;

create table operator_link (
  hash bytea not null,
  account_id bigint not null,
  made_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  used_at timestamp with time zone,
  constraint operator_link_account_id_fkey FOREIGN KEY (account_id) REFERENCES operator_account(id),
  constraint operator_link_hash_check CHECK (length(hash) = 32),
  constraint operator_link_pkey PRIMARY KEY (hash)
);
CREATE INDEX operator_link_of_account ON operator_link USING btree (account_id);

create table operator_session (
  hash bytea not null,
  account_id bigint not null,
  how text not null,
  oidc_state bytea,
  remote_address text,
  began_at timestamp with time zone not null,
  seen_at timestamp with time zone not null,
  ends_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  constraint operator_session_account_id_fkey FOREIGN KEY (account_id) REFERENCES operator_account(id),
  constraint operator_session_check CHECK ((how = 'oidc'::text) = (oidc_state IS NOT NULL)),
  constraint operator_session_hash_check CHECK (length(hash) = 32),
  constraint operator_session_how_check CHECK (how = ANY (ARRAY['password'::text, 'link'::text, 'oidc'::text])),
  constraint operator_session_oidc_state_check CHECK (length(oidc_state) = 32),
  constraint operator_session_oidc_state_key UNIQUE (oidc_state),
  constraint operator_session_pkey PRIMARY KEY (hash)
);
CREATE INDEX operator_session_ends ON operator_session USING btree (ends_at);
CREATE INDEX operator_session_of_account ON operator_session USING btree (account_id) WHERE ended_at IS NULL;

create table operator_token (
  id bigint not null generated always as identity,
  hash bytea not null,
  account_id bigint not null,
  name text not null,
  permissions text[] not null,
  made_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  used_at timestamp with time zone,
  revoked_at timestamp with time zone,
  constraint operator_token_account_id_fkey FOREIGN KEY (account_id) REFERENCES operator_account(id),
  constraint operator_token_hash_check CHECK (length(hash) = 32),
  constraint operator_token_hash_key UNIQUE (hash),
  constraint operator_token_name_check CHECK (length(name) >= 1 AND length(name) <= 100),
  constraint operator_token_permissions_check CHECK (cardinality(permissions) > 0 AND permissions <@ ARRAY['view'::text, 'act'::text, 'certify'::text, 'open'::text, 'audit'::text, 'administer'::text]),
  constraint operator_token_pkey PRIMARY KEY (id)
);
CREATE INDEX operator_token_of_account ON operator_token USING btree (account_id);

create table outbox (
  id bigint not null generated always as identity,
  queue text not null,
  body text,
  headers jsonb not null default '{}'::jsonb,
  dead_letter_id uuid,
  created_at timestamp with time zone not null default now(),
  sent_at timestamp with time zone,
  constraint outbox_check CHECK ((queue = 'dead'::text) = (dead_letter_id IS NOT NULL)),
  constraint outbox_check1 CHECK ((queue = 'status'::text) = (body IS NOT NULL)),
  constraint outbox_dead_letter_id_fkey FOREIGN KEY (dead_letter_id) REFERENCES dead_letter(id),
  constraint outbox_pkey PRIMARY KEY (id),
  constraint outbox_queue_check CHECK (queue = ANY (ARRAY['status'::text, 'dead'::text]))
);
CREATE INDEX outbox_unsent ON outbox USING btree (id) WHERE sent_at IS NULL;

create table own_certificate (
  fingerprint text not null,
  purpose text not null,
  environment text not null,
  pem text not null,
  subject text not null,
  serial text,
  authority text,
  spki_sha256 bytea not null,
  not_before timestamp with time zone not null,
  not_after timestamp with time zone not null,
  use_from timestamp with time zone not null,
  registered_at timestamp with time zone not null default now(),
  announced_at timestamp with time zone,
  withdrawn_at timestamp with time zone,
  revocation_reason text,
  constraint own_certificate_authority_fkey FOREIGN KEY (authority) REFERENCES authority(fingerprint),
  constraint own_certificate_environment_check CHECK (environment = ANY (ARRAY['test'::text, 'production'::text])),
  constraint own_certificate_fingerprint_check CHECK (fingerprint ~ '^[0-9a-f]{64}$'::text),
  constraint own_certificate_pkey PRIMARY KEY (fingerprint),
  constraint own_certificate_purpose_check CHECK (purpose = ANY (ARRAY['client'::text, 'listener'::text, 'signing'::text])),
  constraint own_certificate_spki_sha256_check CHECK (length(spki_sha256) = 32)
);
CREATE INDEX own_certificate_key ON own_certificate USING btree (spki_sha256);

create table pulse (
  role text not null,
  process uuid not null,
  at timestamp with time zone not null,
  value jsonb not null,
  constraint pulse_pkey PRIMARY KEY (role, process),
  constraint pulse_role_check CHECK (length(role) >= 1 AND length(role) <= 50)
);

create table receipt (
  delivery_id bigint not null,
  at timestamp with time zone not null default now(),
  fingerprint text not null,
  remote_address text,
  constraint receipt_delivery_id_fkey FOREIGN KEY (delivery_id) REFERENCES delivery(id),
  constraint receipt_fingerprint_check CHECK (fingerprint ~ '^[0-9a-f]{64}$'::text),
  constraint receipt_pkey PRIMARY KEY (delivery_id)
);
CREATE INDEX receipt_at ON receipt USING brin (at);
CREATE TRIGGER receipt_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON receipt FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

create table recipient (
  organisation_number text not null,
  counter bigint not null,
  purged bigint not null default 0,
  constraint recipient_counter_check CHECK (counter >= 0),
  constraint recipient_organisation_number_check CHECK (organisation_number ~ '^[0-9]{10}$'::text),
  constraint recipient_pkey PRIMARY KEY (organisation_number),
  constraint recipient_purged_check CHECK (purged >= 0)
);

create table restoration (
  id bigint not null generated always as identity,
  at timestamp with time zone not null,
  actor text not null,
  reason text not null,
  book_ends_at timestamp with time zone,
  margin bigint not null,
  margins bigint not null,
  copy text not null,
  constraint restoration_margin_check CHECK (margin > 0),
  constraint restoration_pkey PRIMARY KEY (id)
);
CREATE TRIGGER restoration_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON restoration FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

create table revocation_list (
  authority text not null,
  number bigint not null,
  made_at timestamp with time zone not null,
  next_update_at timestamp with time zone not null,
  entries_sha256 bytea not null,
  der bytea not null,
  constraint revocation_list_authority_fkey FOREIGN KEY (authority) REFERENCES authority(fingerprint),
  constraint revocation_list_entries_sha256_check CHECK (length(entries_sha256) = 32),
  constraint revocation_list_number_check CHECK (number > 0),
  constraint revocation_list_pkey PRIMARY KEY (authority, number)
);

create table snapshot (
  kind text not null,
  at timestamp with time zone not null,
  took_ms double precision not null,
  value jsonb not null,
  constraint snapshot_kind_check CHECK (length(kind) >= 1 AND length(kind) <= 50),
  constraint snapshot_pkey PRIMARY KEY (kind)
);

create table supplier (
  organisation_number text not null,
  name text not null,
  language text not null,
  created_at timestamp with time zone not null default now(),
  changed_at timestamp with time zone not null default now(),
  id bigint not null generated always as identity,
  constraint supplier_id_key UNIQUE (id),
  constraint supplier_language_check CHECK (language = ANY (ARRAY['sv'::text, 'en'::text])),
  constraint supplier_name_check CHECK (length(name) >= 1 AND length(name) <= 200),
  constraint supplier_organisation_number_check CHECK (organisation_number ~ '^[0-9]{10}$'::text),
  constraint supplier_pkey PRIMARY KEY (organisation_number)
);

create table technical_contact (
  id bigint not null generated always as identity,
  organisation_number text not null,
  name text not null,
  email text not null,
  phone text not null,
  language text not null,
  created_at timestamp with time zone not null default now(),
  constraint technical_contact_email_check CHECK (length(email) >= 3 AND length(email) <= 254),
  constraint technical_contact_id_organisation_number_key UNIQUE (id, organisation_number),
  constraint technical_contact_language_check CHECK (language = ANY (ARRAY['sv'::text, 'en'::text])),
  constraint technical_contact_name_check CHECK (length(name) >= 1 AND length(name) <= 200),
  constraint technical_contact_organisation_number_fkey FOREIGN KEY (organisation_number) REFERENCES supplier(organisation_number),
  constraint technical_contact_phone_check CHECK (phone ~ '^\+[1-9][0-9]{6,14}$'::text),
  constraint technical_contact_pkey PRIMARY KEY (id)
);
CREATE INDEX technical_contact_of ON technical_contact USING btree (organisation_number);

create table test_call (
  id bigint not null generated always as identity,
  address_id bigint not null,
  actor text not null,
  reason text not null,
  asked_at timestamp with time zone not null,
  taken_at timestamp with time zone,
  answered_at timestamp with time zone,
  result jsonb,
  constraint test_call_address_id_fkey FOREIGN KEY (address_id) REFERENCES address(id),
  constraint test_call_check CHECK ((answered_at IS NULL) = (result IS NULL)),
  constraint test_call_pkey PRIMARY KEY (id),
  constraint test_call_reason_check CHECK (length(reason) >= 1 AND length(reason) <= 1000)
);
CREATE INDEX test_call_of_address ON test_call USING btree (address_id, id);
CREATE INDEX test_call_open ON test_call USING btree (id) WHERE answered_at IS NULL;
CREATE TRIGGER test_call_answered AFTER UPDATE OF answered_at ON test_call FOR EACH ROW EXECUTE FUNCTION tell_test_call();
CREATE TRIGGER test_call_asked AFTER INSERT ON test_call FOR EACH ROW EXECUTE FUNCTION tell_test_call();

create table void_range (
  organisation_number text not null,
  first_sequence bigint not null,
  last_sequence bigint not null,
  restoration_id bigint not null,
  declared_at timestamp with time zone not null default now(),
  constraint void_range_check CHECK (last_sequence >= first_sequence),
  constraint void_range_first_sequence_check CHECK (first_sequence > 0),
  constraint void_range_organisation_number_fkey FOREIGN KEY (organisation_number) REFERENCES recipient(organisation_number),
  constraint void_range_pkey PRIMARY KEY (organisation_number, first_sequence),
  constraint void_range_restoration_id_fkey FOREIGN KEY (restoration_id) REFERENCES restoration(id)
);
CREATE TRIGGER void_range_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON void_range FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE OR REPLACE FUNCTION keep_audit()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare last bigint;
begin
  select max(id) into last from gone;
  if last is null then
    return null;
  end if;
  if last > coalesce((select max(row_id) from audit_checkpoint), 0) or last > (select id from audit order by id limit 1) then
    raise exception 'rows of audit are never changed or removed, but by a purge up to a checkpoint' using errcode = 'restrict_violation';
  end if;
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION keep_audit_head()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if old.written_at is not null or (new.row_id, new.at, new.jws) is distinct from (old.row_id, old.at, old.jws) then
    raise exception 'rows of audit_head are never changed or removed' using errcode = 'restrict_violation';
  end if;
  return new;
end
$function$;

CREATE OR REPLACE FUNCTION keep_delivered()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'delivery % is delivered and stays so', old.id using errcode = 'restrict_violation';
end
$function$;

CREATE OR REPLACE FUNCTION keep_lane_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_op = 'INSERT' or old.state <> new.state then
    insert into lane_change (lane_id, at, state, reason, detail) values (new.id, new.since, new.state, new.reason, new.detail);
  else
    insert into lane_change (lane_id, at, state, reason, detail) values (new.id, clock_timestamp(), new.state, new.reason, new.detail);
  end if;
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION keep_mandate()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'mandate % stays as it was given', old.id using errcode = 'restrict_violation';
end
$function$;

CREATE OR REPLACE FUNCTION keep_revoked()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'certificate % is revoked and stays so', old.fingerprint using errcode = 'restrict_violation';
end
$function$;

CREATE OR REPLACE FUNCTION refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'rows of % are never changed or removed', tg_table_name using errcode = 'restrict_violation';
end
$function$;

CREATE OR REPLACE FUNCTION tell_issuance()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform pg_notify(case when new.state = 'asked' then 'kuvert_asked' else 'kuvert_decided' end, new.id::text);
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION tell_mandate()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform pg_notify('kuvert_mandate', new.address_id || ' ' || new.principal);
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION tell_register()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform pg_notify('kuvert_register', old.fingerprint);
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION tell_retirement()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform pg_notify('kuvert_register', fingerprint) from address_certificate where address_id = new.id;
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION tell_test_call()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform pg_notify('kuvert_test_call', new.id::text);
  return null;
end
$function$;
