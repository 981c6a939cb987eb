-- The audit's newest row, signed now and then; and what takes the place of rows that were purged.

-- The same text is written to a file outside the database: what is lost or changed on one side is found with the other.
create table audit_head (
  row_id bigint primary key check (row_id > 0),
  at timestamptz not null,
  -- Compact JWS of environment, copy of the book, row, hash and time.
  jws text not null check (length(jws) <= 16384),
  -- When it was first on disk in a file.
  written_at timestamptz
);
create trigger audit_head_kept before delete or truncate on audit_head for each statement execute function refuse_change();

create function keep_audit_head() returns trigger language plpgsql as $$
begin
  if old.written_at is not null or (new.row_id, new.at, new.jws) is distinct from (old.row_id, old.at, old.jws) then
    raise exception 'rows of audit_head are never changed or removed' using errcode = 'restrict_violation';
  end if;
  return new;
end
$$;
create trigger audit_head_unchanged before update on audit_head for each row execute function keep_audit_head();

-- Up to where rows of the audit were purged. The chain goes on from there.
create table audit_checkpoint (
  row_id bigint primary key check (row_id > 0),
  -- Of that row.
  hash bytea not null check (length(hash) = 32),
  purged bigint not null check (purged > 0),
  at timestamptz not null,
  -- Compact JWS of all that, and of who did it and why.
  jws text not null check (length(jws) <= 16384)
);
create trigger audit_checkpoint_append_only before update or delete or truncate on audit_checkpoint
  for each statement execute function refuse_change();

-- Rows of the audit go only from its beginning, and no further than a checkpoint.
drop trigger audit_append_only on audit;
create trigger audit_append_only before update or truncate on audit for each statement execute function refuse_change();

create function keep_audit() returns trigger language plpgsql as $$
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
$$;
create trigger audit_purged_from_the_start after delete on audit referencing old table as gone
  for each statement execute function keep_audit();
