-- Who asks, for the statements that follow in this transaction; where a statement serves several people, each in turn.
-- Called by an assignment, which costs a tenth of a statement.
CREATE FUNCTION act_as(asking_role text, asking_user text, asking_coach text, asking_member text, calendar text)
  RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN set_config('app.role', asking_role, true)
    || set_config('app.system', CASE asking_role WHEN 'SYSTEM' THEN 'on' ELSE '' END, true)
    || set_config('app.user_id', asking_user, true) || set_config('app.coach_id', asking_coach, true)
    || set_config('app.member_id', asking_member, true) || set_config('app.calendar_id', calendar, true);
END $$;

-- Whether an asker belongs to a coach's booking audience: the one rule, wherever it is asked.
CREATE FUNCTION belongs_to_audience(audience text, coach uuid, asking_role text, asking_coach uuid, asking_member uuid,
                                    coach_of_member uuid) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(asking_role IN ('ADMIN', 'SYSTEM') OR asking_coach = coach OR coach_of_member = coach
                  OR audience = 'PUBLIC' OR (audience = 'MEMBERS' AND asking_member IS NOT NULL), false)
$$;

-- Opens a coach's calendar to the asker for the rest of the transaction, if its audience includes them; answers its
-- version, or null. Locking waits for the calendar's turn: read what it guards in a NEW statement afterwards.
-- A change of one's own session is allowed to a member outside the audience too.
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
                       AND s.status <> 'CANCELLED');
  END IF;
  PERFORM set_config('app.system', coalesce(was, ''), true);
  IF found_version IS NULL OR allowed IS NOT TRUE THEN RETURN NULL; END IF;
  PERFORM set_config('app.calendar_id', coach::text, true);
  RETURN found_version;
END $$;
