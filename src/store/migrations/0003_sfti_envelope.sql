-- The second way to write an envelope: SFTI tekniskt kuvert.

alter table address drop constraint address_envelope_format_check;
alter table address add constraint address_envelope_format_check check (envelope_format in ('cloudevents', 'sfti'));

alter table envelope drop constraint envelope_format_check;
alter table envelope add constraint envelope_format_check check (format in ('cloudevents', 'sfti'));
