-- Risk assessments and alerts, with row-level security and what holds them.

CREATE TABLE risk_assessments (
  id UUID NOT NULL,
  member_id UUID NOT NULL,
  member_coach_id UUID,
  assessed_by_user_id UUID NOT NULL,
  session_id UUID,
  level VARCHAR(32) NOT NULL,
  indicators VARCHAR(32)[] NOT NULL,
  notes BYTEA,
  assessed_at TIMESTAMP WITH TIME ZONE NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT risk_assessments_level_known CHECK (level IN ('LOW', 'MEDIUM', 'HIGH', 'CRISIS')),
  CONSTRAINT risk_assessments_indicators_known CHECK (indicators <@ ARRAY['THOUGHTS_OF_SUICIDE', 'SELF_HARM', 'DANGER_TO_OTHERS', 'ABUSE_OR_VIOLENCE', 'SUBSTANCE_USE', 'ACUTE_DISTRESS', 'HOPELESSNESS', 'LOSS_OR_TRAUMA', 'ISOLATION', 'SLEEP_OR_APPETITE', 'WITHDRAWAL_FROM_COACHING', 'NONE_OF_THESE']::varchar[] AND cardinality(indicators) <= 12),
  CONSTRAINT risk_assessments_notes_encrypted CHECK (substring(notes, 1, 1) = '\x01'::bytea AND length(notes) >= 45),
  CONSTRAINT risk_assessments_of_alerts_key UNIQUE (id, member_id, level),
  FOREIGN KEY(member_id) REFERENCES members (id) ON DELETE CASCADE,
  FOREIGN KEY(assessed_by_user_id) REFERENCES users (id),
  FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE SET NULL
);
CREATE INDEX risk_assessments_by_coach ON risk_assessments (member_coach_id, assessed_at, id);
CREATE INDEX risk_assessments_by_member ON risk_assessments (member_id, assessed_at, id);
CREATE INDEX risk_assessments_by_session ON risk_assessments (session_id) WHERE session_id IS NOT NULL;
CREATE INDEX risk_assessments_by_time ON risk_assessments (assessed_at, id);

ALTER TABLE risk_assessments ENABLE ROW LEVEL SECURITY;
ALTER TABLE risk_assessments FORCE ROW LEVEL SECURITY;
CREATE POLICY risk_assessments_select ON risk_assessments FOR SELECT USING ((member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY risk_assessments_insert ON risk_assessments FOR INSERT WITH CHECK ((member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid AND assessed_by_user_id = nullif(current_setting('app.user_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY risk_assessments_update ON risk_assessments FOR UPDATE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY risk_assessments_delete ON risk_assessments FOR DELETE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

CREATE TABLE risk_alerts (
  id UUID NOT NULL,
  risk_assessment_id UUID NOT NULL,
  member_id UUID NOT NULL,
  member_coach_id UUID,
  level VARCHAR(32) NOT NULL,
  status VARCHAR(32) NOT NULL,
  step INTEGER NOT NULL,
  raised_at TIMESTAMP WITH TIME ZONE NOT NULL,
  next_escalation_at TIMESTAMP WITH TIME ZONE,
  acknowledged_at TIMESTAMP WITH TIME ZONE,
  acknowledged_by_user_id UUID,
  resolved_at TIMESTAMP WITH TIME ZONE,
  resolved_by_user_id UUID,
  note BYTEA,
  PRIMARY KEY (id),
  CONSTRAINT risk_alerts_assessment_fkey FOREIGN KEY(risk_assessment_id, member_id, level) REFERENCES risk_assessments (id, member_id, level) ON DELETE CASCADE,
  CONSTRAINT risk_alerts_one_per_assessment UNIQUE (risk_assessment_id),
  CONSTRAINT risk_alerts_level_known CHECK (level IN ('HIGH', 'CRISIS')),
  CONSTRAINT risk_alerts_status_known CHECK (status IN ('OPEN', 'ACKNOWLEDGED', 'RESOLVED')),
  CONSTRAINT risk_alerts_step_range CHECK (step >= 0),
  CONSTRAINT risk_alerts_note_encrypted CHECK (substring(note, 1, 1) = '\x01'::bytea AND length(note) >= 45),
  CONSTRAINT risk_alerts_escalate_while_open CHECK (status = 'OPEN' OR next_escalation_at IS NULL),
  CONSTRAINT risk_alerts_acknowledged_by_somebody CHECK ((status = 'OPEN') = (acknowledged_at IS NULL) AND (acknowledged_at IS NULL) = (acknowledged_by_user_id IS NULL)),
  CONSTRAINT risk_alerts_resolved_by_somebody CHECK ((status = 'RESOLVED') = (resolved_at IS NOT NULL) AND (resolved_at IS NULL) = (resolved_by_user_id IS NULL) AND (note IS NULL OR status = 'RESOLVED')),
  CONSTRAINT risk_alerts_one_after_the_other CHECK (acknowledged_at >= raised_at AND resolved_at >= acknowledged_at),
  FOREIGN KEY(member_id) REFERENCES members (id) ON DELETE CASCADE,
  FOREIGN KEY(acknowledged_by_user_id) REFERENCES users (id),
  FOREIGN KEY(resolved_by_user_id) REFERENCES users (id)
);
CREATE INDEX risk_alerts_by_coach ON risk_alerts (member_coach_id, raised_at, id);
CREATE INDEX risk_alerts_by_member ON risk_alerts (member_id, raised_at, id);
CREATE INDEX risk_alerts_by_time ON risk_alerts (raised_at, id);
CREATE INDEX risk_alerts_to_escalate ON risk_alerts (next_escalation_at, id) WHERE next_escalation_at IS NOT NULL;
CREATE INDEX risk_alerts_unresolved ON risk_alerts (member_coach_id, id) WHERE status <> 'RESOLVED';

ALTER TABLE risk_alerts ENABLE ROW LEVEL SECURITY;
ALTER TABLE risk_alerts FORCE ROW LEVEL SECURITY;
CREATE POLICY risk_alerts_select ON risk_alerts FOR SELECT USING ((member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY risk_alerts_insert ON risk_alerts FOR INSERT WITH CHECK ((member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY risk_alerts_update ON risk_alerts FOR UPDATE USING ((member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY risk_alerts_delete ON risk_alerts FOR DELETE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

-- Who coaches the member today, kept by what a transfer does.
CREATE TRIGGER risk_assessments_copy_member_coach BEFORE INSERT ON risk_assessments
  FOR EACH ROW EXECUTE FUNCTION copy_member_coach();
CREATE TRIGGER risk_alerts_copy_member_coach BEFORE INSERT ON risk_alerts
  FOR EACH ROW EXECUTE FUNCTION copy_member_coach();
CREATE TRIGGER risk_assessments_keep_member_coach BEFORE UPDATE OF member_coach_id ON risk_assessments
  FOR EACH ROW WHEN (pg_trigger_depth() = 0 AND OLD.member_coach_id IS DISTINCT FROM NEW.member_coach_id)
  EXECUTE FUNCTION refuse_change('only a transfer gives a member another coach');
CREATE TRIGGER risk_alerts_keep_member_coach BEFORE UPDATE OF member_coach_id ON risk_alerts
  FOR EACH ROW WHEN (pg_trigger_depth() = 0 AND OLD.member_coach_id IS DISTINCT FROM NEW.member_coach_id)
  EXECUTE FUNCTION refuse_change('only a transfer gives a member another coach');

-- A judgement stays as it was; only a session that is gone leaves it.
CREATE TRIGGER risk_assessments_stay BEFORE UPDATE ON risk_assessments
  FOR EACH ROW WHEN ((OLD.id, OLD.member_id, OLD.assessed_by_user_id, OLD.level, OLD.indicators, OLD.notes,
                      OLD.assessed_at)
                     IS DISTINCT FROM (NEW.id, NEW.member_id, NEW.assessed_by_user_id, NEW.level, NEW.indicators,
                                       NEW.notes, NEW.assessed_at)
                     OR (NEW.session_id IS NOT NULL AND OLD.session_id IS DISTINCT FROM NEW.session_id))
  EXECUTE FUNCTION refuse_change('a risk assessment stays as it was');

-- What an alert is of stays; it goes from open to acknowledged to resolved, and each is said once.
CREATE TRIGGER risk_alerts_begin_open BEFORE INSERT ON risk_alerts
  FOR EACH ROW WHEN (NEW.status <> 'OPEN' OR NEW.step <> 0 OR NEW.next_escalation_at IS NULL)
  EXECUTE FUNCTION refuse_change('an alert begins open, and is to escalate');
CREATE TRIGGER risk_alerts_stay BEFORE UPDATE ON risk_alerts
  FOR EACH ROW WHEN ((OLD.id, OLD.risk_assessment_id, OLD.member_id, OLD.level, OLD.raised_at)
                     IS DISTINCT FROM (NEW.id, NEW.risk_assessment_id, NEW.member_id, NEW.level, NEW.raised_at)
                     OR (OLD.acknowledged_at IS NOT NULL AND (OLD.acknowledged_at, OLD.acknowledged_by_user_id)
                         IS DISTINCT FROM (NEW.acknowledged_at, NEW.acknowledged_by_user_id))
                     OR (OLD.resolved_at IS NOT NULL AND (OLD.resolved_at, OLD.resolved_by_user_id, OLD.note)
                         IS DISTINCT FROM (NEW.resolved_at, NEW.resolved_by_user_id, NEW.note)))
  EXECUTE FUNCTION refuse_change('an alert stays as it was raised, acknowledged and resolved');
CREATE TRIGGER risk_alerts_go_forward BEFORE UPDATE OF status ON risk_alerts
  FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status
                     AND NOT ((OLD.status = 'OPEN' AND NEW.status IN ('ACKNOWLEDGED', 'RESOLVED'))
                              OR (OLD.status = 'ACKNOWLEDGED' AND NEW.status = 'RESOLVED')))
  EXECUTE FUNCTION refuse_change('an alert goes forward only');
CREATE TRIGGER risk_alerts_in_ones_own_name BEFORE UPDATE ON risk_alerts
  FOR EACH ROW WHEN (current_setting('app.system', true) IS DISTINCT FROM 'on'
                     AND ((OLD.acknowledged_by_user_id IS DISTINCT FROM NEW.acknowledged_by_user_id
                           AND NEW.acknowledged_by_user_id::text IS DISTINCT FROM current_setting('app.user_id', true))
                          OR (OLD.resolved_by_user_id IS DISTINCT FROM NEW.resolved_by_user_id
                              AND NEW.resolved_by_user_id::text
                                  IS DISTINCT FROM current_setting('app.user_id', true))))
  EXECUTE FUNCTION refuse_change('nobody acknowledges an alert in another''s name');

-- Steps are taken by the system, one after the other, while nobody has acknowledged; whoever does ends them.
CREATE TRIGGER risk_alerts_step_by_step BEFORE UPDATE OF step ON risk_alerts
  FOR EACH ROW WHEN (OLD.step IS DISTINCT FROM NEW.step
                     AND NOT (NEW.step = OLD.step + 1 AND NEW.status = 'OPEN'
                              AND current_setting('app.system', true) IS NOT DISTINCT FROM 'on'))
  EXECUTE FUNCTION refuse_change('an alert escalates step by step');
CREATE TRIGGER risk_alerts_keep_their_time BEFORE UPDATE OF next_escalation_at ON risk_alerts
  FOR EACH ROW WHEN (OLD.next_escalation_at IS DISTINCT FROM NEW.next_escalation_at AND NEW.status = 'OPEN'
                     AND current_setting('app.system', true) IS DISTINCT FROM 'on')
  EXECUTE FUNCTION refuse_change('only the system says when an alert escalates');

-- The functions below act for the system and give back what was set: a failure rolls the setting back with all else.

CREATE FUNCTION refuse_foreign_session_of_risk() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
  is_theirs boolean;
BEGIN
  PERFORM set_config('app.system', 'on', true);
  is_theirs := EXISTS (SELECT FROM sessions s WHERE s.id = NEW.session_id AND s.member_id = NEW.member_id);
  PERFORM set_config('app.system', coalesce(was, ''), true);
  IF NOT is_theirs THEN
    RAISE EXCEPTION 'the session is not one of the member''s'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'risk_assessments_session_is_theirs', TABLE = 'risk_assessments';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER risk_assessments_session_is_theirs BEFORE INSERT ON risk_assessments
  FOR EACH ROW WHEN (NEW.session_id IS NOT NULL) EXECUTE FUNCTION refuse_foreign_session_of_risk();

-- By the time that all is committed: who writes an alarming assessment and forgets the alert has written nothing.
CREATE FUNCTION want_alert_of_risk() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
  is_raised boolean;
BEGIN
  PERFORM set_config('app.system', 'on', true);
  is_raised := EXISTS (SELECT FROM risk_alerts a WHERE a.risk_assessment_id = NEW.id)
    OR NOT EXISTS (SELECT FROM risk_assessments r WHERE r.id = NEW.id);
  PERFORM set_config('app.system', coalesce(was, ''), true);
  IF NOT is_raised THEN
    RAISE EXCEPTION 'an alarming risk raises an alert'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'risk_assessments_raise_alerts', TABLE = 'risk_assessments';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER risk_assessments_raise_alerts AFTER INSERT ON risk_assessments
  DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW.level IN ('HIGH', 'CRISIS')) EXECUTE FUNCTION want_alert_of_risk();

CREATE FUNCTION follow_coach_of_risk() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
BEGIN
  PERFORM set_config('app.system', 'on', true);
  UPDATE risk_assessments SET member_coach_id = NEW.coach_id WHERE member_id = NEW.id;
  UPDATE risk_alerts SET member_coach_id = NEW.coach_id WHERE member_id = NEW.id;
  PERFORM set_config('app.system', coalesce(was, ''), true);
  RETURN NULL;
END $$;
CREATE TRIGGER members_follow_coach_of_risk AFTER UPDATE OF coach_id ON members
  FOR EACH ROW WHEN (OLD.coach_id IS DISTINCT FROM NEW.coach_id)
  EXECUTE FUNCTION follow_coach_of_risk();

-- A wrapped key is handed to whoever sees an assessment or an alert that is under it.
CREATE FUNCTION keys_of_risk(wanted uuid[]) RETURNS TABLE (id uuid, member_id uuid, wrapped_key bytea)
  LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
  of_members uuid[] := (SELECT array_agg(DISTINCT seen.member_id) FROM (
    SELECT r.member_id FROM risk_assessments r WHERE r.id = ANY(wanted)
    UNION ALL SELECT a.member_id FROM risk_alerts a WHERE a.id = ANY(wanted)) AS seen);
BEGIN
  PERFORM set_config('app.system', 'on', true);
  RETURN QUERY SELECT k.id, k.member_id, k.wrapped_key FROM member_keys k WHERE k.member_id = ANY(of_members);
  PERFORM set_config('app.system', coalesce(was, ''), true);
END $$;
