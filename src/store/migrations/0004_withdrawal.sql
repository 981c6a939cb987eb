-- KA withdraws what it sent: a frame of its own in the ledger, that names the message.

alter table frame drop constraint frame_verdict_check;
alter table frame add constraint frame_verdict_check check (verdict in ('message', 'duplicate', 'dead-letter', 'withdrawal'));

-- Who cancelled it stands in the reason, as it does for what is held.
update delivery set reason = 'cancelled-by-operator' where state = 'cancelled' and reason is null;

-- A day of the ledger and of the book. Rows come in the order of time, so the least of indexes will do.
create index frame_taken_at on frame using brin (taken_at);
create index message_accepted_at on message using brin (accepted_at);
create index dead_letter_taken_at on dead_letter using brin (taken_at);
