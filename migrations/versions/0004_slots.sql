-- What decides over a calendar's slots between two instants, in one snapshot; times are epoch seconds, windows are ISO
-- day, first and last minute, seats. A slot lasts as long as the longest of its seats; date_part is quicker than extract.
-- `taken` counts every seat; `held` says which of a start's are held now and which were, by this clock and no other's;
-- `in_line` how many wait for it.
CREATE FUNCTION read_calendar(coach uuid, since timestamptz, until timestamptz)
  RETURNS TABLE (version integer, is_active boolean, time_zone text, session_minutes integer, buffer_minutes integer,
                 slot_interval_minutes integer, min_notice_minutes integer, booking_window_days integer,
                 windows integer[], time_off bigint[], taken bigint[], held bigint[], in_line bigint[])
  LANGUAGE sql STABLE AS $$
    SELECT k.version, c.status = 'ACTIVE', c.time_zone, c.session_minutes, c.buffer_minutes, c.slot_interval_minutes,
      c.min_notice_minutes, c.booking_window_days,
      ARRAY(SELECT ARRAY[day_no, date_part('epoch', start_time)::int / 60, date_part('epoch', end_time)::int / 60,
                         max_sessions_per_slot]
            FROM availability_windows WHERE coach_id = coach),
      ARRAY(SELECT ARRAY[floor(date_part('epoch', o.starts_at))::bigint, ceil(date_part('epoch', o.ends_at))::bigint]
            FROM time_off o WHERE o.coach_id = coach AND o.ends_at > since AND o.starts_at < until),
      ARRAY(SELECT ARRAY[date_part('epoch', t.starts_at)::bigint, date_part('epoch', max(t.ends_at))::bigint, count(*)]
            FROM calendar_seats t
            WHERE t.coach_id = coach AND t.starts_at >= since AND t.starts_at < until
            GROUP BY t.starts_at ORDER BY t.starts_at),
      ARRAY(SELECT ARRAY[date_part('epoch', t.starts_at)::bigint, count(*) FILTER (WHERE t.held_until > now()),
                         count(*) FILTER (WHERE t.held_until <= now())]
            FROM calendar_seats t
            WHERE t.coach_id = coach AND t.starts_at >= since AND t.starts_at < until AND t.held_until IS NOT NULL
            GROUP BY t.starts_at ORDER BY t.starts_at),
      ARRAY(SELECT ARRAY[date_part('epoch', s.starts_at)::bigint, s.waiting]
            FROM calendar_slots s
            WHERE s.coach_id = coach AND s.starts_at >= since AND s.starts_at < until AND s.waiting > 0
            ORDER BY s.starts_at)
    FROM coaches c JOIN coach_calendars k ON k.coach_id = c.id WHERE c.id = coach
  $$;

-- What several people ask about calendars at one moment, each answered under their own rights and nobody else's: those
-- whom a calendar is not open to get no row. A version and the asker's own busy times are of one snapshot; the calendar
-- of that snapshot comes with them unless the version is the one that is known. Roles, users and profiles are as in the
-- settings that the policies read.
CREATE FUNCTION look_at_calendars(roles text[], users text[], coaches text[], members text[], calendars uuid[],
                                  since timestamptz[], until timestamptz[], known integer[])
  RETURNS TABLE (number integer, version integer, is_active boolean, time_zone text, session_minutes integer,
                 buffer_minutes integer, slot_interval_minutes integer, min_notice_minutes integer,
                 booking_window_days integer, windows integer[], time_off bigint[], taken bigint[], held bigint[],
                 in_line bigint[], busy bigint[], own_holds bigint[])
  LANGUAGE plpgsql AS $$
DECLARE
  asked integer;
  acting text;
  member uuid;
BEGIN
  PERFORM set_config('transaction_read_only', 'on', true);
  FOR asked IN 1 .. cardinality(calendars) LOOP
    acting := act_as(roles[asked], users[asked], coaches[asked], members[asked], '');
    CONTINUE WHEN open_calendar(calendars[asked], false, false) IS NULL;
    member := nullif(members[asked], '')::uuid;
    RETURN QUERY SELECT asked, k.version, NULL::boolean, NULL, NULL::integer, NULL::integer, NULL::integer,
        NULL::integer, NULL::integer, NULL::integer[], NULL::bigint[], NULL::bigint[], NULL::bigint[], NULL::bigint[],
        busy_spans(member, since[asked], until[asked]), NULL::bigint[]
      FROM coach_calendars k WHERE k.coach_id = calendars[asked] AND k.version = known[asked];
    IF NOT FOUND THEN
      RETURN QUERY SELECT asked, c.*, busy_spans(member, since[asked], until[asked]),
          CASE WHEN c.held <> '{}' THEN ARRAY(
            SELECT date_part('epoch', h.starts_at)::bigint FROM slot_holds h
            WHERE h.member_id = member AND h.coach_id = calendars[asked] AND h.expires_at > now()) END
        FROM read_calendar(calendars[asked], since[asked], until[asked]) c;
    END IF;
  END LOOP;
  acting := act_as('', '', '', '', '');
END $$;

-- When a member has live sessions with anyone, as far as the asker may see them: epoch seconds, in order.
CREATE FUNCTION busy_spans(member uuid, since timestamptz, until timestamptz) RETURNS bigint[] LANGUAGE sql STABLE AS $$
  SELECT ARRAY(SELECT ARRAY[date_part('epoch', s.starts_at)::bigint, date_part('epoch', s.ends_at)::bigint]
               FROM sessions s WHERE s.member_id = member AND s.status <> 'CANCELLED'
                 AND s.starts_at >= since AND s.starts_at < until ORDER BY s.starts_at)
$$;

-- A calendar for its open views, whoever looks: with its audience and, where that matters, those viewers who are assigned.
CREATE FUNCTION watch_calendar(coach uuid, since timestamptz, until timestamptz, viewers uuid[])
  RETURNS TABLE (version integer, is_active boolean, time_zone text, session_minutes integer, buffer_minutes integer,
                 slot_interval_minutes integer, min_notice_minutes integer, booking_window_days integer,
                 windows integer[], time_off bigint[], taken bigint[], held bigint[], in_line bigint[],
                 audience text, assigned uuid[])
  LANGUAGE plpgsql AS $$
DECLARE
  acting text;
BEGIN
  acting := act_as('SYSTEM', '', '', '', '');
  RETURN QUERY SELECT k.*, c.booking_audience::text, CASE c.booking_audience WHEN 'ASSIGNED' THEN
      ARRAY(SELECT m.id FROM members m WHERE m.coach_id = coach AND m.id = ANY (viewers)) ELSE '{}' END
    FROM read_calendar(coach, since, until) k, coaches c WHERE c.id = coach;
  acting := act_as('', '', '', '', '');
END $$;
