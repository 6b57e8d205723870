-- Ratings of sessions and plans for them, with row-level security and what holds them together.

ALTER TABLE coaches
  ADD COLUMN rating_count INTEGER DEFAULT '0' NOT NULL,
  ADD COLUMN rating_sum INTEGER DEFAULT '0' NOT NULL,
  ADD CONSTRAINT coaches_rating_sum_range CHECK (rating_sum BETWEEN rating_count AND 5 * rating_count);

CREATE TABLE session_ratings (
  session_id UUID NOT NULL,
  coach_id UUID NOT NULL,
  member_id UUID NOT NULL,
  member_coach_id UUID,
  stars INTEGER NOT NULL,
  comment VARCHAR(2000),
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
  PRIMARY KEY (session_id),
  CONSTRAINT session_ratings_session_fkey FOREIGN KEY(session_id, coach_id, member_id) REFERENCES sessions (id, coach_id, member_id) ON DELETE CASCADE,
  CONSTRAINT session_ratings_stars_range CHECK (stars BETWEEN 1 AND 5),
  CONSTRAINT session_ratings_change_in_time CHECK (updated_at BETWEEN created_at AND created_at + interval '24 hours')
);
CREATE INDEX session_ratings_by_member ON session_ratings (member_id);

ALTER TABLE session_ratings ENABLE ROW LEVEL SECURITY;
ALTER TABLE session_ratings FORCE ROW LEVEL SECURITY;
CREATE POLICY session_ratings_select ON session_ratings FOR SELECT USING ((member_id = nullif(current_setting('app.member_id', true), '')::uuid) OR (coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY session_ratings_insert ON session_ratings FOR INSERT WITH CHECK ((member_id = nullif(current_setting('app.member_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY session_ratings_update ON session_ratings FOR UPDATE USING ((member_id = nullif(current_setting('app.member_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((member_id = nullif(current_setting('app.member_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY session_ratings_delete ON session_ratings FOR DELETE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

-- What a policy cannot say, for it sees a row before and after a change but cannot compare the two.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'insufficient_privilege', TABLE = TG_TABLE_NAME;
END $$;

-- Counts are written by triggers, that is from within one: not by a statement of a coach's own, nor of anybody else.
CREATE TRIGGER coaches_keep_counts BEFORE UPDATE OF member_count, rating_count, rating_sum ON coaches
  FOR EACH ROW WHEN (pg_trigger_depth() = 0 AND (OLD.member_count, OLD.rating_count, OLD.rating_sum)
                     IS DISTINCT FROM (NEW.member_count, NEW.rating_count, NEW.rating_sum))
  EXECUTE FUNCTION refuse_change('members and ratings are counted by the database');
CREATE TRIGGER coaches_begin_without_ratings BEFORE INSERT ON coaches
  FOR EACH ROW WHEN (NEW.rating_count <> 0) EXECUTE FUNCTION refuse_change('a coach begins without ratings');

-- A rating stays with its session and the instant at which it was given, from which the time to change it is counted.
CREATE TRIGGER session_ratings_stay BEFORE UPDATE OF session_id, coach_id, member_id, created_at ON session_ratings
  FOR EACH ROW WHEN ((OLD.session_id, OLD.coach_id, OLD.member_id, OLD.created_at)
                     IS DISTINCT FROM (NEW.session_id, NEW.coach_id, NEW.member_id, NEW.created_at))
  EXECUTE FUNCTION refuse_change('a rating stays with its session');
CREATE TRIGGER session_ratings_keep_member_coach BEFORE UPDATE OF member_coach_id ON session_ratings
  FOR EACH ROW WHEN (pg_trigger_depth() = 0 AND OLD.member_coach_id IS DISTINCT FROM NEW.member_coach_id)
  EXECUTE FUNCTION refuse_change('only a transfer gives a member another coach');

-- The functions below act for the system and give back what was set: a failure rolls the setting back with all else.

-- FOR SHARE: a change of the session's status that is under way is waited for, and a later one waits for the rating.
CREATE FUNCTION rate_completed_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
  session_status text;
BEGIN
  PERFORM set_config('app.system', 'on', true);
  SELECT status INTO session_status FROM sessions WHERE id = NEW.session_id FOR SHARE;
  PERFORM set_config('app.system', coalesce(was, ''), true);
  IF session_status IS DISTINCT FROM 'COMPLETED' THEN
    RAISE EXCEPTION 'only a completed session is rated' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'session_ratings_of_completed_sessions', TABLE = 'session_ratings';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION keep_rated_completed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
  is_rated boolean;
BEGIN
  PERFORM set_config('app.system', 'on', true);
  is_rated := EXISTS (SELECT FROM session_ratings WHERE session_id = NEW.id);
  PERFORM set_config('app.system', coalesce(was, ''), true);
  IF is_rated THEN
    RAISE EXCEPTION 'a rated session stays completed' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'session_ratings_of_completed_sessions', TABLE = 'session_ratings';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER sessions_keep_rated_completed BEFORE UPDATE OF status ON sessions
  FOR EACH ROW WHEN (OLD.status = 'COMPLETED' AND NEW.status <> 'COMPLETED') EXECUTE FUNCTION keep_rated_completed();

-- Under the lock of the coach's row, so that ratings that come at once are all counted.
CREATE FUNCTION count_ratings() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
BEGIN
  PERFORM set_config('app.system', 'on', true);
  IF TG_OP <> 'INSERT' THEN
    UPDATE coaches SET rating_count = rating_count - 1, rating_sum = rating_sum - OLD.stars WHERE id = OLD.coach_id;
  END IF;
  IF TG_OP <> 'DELETE' THEN
    UPDATE coaches SET rating_count = rating_count + 1, rating_sum = rating_sum + NEW.stars WHERE id = NEW.coach_id;
  END IF;
  PERFORM set_config('app.system', coalesce(was, ''), true);
  RETURN NULL;
END $$;
CREATE TRIGGER session_ratings_count AFTER INSERT OR DELETE OR UPDATE OF stars ON session_ratings
  FOR EACH ROW EXECUTE FUNCTION count_ratings();

-- By their names the first of these comes first: the member's row is locked before the session's, as in a transfer.
CREATE TRIGGER session_ratings_copy_member_coach BEFORE INSERT ON session_ratings
  FOR EACH ROW EXECUTE FUNCTION copy_member_coach();
CREATE TRIGGER session_ratings_of_completed_sessions BEFORE INSERT ON session_ratings
  FOR EACH ROW EXECUTE FUNCTION rate_completed_only();

-- After a transfer. It has a trigger of its own beside that of the sessions, which runs before it by its name.
CREATE FUNCTION follow_coach_of_ratings_and_plans() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
BEGIN
  PERFORM set_config('app.system', 'on', true);
  UPDATE session_ratings SET member_coach_id = NEW.coach_id WHERE member_id = NEW.id;
  PERFORM set_config('app.system', coalesce(was, ''), true);
  RETURN NULL;
END $$;
CREATE TRIGGER members_follow_coach_of_ratings_and_plans AFTER UPDATE OF coach_id ON members
  FOR EACH ROW WHEN (OLD.coach_id IS DISTINCT FROM NEW.coach_id)
  EXECUTE FUNCTION follow_coach_of_ratings_and_plans();
