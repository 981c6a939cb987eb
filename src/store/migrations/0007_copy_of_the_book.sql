-- Which copies of the database gateways may work on: one that was brought back from a backup is another copy.

create table book_copy (
  copy text primary key,
  known_at timestamptz not null default clock_timestamp(),
  -- The first that there was, one on which `after-restore` was given, or one that somebody vouched for.
  because text not null check (because in ('first', 'restored', 'vouched'))
);

create trigger book_copy_append_only before update or delete or truncate on book_copy for each statement execute function refuse_change();
