-- Goals, the values measured of them and milestones, with row-level security and what holds them together.

CREATE TABLE goals (
  id UUID NOT NULL,
  member_id UUID NOT NULL,
  member_coach_id UUID,
  title VARCHAR(200) NOT NULL,
  specific VARCHAR(2000),
  measure VARCHAR(200) NOT NULL,
  unit VARCHAR(40),
  achievable VARCHAR(2000),
  relevant VARCHAR(2000),
  baseline NUMERIC(14, 4) NOT NULL,
  target NUMERIC(14, 4) NOT NULL,
  current NUMERIC(14, 4) NOT NULL,
  progress NUMERIC(4, 1) NOT NULL,
  target_date DATE NOT NULL,
  dimension VARCHAR(32),
  status VARCHAR(32) NOT NULL,
  ended_at TIMESTAMP WITH TIME ZONE,
  added_by_user_id UUID NOT NULL,
  version INTEGER NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT goals_dimension_known CHECK (dimension IN ('PSI', 'RHO', 'Q', 'F')),
  CONSTRAINT goals_status_known CHECK (status IN ('ACTIVE', 'REACHED', 'ABANDONED')),
  CONSTRAINT goals_version_range CHECK (version >= 1),
  CONSTRAINT goals_something_to_reach CHECK (target <> baseline),
  CONSTRAINT goals_progress_follows CHECK (progress = least(greatest(div(1000 * (current - baseline), nullif(target - baseline, 0)), 0), 1000) / 10),
  CONSTRAINT goals_reached_at_the_target CHECK ((status = 'REACHED') = (progress = 100)),
  CONSTRAINT goals_stamped_as_they_stand CHECK ((status = 'ACTIVE') = (ended_at IS NULL)),
  CONSTRAINT goals_of_member UNIQUE (id, member_id),
  FOREIGN KEY(member_id) REFERENCES members (id) ON DELETE CASCADE,
  FOREIGN KEY(added_by_user_id) REFERENCES users (id)
);
CREATE INDEX goals_active ON goals (member_id) WHERE status = 'ACTIVE';
CREATE INDEX goals_by_coach ON goals (member_coach_id, created_at DESC, id DESC);
CREATE INDEX goals_by_member ON goals (member_id, created_at DESC, id DESC);

ALTER TABLE goals ENABLE ROW LEVEL SECURITY;
ALTER TABLE goals FORCE ROW LEVEL SECURITY;
CREATE POLICY goals_select ON goals FOR SELECT USING ((member_id = nullif(current_setting('app.member_id', true), '')::uuid) OR (member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY goals_insert ON goals FOR INSERT WITH CHECK ((member_id = nullif(current_setting('app.member_id', true), '')::uuid AND added_by_user_id = nullif(current_setting('app.user_id', true), '')::uuid) OR (member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid AND added_by_user_id = nullif(current_setting('app.user_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY goals_update ON goals FOR UPDATE USING ((member_id = nullif(current_setting('app.member_id', true), '')::uuid) OR (member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((member_id = nullif(current_setting('app.member_id', true), '')::uuid) OR (member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY goals_delete ON goals FOR DELETE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

CREATE TABLE goal_updates (
  id UUID NOT NULL,
  goal_id UUID NOT NULL,
  member_id UUID NOT NULL,
  member_coach_id UUID,
  number INTEGER NOT NULL,
  value NUMERIC(14, 4) NOT NULL,
  recorded_by_user_id UUID NOT NULL,
  recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
  withdrawn_at TIMESTAMP WITH TIME ZONE,
  PRIMARY KEY (id),
  CONSTRAINT goal_updates_number_range CHECK (number >= 1),
  CONSTRAINT goal_updates_in_order UNIQUE (goal_id, number),
  CONSTRAINT goal_updates_goal_fkey FOREIGN KEY(goal_id, member_id) REFERENCES goals (id, member_id) ON DELETE CASCADE,
  FOREIGN KEY(recorded_by_user_id) REFERENCES users (id)
);
CREATE INDEX goal_updates_by_member ON goal_updates (member_id);

ALTER TABLE goal_updates ENABLE ROW LEVEL SECURITY;
ALTER TABLE goal_updates FORCE ROW LEVEL SECURITY;
CREATE POLICY goal_updates_select ON goal_updates FOR SELECT USING ((member_id = nullif(current_setting('app.member_id', true), '')::uuid) OR (member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY goal_updates_insert ON goal_updates FOR INSERT WITH CHECK ((member_id = nullif(current_setting('app.member_id', true), '')::uuid AND recorded_by_user_id = nullif(current_setting('app.user_id', true), '')::uuid) OR (member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid AND recorded_by_user_id = nullif(current_setting('app.user_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY goal_updates_update ON goal_updates FOR UPDATE USING ((member_id = nullif(current_setting('app.member_id', true), '')::uuid) OR (member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((member_id = nullif(current_setting('app.member_id', true), '')::uuid) OR (member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY goal_updates_delete ON goal_updates FOR DELETE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

CREATE TABLE milestones (
  id UUID NOT NULL,
  goal_id UUID NOT NULL,
  member_id UUID NOT NULL,
  member_coach_id UUID,
  title VARCHAR(200) NOT NULL,
  target_value NUMERIC(14, 4),
  target_date DATE,
  position INTEGER NOT NULL,
  reached_at TIMESTAMP WITH TIME ZONE,
  update_number INTEGER,
  version INTEGER NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT milestones_position_range CHECK (position BETWEEN 1 AND 20),
  CONSTRAINT milestones_version_range CHECK (version >= 1),
  CONSTRAINT milestones_reached_as_they_are_measured CHECK (CASE WHEN reached_at IS NULL THEN update_number IS NULL ELSE (target_value IS NULL) = (update_number IS NULL) END),
  CONSTRAINT milestones_in_order UNIQUE (goal_id, position) DEFERRABLE INITIALLY IMMEDIATE,
  CONSTRAINT milestones_goal_fkey FOREIGN KEY(goal_id, member_id) REFERENCES goals (id, member_id) ON DELETE CASCADE,
  CONSTRAINT milestones_update_fkey FOREIGN KEY(goal_id, update_number) REFERENCES goal_updates (goal_id, number)
);
CREATE INDEX milestones_by_member ON milestones (member_id);

ALTER TABLE milestones ENABLE ROW LEVEL SECURITY;
ALTER TABLE milestones FORCE ROW LEVEL SECURITY;
CREATE POLICY milestones_select ON milestones FOR SELECT USING ((member_id = nullif(current_setting('app.member_id', true), '')::uuid) OR (member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY milestones_insert ON milestones FOR INSERT WITH CHECK ((member_id = nullif(current_setting('app.member_id', true), '')::uuid) OR (member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY milestones_update ON milestones FOR UPDATE USING ((member_id = nullif(current_setting('app.member_id', true), '')::uuid) OR (member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((member_id = nullif(current_setting('app.member_id', true), '')::uuid) OR (member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY milestones_delete ON milestones FOR DELETE USING ((member_id = nullif(current_setting('app.member_id', true), '')::uuid) OR (member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

-- A member's come one after the other, and no more at a time than there may be.
CREATE FUNCTION bound_goals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM members m WHERE m.id = NEW.member_id FOR NO KEY UPDATE;
  IF (SELECT count(*) FROM goals g WHERE g.member_id = NEW.member_id AND g.status = 'ACTIVE') >= 50 THEN
    RAISE EXCEPTION 'the member has too many goals at a time'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'goals_at_most', TABLE = 'goals';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER goals_bound BEFORE INSERT ON goals
  FOR EACH ROW WHEN (NEW.status = 'ACTIVE') EXECUTE FUNCTION bound_goals();

CREATE TRIGGER goals_stay BEFORE UPDATE ON goals
  FOR EACH ROW WHEN ((OLD.id, OLD.member_id, OLD.added_by_user_id, OLD.created_at)
                     IS DISTINCT FROM (NEW.id, NEW.member_id, NEW.added_by_user_id, NEW.created_at))
  EXECUTE FUNCTION refuse_change('a goal stays with its member');
-- A day of a member's has at most 25 hours: so long a value can be withdrawn, and with it that a goal was reached.
CREATE TRIGGER goals_once_over BEFORE UPDATE OF status ON goals
  FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status AND OLD.status <> 'ACTIVE'
                     AND NOT (OLD.status = 'REACHED' AND NEW.status = 'ACTIVE'
                              AND NEW.updated_at < OLD.ended_at + interval '25 hours'))
  EXECUTE FUNCTION refuse_change('what is over stays so');
CREATE TRIGGER goals_over_as_they_are BEFORE UPDATE ON goals
  FOR EACH ROW WHEN (OLD.status <> 'ACTIVE' AND NEW.status = OLD.status
                     AND (OLD.title, OLD.specific, OLD.measure, OLD.unit, OLD.achievable, OLD.relevant, OLD.baseline,
                          OLD.target, OLD.current, OLD.target_date, OLD.dimension, OLD.ended_at)
                     IS DISTINCT FROM
                         (NEW.title, NEW.specific, NEW.measure, NEW.unit, NEW.achievable, NEW.relevant, NEW.baseline,
                          NEW.target, NEW.current, NEW.target_date, NEW.dimension, NEW.ended_at))
  EXECUTE FUNCTION refuse_change('a goal that is over stays as it was');
CREATE TRIGGER goals_keep_member_coach BEFORE UPDATE OF member_coach_id ON goals
  FOR EACH ROW WHEN (pg_trigger_depth() = 0 AND OLD.member_coach_id IS DISTINCT FROM NEW.member_coach_id)
  EXECUTE FUNCTION refuse_change('only a transfer gives a member another coach');
CREATE TRIGGER goals_copy_member_coach BEFORE INSERT ON goals
  FOR EACH ROW EXECUTE FUNCTION copy_member_coach();

CREATE TRIGGER goal_updates_stay BEFORE UPDATE ON goal_updates
  FOR EACH ROW WHEN ((OLD.id, OLD.goal_id, OLD.member_id, OLD.number, OLD.value, OLD.recorded_by_user_id,
                      OLD.recorded_at)
                     IS DISTINCT FROM (NEW.id, NEW.goal_id, NEW.member_id, NEW.number, NEW.value,
                                       NEW.recorded_by_user_id, NEW.recorded_at))
  EXECUTE FUNCTION refuse_change('what was measured stays');
CREATE TRIGGER goal_updates_withdrawn_once BEFORE UPDATE OF withdrawn_at ON goal_updates
  FOR EACH ROW WHEN (OLD.withdrawn_at IS DISTINCT FROM NEW.withdrawn_at
                     AND (OLD.withdrawn_at IS NOT NULL OR NEW.withdrawn_at >= OLD.recorded_at + interval '25 hours'))
  EXECUTE FUNCTION refuse_change('a value is withdrawn on its day, and for good');
CREATE TRIGGER goal_updates_keep_member_coach BEFORE UPDATE OF member_coach_id ON goal_updates
  FOR EACH ROW WHEN (pg_trigger_depth() = 0 AND OLD.member_coach_id IS DISTINCT FROM NEW.member_coach_id)
  EXECUTE FUNCTION refuse_change('only a transfer gives a member another coach');
CREATE TRIGGER goal_updates_copy_member_coach BEFORE INSERT ON goal_updates
  FOR EACH ROW EXECUTE FUNCTION copy_member_coach();

CREATE TRIGGER milestones_stay BEFORE UPDATE ON milestones
  FOR EACH ROW WHEN ((OLD.id, OLD.goal_id, OLD.member_id, OLD.created_at)
                     IS DISTINCT FROM (NEW.id, NEW.goal_id, NEW.member_id, NEW.created_at))
  EXECUTE FUNCTION refuse_change('a milestone stays with its goal');
CREATE TRIGGER milestones_reached_once BEFORE UPDATE ON milestones
  FOR EACH ROW WHEN (OLD.reached_at IS NOT NULL
                     AND CASE WHEN NEW.reached_at IS NULL THEN NEW.updated_at >= OLD.reached_at + interval '25 hours'
                         ELSE (OLD.title, OLD.target_value, OLD.target_date, OLD.reached_at, OLD.update_number)
                              IS DISTINCT FROM
                              (NEW.title, NEW.target_value, NEW.target_date, NEW.reached_at, NEW.update_number) END)
  EXECUTE FUNCTION refuse_change('a milestone that was reached stays so');
CREATE TRIGGER milestones_reached_remain BEFORE DELETE ON milestones
  FOR EACH ROW WHEN (OLD.reached_at IS NOT NULL AND pg_trigger_depth() = 0
                     AND current_setting('app.system', true) IS DISTINCT FROM 'on')
  EXECUTE FUNCTION refuse_change('a milestone that was reached stays');
CREATE TRIGGER milestones_keep_member_coach BEFORE UPDATE OF member_coach_id ON milestones
  FOR EACH ROW WHEN (pg_trigger_depth() = 0 AND OLD.member_coach_id IS DISTINCT FROM NEW.member_coach_id)
  EXECUTE FUNCTION refuse_change('only a transfer gives a member another coach');
CREATE TRIGGER milestones_copy_member_coach BEFORE INSERT ON milestones
  FOR EACH ROW EXECUTE FUNCTION copy_member_coach();

-- Where a goal stands is the newest value that was not withdrawn: at the commit, whoever has written either.
CREATE FUNCTION keep_current_of_goal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  of_goal uuid;
BEGIN
  IF TG_TABLE_NAME = 'goals' THEN
    of_goal := NEW.id;
  ELSE
    of_goal := NEW.goal_id;
  END IF;
  IF EXISTS (SELECT FROM goals g WHERE g.id = of_goal AND g.current IS DISTINCT FROM coalesce(
               (SELECT u.value FROM goal_updates u WHERE u.goal_id = g.id AND u.withdrawn_at IS NULL
                ORDER BY u.number DESC LIMIT 1), g.baseline)) THEN
    RAISE EXCEPTION 'the goal does not stand at its newest value'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'goals_current_is_newest', TABLE = 'goals';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER goals_current_is_newest AFTER INSERT OR UPDATE OF current, baseline ON goals
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION keep_current_of_goal();
CREATE CONSTRAINT TRIGGER goal_updates_current_is_newest AFTER INSERT OR UPDATE OF withdrawn_at ON goal_updates
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION keep_current_of_goal();

-- It acts for the system and gives back what was set: a failure rolls the setting back with all else.
CREATE FUNCTION follow_coach_of_goals() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
BEGIN
  PERFORM set_config('app.system', 'on', true);
  UPDATE goals SET member_coach_id = NEW.coach_id WHERE member_id = NEW.id;
  UPDATE goal_updates SET member_coach_id = NEW.coach_id WHERE member_id = NEW.id;
  UPDATE milestones SET member_coach_id = NEW.coach_id WHERE member_id = NEW.id;
  PERFORM set_config('app.system', coalesce(was, ''), true);
  RETURN NULL;
END $$;
CREATE TRIGGER members_follow_coach_of_goals AFTER UPDATE OF coach_id ON members
  FOR EACH ROW WHEN (OLD.coach_id IS DISTINCT FROM NEW.coach_id)
  EXECUTE FUNCTION follow_coach_of_goals();
