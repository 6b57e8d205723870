-- Takes back what 0004_session_life.sql and 0004_holds.sql have made, apart from the functions that others use.
DROP TRIGGER sessions_keep_member_coach ON sessions;
DROP TRIGGER sessions_hold_to_transitions ON sessions;
DROP TRIGGER sessions_copy_cancellation_policy ON sessions;
DROP TRIGGER sessions_keep_cancellation_policy ON sessions;
DROP FUNCTION keep_member_coach(), hold_to_transitions(), copy_cancellation_policy(), keep_cancellation_policy();
DROP TABLE slot_holds, waiting_list_entries;
DROP TRIGGER calendar_slots_keep_count ON calendar_slots;
DROP TRIGGER calendar_slots_begin_without_line ON calendar_slots;
DROP TRIGGER calendar_seats_keep_held_until ON calendar_seats;
DROP FUNCTION count_waiting(), refuse_count(), keep_line(), keep_hold(), keep_held_until();
DROP INDEX calendar_seats_held, calendar_slots_waited_for, sessions_by_series;
DELETE FROM calendar_slots s WHERE NOT EXISTS
  (SELECT FROM calendar_seats t WHERE t.coach_id = s.coach_id AND t.starts_at = s.starts_at);
ALTER TABLE calendar_seats DROP COLUMN held_until;
ALTER TABLE calendar_slots DROP COLUMN waiting;
DELETE FROM session_changes WHERE kind IN ('COMPLETED', 'NO_SHOW');
ALTER TABLE session_changes
  DROP COLUMN override_reason,
  DROP COLUMN changed_by,
  DROP CONSTRAINT session_changes_kind_known,
  ADD CONSTRAINT session_changes_kind_known CHECK (kind IN ('BOOKED', 'RESCHEDULED', 'CANCELLED'));
ALTER TABLE sessions
  DROP CONSTRAINT sessions_late_only_if_cancelled,
  DROP CONSTRAINT sessions_stamped_as_they_stand,
  DROP CONSTRAINT sessions_closed_once_begun,
  DROP CONSTRAINT sessions_series_fkey,
  DROP COLUMN series_id,
  DROP COLUMN no_show_by_user_id,
  DROP COLUMN no_show_at,
  DROP COLUMN completed_by_user_id,
  DROP COLUMN cancellation_notice_hours,
  DROP COLUMN is_late_cancellation;
DROP TABLE session_series;
DROP FUNCTION book_series_for_own_member();
ALTER TABLE coaches DROP COLUMN cancellation_notice_hours, DROP COLUMN waiting_offer_minutes;
