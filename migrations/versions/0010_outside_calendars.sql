-- Calendars of coaches elsewhere, and the times at which these say that a coach is busy.

CREATE TABLE outside_calendars (
  id UUID NOT NULL,
  coach_id UUID NOT NULL,
  name VARCHAR(80) NOT NULL,
  host VARCHAR(255) NOT NULL,
  sealed_url BYTEA NOT NULL,
  status VARCHAR(32) NOT NULL,
  problem VARCHAR(300),
  failures INTEGER NOT NULL,
  fetch_no INTEGER NOT NULL,
  etag VARCHAR(500),
  last_modified VARCHAR(100),
  asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
  fetched_at TIMESTAMP WITH TIME ZONE,
  next_fetch_at TIMESTAMP WITH TIME ZONE,
  read_until TIMESTAMP WITH TIME ZONE,
  read_zone VARCHAR(64),
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT outside_calendars_status_known CHECK (status IN ('PENDING', 'READ', 'FAILING', 'FAILED')),
  CONSTRAINT outside_calendars_failures_range CHECK (failures >= 0),
  CONSTRAINT outside_calendars_due_unless_failed CHECK ((status = 'FAILED') = (next_fetch_at IS NULL)),
  CONSTRAINT outside_calendars_say_what_is_wrong CHECK ((status IN ('FAILING', 'FAILED')) = (problem IS NOT NULL)),
  CONSTRAINT outside_calendars_of_time_off_key UNIQUE (id, coach_id),
  FOREIGN KEY(coach_id) REFERENCES coaches (id) ON DELETE CASCADE
);
CREATE INDEX outside_calendars_by_coach ON outside_calendars (coach_id);
CREATE INDEX outside_calendars_due ON outside_calendars (next_fetch_at) WHERE next_fetch_at IS NOT NULL;

ALTER TABLE outside_calendars ENABLE ROW LEVEL SECURITY;
ALTER TABLE outside_calendars FORCE ROW LEVEL SECURITY;
CREATE POLICY outside_calendars_select ON outside_calendars FOR SELECT USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY outside_calendars_insert ON outside_calendars FOR INSERT WITH CHECK ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY outside_calendars_update ON outside_calendars FOR UPDATE USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY outside_calendars_delete ON outside_calendars FOR DELETE USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

CREATE FUNCTION bound_outside_calendars() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM coaches c WHERE c.id = NEW.coach_id FOR NO KEY UPDATE;
  IF (SELECT count(*) FROM outside_calendars o WHERE o.coach_id = NEW.coach_id) >= 10 THEN
    RAISE EXCEPTION 'the coach has too many calendars elsewhere'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'outside_calendars_at_most', TABLE = 'outside_calendars';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER outside_calendars_bound BEFORE INSERT ON outside_calendars
  FOR EACH ROW EXECUTE FUNCTION bound_outside_calendars();

ALTER TABLE time_off
  ADD COLUMN outside_calendar_id UUID,
  DROP CONSTRAINT time_off_kind_known,
  ADD CONSTRAINT time_off_kind_known CHECK (kind IN ('VACATION', 'SICK', 'PERSONAL', 'OTHER', 'OUTSIDE_CALENDAR')),
  ADD CONSTRAINT time_off_outside_calendar_fkey FOREIGN KEY(outside_calendar_id, coach_id) REFERENCES outside_calendars (id, coach_id) ON DELETE CASCADE,
  ADD CONSTRAINT time_off_outside_of_a_calendar CHECK ((kind = 'OUTSIDE_CALENDAR') = (outside_calendar_id IS NOT NULL)),
  ADD CONSTRAINT time_off_outside_says_no_more CHECK (outside_calendar_id IS NULL OR reason IS NULL);
CREATE INDEX time_off_outside ON time_off (outside_calendar_id) WHERE outside_calendar_id IS NOT NULL;
