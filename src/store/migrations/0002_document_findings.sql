-- Breaches of business rules that were noted when the message was accepted; null: none.
alter table message add column findings jsonb;
