-- What is proposed to members, and how much interventions have helped whom, with row-level security.

CREATE TABLE recommendations (
  id UUID NOT NULL,
  member_id UUID NOT NULL,
  member_coach_id UUID,
  intervention_id UUID NOT NULL,
  dimension VARCHAR(32) NOT NULL,
  element VARCHAR(32),
  priority VARCHAR(32) NOT NULL,
  rank_score NUMERIC(5, 4) NOT NULL,
  title VARCHAR(200) NOT NULL,
  text VARCHAR(2000) NOT NULL,
  reason VARCHAR(600) NOT NULL,
  facts JSONB NOT NULL,
  wording VARCHAR(32) NOT NULL,
  status VARCHAR(32) NOT NULL,
  drafted_at TIMESTAMP WITH TIME ZONE NOT NULL,
  reviewed_by_user_id UUID,
  reviewed_at TIMESTAMP WITH TIME ZONE,
  sent_at TIMESTAMP WITH TIME ZONE,
  member_intervention_id UUID,
  rating INTEGER,
  comment BYTEA,
  rated_at TIMESTAMP WITH TIME ZONE,
  PRIMARY KEY (id),
  CONSTRAINT recommendations_dimension_known CHECK (dimension IN ('PSI', 'RHO', 'Q', 'F')),
  CONSTRAINT recommendations_element_known CHECK (element IN ('FIRE', 'WATER', 'EARTH', 'AIR', 'AETHER')),
  CONSTRAINT recommendations_priority_known CHECK (priority IN ('HIGH', 'MEDIUM', 'LOW')),
  CONSTRAINT recommendations_status_known CHECK (status IN ('DRAFTED', 'APPROVED', 'SENT', 'REJECTED', 'COMPLETED', 'SUPERSEDED')),
  CONSTRAINT recommendations_wording_known CHECK (wording IN ('RULES', 'MODEL', 'COACH')),
  CONSTRAINT recommendations_rating_range CHECK (rating BETWEEN 1 AND 5),
  CONSTRAINT recommendations_rank_score_range CHECK (rank_score BETWEEN 0 AND 1),
  CONSTRAINT recommendations_reviewed_by_somebody CHECK ((reviewed_at IS NULL) = (reviewed_by_user_id IS NULL)),
  CONSTRAINT recommendations_are_reviewed CHECK (status IN ('DRAFTED', 'SUPERSEDED') OR reviewed_at IS NOT NULL),
  CONSTRAINT recommendations_sent_at_some_time CHECK (NOT (status IN ('SENT', 'COMPLETED')) OR sent_at IS NOT NULL),
  CONSTRAINT recommendations_rated_at_some_time CHECK ((rating IS NULL) = (rated_at IS NULL)),
  CONSTRAINT recommendations_rated_once_sent CHECK (rating IS NULL OR sent_at IS NOT NULL),
  CONSTRAINT recommendations_comment_encrypted CHECK (comment IS NULL OR (rating IS NOT NULL AND substring(comment, 1, 1) = '\x01'::bytea AND length(comment) >= 45)),
  CONSTRAINT recommendations_member_intervention_fkey FOREIGN KEY(member_intervention_id, member_id) REFERENCES member_interventions (id, member_id),
  FOREIGN KEY(member_id) REFERENCES members (id) ON DELETE CASCADE,
  FOREIGN KEY(intervention_id) REFERENCES interventions (id),
  FOREIGN KEY(reviewed_by_user_id) REFERENCES users (id)
);
CREATE INDEX recommendations_by_coach ON recommendations (member_coach_id, drafted_at DESC, id DESC);
CREATE INDEX recommendations_by_member ON recommendations (member_id, drafted_at DESC, id DESC);
CREATE INDEX recommendations_by_member_intervention ON recommendations (member_intervention_id) WHERE member_intervention_id IS NOT NULL;
CREATE UNIQUE INDEX recommendations_open ON recommendations (member_id, intervention_id) WHERE status IN ('DRAFTED', 'APPROVED', 'SENT');

ALTER TABLE recommendations ENABLE ROW LEVEL SECURITY;
ALTER TABLE recommendations FORCE ROW LEVEL SECURITY;
CREATE POLICY recommendations_select ON recommendations FOR SELECT USING ((member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (member_id = nullif(current_setting('app.member_id', true), '')::uuid AND status IN ('SENT', 'COMPLETED')) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY recommendations_insert ON recommendations FOR INSERT WITH CHECK ((member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid AND status = 'DRAFTED' AND reviewed_at IS NULL AND sent_at IS NULL) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY recommendations_update ON recommendations FOR UPDATE USING ((member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (member_id = nullif(current_setting('app.member_id', true), '')::uuid AND status IN ('SENT', 'COMPLETED')) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (member_id = nullif(current_setting('app.member_id', true), '')::uuid AND status IN ('SENT', 'COMPLETED')) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY recommendations_delete ON recommendations FOR DELETE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

CREATE TABLE intervention_experiences (
  member_id UUID NOT NULL,
  intervention_id UUID NOT NULL,
  rating NUMERIC(3, 2) NOT NULL,
  group_names VARCHAR(40)[] NOT NULL,
  rated_at TIMESTAMP WITH TIME ZONE NOT NULL,
  PRIMARY KEY (member_id, intervention_id),
  CONSTRAINT intervention_experiences_rating_range CHECK (rating BETWEEN 1 AND 5),
  FOREIGN KEY(member_id) REFERENCES members (id) ON DELETE CASCADE,
  FOREIGN KEY(intervention_id) REFERENCES interventions (id) ON DELETE CASCADE
);
CREATE INDEX intervention_experiences_by_intervention ON intervention_experiences (intervention_id);

ALTER TABLE intervention_experiences ENABLE ROW LEVEL SECURITY;
ALTER TABLE intervention_experiences FORCE ROW LEVEL SECURITY;
CREATE POLICY intervention_experiences_select ON intervention_experiences FOR SELECT USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY intervention_experiences_insert ON intervention_experiences FOR INSERT WITH CHECK ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY intervention_experiences_update ON intervention_experiences FOR UPDATE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY intervention_experiences_delete ON intervention_experiences FOR DELETE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

CREATE TABLE intervention_ratings_by_group (
  intervention_id UUID NOT NULL,
  group_name VARCHAR(40) NOT NULL,
  rating_count INTEGER NOT NULL,
  rating_sum NUMERIC(12, 2) NOT NULL,
  PRIMARY KEY (intervention_id, group_name),
  CONSTRAINT intervention_ratings_by_group_sum_range CHECK (rating_sum BETWEEN rating_count AND 5 * rating_count),
  CONSTRAINT intervention_ratings_by_group_rating_count_range CHECK (rating_count >= 1),
  FOREIGN KEY(intervention_id) REFERENCES interventions (id) ON DELETE CASCADE
);

ALTER TABLE intervention_ratings_by_group ENABLE ROW LEVEL SECURITY;
ALTER TABLE intervention_ratings_by_group FORCE ROW LEVEL SECURITY;
CREATE POLICY intervention_ratings_by_group_select ON intervention_ratings_by_group FOR SELECT USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY intervention_ratings_by_group_insert ON intervention_ratings_by_group FOR INSERT WITH CHECK ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY intervention_ratings_by_group_update ON intervention_ratings_by_group FOR UPDATE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY intervention_ratings_by_group_delete ON intervention_ratings_by_group FOR DELETE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

-- What led to a proposal stays as it was; a draft is reviewed, sent, and done.
CREATE TRIGGER recommendations_stay
  BEFORE UPDATE OF id, member_id, intervention_id, dimension, element, rank_score, reason, facts, drafted_at
  ON recommendations
  FOR EACH ROW WHEN ((OLD.id, OLD.member_id, OLD.intervention_id, OLD.dimension, OLD.element, OLD.rank_score,
                      OLD.reason, OLD.facts, OLD.drafted_at)
                     IS DISTINCT FROM (NEW.id, NEW.member_id, NEW.intervention_id, NEW.dimension, NEW.element,
                                       NEW.rank_score, NEW.reason, NEW.facts, NEW.drafted_at))
  EXECUTE FUNCTION refuse_change('a recommendation stays what it is');
CREATE TRIGGER recommendations_one_after_the_other BEFORE UPDATE OF status ON recommendations
  FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status AND NOT (
    (OLD.status = 'DRAFTED' AND NEW.status IN ('APPROVED', 'SENT', 'REJECTED', 'SUPERSEDED'))
    OR (OLD.status = 'APPROVED' AND NEW.status IN ('SENT', 'REJECTED'))
    OR (OLD.status = 'SENT' AND NEW.status IN ('COMPLETED', 'REJECTED'))))
  EXECUTE FUNCTION refuse_change('a recommendation does not go back');
CREATE TRIGGER recommendations_keep_member_coach BEFORE UPDATE OF member_coach_id ON recommendations
  FOR EACH ROW WHEN (pg_trigger_depth() = 0 AND OLD.member_coach_id IS DISTINCT FROM NEW.member_coach_id)
  EXECUTE FUNCTION refuse_change('only a transfer gives a member another coach');

-- Policies cannot compare columns before and after: a member rates, and everybody else does all but that.
CREATE FUNCTION divide_recommendation() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  members text[] := ARRAY['rating', 'comment', 'rated_at'];
BEGIN
  IF current_setting('app.system', true) = 'on' THEN
    RETURN NEW;
  END IF;
  IF current_setting('app.role', true) <> 'MEMBER' THEN
    IF (OLD.rating, OLD.comment, OLD.rated_at) IS DISTINCT FROM (NEW.rating, NEW.comment, NEW.rated_at) THEN
      RAISE EXCEPTION 'only the member rates' USING ERRCODE = 'insufficient_privilege', TABLE = TG_TABLE_NAME;
    END IF;
    IF (OLD.reviewed_by_user_id, OLD.reviewed_at) IS DISTINCT FROM (NEW.reviewed_by_user_id, NEW.reviewed_at)
       AND NEW.reviewed_by_user_id::text IS DISTINCT FROM current_setting('app.user_id', true) THEN
      RAISE EXCEPTION 'nobody reviews in another''s name'
        USING ERRCODE = 'insufficient_privilege', TABLE = TG_TABLE_NAME;
    END IF;
  ELSIF NEW.status NOT IN (OLD.status, 'COMPLETED')
        OR to_jsonb(OLD) - members - 'status' IS DISTINCT FROM to_jsonb(NEW) - members - 'status' THEN
    RAISE EXCEPTION 'a member rates, and changes nothing else'
      USING ERRCODE = 'insufficient_privilege', TABLE = TG_TABLE_NAME;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER recommendations_divided BEFORE UPDATE ON recommendations
  FOR EACH ROW EXECUTE FUNCTION divide_recommendation();

CREATE TRIGGER recommendations_copy_member_coach BEFORE INSERT ON recommendations
  FOR EACH ROW EXECUTE FUNCTION copy_member_coach();

-- What is counted by group is written from within a trigger, and by no statement of anybody's.
CREATE TRIGGER intervention_ratings_by_group_begin_counted BEFORE INSERT ON intervention_ratings_by_group
  FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION refuse_change('ratings are counted by the database');
CREATE TRIGGER intervention_ratings_by_group_stay_counted BEFORE UPDATE ON intervention_ratings_by_group
  FOR EACH ROW WHEN (pg_trigger_depth() = 0 AND OLD.* IS DISTINCT FROM NEW.*)
  EXECUTE FUNCTION refuse_change('ratings are counted by the database');

-- The functions below act for the system and give back what was set: a failure rolls the setting back with all else.

CREATE FUNCTION follow_coach_of_recommendations() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
BEGIN
  PERFORM set_config('app.system', 'on', true);
  UPDATE recommendations SET member_coach_id = NEW.coach_id WHERE member_id = NEW.id;
  PERFORM set_config('app.system', coalesce(was, ''), true);
  RETURN NULL;
END $$;
CREATE TRIGGER members_follow_coach_of_recommendations AFTER UPDATE OF coach_id ON members
  FOR EACH ROW WHEN (OLD.coach_id IS DISTINCT FROM NEW.coach_id)
  EXECUTE FUNCTION follow_coach_of_recommendations();

-- Groups are counted in the order of their names, so that two experiences wait for each other and do not lock up.
CREATE FUNCTION count_experience() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
BEGIN
  PERFORM set_config('app.system', 'on', true);
  IF TG_OP <> 'INSERT' THEN
    PERFORM FROM intervention_ratings_by_group g
      WHERE g.intervention_id = OLD.intervention_id AND g.group_name = ANY(OLD.group_names)
      ORDER BY g.group_name FOR UPDATE;
    DELETE FROM intervention_ratings_by_group g
      WHERE g.intervention_id = OLD.intervention_id AND g.group_name = ANY(OLD.group_names) AND g.rating_count = 1;
    UPDATE intervention_ratings_by_group g
      SET rating_count = g.rating_count - 1, rating_sum = g.rating_sum - OLD.rating
      WHERE g.intervention_id = OLD.intervention_id AND g.group_name = ANY(OLD.group_names);
  END IF;
  IF TG_OP <> 'DELETE' THEN
    INSERT INTO intervention_ratings_by_group AS g (intervention_id, group_name, rating_count, rating_sum)
      SELECT NEW.intervention_id, name, 1, NEW.rating FROM unnest(NEW.group_names) AS name ORDER BY name
      ON CONFLICT (intervention_id, group_name)
      DO UPDATE SET rating_count = g.rating_count + 1, rating_sum = g.rating_sum + excluded.rating_sum;
  END IF;
  PERFORM set_config('app.system', coalesce(was, ''), true);
  RETURN NULL;
END $$;
CREATE TRIGGER intervention_experiences_counted AFTER INSERT OR UPDATE OR DELETE ON intervention_experiences
  FOR EACH ROW EXECUTE FUNCTION count_experience();

-- What members of some groups have said of interventions, but for one member; of fewer than three of them, nothing. For
-- a member out of the asker's sight nothing either: with and without them would differ by what they have said.
CREATE FUNCTION ratings_of_others(member uuid, wanted text[])
  RETURNS TABLE (intervention_id uuid, group_name text, rating_count integer, rating_sum numeric)
  LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
BEGIN
  IF NOT EXISTS (SELECT FROM members m WHERE m.id = member) THEN
    RETURN;
  END IF;
  PERFORM set_config('app.system', 'on', true);
  RETURN QUERY
    SELECT g.intervention_id, g.group_name::text, g.rating_count - (e.rating IS NOT NULL)::int,
           g.rating_sum - coalesce(e.rating, 0)
      FROM intervention_ratings_by_group g
      LEFT JOIN intervention_experiences e ON e.intervention_id = g.intervention_id AND e.member_id = member
                                           AND g.group_name = ANY(e.group_names)
      WHERE g.group_name = ANY(wanted) AND g.rating_count - (e.rating IS NOT NULL)::int >= 3;
  PERFORM set_config('app.system', coalesce(was, ''), true);
END $$;
