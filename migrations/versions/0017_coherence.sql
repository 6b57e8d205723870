-- Coherence scores and breakthroughs, with row-level security and what holds them together.

CREATE TABLE coherence_scores (
  id UUID NOT NULL,
  member_id UUID NOT NULL,
  member_coach_id UUID,
  assessment_id UUID,
  psi NUMERIC(3, 2) NOT NULL,
  rho NUMERIC(3, 2) NOT NULL,
  q NUMERIC(3, 2) NOT NULL,
  f NUMERIC(3, 2) NOT NULL,
  total NUMERIC(3, 2) NOT NULL,
  percentage NUMERIC(4, 1) NOT NULL,
  velocity NUMERIC(5, 4) NOT NULL,
  pattern VARCHAR(32),
  calculated_at TIMESTAMP WITH TIME ZONE NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT coherence_scores_measured_range CHECK (psi BETWEEN 0 AND 1 AND rho BETWEEN 0 AND 1 AND q BETWEEN 0 AND 1 AND f BETWEEN 0 AND 1),
  CONSTRAINT coherence_scores_total_of_the_four CHECK (abs(total - (psi + rho * psi + q / (0.5 + q + q * q / 2) + f * psi)) <= 0.005 AND abs(percentage - (psi + rho * psi + q / (0.5 + q + q * q / 2) + f * psi) * 25) <= 0.05),
  CONSTRAINT coherence_scores_pattern_known CHECK (pattern IN ('WISE_COWARD', 'LONELY_HERO', 'PEOPLE_PLEASER', 'RECKLESS_REPEATER')),
  CONSTRAINT coherence_scores_one_per_assessment UNIQUE (assessment_id),
  CONSTRAINT coherence_scores_in_order UNIQUE (member_id, calculated_at),
  CONSTRAINT coherence_scores_of_member_key UNIQUE (id, member_id),
  FOREIGN KEY(member_id) REFERENCES members (id) ON DELETE CASCADE,
  FOREIGN KEY(assessment_id) REFERENCES assessments (id) ON DELETE CASCADE
);

ALTER TABLE coherence_scores ENABLE ROW LEVEL SECURITY;
ALTER TABLE coherence_scores FORCE ROW LEVEL SECURITY;
CREATE POLICY coherence_scores_select ON coherence_scores FOR SELECT USING ((member_id = nullif(current_setting('app.member_id', true), '')::uuid) OR (member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY coherence_scores_insert ON coherence_scores FOR INSERT WITH CHECK ((member_id = nullif(current_setting('app.member_id', true), '')::uuid AND assessment_id IS NOT NULL) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY coherence_scores_update ON coherence_scores FOR UPDATE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY coherence_scores_delete ON coherence_scores FOR DELETE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

CREATE TABLE breakthroughs (
  id UUID NOT NULL,
  member_id UUID NOT NULL,
  member_coach_id UUID,
  score_id UUID NOT NULL,
  dimension VARCHAR(32) NOT NULL,
  magnitude NUMERIC(3, 2) NOT NULL,
  before_score NUMERIC(3, 2) NOT NULL,
  after_score NUMERIC(3, 2) NOT NULL,
  threshold NUMERIC(5, 4) NOT NULL,
  status VARCHAR(32) NOT NULL,
  trigger_kind VARCHAR(32),
  trigger_id UUID,
  trigger_at TIMESTAMP WITH TIME ZONE,
  description VARCHAR(500) NOT NULL,
  detected_at TIMESTAMP WITH TIME ZONE NOT NULL,
  decided_at TIMESTAMP WITH TIME ZONE,
  decided_by_user_id UUID,
  PRIMARY KEY (id),
  CONSTRAINT breakthroughs_dimension_known CHECK (dimension IN ('PSI', 'RHO', 'Q', 'F', 'OVERALL')),
  CONSTRAINT breakthroughs_status_known CHECK (status IN ('DETECTED', 'CONFIRMED', 'DISMISSED')),
  CONSTRAINT breakthroughs_trigger_kind_known CHECK (trigger_kind IN ('SESSION', 'INTERVENTION', 'ASSESSMENT')),
  CONSTRAINT breakthroughs_rise CHECK (magnitude > 0 AND magnitude = after_score - before_score),
  CONSTRAINT breakthroughs_above_threshold CHECK (after_score > threshold),
  CONSTRAINT breakthroughs_decided_once CHECK ((status = 'DETECTED') = (decided_at IS NULL)),
  CONSTRAINT breakthroughs_trigger_before CHECK ((trigger_kind IS NULL) = (trigger_id IS NULL) AND (trigger_kind IS NULL) = (trigger_at IS NULL) AND trigger_at <= detected_at),
  CONSTRAINT breakthroughs_one_per_dimension UNIQUE (score_id, dimension),
  CONSTRAINT breakthroughs_score_fkey FOREIGN KEY(score_id, member_id) REFERENCES coherence_scores (id, member_id) ON DELETE CASCADE,
  FOREIGN KEY(decided_by_user_id) REFERENCES users (id)
);
CREATE INDEX breakthroughs_by_member ON breakthroughs (member_id, detected_at DESC, id DESC);

ALTER TABLE breakthroughs ENABLE ROW LEVEL SECURITY;
ALTER TABLE breakthroughs FORCE ROW LEVEL SECURITY;
CREATE POLICY breakthroughs_select ON breakthroughs FOR SELECT USING ((member_id = nullif(current_setting('app.member_id', true), '')::uuid) OR (member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY breakthroughs_insert ON breakthroughs FOR INSERT WITH CHECK ((member_id = nullif(current_setting('app.member_id', true), '')::uuid AND status = 'DETECTED') OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY breakthroughs_update ON breakthroughs FOR UPDATE USING ((member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY breakthroughs_delete ON breakthroughs FOR DELETE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

ALTER TABLE sessions
  ADD COLUMN pre_session_coherence NUMERIC(3, 2),
  ADD COLUMN post_session_coherence NUMERIC(3, 2),
  ADD CONSTRAINT sessions_coherence_range CHECK (pre_session_coherence BETWEEN 0 AND 3.5 AND post_session_coherence BETWEEN 0 AND 3.5);

-- Only the system knows which scores belong to a session, for it alone sees until when its coach may see them.
CREATE TRIGGER sessions_keep_coherence BEFORE UPDATE OF pre_session_coherence, post_session_coherence ON sessions
  FOR EACH ROW WHEN (current_setting('app.system', true) IS DISTINCT FROM 'on'
                     AND (OLD.pre_session_coherence, OLD.post_session_coherence)
                         IS DISTINCT FROM (NEW.pre_session_coherence, NEW.post_session_coherence))
  EXECUTE FUNCTION refuse_change('the coherence of a session is filled in by the system');

CREATE TRIGGER coherence_scores_copy_member_coach BEFORE INSERT ON coherence_scores
  FOR EACH ROW EXECUTE FUNCTION copy_member_coach();
CREATE TRIGGER breakthroughs_copy_member_coach BEFORE INSERT ON breakthroughs
  FOR EACH ROW EXECUTE FUNCTION copy_member_coach();

CREATE TRIGGER coherence_scores_stay BEFORE UPDATE OF
    id, member_id, assessment_id, psi, rho, q, f, total, percentage, velocity, pattern, calculated_at ON coherence_scores
  FOR EACH ROW WHEN ((OLD.id, OLD.member_id, OLD.assessment_id, OLD.psi, OLD.rho, OLD.q, OLD.f, OLD.total,
                      OLD.percentage, OLD.velocity, OLD.pattern, OLD.calculated_at)
                     IS DISTINCT FROM (NEW.id, NEW.member_id, NEW.assessment_id, NEW.psi, NEW.rho, NEW.q, NEW.f,
                                       NEW.total, NEW.percentage, NEW.velocity, NEW.pattern, NEW.calculated_at))
  EXECUTE FUNCTION refuse_change('a score stays what it was');
CREATE TRIGGER coherence_scores_keep_member_coach BEFORE UPDATE OF member_coach_id ON coherence_scores
  FOR EACH ROW WHEN (pg_trigger_depth() = 0 AND OLD.member_coach_id IS DISTINCT FROM NEW.member_coach_id)
  EXECUTE FUNCTION refuse_change('only a transfer gives a member another coach');

CREATE TRIGGER breakthroughs_stay BEFORE UPDATE OF
    id, member_id, score_id, dimension, magnitude, before_score, after_score, threshold, trigger_kind, trigger_id,
    trigger_at, description, detected_at ON breakthroughs
  FOR EACH ROW WHEN ((OLD.id, OLD.member_id, OLD.score_id, OLD.dimension, OLD.magnitude, OLD.before_score,
                      OLD.after_score, OLD.threshold, OLD.trigger_kind, OLD.trigger_id, OLD.trigger_at,
                      OLD.description, OLD.detected_at)
                     IS DISTINCT FROM (NEW.id, NEW.member_id, NEW.score_id, NEW.dimension, NEW.magnitude,
                                       NEW.before_score, NEW.after_score, NEW.threshold, NEW.trigger_kind,
                                       NEW.trigger_id, NEW.trigger_at, NEW.description, NEW.detected_at))
  EXECUTE FUNCTION refuse_change('a breakthrough stays as it was found');
CREATE TRIGGER breakthroughs_decided_once BEFORE UPDATE OF status, decided_at, decided_by_user_id ON breakthroughs
  FOR EACH ROW WHEN (OLD.status <> 'DETECTED' AND (OLD.status, OLD.decided_at, OLD.decided_by_user_id)
                     IS DISTINCT FROM (NEW.status, NEW.decided_at, NEW.decided_by_user_id))
  EXECUTE FUNCTION refuse_change('a breakthrough is decided once');
CREATE TRIGGER breakthroughs_decided_in_ones_own_name BEFORE UPDATE OF status, decided_by_user_id ON breakthroughs
  FOR EACH ROW WHEN (current_setting('app.system', true) IS DISTINCT FROM 'on'
                     AND (OLD.status, OLD.decided_by_user_id) IS DISTINCT FROM (NEW.status, NEW.decided_by_user_id)
                     AND NEW.decided_by_user_id::text IS DISTINCT FROM current_setting('app.user_id', true))
  EXECUTE FUNCTION refuse_change('nobody decides in another''s name');
CREATE TRIGGER breakthroughs_keep_member_coach BEFORE UPDATE OF member_coach_id ON breakthroughs
  FOR EACH ROW WHEN (pg_trigger_depth() = 0 AND OLD.member_coach_id IS DISTINCT FROM NEW.member_coach_id)
  EXECUTE FUNCTION refuse_change('only a transfer gives a member another coach');

-- Under the lock of the member's row, so that scores that come at once come one after the other. By its name it comes
-- before the copy of the member's coach: two that had locked the row to share it would wait for each other. All of it
-- is asked under the writer's own rights: what is refused says nothing of a member who is out of their sight.
CREATE FUNCTION order_coherence_scores() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.assessment_id IS NOT NULL
     AND NOT EXISTS (SELECT FROM assessments WHERE id = NEW.assessment_id AND member_id = NEW.member_id) THEN
    RAISE EXCEPTION 'the assessment is another member''s' USING ERRCODE = 'foreign_key_violation',
      CONSTRAINT = 'coherence_scores_assessment_of_member', TABLE = 'coherence_scores';
  END IF;
  PERFORM FROM members WHERE id = NEW.member_id FOR NO KEY UPDATE;
  IF EXISTS (SELECT FROM coherence_scores
             WHERE member_id = NEW.member_id AND calculated_at > NEW.calculated_at) THEN
    RAISE EXCEPTION 'the member has a later score' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'coherence_scores_in_order', TABLE = 'coherence_scores';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER coherence_scores_arrive_in_order BEFORE INSERT ON coherence_scores
  FOR EACH ROW EXECUTE FUNCTION order_coherence_scores();

-- After a transfer; beside the triggers of the other areas.
CREATE FUNCTION follow_coach_of_coherence() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
BEGIN
  PERFORM set_config('app.system', 'on', true);
  UPDATE coherence_scores SET member_coach_id = NEW.coach_id WHERE member_id = NEW.id;
  UPDATE breakthroughs SET member_coach_id = NEW.coach_id WHERE member_id = NEW.id;
  PERFORM set_config('app.system', coalesce(was, ''), true);
  RETURN NULL;
END $$;
CREATE TRIGGER members_follow_coach_of_coherence AFTER UPDATE OF coach_id ON members
  FOR EACH ROW WHEN (OLD.coach_id IS DISTINCT FROM NEW.coach_id)
  EXECUTE FUNCTION follow_coach_of_coherence();
