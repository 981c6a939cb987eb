-- The database was brought back to an earlier time: which numbers may have been given out and stand for nothing in the book.

create table restoration (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  actor text not null,
  reason text not null,
  -- The newest trace in the book as it came back; what was taken later is not in it. Null: the book was empty.
  book_ends_at timestamptz,
  -- Numbers of each recipient that are given up.
  margin bigint not null check (margin > 0),
  -- The margins of this one and of all before it: where the numbers of a recipient begin that the book did not know.
  margins bigint not null,
  -- Which copy of the database it was: bringing it back once more makes another.
  copy text not null
);

create table void_range (
  organisation_number text not null references recipient,
  first_sequence bigint not null check (first_sequence > 0),
  last_sequence bigint not null,
  restoration_id bigint not null references restoration,
  declared_at timestamptz not null default now(),
  primary key (organisation_number, first_sequence),
  check (last_sequence >= first_sequence)
);

create trigger restoration_append_only before update or delete or truncate on restoration for each statement execute function refuse_change();
create trigger void_range_append_only before update or delete or truncate on void_range for each statement execute function refuse_change();
