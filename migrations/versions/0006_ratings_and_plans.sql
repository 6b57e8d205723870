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

CREATE TABLE session_plans (
  id UUID NOT NULL,
  session_id UUID NOT NULL,
  coach_id UUID NOT NULL,
  member_id UUID NOT NULL,
  member_coach_id UUID,
  notes VARCHAR(5000),
  is_shared BOOLEAN NOT NULL,
  shared_at TIMESTAMP WITH TIME ZONE,
  remind_at TIMESTAMP WITH TIME ZONE,
  reminded_at TIMESTAMP WITH TIME ZONE,
  version INTEGER NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT session_plans_one_per_session UNIQUE (session_id),
  CONSTRAINT session_plans_of_items_key UNIQUE (id, coach_id, member_id, is_shared),
  CONSTRAINT session_plans_session_fkey FOREIGN KEY(session_id, coach_id, member_id) REFERENCES sessions (id, coach_id, member_id) ON DELETE CASCADE,
  CONSTRAINT session_plans_shared_since CHECK (is_shared = (shared_at IS NOT NULL)),
  CONSTRAINT session_plans_reminded_when_due CHECK (reminded_at IS NULL OR remind_at <= reminded_at)
);
CREATE INDEX session_plans_by_member ON session_plans (member_id);
CREATE INDEX session_plans_to_remind_of ON session_plans (remind_at) WHERE reminded_at IS NULL AND is_shared;

ALTER TABLE session_plans ENABLE ROW LEVEL SECURITY;
ALTER TABLE session_plans FORCE ROW LEVEL SECURITY;
CREATE POLICY session_plans_select ON session_plans FOR SELECT USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (member_id = nullif(current_setting('app.member_id', true), '')::uuid AND is_shared) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY session_plans_insert ON session_plans FOR INSERT WITH CHECK ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY session_plans_update ON session_plans FOR UPDATE USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY session_plans_delete ON session_plans FOR DELETE USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

CREATE TABLE plan_items (
  id UUID NOT NULL,
  plan_id UUID NOT NULL,
  coach_id UUID NOT NULL,
  member_id UUID NOT NULL,
  member_coach_id UUID,
  is_shared BOOLEAN NOT NULL,
  rank VARCHAR(50) COLLATE "C" NOT NULL,
  title VARCHAR(200) NOT NULL,
  description VARCHAR(2000),
  minutes INTEGER,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT plan_items_in_order UNIQUE (plan_id, rank) DEFERRABLE INITIALLY IMMEDIATE,
  CONSTRAINT plan_items_plan_fkey FOREIGN KEY(plan_id, coach_id, member_id, is_shared) REFERENCES session_plans (id, coach_id, member_id, is_shared) ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT plan_items_rank_is_a_fraction CHECK (rank ~ '^[0-9a-z]*[1-9a-z]$'),
  CONSTRAINT plan_items_minutes_range CHECK (minutes BETWEEN 1 AND 720)
);
CREATE INDEX plan_items_by_member ON plan_items (member_id);

ALTER TABLE plan_items ENABLE ROW LEVEL SECURITY;
ALTER TABLE plan_items FORCE ROW LEVEL SECURITY;
CREATE POLICY plan_items_select ON plan_items FOR SELECT USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (member_id = nullif(current_setting('app.member_id', true), '')::uuid AND is_shared) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY plan_items_insert ON plan_items FOR INSERT WITH CHECK ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY plan_items_update ON plan_items FOR UPDATE USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY plan_items_delete ON plan_items FOR DELETE USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

CREATE TABLE plan_templates (
  id UUID NOT NULL,
  coach_id UUID NOT NULL,
  name VARCHAR(120) NOT NULL,
  items JSONB NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT plan_templates_items_are_a_list CHECK (jsonb_typeof(items) = 'array' AND jsonb_array_length(items) <= 100),
  FOREIGN KEY(coach_id) REFERENCES coaches (id) ON DELETE CASCADE
);
CREATE INDEX ix_plan_templates_coach_id ON plan_templates (coach_id);

ALTER TABLE plan_templates ENABLE ROW LEVEL SECURITY;
ALTER TABLE plan_templates FORCE ROW LEVEL SECURITY;
CREATE POLICY plan_templates_select ON plan_templates FOR SELECT USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY plan_templates_insert ON plan_templates FOR INSERT WITH CHECK ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY plan_templates_update ON plan_templates FOR UPDATE USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY plan_templates_delete ON plan_templates FOR DELETE USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

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

CREATE TRIGGER session_plans_stay BEFORE UPDATE OF session_id, coach_id, member_id ON session_plans
  FOR EACH ROW WHEN ((OLD.session_id, OLD.coach_id, OLD.member_id)
                     IS DISTINCT FROM (NEW.session_id, NEW.coach_id, NEW.member_id))
  EXECUTE FUNCTION refuse_change('a plan stays with its session');
CREATE TRIGGER session_plans_keep_member_coach BEFORE UPDATE OF member_coach_id ON session_plans
  FOR EACH ROW WHEN (pg_trigger_depth() = 0 AND OLD.member_coach_id IS DISTINCT FROM NEW.member_coach_id)
  EXECUTE FUNCTION refuse_change('only a transfer gives a member another coach');

CREATE TRIGGER plan_items_stay BEFORE UPDATE OF plan_id, coach_id, member_id ON plan_items
  FOR EACH ROW WHEN ((OLD.plan_id, OLD.coach_id, OLD.member_id)
                     IS DISTINCT FROM (NEW.plan_id, NEW.coach_id, NEW.member_id))
  EXECUTE FUNCTION refuse_change('an item stays in its plan');
CREATE TRIGGER plan_items_keep_member_coach BEFORE UPDATE OF member_coach_id ON plan_items
  FOR EACH ROW WHEN (pg_trigger_depth() = 0 AND OLD.member_coach_id IS DISTINCT FROM NEW.member_coach_id)
  EXECUTE FUNCTION refuse_change('only a transfer gives a member another coach');

-- What an item has of its plan comes from there. Items come to a plan one after the other, and no more than there may
-- be; so do a coach's templates. Both rows are locked under the asker's own rights: who may not write to the plan finds
-- none, and the policy refuses the item.
CREATE FUNCTION copy_plan() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SELECT p.coach_id, p.member_id, p.member_coach_id, p.is_shared
    INTO NEW.coach_id, NEW.member_id, NEW.member_coach_id, NEW.is_shared
    FROM session_plans p WHERE p.id = NEW.plan_id FOR NO KEY UPDATE;
  IF (SELECT count(*) FROM plan_items i WHERE i.plan_id = NEW.plan_id) >= 100 THEN
    RAISE EXCEPTION 'the plan is full'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'plan_items_at_most', TABLE = 'plan_items';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER plan_items_copy_plan BEFORE INSERT ON plan_items FOR EACH ROW EXECUTE FUNCTION copy_plan();

CREATE FUNCTION bound_templates() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM coaches c WHERE c.id = NEW.coach_id FOR NO KEY UPDATE;
  IF (SELECT count(*) FROM plan_templates t WHERE t.coach_id = NEW.coach_id) >= 50 THEN
    RAISE EXCEPTION 'the coach has too many templates'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'plan_templates_at_most', TABLE = 'plan_templates';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER plan_templates_bound BEFORE INSERT ON plan_templates FOR EACH ROW EXECUTE FUNCTION bound_templates();

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

CREATE TRIGGER session_plans_copy_member_coach BEFORE INSERT ON session_plans
  FOR EACH ROW EXECUTE FUNCTION copy_member_coach();

-- After a transfer. It has a trigger of its own beside that of the sessions, which runs before it by its name.
CREATE FUNCTION follow_coach_of_ratings_and_plans() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
BEGIN
  PERFORM set_config('app.system', 'on', true);
  UPDATE session_ratings SET member_coach_id = NEW.coach_id WHERE member_id = NEW.id;
  UPDATE session_plans SET member_coach_id = NEW.coach_id WHERE member_id = NEW.id;
  UPDATE plan_items SET member_coach_id = NEW.coach_id WHERE member_id = NEW.id;
  PERFORM set_config('app.system', coalesce(was, ''), true);
  RETURN NULL;
END $$;
CREATE TRIGGER members_follow_coach_of_ratings_and_plans AFTER UPDATE OF coach_id ON members
  FOR EACH ROW WHEN (OLD.coach_id IS DISTINCT FROM NEW.coach_id)
  EXECUTE FUNCTION follow_coach_of_ratings_and_plans();
