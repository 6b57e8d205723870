-- Message templates, communications and the hooks that send them, with row-level security and what holds them.

CREATE TABLE message_templates (
  id UUID NOT NULL,
  coach_id UUID NOT NULL,
  kind VARCHAR(32) NOT NULL,
  name VARCHAR(120) NOT NULL,
  subject VARCHAR(200),
  body VARCHAR(5000) NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT message_templates_kind_known CHECK (kind IN ('REMINDER', 'CHECK_IN', 'CRISIS', 'MOTIVATION', 'OTHER')),
  FOREIGN KEY(coach_id) REFERENCES coaches (id) ON DELETE CASCADE
);
CREATE INDEX ix_message_templates_coach_id ON message_templates (coach_id);

ALTER TABLE message_templates ENABLE ROW LEVEL SECURITY;
ALTER TABLE message_templates FORCE ROW LEVEL SECURITY;
CREATE POLICY message_templates_select ON message_templates FOR SELECT USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY message_templates_insert ON message_templates FOR INSERT WITH CHECK ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY message_templates_update ON message_templates FOR UPDATE USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY message_templates_delete ON message_templates FOR DELETE USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

CREATE TABLE message_hooks (
  id UUID NOT NULL,
  coach_id UUID NOT NULL,
  name VARCHAR(80) NOT NULL,
  secret BYTEA NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT message_hooks_encrypted CHECK (substring(secret, 1, 1) = '\x01'::bytea AND length(secret) >= 45),
  FOREIGN KEY(coach_id) REFERENCES coaches (id) ON DELETE CASCADE
);
CREATE INDEX ix_message_hooks_coach_id ON message_hooks (coach_id);

ALTER TABLE message_hooks ENABLE ROW LEVEL SECURITY;
ALTER TABLE message_hooks FORCE ROW LEVEL SECURITY;
CREATE POLICY message_hooks_select ON message_hooks FOR SELECT USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY message_hooks_insert ON message_hooks FOR INSERT WITH CHECK ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY message_hooks_update ON message_hooks FOR UPDATE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY message_hooks_delete ON message_hooks FOR DELETE USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

CREATE TABLE communications (
  id UUID NOT NULL,
  coach_id UUID NOT NULL,
  member_id UUID NOT NULL,
  member_coach_id UUID,
  author_user_id UUID NOT NULL,
  channel VARCHAR(32) NOT NULL,
  direction VARCHAR(32) NOT NULL,
  status VARCHAR(32) NOT NULL,
  content BYTEA NOT NULL,
  template_id UUID,
  hook_id UUID,
  webhook_id VARCHAR(255),
  request_digest BYTEA,
  reason VARCHAR(500),
  provider_id VARCHAR(120),
  attempts INTEGER NOT NULL,
  occurred_at TIMESTAMP WITH TIME ZONE NOT NULL,
  sent_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT communications_channel_known CHECK (channel IN ('SMS', 'EMAIL', 'PHONE', 'IN_PERSON')),
  CONSTRAINT communications_direction_known CHECK (direction IN ('OUT', 'IN')),
  CONSTRAINT communications_status_known CHECK (status IN ('QUEUED', 'SENT', 'FAILED', 'LOGGED')),
  CONSTRAINT communications_attempts_range CHECK (attempts >= 0),
  CONSTRAINT communications_encrypted CHECK (substring(content, 1, 1) = '\x01'::bytea AND length(content) >= 45),
  CONSTRAINT communications_sent_at_some_time CHECK ((status = 'SENT') = (sent_at IS NOT NULL)),
  CONSTRAINT communications_say_why_not CHECK (status <> 'FAILED' OR reason IS NOT NULL),
  CONSTRAINT communications_sent_out CHECK (status = 'LOGGED' OR (direction = 'OUT' AND channel IN ('SMS', 'EMAIL'))),
  CONSTRAINT communications_of_hooks_are_known_again CHECK ((webhook_id IS NULL) = (request_digest IS NULL) AND (webhook_id IS NOT NULL OR hook_id IS NULL)),
  CONSTRAINT communications_once UNIQUE (hook_id, webhook_id),
  FOREIGN KEY(coach_id) REFERENCES coaches (id) ON DELETE CASCADE,
  FOREIGN KEY(member_id) REFERENCES members (id) ON DELETE CASCADE,
  FOREIGN KEY(author_user_id) REFERENCES users (id),
  FOREIGN KEY(hook_id) REFERENCES message_hooks (id) ON DELETE SET NULL
);
CREATE INDEX communications_by_coach ON communications (coach_id);
CREATE INDEX communications_by_member ON communications (member_id, occurred_at, id);

ALTER TABLE communications ENABLE ROW LEVEL SECURITY;
ALTER TABLE communications FORCE ROW LEVEL SECURITY;
CREATE POLICY communications_select ON communications FOR SELECT USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (member_id = nullif(current_setting('app.member_id', true), '')::uuid AND status = 'SENT') OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY communications_insert ON communications FOR INSERT WITH CHECK ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid AND member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid AND author_user_id = nullif(current_setting('app.user_id', true), '')::uuid AND status IN ('QUEUED', 'LOGGED')) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY communications_update ON communications FOR UPDATE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY communications_delete ON communications FOR DELETE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
-- Templates and hooks of a coach come one after the other, and no more than there may be.
CREATE FUNCTION bound_message_templates() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM coaches c WHERE c.id = NEW.coach_id FOR NO KEY UPDATE;
  IF (SELECT count(*) FROM message_templates t WHERE t.coach_id = NEW.coach_id) >= 100 THEN
    RAISE EXCEPTION 'the coach has too many message templates'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'message_templates_at_most', TABLE = 'message_templates';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER message_templates_bound BEFORE INSERT ON message_templates
  FOR EACH ROW EXECUTE FUNCTION bound_message_templates();

CREATE FUNCTION bound_message_hooks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM coaches c WHERE c.id = NEW.coach_id FOR NO KEY UPDATE;
  IF (SELECT count(*) FROM message_hooks h WHERE h.coach_id = NEW.coach_id) >= 20 THEN
    RAISE EXCEPTION 'the coach has too many message hooks'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'message_hooks_at_most', TABLE = 'message_hooks';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER message_hooks_bound BEFORE INSERT ON message_hooks
  FOR EACH ROW EXECUTE FUNCTION bound_message_hooks();

-- A coach's template stays theirs.
CREATE TRIGGER message_templates_stay BEFORE UPDATE OF coach_id ON message_templates
  FOR EACH ROW WHEN (OLD.coach_id IS DISTINCT FROM NEW.coach_id)
  EXECUTE FUNCTION refuse_change('a template stays with its coach');

-- What was said stays as it was said, and between whom; it is sent once, or not.
CREATE TRIGGER communications_stay BEFORE UPDATE OF coach_id, member_id, author_user_id, channel, direction, content,
  template_id, webhook_id, request_digest, occurred_at ON communications
  FOR EACH ROW WHEN ((OLD.coach_id, OLD.member_id, OLD.author_user_id, OLD.channel, OLD.direction, OLD.content,
                      OLD.template_id, OLD.webhook_id, OLD.request_digest, OLD.occurred_at)
                     IS DISTINCT FROM (NEW.coach_id, NEW.member_id, NEW.author_user_id, NEW.channel, NEW.direction,
                                       NEW.content, NEW.template_id, NEW.webhook_id, NEW.request_digest,
                                       NEW.occurred_at))
  EXECUTE FUNCTION refuse_change('a communication stays as it was');
CREATE TRIGGER communications_once_sent BEFORE UPDATE OF status ON communications
  FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status
                     AND NOT (OLD.status = 'QUEUED' AND NEW.status IN ('SENT', 'FAILED')))
  EXECUTE FUNCTION refuse_change('what is over stays so');
CREATE TRIGGER communications_keep_member_coach BEFORE UPDATE OF member_coach_id ON communications
  FOR EACH ROW WHEN (pg_trigger_depth() = 0 AND OLD.member_coach_id IS DISTINCT FROM NEW.member_coach_id)
  EXECUTE FUNCTION refuse_change('only a transfer gives a member another coach');

CREATE TRIGGER communications_copy_member_coach BEFORE INSERT ON communications
  FOR EACH ROW EXECUTE FUNCTION copy_member_coach();

-- The functions below act for the system and give back what was set: a failure rolls the setting back with all else.

CREATE FUNCTION follow_coach_of_communications() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
BEGIN
  PERFORM set_config('app.system', 'on', true);
  UPDATE communications SET member_coach_id = NEW.coach_id WHERE member_id = NEW.id;
  PERFORM set_config('app.system', coalesce(was, ''), true);
  RETURN NULL;
END $$;
CREATE TRIGGER members_follow_coach_of_communications AFTER UPDATE OF coach_id ON members
  FOR EACH ROW WHEN (OLD.coach_id IS DISTINCT FROM NEW.coach_id)
  EXECUTE FUNCTION follow_coach_of_communications();

-- As for notes: a wrapped key is handed to whoever sees something that is under it.
CREATE FUNCTION keys_of_communications(wanted uuid[]) RETURNS TABLE (id uuid, member_id uuid, wrapped_key bytea)
  LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
  of_members uuid[] := (SELECT array_agg(DISTINCT c.member_id) FROM communications c WHERE c.id = ANY(wanted));
BEGIN
  PERFORM set_config('app.system', 'on', true);
  RETURN QUERY SELECT k.id, k.member_id, k.wrapped_key FROM member_keys k WHERE k.member_id = ANY(of_members);
  PERFORM set_config('app.system', coalesce(was, ''), true);
END $$;

-- And the key of a member, or its first one stored, to whoever sees the member.
CREATE FUNCTION key_of_member(member uuid) RETURNS TABLE (id uuid, member_id uuid, wrapped_key bytea)
  LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
  seen uuid := (SELECT m.id FROM members m WHERE m.id = member);
BEGIN
  PERFORM set_config('app.system', 'on', true);
  RETURN QUERY SELECT k.id, k.member_id, k.wrapped_key FROM member_keys k WHERE k.member_id = seen;
  PERFORM set_config('app.system', coalesce(was, ''), true);
END $$;

CREATE FUNCTION keep_key_of_member(member uuid, key uuid, master_key text, master_check bytea, wrapped bytea)
  RETURNS TABLE (id uuid, member_id uuid, wrapped_key bytea) LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
  seen uuid := (SELECT m.id FROM members m WHERE m.id = member);
BEGIN
  PERFORM set_config('app.system', 'on', true);
  IF seen IS NOT NULL THEN
    INSERT INTO master_keys (id, check_value) VALUES (master_key, master_check) ON CONFLICT DO NOTHING;
    INSERT INTO member_keys (id, member_id, master_key_id, wrapped_key) VALUES (key, seen, master_key, wrapped)
      ON CONFLICT DO NOTHING;
  END IF;
  RETURN QUERY SELECT k.id, k.member_id, k.wrapped_key FROM member_keys k WHERE k.member_id = seen;
  PERFORM set_config('app.system', coalesce(was, ''), true);
END $$;

INSERT INTO permissions (code, description) VALUES
  ('messages:read', 'See messages and other communications that one has a part in'),
  ('messages:send', 'Send messages to one''s own members and log communications; as an admin, to anybody');

INSERT INTO role_permissions (role, permission) VALUES
  ('ADMIN', 'messages:read'), ('ADMIN', 'messages:send'),
  ('COACH', 'messages:read'), ('COACH', 'messages:send'),
  ('MEMBER', 'messages:read');
