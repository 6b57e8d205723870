-- These functions act for the system and give back what was set: a failure rolls the setting back with all else.

-- The coach's policy is the one of the day on which a session is booked.
CREATE FUNCTION copy_cancellation_policy() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SELECT c.cancellation_notice_hours INTO NEW.cancellation_notice_hours FROM coaches c WHERE c.id = NEW.coach_id;
  RETURN NEW;
END $$;
CREATE TRIGGER sessions_copy_cancellation_policy BEFORE INSERT ON sessions
  FOR EACH ROW EXECUTE FUNCTION copy_cancellation_policy();

-- It does not soften later.
CREATE FUNCTION keep_cancellation_policy() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a session keeps the notice that it was booked with' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER sessions_keep_cancellation_policy BEFORE UPDATE OF cancellation_notice_hours ON sessions
  FOR EACH ROW WHEN (OLD.cancellation_notice_hours > coalesce(NEW.cancellation_notice_hours, -1))
  EXECUTE FUNCTION keep_cancellation_policy();

-- Under the asker's own rights: a coach sees their members of today.
CREATE FUNCTION book_series_for_own_member() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM members m WHERE m.id = NEW.member_id) THEN
    RAISE EXCEPTION 'a series is booked for a member of one''s own'
      USING ERRCODE = 'insufficient_privilege', TABLE = 'session_series';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER session_series_of_own_member BEFORE INSERT ON session_series
  FOR EACH ROW EXECUTE FUNCTION book_series_for_own_member();

-- What a session may become, and who closes it: the coach who held it, and admins. What is closed is not moved.
CREATE FUNCTION hold_to_transitions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT (OLD.status = 'SCHEDULED' OR (OLD.status = 'NO_SHOW' AND NEW.status = 'COMPLETED')) THEN
    RAISE EXCEPTION 'a session that is % becomes % no more, nor moves', OLD.status, NEW.status
      USING ERRCODE = 'check_violation', CONSTRAINT = 'sessions_transitions', TABLE = 'sessions';
  END IF;
  IF NEW.status IN ('COMPLETED', 'NO_SHOW') AND current_setting('app.system', true) IS DISTINCT FROM 'on'
    AND current_setting('app.role', true) IS DISTINCT FROM 'ADMIN'
    AND nullif(current_setting('app.coach_id', true), '')::uuid IS DISTINCT FROM NEW.coach_id
  THEN
    RAISE EXCEPTION 'only its coach closes a session' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER sessions_hold_to_transitions BEFORE UPDATE OF status, starts_at ON sessions
  FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status OR OLD.starts_at IS DISTINCT FROM NEW.starts_at) EXECUTE FUNCTION hold_to_transitions();

-- Who coaches the member today is for the system to say, else a session could be shown to any coach.
CREATE FUNCTION keep_member_coach() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('app.system', true) IS DISTINCT FROM 'on' THEN
    RAISE EXCEPTION 'a session follows its member' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER sessions_keep_member_coach BEFORE UPDATE OF member_coach_id ON sessions
  FOR EACH ROW WHEN (OLD.member_coach_id IS DISTINCT FROM NEW.member_coach_id) EXECUTE FUNCTION keep_member_coach();

-- As before, but a transfer finds the member's history by its sessions, and reads nobody else's.
CREATE OR REPLACE FUNCTION follow_assigned_coach() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
  left_coach uuid;
  joined_coach uuid;
BEGIN
  PERFORM set_config('app.system', 'on', true);
  IF TG_OP <> 'INSERT' AND OLD.status IN ('ACTIVE', 'PAUSED') THEN left_coach := OLD.coach_id; END IF;
  IF TG_OP <> 'DELETE' AND NEW.status IN ('ACTIVE', 'PAUSED') THEN joined_coach := NEW.coach_id; END IF;
  IF left_coach IS DISTINCT FROM joined_coach THEN
    -- In one order, so that two who change places do not wait for each other.
    PERFORM FROM coaches WHERE id IN (left_coach, joined_coach) ORDER BY id FOR NO KEY UPDATE;
    UPDATE coaches SET member_count = member_count - 1 WHERE id = left_coach;
    IF joined_coach IS NOT NULL THEN
      UPDATE coaches SET member_count = member_count + 1 WHERE id = joined_coach AND member_count < max_members;
      IF NOT FOUND THEN
        RAISE EXCEPTION 'the coach has no free place'
          USING ERRCODE = 'check_violation', CONSTRAINT = 'coaches_members_within_limit', TABLE = 'coaches';
      END IF;
    END IF;
  END IF;
  IF TG_OP <> 'DELETE' THEN
    IF TG_OP = 'UPDATE' AND OLD.coach_id IS DISTINCT FROM NEW.coach_id
      AND was IS DISTINCT FROM 'on' AND current_setting('app.role', true) IS DISTINCT FROM 'ADMIN' THEN
      RAISE EXCEPTION 'only an admin gives a member another coach' USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE users SET coach_id = NEW.coach_id WHERE id = NEW.user_id AND coach_id IS DISTINCT FROM NEW.coach_id;
    IF TG_OP = 'UPDATE' AND OLD.coach_id IS DISTINCT FROM NEW.coach_id THEN
      UPDATE sessions SET member_coach_id = NEW.coach_id WHERE member_id = NEW.id;
      UPDATE session_changes SET member_coach_id = NEW.coach_id
        WHERE session_id IN (SELECT id FROM sessions WHERE member_id = NEW.id);
    END IF;
  END IF;
  PERFORM set_config('app.system', coalesce(was, ''), true);
  RETURN NULL;
END $$;

-- When a member has sessions, in epoch seconds and without saying with whom: for the member, for their coach, for a coach
-- with whom they have one to come, and for admins. Moving a session must not put its member in two places.
CREATE OR REPLACE FUNCTION busy_times(member uuid, since timestamptz, until timestamptz)
  RETURNS TABLE (starts_at bigint, ends_at bigint) LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
  asking_coach uuid := nullif(current_setting('app.coach_id', true), '')::uuid;
BEGIN
  PERFORM set_config('app.system', 'on', true);
  IF was = 'on' OR current_setting('app.role', true) = 'ADMIN'
    OR nullif(current_setting('app.member_id', true), '')::uuid = member
    OR EXISTS (SELECT FROM members m WHERE m.id = member AND m.coach_id = asking_coach)
    OR EXISTS (SELECT FROM sessions s WHERE s.member_id = member AND s.coach_id = asking_coach
               AND s.status = 'SCHEDULED')
  THEN
    RETURN QUERY SELECT extract(epoch FROM s.starts_at)::bigint, extract(epoch FROM s.ends_at)::bigint
      FROM sessions s WHERE s.member_id = member AND s.status <> 'CANCELLED'
      AND s.starts_at >= since AND s.starts_at < until;
  END IF;
  PERFORM set_config('app.system', coalesce(was, ''), true);
END $$;

-- How many are in line for a slot stands with the slot, where whoever may see it reads it without their names.
CREATE FUNCTION count_waiting() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
BEGIN
  PERFORM set_config('app.system', 'on', true);
  IF TG_OP <> 'INSERT' AND OLD.status = 'WAITING' THEN
    UPDATE calendar_slots SET waiting = waiting - 1 WHERE coach_id = OLD.coach_id AND starts_at = OLD.starts_at;
  END IF;
  IF TG_OP <> 'DELETE' AND NEW.status = 'WAITING' THEN
    UPDATE calendar_slots SET waiting = waiting + 1 WHERE coach_id = NEW.coach_id AND starts_at = NEW.starts_at;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'nobody sits in this slot, so there is nothing to wait for'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'waiting_list_for_a_taken_slot', TABLE = 'waiting_list_entries';
    END IF;
  END IF;
  PERFORM set_config('app.system', coalesce(was, ''), true);
  RETURN NULL;
END $$;
CREATE TRIGGER waiting_list_is_counted AFTER INSERT OR DELETE OR UPDATE OF status ON waiting_list_entries
  FOR EACH ROW EXECUTE FUNCTION count_waiting();

-- How many wait is counted by the trigger above, from within one, and not by a statement of anybody's.
CREATE FUNCTION refuse_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'who waits is counted by the database' USING ERRCODE = 'check_violation',
    CONSTRAINT = 'calendar_slots_count_the_line', TABLE = 'calendar_slots';
END $$;
CREATE TRIGGER calendar_slots_keep_count BEFORE UPDATE OF waiting ON calendar_slots
  FOR EACH ROW WHEN (pg_trigger_depth() = 0 AND OLD.waiting <> NEW.waiting) EXECUTE FUNCTION refuse_count();
CREATE TRIGGER calendar_slots_begin_without_line AFTER INSERT ON calendar_slots
  FOR EACH ROW WHEN (NEW.waiting <> 0) EXECUTE FUNCTION refuse_count();

-- Nobody steps forward in a line, nor into another one, nor back into one that they have left; who is in it leaves it, or
-- takes what was offered, and no more.
CREATE FUNCTION keep_line() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
  is_overtaking boolean;
BEGIN
  IF TG_OP = 'INSERT' THEN
    PERFORM set_config('app.system', 'on', true);
    is_overtaking := EXISTS (SELECT FROM waiting_list_entries e WHERE e.coach_id = NEW.coach_id
      AND e.starts_at = NEW.starts_at AND e.status = 'WAITING' AND e.place >= NEW.place);
    PERFORM set_config('app.system', coalesce(was, ''), true);
    IF is_overtaking THEN
      RAISE EXCEPTION 'others are in line already' USING ERRCODE = 'insufficient_privilege', TABLE = 'waiting_list_entries';
    END IF;
  ELSIF (OLD.coach_id, OLD.member_id, OLD.starts_at, OLD.place)
      IS DISTINCT FROM (NEW.coach_id, NEW.member_id, NEW.starts_at, NEW.place)
    OR (OLD.status <> NEW.status AND (OLD.closed_at IS NOT NULL OR NOT (
      was = 'on' OR current_setting('app.role', true) = 'ADMIN' OR NEW.status = 'LEFT'
      OR (OLD.status = 'OFFERED' AND NEW.status = 'BOOKED'))))
  THEN
    RAISE EXCEPTION 'a place in line stays where it is' USING ERRCODE = 'insufficient_privilege', TABLE = 'waiting_list_entries';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER waiting_list_keeps_order BEFORE INSERT ON waiting_list_entries
  FOR EACH ROW WHEN (NEW.status = 'WAITING') EXECUTE FUNCTION keep_line();
CREATE TRIGGER waiting_list_keeps_places BEFORE UPDATE OF coach_id, member_id, starts_at, place, status
  ON waiting_list_entries FOR EACH ROW EXECUTE FUNCTION keep_line();

-- A hold keeps a seat that nobody sits in, and stays what it is; its seat's number follows the seat. Only the system offers.
CREATE FUNCTION keep_hold() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
  is_held boolean;
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF coalesce(was = 'on' OR current_setting('app.role', true) = 'ADMIN'
        OR OLD.member_id = nullif(current_setting('app.member_id', true), '')::uuid
        OR OLD.coach_id = nullif(current_setting('app.coach_id', true), '')::uuid, false) THEN
      RETURN OLD;
    END IF;
  ELSIF TG_OP = 'INSERT' THEN
    PERFORM set_config('app.system', 'on', true);
    is_held := EXISTS (SELECT FROM calendar_seats t WHERE t.coach_id = NEW.coach_id AND t.starts_at = NEW.starts_at
                       AND t.seat_no = NEW.seat_no AND t.held_until = NEW.expires_at);
    PERFORM set_config('app.system', coalesce(was, ''), true);
    IF was = 'on' OR (is_held AND NEW.entry_id IS NULL AND NEW.created_at <= now()) THEN RETURN NEW; END IF;
  ELSIF (OLD.coach_id, OLD.member_id, OLD.starts_at, OLD.entry_id)
      IS NOT DISTINCT FROM (NEW.coach_id, NEW.member_id, NEW.starts_at, NEW.entry_id)
    AND (OLD.seat_no = NEW.seat_no OR pg_trigger_depth() > 1)
    AND (was = 'on' OR (OLD.ends_at, OLD.created_at) = (NEW.ends_at, NEW.created_at)) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'a hold is its member''s, for the place and the time that it was made for'
    USING ERRCODE = 'insufficient_privilege', TABLE = 'slot_holds';
END $$;
CREATE TRIGGER slot_holds_keep_hold BEFORE INSERT OR DELETE
  OR UPDATE OF coach_id, member_id, starts_at, entry_id, seat_no, ends_at, created_at ON slot_holds
  FOR EACH ROW EXECUTE FUNCTION keep_hold();

-- Until when a seat is held changes with the asker's own hold of it.
CREATE FUNCTION keep_held_until() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM slot_holds h WHERE h.coach_id = OLD.coach_id AND h.starts_at = OLD.starts_at
                 AND h.seat_no = OLD.seat_no) THEN
    RAISE EXCEPTION 'a seat is held by its hold' USING ERRCODE = 'insufficient_privilege', TABLE = 'calendar_seats';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER calendar_seats_keep_held_until BEFORE UPDATE OF held_until ON calendar_seats
  FOR EACH ROW WHEN (OLD.held_until IS DISTINCT FROM NEW.held_until) EXECUTE FUNCTION keep_held_until();

-- The functions below change what is others', so they are for whom the calendar is open to; what is offered there is
-- changed by its coach alone.
CREATE FUNCTION confirm_calendar(coach uuid, also_open boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF NOT coalesce(current_setting('app.system', true) = 'on' OR current_setting('app.role', true) = 'ADMIN'
      OR coach = nullif(current_setting('app.coach_id', true), '')::uuid
      OR (also_open AND coach = nullif(current_setting('app.calendar_id', true), '')::uuid), false) THEN
    RAISE EXCEPTION 'the calendar is not open' USING ERRCODE = 'insufficient_privilege';
  END IF;
END $$;

-- Gives a held place back; whoever waits for it is looked for by `settle_calendar`.
CREATE FUNCTION end_hold(hold uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  ended slot_holds;
BEGIN
  SELECT h.* INTO ended FROM slot_holds h WHERE h.id = hold;
  IF FOUND THEN
    PERFORM leave_seat(ended.coach_id, ended.starts_at, ended.seat_no);
    PERFORM close_gap(ended.coach_id, ended.starts_at, ended.seat_no);
  END IF;
END $$;

-- Whoever is in line no longer is; told to the outbox unless they have seen to it themselves.
CREATE FUNCTION close_entry(entry uuid, outcome text, present timestamptz) RETURNS void LANGUAGE sql AS $$
  WITH closed AS (
    UPDATE waiting_list_entries e SET status = outcome, closed_at = present
      WHERE e.id = entry AND e.status IN ('WAITING', 'OFFERED') RETURNING e.*
  )
  INSERT INTO outbox (event_type, event)
    SELECT 'WaitingListLeft', jsonb_build_object('entry_id', c.id, 'coach_id', c.coach_id, 'member_id', c.member_id,
                                                 'starts_at', c.starts_at, 'outcome', c.status) FROM closed c
$$;

-- In the calendar's turn: ends the holds that are over; whether there were any.
CREATE FUNCTION end_expired_holds(coach uuid, present timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
  any_ended boolean := false;
  ended record;
BEGIN
  PERFORM confirm_calendar(coach, true);
  PERFORM set_config('app.system', 'on', true);
  -- The last seat first: closing a gap moves no other of these.
  FOR ended IN SELECT h.id, h.entry_id FROM slot_holds h WHERE h.coach_id = coach AND h.expires_at <= now()
    ORDER BY h.starts_at, h.seat_no DESC
  LOOP
    any_ended := true;
    PERFORM end_hold(ended.id), close_entry(ended.entry_id, 'LAPSED', present);
  END LOOP;
  PERFORM set_config('app.system', coalesce(was, ''), true);
  RETURN any_ended;
END $$;

-- In the calendar's turn: gives back what is held no longer, and offers what is free to whoever is first in line. Times of
-- sessions are compared with `present`, holds with the database's clock alone. Answers the new version, or null if nothing
-- has changed. Whoever may not come (another session then, no longer a member, or of another coach) leaves the line; so
-- does everybody where nobody may (too late, time off, another start in the way, an inactive coach).
CREATE FUNCTION settle_calendar(coach uuid, present timestamptz) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
  changed boolean := end_expired_holds(coach, present);
  terms record;
  slot calendar_slots;
  slot_end timestamptz;
  entry waiting_list_entries;
  lasting interval;
  is_offered boolean;
  new_hold uuid;
  seat integer;
  new_version integer;
BEGIN
  PERFORM set_config('app.system', 'on', true);
  SELECT c.status = 'ACTIVE' AS is_active, c.booking_audience AS audience,
    make_interval(mins => c.session_minutes) AS length, make_interval(mins => c.buffer_minutes) AS buffer,
    make_interval(mins => c.min_notice_minutes) AS notice, make_interval(mins => c.waiting_offer_minutes) AS offer
    INTO terms FROM coaches c WHERE c.id = coach;
  FOR slot IN SELECT s.* FROM calendar_slots s WHERE s.coach_id = coach AND s.waiting > 0 ORDER BY s.starts_at LOOP
    slot_end := slot.starts_at + terms.length;
    lasting := least(terms.offer, slot.starts_at - terms.notice - present);
    is_offered := terms.is_active AND lasting > interval '0' AND NOT EXISTS (
        SELECT FROM time_off o WHERE o.coach_id = coach AND o.starts_at < slot_end AND o.ends_at > slot.starts_at)
      AND NOT EXISTS (
        SELECT FROM calendar_slots o WHERE o.coach_id = coach AND o.starts_at <> slot.starts_at
        AND o.starts_at > slot.starts_at - interval '2 days' AND o.starts_at < slot_end + terms.buffer
        AND o.ends_at + terms.buffer > slot.starts_at);
    LOOP
      SELECT e.* INTO entry FROM waiting_list_entries e
        WHERE e.coach_id = coach AND e.starts_at = slot.starts_at AND e.status = 'WAITING' ORDER BY e.place LIMIT 1;
      EXIT WHEN NOT FOUND;
      SELECT count(*) + 1 INTO seat FROM calendar_seats t WHERE t.coach_id = coach AND t.starts_at = slot.starts_at;
      EXIT WHEN is_offered AND seat > slot.capacity;
      changed := true;
      IF NOT is_offered
        OR NOT EXISTS (SELECT FROM members m WHERE m.id = entry.member_id AND m.status = 'ACTIVE'
                       AND belongs_to_audience(terms.audience, coach, 'MEMBER', NULL, m.id, m.coach_id))
        OR EXISTS (SELECT FROM sessions s WHERE s.member_id = entry.member_id AND s.status <> 'CANCELLED'
                   AND s.starts_at < slot_end AND s.ends_at > slot.starts_at)
        OR EXISTS (SELECT FROM slot_holds h WHERE h.member_id = entry.member_id AND h.coach_id = coach
                   AND h.starts_at = slot.starts_at)
      THEN
        PERFORM close_entry(entry.id, 'CLOSED', present);
        CONTINUE;
      END IF;
      UPDATE calendar_slots s SET ends_at = greatest(s.ends_at, slot_end),
        blocked_until = greatest(s.blocked_until, slot_end + terms.buffer)
        WHERE s.coach_id = coach AND s.starts_at = slot.starts_at
          AND (s.ends_at < slot_end OR s.blocked_until < slot_end + terms.buffer);
      new_hold := gen_random_uuid();
      INSERT INTO calendar_seats (coach_id, starts_at, seat_no, ends_at, capacity, held_until)
        VALUES (coach, slot.starts_at, seat, slot_end, slot.capacity, now() + lasting);
      INSERT INTO slot_holds (id, coach_id, member_id, starts_at, ends_at, seat_no, expires_at, is_extended, entry_id)
        VALUES (new_hold, coach, entry.member_id, slot.starts_at, slot_end, seat, now() + lasting, false, entry.id);
      UPDATE waiting_list_entries e SET status = 'OFFERED', offered_at = present WHERE e.id = entry.id;
      INSERT INTO outbox (event_type, event) VALUES ('PlaceOffered', jsonb_build_object(
        'hold_id', new_hold, 'entry_id', entry.id, 'coach_id', coach, 'member_id', entry.member_id,
        'starts_at', slot.starts_at, 'expires_at', now() + lasting));
    END LOOP;
    DELETE FROM calendar_slots s WHERE s.coach_id = coach AND s.starts_at = slot.starts_at AND s.waiting = 0
      AND NOT EXISTS (SELECT FROM calendar_seats t WHERE t.coach_id = coach AND t.starts_at = s.starts_at);
  END LOOP;
  IF changed THEN
    UPDATE coach_calendars k SET version = k.version + 1 WHERE k.coach_id = coach RETURNING k.version INTO new_version;
  END IF;
  PERFORM set_config('app.system', coalesce(was, ''), true);
  RETURN new_version;
END $$;

-- Ends all that is held and waited for at a start that is offered no longer.
CREATE FUNCTION close_queue(coach uuid, slot_start timestamptz, present timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
BEGIN
  PERFORM confirm_calendar(coach, false);
  PERFORM set_config('app.system', 'on', true);
  PERFORM close_entry(e.id, 'CLOSED', present) FROM waiting_list_entries e
    WHERE e.coach_id = coach AND e.starts_at = slot_start AND e.status IN ('WAITING', 'OFFERED');
  PERFORM end_hold(h.id) FROM (SELECT id FROM slot_holds WHERE coach_id = coach AND starts_at = slot_start
                               ORDER BY seat_no DESC) h;
  DELETE FROM calendar_slots s WHERE s.coach_id = coach AND s.starts_at = slot_start
    AND NOT EXISTS (SELECT FROM calendar_seats t WHERE t.coach_id = coach AND t.starts_at = slot_start);
  PERFORM set_config('app.system', coalesce(was, ''), true);
END $$;

-- Of a start that is still offered once its calendar has changed: what is held there lasts as long as a session does now,
-- and is no more than there are places. What was held last ends first, offers last of all: who loses one is in line again,
-- where they were.
CREATE FUNCTION fit_queue(coach uuid, slot_start timestamptz, slot_end timestamptz, slot_capacity integer)
  RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
  too_many integer;
  ended record;
BEGIN
  PERFORM confirm_calendar(coach, false);
  PERFORM set_config('app.system', 'on', true);
  SELECT count(*) - slot_capacity INTO too_many FROM calendar_seats t
    WHERE t.coach_id = coach AND t.starts_at = slot_start;
  FOR ended IN SELECT h.id, h.entry_id FROM slot_holds h WHERE h.coach_id = coach AND h.starts_at = slot_start
    ORDER BY h.entry_id IS NOT NULL, h.created_at DESC, h.seat_no DESC LIMIT greatest(too_many, 0)
  LOOP
    UPDATE waiting_list_entries e SET status = 'WAITING', offered_at = NULL WHERE e.id = ended.entry_id;
    PERFORM end_hold(ended.id);
  END LOOP;
  UPDATE slot_holds h SET ends_at = slot_end WHERE h.coach_id = coach AND h.starts_at = slot_start;
  UPDATE calendar_seats t SET ends_at = slot_end
    WHERE t.coach_id = coach AND t.starts_at = slot_start AND t.held_until IS NOT NULL;
  UPDATE calendar_slots s SET ends_at = t.ends_at, blocked_until = t.ends_at + (s.blocked_until - s.ends_at),
    capacity = greatest(slot_capacity, t.seats)
    FROM (SELECT max(ends_at) AS ends_at, count(*)::integer AS seats FROM calendar_seats
          WHERE coach_id = coach AND starts_at = slot_start) t
    WHERE s.coach_id = coach AND s.starts_at = slot_start AND t.seats > 0;
  PERFORM set_config('app.system', coalesce(was, ''), true);
END $$;

-- As before, and a member outside the audience may also give up what is held for them, and leave a line.
CREATE OR REPLACE FUNCTION open_calendar(coach uuid, locking boolean, own_session boolean) RETURNS bigint
  LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
  found_version bigint;
  allowed boolean;
  asking_role text := current_setting('app.role', true);
  asking_coach uuid := nullif(current_setting('app.coach_id', true), '')::uuid;
  asking_member uuid := nullif(current_setting('app.member_id', true), '')::uuid;
BEGIN
  PERFORM set_config('app.calendar_id', '', true), set_config('app.system', 'on', true);
  IF locking THEN
    PERFORM FROM coach_calendars WHERE coach_id = coach FOR UPDATE;
  END IF;
  SELECT k.version, belongs_to_audience(c.booking_audience, coach, asking_role, asking_coach, asking_member,
                                        (SELECT m.coach_id FROM members m WHERE m.id = asking_member))
    INTO found_version, allowed FROM coach_calendars k JOIN coaches c ON c.id = k.coach_id WHERE k.coach_id = coach;
  IF own_session AND NOT allowed THEN
    allowed := EXISTS (SELECT FROM sessions s WHERE s.member_id = asking_member AND s.coach_id = coach
                       AND s.status <> 'CANCELLED')
      OR EXISTS (SELECT FROM slot_holds h WHERE h.member_id = asking_member AND h.coach_id = coach)
      OR EXISTS (SELECT FROM waiting_list_entries e WHERE e.member_id = asking_member AND e.coach_id = coach
                 AND e.status IN ('WAITING', 'OFFERED'));
  END IF;
  PERFORM set_config('app.system', coalesce(was, ''), true);
  IF found_version IS NULL OR allowed IS NOT TRUE THEN RETURN NULL; END IF;
  PERFORM set_config('app.calendar_id', coach::text, true);
  RETURN found_version;
END $$;

-- Calendars in which a hold has expired, or somebody waits for what has begun.
CREATE FUNCTION calendars_to_settle(present timestamptz) RETURNS SETOF uuid LANGUAGE sql STABLE AS $$
  SELECT h.coach_id FROM slot_holds h WHERE h.expires_at <= now()
  UNION SELECT e.coach_id FROM waiting_list_entries e WHERE e.status = 'WAITING' AND e.starts_at <= present
$$;

-- Where each of these stands in line, counted from 1, if the asker may see the entry; others in the line stay unseen.
CREATE FUNCTION positions_in_line(entries uuid[]) RETURNS TABLE (entry_id uuid, "position" integer)
  LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
  seen uuid[] := ARRAY(SELECT e.id FROM waiting_list_entries e WHERE e.id = ANY (entries) AND e.status = 'WAITING');
BEGIN
  PERFORM set_config('app.system', 'on', true);
  RETURN QUERY SELECT mine.id, count(*)::integer FROM waiting_list_entries mine
    JOIN waiting_list_entries e ON e.coach_id = mine.coach_id AND e.starts_at = mine.starts_at
      AND e.status = 'WAITING' AND e.place <= mine.place
    WHERE mine.id = ANY (seen) GROUP BY mine.id;
  PERFORM set_config('app.system', coalesce(was, ''), true);
END $$;
