-- Notes of sessions, encrypted under a key of the member's own, which a key of keys wraps. The keys of keys are elsewhere.

CREATE TABLE master_keys (
  id VARCHAR(16) NOT NULL,
  check_value BYTEA NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT master_keys_encrypted CHECK (substring(check_value, 1, 1) = '\x01'::bytea)
);

CREATE TABLE member_keys (
  id UUID NOT NULL,
  member_id UUID NOT NULL,
  master_key_id VARCHAR(16) NOT NULL,
  wrapped_key BYTEA NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT member_keys_wrapped CHECK (substring(wrapped_key, 1, 1) = '\x01'::bytea AND length(wrapped_key) = 77),
  UNIQUE (member_id),
  FOREIGN KEY(member_id) REFERENCES members (id) ON DELETE CASCADE,
  FOREIGN KEY(master_key_id) REFERENCES master_keys (id)
);
CREATE INDEX ix_member_keys_master_key_id ON member_keys (master_key_id);

CREATE TABLE session_notes (
  id UUID NOT NULL,
  session_id UUID NOT NULL,
  coach_id UUID NOT NULL,
  member_id UUID NOT NULL,
  member_coach_id UUID,
  author_user_id UUID NOT NULL,
  written_by VARCHAR(32) NOT NULL,
  visibility VARCHAR(32) NOT NULL,
  is_draft BOOLEAN NOT NULL,
  is_later BOOLEAN NOT NULL,
  version INTEGER NOT NULL,
  content BYTEA NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT session_notes_written_by_known CHECK (written_by IN ('MEMBER', 'COACH', 'ADMIN')),
  CONSTRAINT session_notes_visibility_known CHECK (visibility IN ('PRIVATE', 'SHARED')),
  CONSTRAINT session_notes_version_range CHECK (version >= 1),
  CONSTRAINT session_notes_of_members_are_shared CHECK (written_by <> 'MEMBER' OR visibility = 'SHARED'),
  CONSTRAINT session_notes_encrypted CHECK (substring(content, 1, 1) = '\x01'::bytea AND length(content) >= 45),
  CONSTRAINT session_notes_session_fkey FOREIGN KEY(session_id, coach_id, member_id) REFERENCES sessions (id, coach_id, member_id) ON DELETE CASCADE,
  FOREIGN KEY(author_user_id) REFERENCES users (id)
);
CREATE INDEX session_notes_by_member ON session_notes (member_id);
CREATE INDEX session_notes_by_session ON session_notes (session_id, id);

CREATE TABLE note_templates (
  id UUID NOT NULL,
  coach_id UUID NOT NULL,
  name VARCHAR(80) NOT NULL,
  headings VARCHAR(120)[] NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT note_templates_headings_range CHECK (cardinality(headings) BETWEEN 1 AND 20),
  CONSTRAINT note_templates_name_key UNIQUE (coach_id, name),
  FOREIGN KEY(coach_id) REFERENCES coaches (id) ON DELETE CASCADE
);

ALTER TABLE master_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE master_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY master_keys_select ON master_keys FOR SELECT USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY master_keys_insert ON master_keys FOR INSERT WITH CHECK ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY master_keys_update ON master_keys FOR UPDATE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY master_keys_delete ON master_keys FOR DELETE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

ALTER TABLE member_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE member_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY member_keys_select ON member_keys FOR SELECT USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY member_keys_insert ON member_keys FOR INSERT WITH CHECK ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY member_keys_update ON member_keys FOR UPDATE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY member_keys_delete ON member_keys FOR DELETE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

ALTER TABLE session_notes ENABLE ROW LEVEL SECURITY;
ALTER TABLE session_notes FORCE ROW LEVEL SECURITY;
CREATE POLICY session_notes_select ON session_notes FOR SELECT USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid AND (NOT is_draft OR written_by <> 'MEMBER') AND (NOT is_later OR author_user_id = nullif(current_setting('app.user_id', true), '')::uuid)) OR (member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid AND (NOT is_draft OR written_by <> 'MEMBER')) OR (member_id = nullif(current_setting('app.member_id', true), '')::uuid AND visibility = 'SHARED' AND (NOT is_draft OR written_by = 'MEMBER')) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY session_notes_insert ON session_notes FOR INSERT WITH CHECK ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid AND author_user_id = nullif(current_setting('app.user_id', true), '')::uuid AND written_by = 'COACH') OR (member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid AND author_user_id = nullif(current_setting('app.user_id', true), '')::uuid AND written_by = 'COACH') OR (member_id = nullif(current_setting('app.member_id', true), '')::uuid AND author_user_id = nullif(current_setting('app.user_id', true), '')::uuid AND written_by = 'MEMBER') OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY session_notes_update ON session_notes FOR UPDATE USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid AND author_user_id = nullif(current_setting('app.user_id', true), '')::uuid) OR (member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid AND author_user_id = nullif(current_setting('app.user_id', true), '')::uuid) OR (member_id = nullif(current_setting('app.member_id', true), '')::uuid AND author_user_id = nullif(current_setting('app.user_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid AND author_user_id = nullif(current_setting('app.user_id', true), '')::uuid) OR (member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid AND author_user_id = nullif(current_setting('app.user_id', true), '')::uuid) OR (member_id = nullif(current_setting('app.member_id', true), '')::uuid AND author_user_id = nullif(current_setting('app.user_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY session_notes_delete ON session_notes FOR DELETE USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid AND author_user_id = nullif(current_setting('app.user_id', true), '')::uuid) OR (member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid AND author_user_id = nullif(current_setting('app.user_id', true), '')::uuid) OR (member_id = nullif(current_setting('app.member_id', true), '')::uuid AND author_user_id = nullif(current_setting('app.user_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

ALTER TABLE note_templates ENABLE ROW LEVEL SECURITY;
ALTER TABLE note_templates FORCE ROW LEVEL SECURITY;
CREATE POLICY note_templates_select ON note_templates FOR SELECT USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY note_templates_insert ON note_templates FOR INSERT WITH CHECK ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY note_templates_update ON note_templates FOR UPDATE USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY note_templates_delete ON note_templates FOR DELETE USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

-- As for sessions: who coaches the member today is copied to where a policy compares it.
CREATE TRIGGER session_notes_copy_member_coach BEFORE INSERT ON session_notes
  FOR EACH ROW EXECUTE FUNCTION copy_member_coach();

CREATE FUNCTION let_notes_follow_assigned_coach() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
BEGIN
  PERFORM set_config('app.system', 'on', true);
  UPDATE session_notes SET member_coach_id = NEW.coach_id WHERE member_id = NEW.id;
  PERFORM set_config('app.system', coalesce(was, ''), true);
  RETURN NULL;
END $$;
CREATE TRIGGER members_notes_follow_assigned_coach AFTER UPDATE OF coach_id ON members
  FOR EACH ROW WHEN (OLD.coach_id IS DISTINCT FROM NEW.coach_id)
  EXECUTE FUNCTION let_notes_follow_assigned_coach();

-- An old coach keeps the sessions that they held, without what came later. A coach whose member this never was is none.
CREATE FUNCTION mark_later_note() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
BEGIN
  PERFORM set_config('app.system', 'on', true);
  NEW.is_later := NEW.member_coach_id IS DISTINCT FROM NEW.coach_id
    AND EXISTS (SELECT FROM assignments a WHERE a.member_id = NEW.member_id AND a.coach_id = NEW.coach_id);
  PERFORM set_config('app.system', coalesce(was, ''), true);
  RETURN NEW;
END $$;
CREATE TRIGGER session_notes_mark_later BEFORE INSERT OR UPDATE OF content ON session_notes
  FOR EACH ROW EXECUTE FUNCTION mark_later_note();

-- Policies see the row before and after, but cannot compare them.
CREATE FUNCTION keep_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.session_id, OLD.coach_id, OLD.member_id, OLD.author_user_id, OLD.written_by)
    IS DISTINCT FROM (NEW.session_id, NEW.coach_id, NEW.member_id, NEW.author_user_id, NEW.written_by) THEN
    RAISE EXCEPTION 'a note keeps its session and its author' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF (NEW.is_draft AND NOT OLD.is_draft)
    OR (NEW.visibility = 'PRIVATE' AND OLD.visibility = 'SHARED' AND NOT OLD.is_draft) THEN
    RAISE EXCEPTION 'what others may have read stays in their sight' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'session_notes_stay_in_sight', TABLE = 'session_notes';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER session_notes_keep_note
  BEFORE UPDATE OF session_id, coach_id, member_id, author_user_id, written_by, is_draft, visibility ON session_notes
  FOR EACH ROW EXECUTE FUNCTION keep_note();

-- Whom a note is shown to after a transfer is for the triggers above to say, not for its author.
CREATE FUNCTION refuse_reader() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a note follows its member' USING ERRCODE = 'insufficient_privilege', TABLE = 'session_notes';
END $$;
CREATE TRIGGER session_notes_keep_readers BEFORE UPDATE OF member_coach_id, is_later ON session_notes
  FOR EACH ROW WHEN (pg_trigger_depth() = 0 AND (OLD.member_coach_id, OLD.is_later)
                     IS DISTINCT FROM (NEW.member_coach_id, NEW.is_later))
  EXECUTE FUNCTION refuse_reader();

-- The functions below act for the system and give back what was set: wrapped keys are in nobody's sight, and are handed
-- to whoever sees something that is under them.

CREATE FUNCTION keys_of_notes(notes uuid[]) RETURNS TABLE (id uuid, member_id uuid, wrapped_key bytea)
  LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
  of_members uuid[] := (SELECT array_agg(DISTINCT n.member_id) FROM session_notes n WHERE n.id = ANY(notes));
BEGIN
  PERFORM set_config('app.system', 'on', true);
  RETURN QUERY SELECT k.id, k.member_id, k.wrapped_key FROM member_keys k WHERE k.member_id = ANY(of_members);
  PERFORM set_config('app.system', coalesce(was, ''), true);
END $$;

CREATE FUNCTION key_of_session(session uuid) RETURNS TABLE (id uuid, member_id uuid, wrapped_key bytea)
  LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
  of_member uuid := (SELECT s.member_id FROM sessions s WHERE s.id = session);
BEGIN
  PERFORM set_config('app.system', 'on', true);
  RETURN QUERY SELECT k.id, k.member_id, k.wrapped_key FROM member_keys k WHERE k.member_id = of_member;
  PERFORM set_config('app.system', coalesce(was, ''), true);
END $$;

-- Stores the first key of a session's member and answers it, or the one that somebody else has stored meanwhile.
CREATE FUNCTION keep_member_key(session uuid, key uuid, master_key text, master_check bytea, wrapped bytea)
  RETURNS TABLE (id uuid, member_id uuid, wrapped_key bytea) LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
  of_member uuid := (SELECT s.member_id FROM sessions s WHERE s.id = session);
BEGIN
  PERFORM set_config('app.system', 'on', true);
  IF of_member IS NOT NULL THEN
    INSERT INTO master_keys (id, check_value) VALUES (master_key, master_check) ON CONFLICT DO NOTHING;
    INSERT INTO member_keys (id, member_id, master_key_id, wrapped_key) VALUES (key, of_member, master_key, wrapped)
      ON CONFLICT DO NOTHING;
  END IF;
  RETURN QUERY SELECT k.id, k.member_id, k.wrapped_key FROM member_keys k WHERE k.member_id = of_member;
  PERFORM set_config('app.system', coalesce(was, ''), true);
END $$;

-- What tells whether a master key is the one that was used here; good for nothing else.
CREATE FUNCTION check_of_master_key(master_key text) RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
  found bytea;
BEGIN
  PERFORM set_config('app.system', 'on', true);
  SELECT m.check_value INTO found FROM master_keys m WHERE m.id = master_key;
  PERFORM set_config('app.system', coalesce(was, ''), true);
  RETURN found;
END $$;

INSERT INTO permissions (code, description) VALUES
  ('notes:read', 'See notes of sessions that one has a part in'),
  ('notes:write', 'Write notes of sessions that one has a part in; as an admin, change anybody''s'),
  ('note_templates:write', 'Change one''s own templates of notes; as an admin, anybody''s');

INSERT INTO role_permissions (role, permission) VALUES
  ('ADMIN', 'notes:read'), ('ADMIN', 'notes:write'), ('ADMIN', 'note_templates:write'),
  ('COACH', 'notes:read'), ('COACH', 'notes:write'), ('COACH', 'note_templates:write'),
  ('MEMBER', 'notes:read'), ('MEMBER', 'notes:write');
