-- Interventions, what members make of them, and action items, with row-level security and what holds them together.

CREATE TABLE interventions (
  id UUID NOT NULL,
  code VARCHAR(64) NOT NULL,
  coach_id UUID,
  name VARCHAR(120) NOT NULL,
  dimension VARCHAR(32) NOT NULL,
  element VARCHAR(32),
  difficulty VARCHAR(32) NOT NULL,
  time_minutes INTEGER NOT NULL,
  description VARCHAR(2000) NOT NULL,
  steps JSONB NOT NULL,
  success_measures JSONB NOT NULL,
  resources JSONB NOT NULL,
  is_active BOOLEAN NOT NULL,
  words TSVECTOR NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT interventions_dimension_known CHECK (dimension IN ('PSI', 'RHO', 'Q', 'F')),
  CONSTRAINT interventions_element_known CHECK (element IN ('FIRE', 'WATER', 'EARTH', 'AIR', 'AETHER')),
  CONSTRAINT interventions_difficulty_known CHECK (difficulty IN ('EASY', 'MEDIUM', 'ADVANCED')),
  CONSTRAINT interventions_time_minutes_range CHECK (time_minutes BETWEEN 1 AND 600),
  CONSTRAINT interventions_steps_are_a_list CHECK (jsonb_typeof(steps) = 'array' AND jsonb_array_length(steps) <= 20),
  CONSTRAINT interventions_success_measures_are_a_list CHECK (jsonb_typeof(success_measures) = 'array' AND jsonb_array_length(success_measures) <= 20),
  CONSTRAINT interventions_resources_are_a_list CHECK (jsonb_typeof(resources) = 'array' AND jsonb_array_length(resources) <= 20),
  CONSTRAINT interventions_code_is_a_slug CHECK (code ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  FOREIGN KEY(coach_id) REFERENCES coaches (id) ON DELETE CASCADE
);
CREATE INDEX interventions_by_dimension ON interventions (dimension, name, id) WHERE is_active;
CREATE UNIQUE INDEX interventions_code_of_coach ON interventions (coach_id, code);
CREATE UNIQUE INDEX interventions_code_of_library ON interventions (code) WHERE coach_id IS NULL;

ALTER TABLE interventions ENABLE ROW LEVEL SECURITY;
ALTER TABLE interventions FORCE ROW LEVEL SECURITY;
CREATE POLICY interventions_select ON interventions FOR SELECT USING ((coach_id IS NULL AND nullif(current_setting('app.user_id', true), '') IS NOT NULL) OR (coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY interventions_insert ON interventions FOR INSERT WITH CHECK ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY interventions_update ON interventions FOR UPDATE USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY interventions_delete ON interventions FOR DELETE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

CREATE TABLE member_interventions (
  id UUID NOT NULL,
  member_id UUID NOT NULL,
  member_coach_id UUID,
  intervention_id UUID NOT NULL,
  assigned_by_user_id UUID NOT NULL,
  recommendation_id UUID,
  name VARCHAR(120) NOT NULL,
  dimension VARCHAR(32) NOT NULL,
  element VARCHAR(32),
  difficulty VARCHAR(32) NOT NULL,
  time_minutes INTEGER NOT NULL,
  description VARCHAR(2000) NOT NULL,
  steps JSONB NOT NULL,
  success_measures JSONB NOT NULL,
  resources JSONB NOT NULL,
  status VARCHAR(32) NOT NULL,
  progress_percent INTEGER NOT NULL,
  assigned_at TIMESTAMP WITH TIME ZONE NOT NULL,
  due_date DATE,
  started_at TIMESTAMP WITH TIME ZONE,
  completed_at TIMESTAMP WITH TIME ZONE,
  effectiveness_rating INTEGER,
  rated_at TIMESTAMP WITH TIME ZONE,
  feedback BYTEA,
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT member_interventions_dimension_known CHECK (dimension IN ('PSI', 'RHO', 'Q', 'F')),
  CONSTRAINT member_interventions_element_known CHECK (element IN ('FIRE', 'WATER', 'EARTH', 'AIR', 'AETHER')),
  CONSTRAINT member_interventions_difficulty_known CHECK (difficulty IN ('EASY', 'MEDIUM', 'ADVANCED')),
  CONSTRAINT member_interventions_status_known CHECK (status IN ('ASSIGNED', 'IN_PROGRESS', 'COMPLETED', 'ABANDONED')),
  CONSTRAINT member_interventions_progress_percent_range CHECK (progress_percent BETWEEN 0 AND 100),
  CONSTRAINT member_interventions_effectiveness_rating_range CHECK (effectiveness_rating BETWEEN 1 AND 5),
  CONSTRAINT member_interventions_stamped_as_they_stand CHECK ((status = 'COMPLETED') = (completed_at IS NOT NULL) AND (status = 'ABANDONED' OR (status = 'ASSIGNED') = (started_at IS NULL)) AND (status <> 'COMPLETED' OR progress_percent = 100) AND (started_at IS NOT NULL OR progress_percent = 0)),
  CONSTRAINT member_interventions_rated_once_completed CHECK ((effectiveness_rating IS NULL) = (rated_at IS NULL) AND (effectiveness_rating IS NULL OR status = 'COMPLETED') AND (effectiveness_rating IS NOT NULL OR feedback IS NULL)),
  CONSTRAINT member_interventions_encrypted CHECK (substring(feedback, 1, 1) = '\x01'::bytea AND length(feedback) >= 45),
  CONSTRAINT member_interventions_of_member_key UNIQUE (id, member_id),
  FOREIGN KEY(member_id) REFERENCES members (id) ON DELETE CASCADE,
  FOREIGN KEY(intervention_id) REFERENCES interventions (id),
  FOREIGN KEY(assigned_by_user_id) REFERENCES users (id)
);
CREATE INDEX member_interventions_by_intervention ON member_interventions (intervention_id);
CREATE INDEX member_interventions_by_member ON member_interventions (member_id, assigned_at, id);
CREATE UNIQUE INDEX member_interventions_by_recommendation ON member_interventions (recommendation_id);
CREATE UNIQUE INDEX member_interventions_one_at_a_time ON member_interventions (member_id, intervention_id) WHERE status IN ('ASSIGNED', 'IN_PROGRESS');

ALTER TABLE member_interventions ENABLE ROW LEVEL SECURITY;
ALTER TABLE member_interventions FORCE ROW LEVEL SECURITY;
CREATE POLICY member_interventions_select ON member_interventions FOR SELECT USING ((member_id = nullif(current_setting('app.member_id', true), '')::uuid) OR (member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY member_interventions_insert ON member_interventions FOR INSERT WITH CHECK ((member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid AND assigned_by_user_id = nullif(current_setting('app.user_id', true), '')::uuid AND status = 'ASSIGNED') OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY member_interventions_update ON member_interventions FOR UPDATE USING ((member_id = nullif(current_setting('app.member_id', true), '')::uuid) OR (member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((member_id = nullif(current_setting('app.member_id', true), '')::uuid) OR (member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY member_interventions_delete ON member_interventions FOR DELETE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

CREATE TABLE member_intervention_notes (
  id UUID NOT NULL,
  member_id UUID NOT NULL,
  member_coach_id UUID,
  author_user_id UUID NOT NULL,
  content BYTEA NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT member_intervention_notes_fkey FOREIGN KEY(id, member_id) REFERENCES member_interventions (id, member_id) ON DELETE CASCADE,
  CONSTRAINT member_intervention_notes_encrypted CHECK (substring(content, 1, 1) = '\x01'::bytea AND length(content) >= 45),
  FOREIGN KEY(author_user_id) REFERENCES users (id)
);
CREATE INDEX member_intervention_notes_by_member ON member_intervention_notes (member_id);

ALTER TABLE member_intervention_notes ENABLE ROW LEVEL SECURITY;
ALTER TABLE member_intervention_notes FORCE ROW LEVEL SECURITY;
CREATE POLICY member_intervention_notes_select ON member_intervention_notes FOR SELECT USING ((member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY member_intervention_notes_insert ON member_intervention_notes FOR INSERT WITH CHECK ((member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid AND author_user_id = nullif(current_setting('app.user_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY member_intervention_notes_update ON member_intervention_notes FOR UPDATE USING ((member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY member_intervention_notes_delete ON member_intervention_notes FOR DELETE USING ((member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

CREATE TABLE action_items (
  id UUID NOT NULL,
  member_id UUID NOT NULL,
  member_coach_id UUID,
  session_id UUID,
  member_intervention_id UUID,
  title VARCHAR(200) NOT NULL,
  description VARCHAR(2000),
  due_date DATE,
  status VARCHAR(32) NOT NULL,
  started_at TIMESTAMP WITH TIME ZONE,
  completed_at TIMESTAMP WITH TIME ZONE,
  added_by_user_id UUID NOT NULL,
  is_added_by_member BOOLEAN DEFAULT false NOT NULL,
  version INTEGER NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT action_items_status_known CHECK (status IN ('PENDING', 'IN_PROGRESS', 'COMPLETED', 'OVERDUE')),
  CONSTRAINT action_items_version_range CHECK (version >= 1),
  CONSTRAINT action_items_stamped_as_they_stand CHECK ((status = 'COMPLETED') = (completed_at IS NOT NULL) AND (status <> 'IN_PROGRESS' OR started_at IS NOT NULL) AND (status <> 'OVERDUE' OR due_date IS NOT NULL)),
  CONSTRAINT action_items_intervention_fkey FOREIGN KEY(member_intervention_id, member_id) REFERENCES member_interventions (id, member_id),
  FOREIGN KEY(member_id) REFERENCES members (id) ON DELETE CASCADE,
  FOREIGN KEY(session_id) REFERENCES sessions (id),
  FOREIGN KEY(added_by_user_id) REFERENCES users (id)
);
CREATE INDEX action_items_by_intervention ON action_items (member_intervention_id) WHERE member_intervention_id IS NOT NULL;
CREATE INDEX action_items_by_member ON action_items (member_id, created_at, id);
CREATE INDEX action_items_by_session ON action_items (session_id, id) WHERE session_id IS NOT NULL;
CREATE INDEX action_items_due ON action_items (due_date, id) WHERE status IN ('PENDING', 'IN_PROGRESS');
CREATE INDEX action_items_open ON action_items (member_id) WHERE status <> 'COMPLETED';

ALTER TABLE action_items ENABLE ROW LEVEL SECURITY;
ALTER TABLE action_items FORCE ROW LEVEL SECURITY;
CREATE POLICY action_items_select ON action_items FOR SELECT USING ((member_id = nullif(current_setting('app.member_id', true), '')::uuid) OR (member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY action_items_insert ON action_items FOR INSERT WITH CHECK ((member_id = nullif(current_setting('app.member_id', true), '')::uuid AND added_by_user_id = nullif(current_setting('app.user_id', true), '')::uuid AND is_added_by_member) OR (member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid AND added_by_user_id = nullif(current_setting('app.user_id', true), '')::uuid AND NOT is_added_by_member) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY action_items_update ON action_items FOR UPDATE USING ((member_id = nullif(current_setting('app.member_id', true), '')::uuid) OR (member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((member_id = nullif(current_setting('app.member_id', true), '')::uuid) OR (member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY action_items_delete ON action_items FOR DELETE USING ((member_id = nullif(current_setting('app.member_id', true), '')::uuid AND is_added_by_member) OR (member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

-- What an intervention is found by.
CREATE FUNCTION find_intervention_by_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.words := to_tsvector('english', NEW.name || ' ' || NEW.description);
  RETURN NEW;
END $$;
CREATE TRIGGER interventions_found_by_words BEFORE INSERT OR UPDATE ON interventions
  FOR EACH ROW EXECUTE FUNCTION find_intervention_by_words();

-- A coach's own come one after the other, and no more than there may be.
CREATE FUNCTION bound_interventions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM coaches c WHERE c.id = NEW.coach_id FOR NO KEY UPDATE;
  IF (SELECT count(*) FROM interventions i WHERE i.coach_id = NEW.coach_id) >= 200 THEN
    RAISE EXCEPTION 'the coach has too many interventions'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'interventions_at_most', TABLE = 'interventions';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER interventions_bound BEFORE INSERT ON interventions
  FOR EACH ROW WHEN (NEW.coach_id IS NOT NULL) EXECUTE FUNCTION bound_interventions();
CREATE TRIGGER interventions_stay BEFORE UPDATE OF coach_id, code ON interventions
  FOR EACH ROW WHEN ((OLD.coach_id, OLD.code) IS DISTINCT FROM (NEW.coach_id, NEW.code))
  EXECUTE FUNCTION refuse_change('an intervention stays with its coach and its code');

-- What a member is given is what the intervention says at that moment. It is read under the asker's own rights, so that
-- nobody gives what they do not see; and it is the library's, or that of the coach whom the member has.
CREATE FUNCTION copy_intervention() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SELECT i.name, i.dimension, i.element, i.difficulty, i.time_minutes, i.description, i.steps, i.success_measures,
         i.resources
    INTO NEW.name, NEW.dimension, NEW.element, NEW.difficulty, NEW.time_minutes, NEW.description, NEW.steps,
         NEW.success_measures, NEW.resources
    FROM interventions i WHERE i.id = NEW.intervention_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'only what one sees is given to a member'
      USING ERRCODE = 'insufficient_privilege', TABLE = 'member_interventions';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER member_interventions_copy_intervention BEFORE INSERT ON member_interventions
  FOR EACH ROW EXECUTE FUNCTION copy_intervention();

CREATE TRIGGER member_interventions_stay BEFORE UPDATE ON member_interventions
  FOR EACH ROW WHEN (pg_trigger_depth() = 0
    AND (OLD.id, OLD.member_id, OLD.intervention_id, OLD.assigned_by_user_id, OLD.recommendation_id, OLD.assigned_at,
         OLD.name, OLD.dimension, OLD.element, OLD.difficulty, OLD.time_minutes, OLD.description, OLD.steps,
         OLD.success_measures, OLD.resources)
    IS DISTINCT FROM
        (NEW.id, NEW.member_id, NEW.intervention_id, NEW.assigned_by_user_id, NEW.recommendation_id, NEW.assigned_at,
         NEW.name, NEW.dimension, NEW.element, NEW.difficulty, NEW.time_minutes, NEW.description, NEW.steps,
         NEW.success_measures, NEW.resources))
  EXECUTE FUNCTION refuse_change('what was given stays as it was');
CREATE TRIGGER member_interventions_once_over BEFORE UPDATE OF status ON member_interventions
  FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status
                     AND (NEW.status = 'ASSIGNED' OR OLD.status IN ('COMPLETED', 'ABANDONED')))
  EXECUTE FUNCTION refuse_change('what is over stays so');
CREATE TRIGGER member_interventions_rated_by_member
  BEFORE UPDATE OF effectiveness_rating, rated_at, feedback ON member_interventions
  FOR EACH ROW WHEN ((OLD.effectiveness_rating, OLD.rated_at, OLD.feedback)
                     IS DISTINCT FROM (NEW.effectiveness_rating, NEW.rated_at, NEW.feedback)
                     AND OLD.member_id IS DISTINCT FROM nullif(current_setting('app.member_id', true), '')::uuid
                     AND current_setting('app.system', true) IS DISTINCT FROM 'on')
  EXECUTE FUNCTION refuse_change('only the member rates what they have done');
CREATE TRIGGER member_interventions_keep_member_coach BEFORE UPDATE OF member_coach_id ON member_interventions
  FOR EACH ROW WHEN (pg_trigger_depth() = 0 AND OLD.member_coach_id IS DISTINCT FROM NEW.member_coach_id)
  EXECUTE FUNCTION refuse_change('only a transfer gives a member another coach');
CREATE TRIGGER member_interventions_copy_member_coach BEFORE INSERT ON member_interventions
  FOR EACH ROW EXECUTE FUNCTION copy_member_coach();

CREATE TRIGGER member_intervention_notes_stay BEFORE UPDATE OF id, member_id ON member_intervention_notes
  FOR EACH ROW WHEN ((OLD.id, OLD.member_id) IS DISTINCT FROM (NEW.id, NEW.member_id))
  EXECUTE FUNCTION refuse_change('a note stays with its intervention');
CREATE TRIGGER member_intervention_notes_in_ones_own_name
  BEFORE UPDATE OF content, author_user_id ON member_intervention_notes
  FOR EACH ROW WHEN (current_setting('app.system', true) IS DISTINCT FROM 'on'
                     AND (OLD.content, OLD.author_user_id) IS DISTINCT FROM (NEW.content, NEW.author_user_id)
                     AND NEW.author_user_id::text IS DISTINCT FROM current_setting('app.user_id', true))
  EXECUTE FUNCTION refuse_change('nobody notes in another''s name');
CREATE TRIGGER member_intervention_notes_keep_member_coach BEFORE UPDATE OF member_coach_id ON member_intervention_notes
  FOR EACH ROW WHEN (pg_trigger_depth() = 0 AND OLD.member_coach_id IS DISTINCT FROM NEW.member_coach_id)
  EXECUTE FUNCTION refuse_change('only a transfer gives a member another coach');
CREATE TRIGGER member_intervention_notes_copy_member_coach BEFORE INSERT ON member_intervention_notes
  FOR EACH ROW EXECUTE FUNCTION copy_member_coach();

CREATE TRIGGER action_items_stay BEFORE UPDATE ON action_items
  FOR EACH ROW WHEN ((OLD.id, OLD.member_id, OLD.session_id, OLD.member_intervention_id, OLD.added_by_user_id,
                      OLD.is_added_by_member, OLD.created_at)
                     IS DISTINCT FROM (NEW.id, NEW.member_id, NEW.session_id, NEW.member_intervention_id,
                                       NEW.added_by_user_id, NEW.is_added_by_member,
                                       NEW.created_at))
  EXECUTE FUNCTION refuse_change('an action item stays with its member and what it is linked to');
-- A member does what they were given, and words only what they have added.
CREATE TRIGGER action_items_worded_by_who_added BEFORE UPDATE OF title, description, due_date ON action_items
  FOR EACH ROW WHEN ((OLD.title, OLD.description, OLD.due_date)
                     IS DISTINCT FROM (NEW.title, NEW.description, NEW.due_date)
                     AND OLD.member_id = nullif(current_setting('app.member_id', true), '')::uuid
                     AND NOT OLD.is_added_by_member)
  EXECUTE FUNCTION refuse_change('what a coach has given is not worded by the member');
CREATE TRIGGER action_items_keep_member_coach BEFORE UPDATE OF member_coach_id ON action_items
  FOR EACH ROW WHEN (pg_trigger_depth() = 0 AND OLD.member_coach_id IS DISTINCT FROM NEW.member_coach_id)
  EXECUTE FUNCTION refuse_change('only a transfer gives a member another coach');
CREATE TRIGGER action_items_copy_member_coach BEFORE INSERT ON action_items
  FOR EACH ROW EXECUTE FUNCTION copy_member_coach();

-- The functions below act for the system and give back what was set: a failure rolls the setting back with all else.

-- The parties of a session stay, so that once is enough.
CREATE FUNCTION keep_to_sessions_of_member() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
  is_theirs boolean;
BEGIN
  PERFORM set_config('app.system', 'on', true);
  is_theirs := EXISTS (SELECT FROM sessions s WHERE s.id = NEW.session_id AND s.member_id = NEW.member_id);
  PERFORM set_config('app.system', coalesce(was, ''), true);
  IF NOT is_theirs THEN
    RAISE EXCEPTION 'the session is another member''s' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'action_items_session_of_member', TABLE = 'action_items';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER action_items_session_of_member BEFORE INSERT ON action_items
  FOR EACH ROW WHEN (NEW.session_id IS NOT NULL) EXECUTE FUNCTION keep_to_sessions_of_member();

CREATE FUNCTION follow_coach_of_interventions() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
BEGIN
  PERFORM set_config('app.system', 'on', true);
  UPDATE member_interventions SET member_coach_id = NEW.coach_id WHERE member_id = NEW.id;
  UPDATE member_intervention_notes SET member_coach_id = NEW.coach_id WHERE member_id = NEW.id;
  UPDATE action_items SET member_coach_id = NEW.coach_id WHERE member_id = NEW.id;
  PERFORM set_config('app.system', coalesce(was, ''), true);
  RETURN NULL;
END $$;
CREATE TRIGGER members_follow_coach_of_interventions AFTER UPDATE OF coach_id ON members
  FOR EACH ROW WHEN (OLD.coach_id IS DISTINCT FROM NEW.coach_id)
  EXECUTE FUNCTION follow_coach_of_interventions();
