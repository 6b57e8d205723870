-- Question sets, assessments and answers, with row-level security and what holds them.

CREATE TABLE question_sets (
  id UUID NOT NULL,
  coach_id UUID,
  assessment_type VARCHAR(32) NOT NULL,
  code VARCHAR(60) NOT NULL,
  version INTEGER NOT NULL,
  name VARCHAR(120) NOT NULL,
  description VARCHAR(1000),
  status VARCHAR(32) NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
  published_at TIMESTAMP WITH TIME ZONE,
  retired_at TIMESTAMP WITH TIME ZONE,
  PRIMARY KEY (id),
  CONSTRAINT question_sets_assessment_type_known CHECK (assessment_type IN ('INITIAL', 'QUICK', 'DEEP_DIVE', 'CUSTOM')),
  CONSTRAINT question_sets_status_known CHECK (status IN ('DRAFT', 'PUBLISHED', 'RETIRED')),
  CONSTRAINT question_sets_version_range CHECK (version >= 1),
  CONSTRAINT question_sets_of_coaches_are_custom CHECK (coach_id IS NULL OR assessment_type = 'CUSTOM'),
  CONSTRAINT question_sets_published_at_some_time CHECK ((status = 'DRAFT') = (published_at IS NULL)),
  CONSTRAINT question_sets_retired_at_some_time CHECK ((status = 'RETIRED') = (retired_at IS NOT NULL)),
  CONSTRAINT question_sets_version_key UNIQUE NULLS NOT DISTINCT (coach_id, code, version),
  FOREIGN KEY(coach_id) REFERENCES coaches (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX question_sets_one_draft ON question_sets (coach_id, code) NULLS NOT DISTINCT WHERE status = 'DRAFT';
CREATE UNIQUE INDEX question_sets_one_published ON question_sets (coach_id, code) NULLS NOT DISTINCT WHERE status = 'PUBLISHED';

ALTER TABLE question_sets ENABLE ROW LEVEL SECURITY;
ALTER TABLE question_sets FORCE ROW LEVEL SECURITY;
CREATE POLICY question_sets_select ON question_sets FOR SELECT USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (coach_id IS NULL AND nullif(current_setting('app.user_id', true), '') IS NOT NULL AND status <> 'DRAFT') OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY question_sets_insert ON question_sets FOR INSERT WITH CHECK ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY question_sets_update ON question_sets FOR UPDATE USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY question_sets_delete ON question_sets FOR DELETE USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid AND status = 'DRAFT') OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

CREATE TABLE questions (
  id UUID NOT NULL,
  question_set_id UUID NOT NULL,
  coach_id UUID,
  is_published BOOLEAN NOT NULL,
  code VARCHAR(60) NOT NULL,
  version INTEGER NOT NULL,
  dimension VARCHAR(32),
  element VARCHAR(32),
  question_type VARCHAR(32) NOT NULL,
  text VARCHAR(500) NOT NULL,
  options JSONB NOT NULL,
  weight NUMERIC(3, 2) NOT NULL,
  position INTEGER NOT NULL,
  is_required BOOLEAN NOT NULL,
  is_active BOOLEAN NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT questions_dimension_known CHECK (dimension IN ('PSI', 'RHO', 'Q', 'F')),
  CONSTRAINT questions_element_known CHECK (element IN ('FIRE', 'WATER', 'EARTH', 'AIR', 'AETHER')),
  CONSTRAINT questions_question_type_known CHECK (question_type IN ('SCALE', 'MULTIPLE_CHOICE', 'MULTI_SELECT', 'TEXT')),
  CONSTRAINT questions_version_range CHECK (version >= 1),
  CONSTRAINT questions_position_range CHECK (position BETWEEN 1 AND 100),
  CONSTRAINT questions_weight_range CHECK (weight BETWEEN 0.01 AND 9.99),
  CONSTRAINT questions_measure_or_are_text CHECK ((question_type = 'TEXT') = (dimension IS NULL AND element IS NULL)),
  CONSTRAINT questions_options_are_an_object CHECK (jsonb_typeof(options) = 'object'),
  CONSTRAINT questions_of_answers_key UNIQUE (id, question_set_id),
  CONSTRAINT questions_code_key UNIQUE (question_set_id, code),
  CONSTRAINT questions_in_order UNIQUE (question_set_id, position) DEFERRABLE INITIALLY IMMEDIATE,
  CONSTRAINT questions_question_set_fkey FOREIGN KEY(question_set_id) REFERENCES question_sets (id) ON DELETE CASCADE
);

ALTER TABLE questions ENABLE ROW LEVEL SECURITY;
ALTER TABLE questions FORCE ROW LEVEL SECURITY;
CREATE POLICY questions_select ON questions FOR SELECT USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (coach_id IS NULL AND nullif(current_setting('app.user_id', true), '') IS NOT NULL AND is_published) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY questions_insert ON questions FOR INSERT WITH CHECK ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY questions_update ON questions FOR UPDATE USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY questions_delete ON questions FOR DELETE USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid AND NOT is_published) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

CREATE TABLE assessments (
  id UUID NOT NULL,
  member_id UUID NOT NULL,
  member_coach_id UUID,
  question_set_id UUID NOT NULL,
  assessment_type VARCHAR(32) NOT NULL,
  dimension_focus VARCHAR(32),
  status VARCHAR(32) NOT NULL,
  asked_by_user_id UUID,
  session_id UUID,
  lacking_dimensions VARCHAR(32)[] NOT NULL,
  time_spent_seconds INTEGER NOT NULL,
  started_at TIMESTAMP WITH TIME ZONE,
  completed_at TIMESTAMP WITH TIME ZONE,
  abandoned_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT assessments_assessment_type_known CHECK (assessment_type IN ('INITIAL', 'QUICK', 'DEEP_DIVE', 'CUSTOM')),
  CONSTRAINT assessments_dimension_focus_known CHECK (dimension_focus IN ('PSI', 'RHO', 'Q', 'F')),
  CONSTRAINT assessments_status_known CHECK (status IN ('DRAFT', 'IN_PROGRESS', 'COMPLETED', 'ABANDONED')),
  CONSTRAINT assessments_time_spent_seconds_range CHECK (time_spent_seconds >= 0),
  CONSTRAINT assessments_lacking_known CHECK (lacking_dimensions <@ ARRAY['PSI', 'RHO', 'Q', 'F']::varchar[]),
  CONSTRAINT assessments_begun_at_some_time CHECK (status = 'ABANDONED' OR (status = 'DRAFT') = (started_at IS NULL)),
  CONSTRAINT assessments_wait_if_asked_for CHECK (status <> 'DRAFT' OR asked_by_user_id IS NOT NULL),
  CONSTRAINT assessments_completed_at_a_time CHECK ((status = 'COMPLETED') = (completed_at IS NOT NULL)),
  CONSTRAINT assessments_abandoned_at_a_time CHECK ((status = 'ABANDONED') = (abandoned_at IS NOT NULL)),
  CONSTRAINT assessments_of_answers_key UNIQUE (id, member_id, question_set_id),
  FOREIGN KEY(member_id) REFERENCES members (id) ON DELETE CASCADE,
  FOREIGN KEY(question_set_id) REFERENCES question_sets (id),
  FOREIGN KEY(asked_by_user_id) REFERENCES users (id),
  FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE SET NULL
);
CREATE INDEX assessments_by_member ON assessments (member_id, created_at DESC, id DESC);
CREATE INDEX assessments_by_question_set ON assessments (question_set_id);
CREATE UNIQUE INDEX assessments_one_open ON assessments (member_id, question_set_id) WHERE status IN ('DRAFT', 'IN_PROGRESS');

ALTER TABLE assessments ENABLE ROW LEVEL SECURITY;
ALTER TABLE assessments FORCE ROW LEVEL SECURITY;
CREATE POLICY assessments_select ON assessments FOR SELECT USING ((member_id = nullif(current_setting('app.member_id', true), '')::uuid) OR (member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY assessments_insert ON assessments FOR INSERT WITH CHECK ((member_id = nullif(current_setting('app.member_id', true), '')::uuid AND asked_by_user_id IS NULL) OR (member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid AND asked_by_user_id = nullif(current_setting('app.user_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY assessments_update ON assessments FOR UPDATE USING ((member_id = nullif(current_setting('app.member_id', true), '')::uuid) OR (member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((member_id = nullif(current_setting('app.member_id', true), '')::uuid) OR (member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY assessments_delete ON assessments FOR DELETE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

CREATE TABLE assessment_answers (
  id UUID NOT NULL,
  assessment_id UUID NOT NULL,
  question_id UUID NOT NULL,
  question_set_id UUID NOT NULL,
  member_id UUID NOT NULL,
  member_coach_id UUID,
  value JSONB,
  sealed_text BYTEA,
  score NUMERIC(3, 2),
  time_spent_seconds INTEGER NOT NULL,
  answered_at TIMESTAMP WITH TIME ZONE NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT assessment_answers_score_range CHECK (score BETWEEN 0 AND 1),
  CONSTRAINT assessment_answers_time_spent_seconds_range CHECK (time_spent_seconds BETWEEN 0 AND 86400),
  CONSTRAINT assessment_answers_value_or_text CHECK ((value IS NULL) <> (sealed_text IS NULL)),
  CONSTRAINT assessment_answers_scored_unless_text CHECK ((value IS NULL) = (score IS NULL)),
  CONSTRAINT assessment_answers_encrypted CHECK (substring(sealed_text, 1, 1) = '\x01'::bytea AND length(sealed_text) >= 45),
  CONSTRAINT assessment_answers_one_per_question UNIQUE (assessment_id, question_id),
  CONSTRAINT assessment_answers_assessment_fkey FOREIGN KEY(assessment_id, member_id, question_set_id) REFERENCES assessments (id, member_id, question_set_id) ON DELETE CASCADE,
  CONSTRAINT assessment_answers_question_fkey FOREIGN KEY(question_id, question_set_id) REFERENCES questions (id, question_set_id)
);
CREATE INDEX assessment_answers_by_member ON assessment_answers (member_id);

ALTER TABLE assessment_answers ENABLE ROW LEVEL SECURITY;
ALTER TABLE assessment_answers FORCE ROW LEVEL SECURITY;
CREATE POLICY assessment_answers_select ON assessment_answers FOR SELECT USING ((member_id = nullif(current_setting('app.member_id', true), '')::uuid) OR (member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY assessment_answers_insert ON assessment_answers FOR INSERT WITH CHECK ((member_id = nullif(current_setting('app.member_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY assessment_answers_update ON assessment_answers FOR UPDATE USING ((member_id = nullif(current_setting('app.member_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((member_id = nullif(current_setting('app.member_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY assessment_answers_delete ON assessment_answers FOR DELETE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

-- A set is written as a draft, published, and retired, and nothing of what was published changes.
CREATE TRIGGER question_sets_begin_as_drafts BEFORE INSERT ON question_sets
  FOR EACH ROW WHEN (NEW.status <> 'DRAFT') EXECUTE FUNCTION refuse_change('a question set begins as a draft');
CREATE TRIGGER question_sets_one_way BEFORE UPDATE OF status ON question_sets
  FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status
                     AND (OLD.status, NEW.status) NOT IN (('DRAFT', 'PUBLISHED'), ('PUBLISHED', 'RETIRED')))
  EXECUTE FUNCTION refuse_change('a question set is published once and retired once');
CREATE TRIGGER question_sets_stay BEFORE UPDATE ON question_sets
  FOR EACH ROW WHEN ((OLD.coach_id, OLD.assessment_type, OLD.code, OLD.version)
                     IS DISTINCT FROM (NEW.coach_id, NEW.assessment_type, NEW.code, NEW.version)
                     OR OLD.status <> 'DRAFT' AND (OLD.name, OLD.description, OLD.published_at)
                     IS DISTINCT FROM (NEW.name, NEW.description, NEW.published_at))
  EXECUTE FUNCTION refuse_change('a published question set stays as it is');
CREATE TRIGGER question_sets_are_kept BEFORE DELETE ON question_sets
  FOR EACH ROW WHEN (pg_trigger_depth() = 0 AND current_setting('app.system', true) IS DISTINCT FROM 'on' AND OLD.status <> 'DRAFT')
  EXECUTE FUNCTION refuse_change('a published question set is kept');

-- Questions come to drafts only, and take from there whose they are. The set is locked under the asker's own rights: who
-- may not write to it finds none, and the policy refuses the question.
CREATE FUNCTION copy_question_set() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  set_status text;
BEGIN
  SELECT s.coach_id, s.status INTO NEW.coach_id, set_status
    FROM question_sets s WHERE s.id = NEW.question_set_id FOR SHARE;
  IF set_status <> 'DRAFT' THEN
    RAISE EXCEPTION 'only a draft takes questions' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'questions_of_drafts', TABLE = 'questions';
  END IF;
  NEW.is_published := false;
  RETURN NEW;
END $$;
CREATE TRIGGER questions_copy_question_set BEFORE INSERT ON questions
  FOR EACH ROW EXECUTE FUNCTION copy_question_set();
CREATE TRIGGER questions_stay BEFORE UPDATE ON questions
  FOR EACH ROW WHEN ((OLD.question_set_id, OLD.coach_id, OLD.code)
                     IS DISTINCT FROM (NEW.question_set_id, NEW.coach_id, NEW.code)
                     OR OLD.is_published AND (OLD.version, OLD.dimension, OLD.element, OLD.question_type, OLD.text,
                                              OLD.options, OLD.weight, OLD.position, OLD.is_required, OLD.is_active)
                     IS DISTINCT FROM (NEW.version, NEW.dimension, NEW.element, NEW.question_type, NEW.text,
                                       NEW.options, NEW.weight, NEW.position, NEW.is_required, NEW.is_active))
  EXECUTE FUNCTION refuse_change('a published question stays as it is');
CREATE TRIGGER questions_follow_their_set BEFORE UPDATE OF is_published ON questions
  FOR EACH ROW WHEN (pg_trigger_depth() = 0 AND OLD.is_published IS DISTINCT FROM NEW.is_published)
  EXECUTE FUNCTION refuse_change('questions are published with their set');
CREATE TRIGGER questions_are_kept BEFORE DELETE ON questions
  FOR EACH ROW WHEN (pg_trigger_depth() = 0 AND current_setting('app.system', true) IS DISTINCT FROM 'on' AND OLD.is_published)
  EXECUTE FUNCTION refuse_change('a published question is kept');

-- The functions below act for the system and give back what was set: a failure rolls the setting back with all else.

CREATE FUNCTION publish_questions() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
BEGIN
  PERFORM set_config('app.system', 'on', true);
  UPDATE questions SET is_published = true WHERE question_set_id = NEW.id;
  PERFORM set_config('app.system', coalesce(was, ''), true);
  RETURN NULL;
END $$;
CREATE TRIGGER question_sets_publish_questions AFTER UPDATE OF status ON question_sets
  FOR EACH ROW WHEN (OLD.status = 'DRAFT' AND NEW.status = 'PUBLISHED') EXECUTE FUNCTION publish_questions();

-- A member answers what the practice or their coach of today asks, and what is published when it is asked.
CREATE FUNCTION open_assessment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
  asked question_sets;
  session_member uuid;
BEGIN
  PERFORM set_config('app.system', 'on', true);
  SELECT * INTO asked FROM question_sets s WHERE s.id = NEW.question_set_id FOR SHARE;
  SELECT s.member_id INTO session_member FROM sessions s WHERE s.id = NEW.session_id;
  PERFORM set_config('app.system', coalesce(was, ''), true);
  IF asked.status <> 'PUBLISHED' OR asked.coach_id <> NEW.member_coach_id
    OR (asked.coach_id IS NOT NULL AND NEW.member_coach_id IS NULL) THEN
    RAISE EXCEPTION 'only what is published for the member is asked' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'assessments_of_published_sets', TABLE = 'assessments';
  END IF;
  IF NEW.session_id IS NOT NULL AND session_member IS DISTINCT FROM NEW.member_id THEN
    RAISE EXCEPTION 'the session is another member''s' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'assessments_of_own_sessions', TABLE = 'assessments';
  END IF;
  NEW.assessment_type := asked.assessment_type;
  RETURN NEW;
END $$;

CREATE TRIGGER assessments_copy_member_coach BEFORE INSERT ON assessments
  FOR EACH ROW EXECUTE FUNCTION copy_member_coach();
-- By its name this comes after the one before, and sees the coach.
CREATE TRIGGER assessments_open BEFORE INSERT ON assessments
  FOR EACH ROW EXECUTE FUNCTION open_assessment();
CREATE TRIGGER assessments_keep_member_coach BEFORE UPDATE OF member_coach_id ON assessments
  FOR EACH ROW WHEN (pg_trigger_depth() = 0 AND OLD.member_coach_id IS DISTINCT FROM NEW.member_coach_id)
  EXECUTE FUNCTION refuse_change('only a transfer gives a member another coach');
CREATE TRIGGER assessments_stay BEFORE UPDATE ON assessments
  FOR EACH ROW WHEN ((OLD.member_id, OLD.question_set_id, OLD.assessment_type, OLD.dimension_focus,
                      OLD.asked_by_user_id, OLD.created_at)
                     IS DISTINCT FROM (NEW.member_id, NEW.question_set_id, NEW.assessment_type, NEW.dimension_focus,
                                       NEW.asked_by_user_id, NEW.created_at)
                     OR NEW.session_id IS NOT NULL AND OLD.session_id IS DISTINCT FROM NEW.session_id
                     OR OLD.status IN ('COMPLETED', 'ABANDONED')
                     AND (OLD.status, OLD.started_at, OLD.completed_at, OLD.abandoned_at, OLD.time_spent_seconds,
                          OLD.lacking_dimensions)
                     IS DISTINCT FROM (NEW.status, NEW.started_at, NEW.completed_at, NEW.abandoned_at,
                                       NEW.time_spent_seconds, NEW.lacking_dimensions))
  EXECUTE FUNCTION refuse_change('an assessment stays with its member and its questions, and as it ended');
CREATE TRIGGER assessments_one_way BEFORE UPDATE OF status ON assessments
  FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status AND (OLD.status, NEW.status) NOT IN
                     (('DRAFT', 'IN_PROGRESS'), ('DRAFT', 'ABANDONED'), ('IN_PROGRESS', 'COMPLETED'),
                      ('IN_PROGRESS', 'ABANDONED')))
  EXECUTE FUNCTION refuse_change('an assessment is begun once and ends once');
CREATE TRIGGER assessments_begun_by_the_member BEFORE INSERT ON assessments
  FOR EACH ROW WHEN (NEW.status <> 'DRAFT' AND coalesce(current_setting('app.system', true), '') <> 'on'
                     AND (NEW.status <> 'IN_PROGRESS' OR NEW.member_id
                          IS DISTINCT FROM nullif(current_setting('app.member_id', true), '')::uuid))
  EXECUTE FUNCTION refuse_change('members answer for themselves');
CREATE TRIGGER assessments_answered_by_the_member BEFORE UPDATE OF status ON assessments
  FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status AND NEW.status IN ('IN_PROGRESS', 'COMPLETED')
                     AND coalesce(current_setting('app.system', true), '') <> 'on'
                     AND NEW.member_id IS DISTINCT FROM nullif(current_setting('app.member_id', true), '')::uuid)
  EXECUTE FUNCTION refuse_change('members answer for themselves');

-- An answer comes while the assessment is under way, and takes from there whose it is; locked under the asker's rights.
CREATE FUNCTION copy_assessment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  assessment_status text;
BEGIN
  SELECT a.member_id, a.member_coach_id, a.question_set_id, a.status
    INTO NEW.member_id, NEW.member_coach_id, NEW.question_set_id, assessment_status
    FROM assessments a WHERE a.id = NEW.assessment_id FOR SHARE;
  IF assessment_status <> 'IN_PROGRESS' THEN
    RAISE EXCEPTION 'only an assessment that is under way takes answers' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'assessment_answers_under_way', TABLE = 'assessment_answers';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER assessment_answers_copy_assessment BEFORE INSERT ON assessment_answers
  FOR EACH ROW EXECUTE FUNCTION copy_assessment();
CREATE TRIGGER assessment_answers_under_way BEFORE UPDATE OF value, sealed_text, score, time_spent_seconds
  ON assessment_answers
  FOR EACH ROW WHEN ((OLD.value, OLD.sealed_text, OLD.score, OLD.time_spent_seconds)
                     IS DISTINCT FROM (NEW.value, NEW.sealed_text, NEW.score, NEW.time_spent_seconds))
  EXECUTE FUNCTION copy_assessment();
CREATE TRIGGER assessment_answers_stay BEFORE UPDATE OF assessment_id, question_id, question_set_id, member_id
  ON assessment_answers
  FOR EACH ROW WHEN ((OLD.assessment_id, OLD.question_id, OLD.question_set_id, OLD.member_id)
                     IS DISTINCT FROM (NEW.assessment_id, NEW.question_id, NEW.question_set_id, NEW.member_id))
  EXECUTE FUNCTION refuse_change('an answer stays with its question');
CREATE TRIGGER assessment_answers_keep_member_coach BEFORE UPDATE OF member_coach_id ON assessment_answers
  FOR EACH ROW WHEN (pg_trigger_depth() = 0 AND OLD.member_coach_id IS DISTINCT FROM NEW.member_coach_id)
  EXECUTE FUNCTION refuse_change('only a transfer gives a member another coach');

CREATE FUNCTION follow_coach_of_assessments() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
BEGIN
  PERFORM set_config('app.system', 'on', true);
  UPDATE assessments SET member_coach_id = NEW.coach_id WHERE member_id = NEW.id;
  UPDATE assessment_answers SET member_coach_id = NEW.coach_id WHERE member_id = NEW.id;
  PERFORM set_config('app.system', coalesce(was, ''), true);
  RETURN NULL;
END $$;
CREATE TRIGGER members_follow_coach_of_assessments AFTER UPDATE OF coach_id ON members
  FOR EACH ROW WHEN (OLD.coach_id IS DISTINCT FROM NEW.coach_id)
  EXECUTE FUNCTION follow_coach_of_assessments();

-- Whoever sees an assessment sees what it asked, also when it was put together by another coach.
CREATE FUNCTION question_sets_of_assessments(wanted uuid[]) RETURNS SETOF question_sets LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
  asked uuid[] := ARRAY(SELECT DISTINCT a.question_set_id FROM assessments a WHERE a.id = ANY(wanted));
BEGIN
  PERFORM set_config('app.system', 'on', true);
  RETURN QUERY SELECT s.* FROM question_sets s WHERE s.id = ANY(asked);
  PERFORM set_config('app.system', coalesce(was, ''), true);
END $$;

CREATE FUNCTION questions_of_assessments(wanted uuid[]) RETURNS SETOF questions LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
  asked uuid[] := ARRAY(SELECT DISTINCT a.question_set_id FROM assessments a WHERE a.id = ANY(wanted));
BEGIN
  PERFORM set_config('app.system', 'on', true);
  RETURN QUERY SELECT q.* FROM questions q WHERE q.question_set_id = ANY(asked);
  PERFORM set_config('app.system', coalesce(was, ''), true);
END $$;
