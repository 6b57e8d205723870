-- Requests of several people share a transaction, but no rights. `open_requests` notes, for each one, whose it is and
-- which calendar was opened to them; `write_requests` writes what was decided of a request under these settings and no
-- others. Between the two, and after them, the transaction has nobody's rights.

-- Takes the turn of these calendars, one after the other in the order of their ids, and answers which it has. One that
-- somebody else holds is left out, or waited for, but not for ever.
CREATE FUNCTION take_calendars(wanted uuid[], waiting boolean) RETURNS uuid[] LANGUAGE plpgsql AS $$
DECLARE
  taken uuid[];
  acting text;
BEGIN
  acting := act_as('SYSTEM', '', '', '', '');
  IF waiting THEN
    acting := set_config('lock_timeout', '10s', true);
    BEGIN
      SELECT array_agg(l.coach_id) INTO taken FROM
        (SELECT coach_id FROM coach_calendars WHERE coach_id = ANY (wanted) ORDER BY coach_id FOR UPDATE) l;
    EXCEPTION WHEN lock_not_available THEN
      RAISE EXCEPTION 'the turn of the calendar has not come in time' USING ERRCODE = 'object_in_use';
    END;
  ELSE
    SELECT array_agg(l.coach_id) INTO taken FROM
      (SELECT coach_id FROM coach_calendars WHERE coach_id = ANY (wanted) ORDER BY coach_id FOR UPDATE SKIP LOCKED) l;
  END IF;
  -- From here on only single rows are waited for, such as a member's who is given another coach.
  acting := act_as('', '', '', '', '') || set_config('lock_timeout', '2s', true);
  RETURN coalesce(taken, '{}');
END $$;

-- Takes the calendars' turns, and then, in new statements, reads for each request under the asker's own rights what
-- decides over it; a calendar around one start is read for the first who may look. Requests whose calendar is another's
-- turn, and is not waited for, have no row.
CREATE FUNCTION open_requests(requests jsonb, waiting boolean)
  RETURNS TABLE (place integer, is_open boolean, member_status text, member_name text, busy bigint[],
                 input_hash bytea, result_id uuid, session sessions, holds slot_holds[],
                 version integer, is_active boolean, time_zone text, session_minutes integer, buffer_minutes integer,
                 slot_interval_minutes integer, min_notice_minutes integer, booking_window_days integer,
                 windows integer[], time_off bigint[], taken bigint[], held bigint[], in_line bigint[])
  LANGUAGE plpgsql AS $$
DECLARE
  reach CONSTANT interval := interval '2 days';
  asked record;
  locked uuid[];
  audiences jsonb;
  asking_member uuid;
  subject uuid;
  coach_of_member uuid;
  acting text;
  rights text[] := '{}';
  read_starts text[] := '{}';
  held_starts text[] := '{}';
  start_key text;
BEGIN
  locked := take_calendars(ARRAY(SELECT DISTINCT (r ->> 'calendar_id')::uuid FROM jsonb_array_elements(requests) r),
                           waiting);
  acting := act_as('SYSTEM', '', '', '', '');
  SELECT jsonb_object_agg(c.id, c.booking_audience) INTO audiences FROM coaches c WHERE c.id = ANY (locked);
  FOR asked IN
    SELECT * FROM jsonb_to_recordset(requests) AS r (place integer, role text, user_id text, coach_id text,
      member_id text, subject_id uuid, calendar_id uuid, session_id uuid, starts_at timestamptz, mutation text, key text)
  LOOP
    IF asked.calendar_id <> ALL (locked) THEN
      rights := rights || ARRAY['', '', '', '', ''];
      CONTINUE;
    END IF;
    acting := act_as(asked.role, asked.user_id, asked.coach_id, asked.member_id, '');
    place := asked.place; asking_member := nullif(asked.member_id, '')::uuid;
    subject := coalesce(asked.subject_id, asking_member); coach_of_member := NULL;
    member_status := NULL; member_name := NULL; busy := NULL; input_hash := NULL; result_id := NULL; session := NULL;
    holds := NULL; version := NULL;
    IF asked.session_id IS NULL AND subject IS DISTINCT FROM asking_member THEN
      SELECT m.status, m.first_name || ' ' || m.last_name INTO member_status, member_name FROM members m
        WHERE m.id = subject;
      busy := ARRAY(SELECT ARRAY[b.starts_at, b.ends_at]
                    FROM busy_times(subject, asked.starts_at - reach, asked.starts_at + reach) b);
    ELSIF asked.session_id IS NULL THEN
      SELECT m.status, m.first_name || ' ' || m.last_name, m.coach_id, ARRAY(
          SELECT ARRAY[extract(epoch FROM s.starts_at)::bigint, extract(epoch FROM s.ends_at)::bigint] FROM sessions s
          WHERE s.member_id = asking_member AND s.status <> 'CANCELLED'
            AND s.starts_at >= asked.starts_at - reach AND s.starts_at < asked.starts_at + reach)
        INTO member_status, member_name, coach_of_member, busy FROM members m WHERE m.id = asking_member;
    ELSE
      SELECT s.* INTO session FROM sessions s WHERE s.id = asked.session_id;
      SELECT m.coach_id INTO coach_of_member FROM members m WHERE m.id = asking_member;
      busy := ARRAY(SELECT ARRAY[b.starts_at, b.ends_at]
                    FROM busy_times(session.member_id, asked.starts_at - reach, asked.starts_at + reach) b);
    END IF;
    is_open := belongs_to_audience(audiences ->> asked.calendar_id::text, asked.calendar_id, asked.role,
                                   nullif(asked.coach_id, '')::uuid, asking_member, coach_of_member)
      OR coalesce(session.member_id = asking_member AND session.status <> 'CANCELLED', false);
    rights := rights || ARRAY[asked.role, asked.user_id, asked.coach_id, asked.member_id,
                              CASE WHEN is_open THEN asked.calendar_id::text ELSE '' END];
    IF asked.key IS NOT NULL THEN
      SELECT q.input_hash, q.result_id INTO input_hash, result_id FROM remembered_requests q
        WHERE q.user_id = asked.user_id::uuid AND q.mutation = asked.mutation AND q.key = asked.key;
    END IF;
    start_key := asked.calendar_id || ' ' || asked.starts_at;
    IF is_open AND start_key IS NOT NULL AND start_key <> ALL (read_starts) THEN
      acting := set_config('app.calendar_id', asked.calendar_id::text, true);
      read_starts := read_starts || start_key;
      SELECT * INTO version, is_active, time_zone, session_minutes, buffer_minutes, slot_interval_minutes,
        min_notice_minutes, booking_window_days, windows, time_off, taken, held, in_line
        FROM read_calendar(asked.calendar_id, asked.starts_at - reach, asked.starts_at + reach);
      IF held <> '{}' THEN held_starts := held_starts || start_key; END IF;
    END IF;
    -- What the asker holds matters where something is held at all, and to who holds a place elsewhere instead.
    IF asked.session_id IS NULL AND subject = asking_member AND (asked.mutation IS NULL OR start_key = ANY (held_starts))
    THEN
      holds := ARRAY(SELECT h FROM slot_holds h
                     WHERE h.member_id = asking_member AND h.coach_id = asked.calendar_id AND h.expires_at > now());
    END IF;
    RETURN NEXT;
  END LOOP;
  acting := act_as('', '', '', '', '') || set_config('app.requests', rights::text, true);
END $$;

-- The seat behind the last one that is taken, in a slot that has the calendar's present capacity.
CREATE FUNCTION next_seat(coach uuid, slot_start timestamptz, slot_end timestamptz, slot_blocked_until timestamptz,
                          slot_capacity integer) RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM calendar_slots s WHERE s.coach_id = coach AND s.starts_at = slot_start
                 AND s.ends_at >= slot_end AND s.blocked_until >= slot_blocked_until AND s.capacity = slot_capacity)
  THEN
    INSERT INTO calendar_slots AS s (coach_id, starts_at, ends_at, blocked_until, capacity)
      VALUES (coach, slot_start, slot_end, slot_blocked_until, slot_capacity)
      ON CONFLICT (coach_id, starts_at) DO UPDATE SET ends_at = greatest(s.ends_at, excluded.ends_at),
        blocked_until = greatest(s.blocked_until, excluded.blocked_until), capacity = excluded.capacity;
  END IF;
  RETURN (SELECT coalesce(max(t.seat_no), 0) + 1 FROM calendar_seats t
          WHERE t.coach_id = coach AND t.starts_at = slot_start);
END $$;

-- Whoever took the last seat meanwhile did so without the calendar's turn: the request is decided again.
CREATE FUNCTION within_capacity(seat integer, slot_capacity integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF seat > slot_capacity THEN
    RAISE EXCEPTION 'the last seat has been taken meanwhile' USING ERRCODE = 'serialization_failure';
  END IF;
  RETURN seat;
END $$;

-- Frees a seat, and the start once nobody is left in it or waits for it; what is left may be shorter, and so block less.
CREATE FUNCTION leave_seat(coach uuid, slot_start timestamptz, left_seat integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM calendar_seats t WHERE t.coach_id = coach AND t.starts_at = slot_start AND t.seat_no = left_seat;
  DELETE FROM calendar_slots s WHERE s.coach_id = coach AND s.starts_at = slot_start AND s.waiting = 0
    AND NOT EXISTS (SELECT FROM calendar_seats t WHERE t.coach_id = coach AND t.starts_at = slot_start);
  UPDATE calendar_slots s SET ends_at = t.ends_at, blocked_until = t.ends_at + (s.blocked_until - s.ends_at)
    FROM (SELECT max(ends_at) AS ends_at FROM calendar_seats WHERE coach_id = coach AND starts_at = slot_start) t
    WHERE s.coach_id = coach AND s.starts_at = slot_start AND t.ends_at < s.ends_at;
END $$;

-- Moves the last one onto a seat that was left, so that the seats of a slot are numbered without gaps.
CREATE FUNCTION close_gap(coach uuid, slot_start timestamptz, left_seat integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE calendar_seats SET seat_no = left_seat
    WHERE coach_id = coach AND starts_at = slot_start AND seat_no > left_seat
      AND seat_no = (SELECT max(t.seat_no) FROM calendar_seats t WHERE t.coach_id = coach AND t.starts_at = slot_start)
      AND NOT EXISTS (SELECT FROM calendar_seats t
                      WHERE t.coach_id = coach AND t.starts_at = slot_start AND t.seat_no = left_seat);
END $$;

-- What was decided of the request at this place of the group. `nth` counts those before it that
-- book or hold the same slot. The first session of a series brings along what was asked of all.
CREATE TYPE decided_request AS (
  place integer, action text, nth integer, member_id uuid, session_id uuid, booking_id uuid, change_id uuid,
  hold_id uuid, used_hold_id uuid, series_id uuid, first_starts_at timestamptz, every_weeks integer,
  occurrences integer, starts_at timestamptz, ends_at timestamptz,
  blocked_until timestamptz, capacity integer, member_name text, kind text, format text, note text, reason text,
  override_reason text, is_late boolean, now timestamptz, mutation text, key text, input_hash text, event_type text,
  event jsonb
);

-- Takes on the rights that the request at this place came with. In the list of what an INSERT selects, this is done for
-- one row after the other, and each row is inserted, and held against the policies, before the next one is made.
CREATE FUNCTION act_for(place integer, rights text[]) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  IF coalesce(rights[place * 5 + 5], '') = '' THEN
    RAISE EXCEPTION 'request % has opened no calendar', place USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN act_as(rights[place * 5 + 1], rights[place * 5 + 2], rights[place * 5 + 3], rights[place * 5 + 4],
                rights[place * 5 + 5]);
END $$;

-- Writes what was decided, each row under the rights that its asker came with; answers the sessions and holds as they are
-- now, and the versions of their calendars. What is called off or moved goes first: a booking may need its seat.
CREATE FUNCTION write_requests(decided jsonb) RETURNS TABLE (session sessions, hold slot_holds, version integer)
  LANGUAGE plpgsql AS $$
DECLARE
  hold_lasts CONSTANT interval := interval '5 minutes';
  rights text[] := current_setting('app.requests')::text[];
  -- Once: to read JSON costs more than each of the statements below.
  requests CONSTANT decided_request[] := ARRAY(SELECT r FROM jsonb_populate_recordset(NULL::decided_request, decided) r);
  any_used boolean;
  any_held boolean;
  any_series boolean;
  acting text;
  calendar uuid;
  change decided_request;
  slot record;
  held timestamptz;
  seat integer;
  new_seat integer;
  freed uuid[] := '{}';
  present timestamptz;
  first_seats jsonb := '{}';
  versions jsonb := '{}';
BEGIN
  SELECT bool_or(r.used_hold_id IS NOT NULL), bool_or(r.action = 'HOLD'), bool_or(r.every_weeks IS NOT NULL)
    INTO any_used, any_held, any_series FROM unnest(requests) r;
  FOR change IN
    SELECT * FROM unnest(requests) r
      WHERE r.action IN ('CANCEL', 'RESCHEDULE', 'COMPLETE', 'NO_SHOW')
  LOOP
    acting := act_for(change.place, rights);
    calendar := rights[change.place * 5 + 5]::uuid;
    SELECT s.* INTO session FROM sessions s WHERE s.id = change.session_id;
    held := session.held_start; seat := session.seat_no;
    -- The history first: its trigger locks the member's row, which a transfer locks before the member's sessions.
    INSERT INTO session_changes (id, session_id, coach_id, member_id, version, kind, from_starts_at, to_starts_at,
                                 reason, override_reason, changed_by, changed_by_user_id, changed_at)
      VALUES (change.change_id, session.id, session.coach_id, session.member_id, session.version + 1,
              CASE change.action WHEN 'CANCEL' THEN 'CANCELLED' WHEN 'COMPLETE' THEN 'COMPLETED'
                                 WHEN 'NO_SHOW' THEN 'NO_SHOW' ELSE 'RESCHEDULED' END, session.starts_at,
              CASE WHEN change.action IN ('COMPLETE', 'NO_SHOW') THEN session.starts_at ELSE change.starts_at END,
              change.reason, change.override_reason, rights[change.place * 5 + 1],
              nullif(rights[change.place * 5 + 2], '')::uuid, change.now);
    IF change.action = 'CANCEL' THEN
      UPDATE sessions s SET status = 'CANCELLED', held_start = NULL, seat_no = NULL, cancelled_at = change.now,
        cancelled_by_user_id = nullif(rights[change.place * 5 + 2], '')::uuid, cancellation_reason = change.reason,
        is_late_cancellation = coalesce(change.is_late, false), version = s.version + 1, updated_at = change.now
        WHERE s.id = change.session_id;
      PERFORM leave_seat(calendar, held, seat);
    ELSIF change.action = 'COMPLETE' THEN
      UPDATE sessions s SET status = 'COMPLETED', completed_at = change.now,
        completed_by_user_id = nullif(rights[change.place * 5 + 2], '')::uuid, no_show_at = NULL,
        no_show_by_user_id = NULL, version = s.version + 1, updated_at = change.now WHERE s.id = change.session_id;
    ELSIF change.action = 'NO_SHOW' THEN
      UPDATE sessions s SET status = 'NO_SHOW', no_show_at = change.now,
        no_show_by_user_id = nullif(rights[change.place * 5 + 2], '')::uuid, version = s.version + 1,
        updated_at = change.now WHERE s.id = change.session_id;
    ELSE
      -- The old seat goes first: the new start may overlap the old one, which the fence between starts would refuse.
      SET CONSTRAINTS sessions_seat_fkey DEFERRED;
      PERFORM leave_seat(calendar, held, seat);
      new_seat := next_seat(calendar, change.starts_at, change.ends_at, change.blocked_until, change.capacity);
      IF change.starts_at = held THEN new_seat := seat; END IF;
      INSERT INTO calendar_seats (coach_id, starts_at, seat_no, ends_at, capacity)
        VALUES (calendar, change.starts_at, within_capacity(new_seat, change.capacity), change.ends_at,
                change.capacity);
      UPDATE sessions s SET starts_at = change.starts_at, ends_at = change.ends_at, held_start = change.starts_at,
        seat_no = new_seat, version = s.version + 1, updated_at = change.now,
        -- A deadline that is over stays over.
        cancellation_notice_hours = CASE WHEN change.is_late THEN greatest(s.cancellation_notice_hours,
          ceil(extract(epoch FROM change.starts_at - s.starts_at) / 3600)::integer + s.cancellation_notice_hours)
          ELSE s.cancellation_notice_hours END
        WHERE s.id = change.session_id;
    END IF;
    IF change.action IN ('CANCEL', 'RESCHEDULE') THEN
      PERFORM close_gap(calendar, held, seat);
      freed := freed || calendar; present := greatest(present, change.now);
    END IF;
    SELECT s.* INTO session FROM sessions s WHERE s.id = change.session_id;
    UPDATE coach_calendars k SET version = k.version + 1 WHERE k.coach_id = calendar RETURNING k.version INTO version;
    RETURN NEXT;
  END LOOP;

  -- A hold that is booked, or given up for another one, leaves its seat to be taken anew.
  IF any_used THEN
    FOR change IN
      SELECT * FROM unnest(requests) r WHERE r.used_hold_id IS NOT NULL
    LOOP
      acting := act_for(change.place, rights);
      UPDATE waiting_list_entries e SET status = 'BOOKED', closed_at = change.now
        FROM slot_holds h WHERE h.id = change.used_hold_id AND e.id = h.entry_id;
      PERFORM end_hold(change.used_hold_id);
      freed := freed || rights[change.place * 5 + 5]::uuid; present := greatest(present, change.now);
    END LOOP;
  END IF;

  -- What a holder has let pass elsewhere in this calendar makes room for what they hold now.
  IF any_held THEN
    acting := act_as('SYSTEM', '', '', '', '');
    FOR slot IN
      SELECT h.id, h.coach_id, r.now FROM unnest(requests) r
        JOIN slot_holds h ON h.member_id = nullif(rights[r.place * 5 + 4], '')::uuid
          AND h.coach_id = nullif(rights[r.place * 5 + 5], '')::uuid
        WHERE r.action = 'HOLD' AND h.entry_id IS NULL AND h.expires_at <= now()
    LOOP
      PERFORM end_hold(slot.id);
      freed := freed || slot.coach_id; present := greatest(present, slot.now);
    END LOOP;
  END IF;

  -- The slots that are booked or held, and as many version steps as there are bookings and holds.
  FOR slot IN
    SELECT min(r.place) AS place, rights[r.place * 5 + 5] AS calendar, r.starts_at, max(r.ends_at) AS ends_at,
      max(r.blocked_until) AS blocked_until, max(r.capacity) AS capacity, count(*)::integer AS bookings
    FROM unnest(requests) r WHERE r.action IN ('BOOK', 'HOLD') GROUP BY 2, 3
  LOOP
    acting := act_for(slot.place, rights);
    calendar := slot.calendar::uuid;
    seat := next_seat(calendar, slot.starts_at, slot.ends_at, slot.blocked_until, slot.capacity);
    seat := within_capacity(seat + slot.bookings - 1, slot.capacity) - slot.bookings + 1;
    first_seats := first_seats || jsonb_build_object(slot.calendar || slot.starts_at, seat);
    UPDATE coach_calendars k SET version = k.version + slot.bookings WHERE k.coach_id = calendar
      RETURNING k.version INTO version;
    versions := versions || jsonb_build_object(slot.calendar, version);
  END LOOP;

  INSERT INTO calendar_seats (coach_id, starts_at, seat_no, ends_at, capacity, held_until)
    SELECT x.calendar::uuid, x.starts_at, (first_seats ->> (x.calendar || x.starts_at))::integer + x.nth, x.ends_at,
      x.capacity, CASE x.action WHEN 'HOLD' THEN now() + hold_lasts END
    FROM (SELECT r.*, act_for(r.place, rights) AS acting, rights[r.place * 5 + 5] AS calendar
          FROM unnest(requests) r WHERE r.action IN ('BOOK', 'HOLD')) x;
  IF any_held THEN
    RETURN QUERY WITH made AS (
      INSERT INTO slot_holds AS h (id, coach_id, member_id, starts_at, ends_at, seat_no, expires_at, is_extended)
        SELECT x.hold_id, x.calendar::uuid, x.member::uuid, x.starts_at, x.ends_at,
          (first_seats ->> (x.calendar || x.starts_at))::integer + x.nth, now() + hold_lasts, false
        FROM (SELECT r.*, act_for(r.place, rights) AS acting, rights[r.place * 5 + 5] AS calendar,
            coalesce(nullif(rights[r.place * 5 + 4], ''), r.member_id::text) AS member
              FROM unnest(requests) r WHERE r.action = 'HOLD') x
        RETURNING h
    ) SELECT NULL::sessions, made.h, (versions ->> (made.h).coach_id::text)::integer FROM made;
  END IF;
  IF any_series THEN
    INSERT INTO session_series (id, coach_id, member_id, first_starts_at, every_weeks, occurrences, created_by_user_id)
      SELECT x.series_id, x.calendar::uuid, x.member::uuid, x.first_starts_at, x.every_weeks, x.occurrences,
        x.asker::uuid
      FROM (SELECT r.*, act_for(r.place, rights) AS acting, rights[r.place * 5 + 5] AS calendar,
            rights[r.place * 5 + 2] AS asker, coalesce(nullif(rights[r.place * 5 + 4], ''), r.member_id::text) AS member
            FROM unnest(requests) r WHERE r.every_weeks IS NOT NULL) x;
  END IF;
  RETURN QUERY WITH made AS (
    INSERT INTO sessions AS s (id, coach_id, member_id, member_name, starts_at, ends_at, kind, format, status,
                               held_start, seat_no, version, note, series_id)
      SELECT x.session_id, x.calendar::uuid, x.member::uuid, x.member_name, x.starts_at, x.ends_at, x.kind, x.format,
        'SCHEDULED', x.starts_at, (first_seats ->> (x.calendar || x.starts_at))::integer + x.nth, 1, x.note, x.series_id
      FROM (SELECT r.*, act_for(r.place, rights) AS acting, rights[r.place * 5 + 5] AS calendar,
            coalesce(nullif(rights[r.place * 5 + 4], ''), r.member_id::text) AS member
            FROM unnest(requests) r WHERE r.action = 'BOOK') x
      RETURNING s
  ) SELECT made.s, NULL::slot_holds, (versions ->> (made.s).coach_id::text)::integer FROM made;
  INSERT INTO session_changes (id, session_id, coach_id, member_id, version, kind, to_starts_at, override_reason,
                               changed_by, changed_by_user_id, changed_at)
    SELECT x.change_id, x.session_id, x.calendar::uuid, x.member::uuid, 1, 'BOOKED', x.starts_at, x.override_reason,
      x.asking_role, x.asker::uuid, x.now
    FROM (SELECT r.*, act_for(r.place, rights) AS acting, rights[r.place * 5 + 1] AS asking_role,
            rights[r.place * 5 + 2] AS asker, rights[r.place * 5 + 5] AS calendar,
            coalesce(nullif(rights[r.place * 5 + 4], ''), r.member_id::text) AS member
          FROM unnest(requests) r WHERE r.action = 'BOOK') x;
  INSERT INTO bookings (id, coach_id, member_id, session_id, starts_at, status, reason)
    SELECT x.booking_id, x.calendar::uuid, x.member::uuid, x.session_id, x.starts_at,
      CASE x.action WHEN 'BOOK' THEN 'CONFIRMED' ELSE 'REJECTED' END, x.reason
    FROM (SELECT r.*, act_for(r.place, rights) AS acting, rights[r.place * 5 + 5] AS calendar,
            coalesce(nullif(rights[r.place * 5 + 4], ''), r.member_id::text) AS member
          FROM unnest(requests) r WHERE r.booking_id IS NOT NULL) x;
  INSERT INTO remembered_requests (user_id, mutation, key, input_hash, result_id)
    SELECT x.asker::uuid, x.mutation, x.key, decode(x.input_hash, 'hex'), coalesce(x.series_id, x.booking_id)
    FROM (SELECT r.*, act_for(r.place, rights) AS acting, rights[r.place * 5 + 2] AS asker
          FROM unnest(requests) r WHERE r.key IS NOT NULL) x;
  INSERT INTO outbox (event_type, event)
    SELECT x.event_type, x.event
    FROM (SELECT r.*, act_for(r.place, rights) AS acting
          FROM unnest(requests) r WHERE r.event_type IS NOT NULL) x;

  -- What has become free is offered to who waits for it; the bookings above were decided as if it already were.
  IF freed <> '{}' THEN
    acting := act_as('SYSTEM', '', '', '', '');
    FOR calendar IN SELECT DISTINCT k.coach_id FROM calendar_slots k WHERE k.coach_id = ANY (freed) AND k.waiting > 0 LOOP
      PERFORM settle_calendar(calendar, present);
    END LOOP;
  END IF;
  acting := act_as('', '', '', '', '') || set_config('app.requests', '', true);
END $$;

-- Whose calendar a session is in, if the asker may see the session.
CREATE FUNCTION coach_of_session(asking_role text, asking_user text, asking_coach text, asking_member text,
                                 wanted uuid) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
  found uuid;
  acting text;
BEGIN
  acting := act_as(asking_role, asking_user, asking_coach, asking_member, '');
  SELECT s.coach_id INTO found FROM sessions s WHERE s.id = wanted;
  acting := act_as('', '', '', '', '');
  RETURN found;
END $$;
