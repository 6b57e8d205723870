-- Elements, journals and engagement, with row-level security and what holds them together.

CREATE TABLE elemental_balances (
  id UUID NOT NULL,
  member_id UUID NOT NULL,
  member_coach_id UUID,
  assessment_id UUID,
  recorded_by_user_id UUID,
  fire NUMERIC(4, 3) NOT NULL,
  water NUMERIC(4, 3) NOT NULL,
  earth NUMERIC(4, 3) NOT NULL,
  air NUMERIC(4, 3) NOT NULL,
  aether NUMERIC(4, 3) NOT NULL,
  archetype VARCHAR(32) NOT NULL,
  recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT elemental_balances_fire_range CHECK (fire >= 0),
  CONSTRAINT elemental_balances_water_range CHECK (water >= 0),
  CONSTRAINT elemental_balances_earth_range CHECK (earth >= 0),
  CONSTRAINT elemental_balances_air_range CHECK (air >= 0),
  CONSTRAINT elemental_balances_aether_range CHECK (aether >= 0),
  CONSTRAINT elemental_balances_sum_to_one CHECK (fire + water + earth + air + aether = 1),
  CONSTRAINT elemental_balances_archetype_known CHECK (archetype IN ('VISIONARY', 'EMPATH', 'BUILDER', 'MESSENGER', 'SAGE', 'WHOLE')),
  CONSTRAINT elemental_balances_archetype_follows CHECK (archetype = CASE WHEN greatest(fire, water, earth, air, aether) < 0.250 THEN 'WHOLE' WHEN fire = greatest(fire, water, earth, air, aether) THEN 'VISIONARY' WHEN water = greatest(fire, water, earth, air, aether) THEN 'EMPATH' WHEN earth = greatest(fire, water, earth, air, aether) THEN 'BUILDER' WHEN air = greatest(fire, water, earth, air, aether) THEN 'MESSENGER' WHEN aether = greatest(fire, water, earth, air, aether) THEN 'SAGE' END),
  CONSTRAINT elemental_balances_one_per_assessment UNIQUE (assessment_id),
  FOREIGN KEY(member_id) REFERENCES members (id) ON DELETE CASCADE,
  FOREIGN KEY(assessment_id) REFERENCES assessments (id) ON DELETE CASCADE,
  FOREIGN KEY(recorded_by_user_id) REFERENCES users (id)
);
CREATE INDEX elemental_balances_by_member ON elemental_balances (member_id, recorded_at DESC, id DESC);

ALTER TABLE elemental_balances ENABLE ROW LEVEL SECURITY;
ALTER TABLE elemental_balances FORCE ROW LEVEL SECURITY;
CREATE POLICY elemental_balances_select ON elemental_balances FOR SELECT USING ((member_id = nullif(current_setting('app.member_id', true), '')::uuid) OR (member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY elemental_balances_insert ON elemental_balances FOR INSERT WITH CHECK ((member_id = nullif(current_setting('app.member_id', true), '')::uuid AND assessment_id IS NOT NULL AND recorded_by_user_id IS NULL) OR (member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid AND recorded_by_user_id = nullif(current_setting('app.user_id', true), '')::uuid AND assessment_id IS NULL) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY elemental_balances_update ON elemental_balances FOR UPDATE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY elemental_balances_delete ON elemental_balances FOR DELETE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

CREATE TABLE journal_entries (
  id UUID NOT NULL,
  member_id UUID NOT NULL,
  member_coach_id UUID,
  is_shared BOOLEAN NOT NULL,
  shared_at TIMESTAMP WITH TIME ZONE,
  mood INTEGER,
  element VARCHAR(32),
  session_id UUID,
  goal_id UUID,
  version INTEGER NOT NULL,
  content BYTEA NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT journal_entries_mood_range CHECK (mood BETWEEN 1 AND 5),
  CONSTRAINT journal_entries_element_known CHECK (element IN ('FIRE', 'WATER', 'EARTH', 'AIR', 'AETHER')),
  CONSTRAINT journal_entries_version_range CHECK (version >= 1),
  CONSTRAINT journal_entries_shared_since CHECK (is_shared = (shared_at IS NOT NULL)),
  CONSTRAINT journal_entries_encrypted CHECK (substring(content, 1, 1) = '\x01'::bytea AND length(content) >= 45),
  CONSTRAINT journal_entries_goal_fkey FOREIGN KEY(goal_id, member_id) REFERENCES goals (id, member_id) ON DELETE SET NULL (goal_id),
  FOREIGN KEY(member_id) REFERENCES members (id) ON DELETE CASCADE,
  FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE SET NULL
);
CREATE INDEX journal_entries_by_goal ON journal_entries (goal_id) WHERE goal_id IS NOT NULL;
CREATE INDEX journal_entries_by_member ON journal_entries (member_id, created_at DESC, id DESC);
CREATE INDEX journal_entries_by_session ON journal_entries (session_id) WHERE session_id IS NOT NULL;

ALTER TABLE journal_entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE journal_entries FORCE ROW LEVEL SECURITY;
CREATE POLICY journal_entries_select ON journal_entries FOR SELECT USING ((member_id = nullif(current_setting('app.member_id', true), '')::uuid) OR (member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid AND is_shared) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY journal_entries_insert ON journal_entries FOR INSERT WITH CHECK ((member_id = nullif(current_setting('app.member_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY journal_entries_update ON journal_entries FOR UPDATE USING ((member_id = nullif(current_setting('app.member_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((member_id = nullif(current_setting('app.member_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY journal_entries_delete ON journal_entries FOR DELETE USING ((member_id = nullif(current_setting('app.member_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

CREATE TABLE engagement_metrics (
  member_id UUID NOT NULL,
  name VARCHAR(32) NOT NULL,
  day DATE NOT NULL,
  member_coach_id UUID,
  value NUMERIC(9, 2) NOT NULL,
  PRIMARY KEY (member_id, name, day),
  CONSTRAINT engagement_metrics_name_known CHECK (name IN ('JOURNAL_ENTRIES', 'ACTION_ITEMS_COMPLETED', 'SESSIONS_ATTENDED', 'SESSIONS_MISSED', 'ASSESSMENTS_COMPLETED', 'INTERVENTIONS_COMPLETED')),
  CONSTRAINT engagement_metrics_value_range CHECK (value >= 0),
  FOREIGN KEY(member_id) REFERENCES members (id) ON DELETE CASCADE
);

ALTER TABLE engagement_metrics ENABLE ROW LEVEL SECURITY;
ALTER TABLE engagement_metrics FORCE ROW LEVEL SECURITY;
CREATE POLICY engagement_metrics_select ON engagement_metrics FOR SELECT USING ((member_id = nullif(current_setting('app.member_id', true), '')::uuid) OR (member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY engagement_metrics_insert ON engagement_metrics FOR INSERT WITH CHECK ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY engagement_metrics_update ON engagement_metrics FOR UPDATE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY engagement_metrics_delete ON engagement_metrics FOR DELETE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

CREATE TABLE engagement_scores (
  member_id UUID NOT NULL,
  member_coach_id UUID,
  score INTEGER NOT NULL,
  parts JSONB NOT NULL,
  computed_at TIMESTAMP WITH TIME ZONE NOT NULL,
  current_until TIMESTAMP WITH TIME ZONE,
  PRIMARY KEY (member_id),
  CONSTRAINT engagement_scores_score_range CHECK (score BETWEEN 0 AND 100),
  CONSTRAINT engagement_scores_parts_are_named CHECK (jsonb_typeof(parts) = 'object'),
  CONSTRAINT engagement_scores_current_for_a_while CHECK (current_until > computed_at),
  FOREIGN KEY(member_id) REFERENCES members (id) ON DELETE CASCADE
);
CREATE INDEX engagement_scores_by_coach ON engagement_scores (member_coach_id, score, member_id);
CREATE INDEX engagement_scores_to_fade ON engagement_scores (current_until);

ALTER TABLE engagement_scores ENABLE ROW LEVEL SECURITY;
ALTER TABLE engagement_scores FORCE ROW LEVEL SECURITY;
CREATE POLICY engagement_scores_select ON engagement_scores FOR SELECT USING ((member_id = nullif(current_setting('app.member_id', true), '')::uuid) OR (member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY engagement_scores_insert ON engagement_scores FOR INSERT WITH CHECK ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY engagement_scores_update ON engagement_scores FOR UPDATE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY engagement_scores_delete ON engagement_scores FOR DELETE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

-- Whose it is stays, and so does what was measured.
CREATE TRIGGER elemental_balances_stay BEFORE UPDATE OF member_id, assessment_id ON elemental_balances
  FOR EACH ROW WHEN ((OLD.member_id, OLD.assessment_id) IS DISTINCT FROM (NEW.member_id, NEW.assessment_id))
  EXECUTE FUNCTION refuse_change('a balance stays with its member');
CREATE TRIGGER elemental_balances_keep_member_coach BEFORE UPDATE OF member_coach_id ON elemental_balances
  FOR EACH ROW WHEN (pg_trigger_depth() = 0 AND OLD.member_coach_id IS DISTINCT FROM NEW.member_coach_id)
  EXECUTE FUNCTION refuse_change('only a transfer gives a member another coach');
CREATE TRIGGER elemental_balances_copy_member_coach BEFORE INSERT ON elemental_balances
  FOR EACH ROW EXECUTE FUNCTION copy_member_coach();

CREATE TRIGGER journal_entries_stay BEFORE UPDATE OF member_id ON journal_entries
  FOR EACH ROW WHEN (OLD.member_id IS DISTINCT FROM NEW.member_id)
  EXECUTE FUNCTION refuse_change('an entry stays with its member');
CREATE TRIGGER journal_entries_keep_member_coach BEFORE UPDATE OF member_coach_id ON journal_entries
  FOR EACH ROW WHEN (pg_trigger_depth() = 0 AND OLD.member_coach_id IS DISTINCT FROM NEW.member_coach_id)
  EXECUTE FUNCTION refuse_change('only a transfer gives a member another coach');
CREATE TRIGGER journal_entries_copy_member_coach BEFORE INSERT ON journal_entries
  FOR EACH ROW EXECUTE FUNCTION copy_member_coach();

CREATE TRIGGER engagement_metrics_stay BEFORE UPDATE OF member_id ON engagement_metrics
  FOR EACH ROW WHEN (OLD.member_id IS DISTINCT FROM NEW.member_id)
  EXECUTE FUNCTION refuse_change('a count stays with its member');
CREATE TRIGGER engagement_metrics_keep_member_coach BEFORE UPDATE OF member_coach_id ON engagement_metrics
  FOR EACH ROW WHEN (pg_trigger_depth() = 0 AND OLD.member_coach_id IS DISTINCT FROM NEW.member_coach_id)
  EXECUTE FUNCTION refuse_change('only a transfer gives a member another coach');
CREATE TRIGGER engagement_metrics_copy_member_coach BEFORE INSERT ON engagement_metrics
  FOR EACH ROW EXECUTE FUNCTION copy_member_coach();

CREATE TRIGGER engagement_scores_stay BEFORE UPDATE OF member_id ON engagement_scores
  FOR EACH ROW WHEN (OLD.member_id IS DISTINCT FROM NEW.member_id)
  EXECUTE FUNCTION refuse_change('a score stays with its member');
CREATE TRIGGER engagement_scores_keep_member_coach BEFORE UPDATE OF member_coach_id ON engagement_scores
  FOR EACH ROW WHEN (pg_trigger_depth() = 0 AND OLD.member_coach_id IS DISTINCT FROM NEW.member_coach_id)
  EXECUTE FUNCTION refuse_change('only a transfer gives a member another coach');
CREATE TRIGGER engagement_scores_copy_member_coach BEFORE INSERT ON engagement_scores
  FOR EACH ROW EXECUTE FUNCTION copy_member_coach();

-- The functions below act for the system and give back what was set: a failure rolls the setting back with all else.

CREATE FUNCTION follow_coach_of_elements() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
BEGIN
  PERFORM set_config('app.system', 'on', true);
  UPDATE elemental_balances SET member_coach_id = NEW.coach_id WHERE member_id = NEW.id;
  UPDATE journal_entries SET member_coach_id = NEW.coach_id WHERE member_id = NEW.id;
  UPDATE engagement_metrics SET member_coach_id = NEW.coach_id WHERE member_id = NEW.id;
  UPDATE engagement_scores SET member_coach_id = NEW.coach_id WHERE member_id = NEW.id;
  PERFORM set_config('app.system', coalesce(was, ''), true);
  RETURN NULL;
END $$;
CREATE TRIGGER members_follow_coach_of_elements AFTER UPDATE OF coach_id ON members
  FOR EACH ROW WHEN (OLD.coach_id IS DISTINCT FROM NEW.coach_id)
  EXECUTE FUNCTION follow_coach_of_elements();

-- An entry is about a session of its own member's, and a balance comes of an assessment of theirs.
CREATE FUNCTION link_journal_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
  whose uuid;
BEGIN
  PERFORM set_config('app.system', 'on', true);
  SELECT s.member_id INTO whose FROM sessions s WHERE s.id = NEW.session_id;
  PERFORM set_config('app.system', coalesce(was, ''), true);
  IF whose IS DISTINCT FROM NEW.member_id THEN
    RAISE EXCEPTION 'the session is another member''s' USING ERRCODE = 'foreign_key_violation',
      CONSTRAINT = 'journal_entries_of_own_sessions', TABLE = 'journal_entries';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER journal_entries_link BEFORE INSERT OR UPDATE OF session_id ON journal_entries
  FOR EACH ROW WHEN (NEW.session_id IS NOT NULL) EXECUTE FUNCTION link_journal_entry();

CREATE FUNCTION link_elemental_balance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
  whose uuid;
BEGIN
  PERFORM set_config('app.system', 'on', true);
  SELECT a.member_id INTO whose FROM assessments a WHERE a.id = NEW.assessment_id;
  PERFORM set_config('app.system', coalesce(was, ''), true);
  IF whose IS DISTINCT FROM NEW.member_id THEN
    RAISE EXCEPTION 'the assessment is another member''s' USING ERRCODE = 'foreign_key_violation',
      CONSTRAINT = 'elemental_balances_of_own_assessments', TABLE = 'elemental_balances';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER elemental_balances_link BEFORE INSERT ON elemental_balances
  FOR EACH ROW WHEN (NEW.assessment_id IS NOT NULL) EXECUTE FUNCTION link_elemental_balance();

-- As for notes: a wrapped key is handed to whoever sees something that is under it.
CREATE FUNCTION keys_of_journal_entries(wanted uuid[]) RETURNS TABLE (id uuid, member_id uuid, wrapped_key bytea)
  LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
  of_members uuid[] := (SELECT array_agg(DISTINCT j.member_id) FROM journal_entries j WHERE j.id = ANY(wanted));
BEGIN
  PERFORM set_config('app.system', 'on', true);
  RETURN QUERY SELECT k.id, k.member_id, k.wrapped_key FROM member_keys k WHERE k.member_id = ANY(of_members);
  PERFORM set_config('app.system', coalesce(was, ''), true);
END $$;
