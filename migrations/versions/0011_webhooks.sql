-- Webhooks: endpoints, what they are sent, and what came of it, with row-level security.

CREATE TABLE webhook_endpoints (
  id UUID NOT NULL,
  coach_id UUID,
  url VARCHAR(2048) NOT NULL,
  description VARCHAR(200),
  event_types JSONB,
  is_enabled BOOLEAN NOT NULL,
  disabled_at TIMESTAMP WITH TIME ZONE,
  disabled_reason VARCHAR(200),
  sealed_secret BYTEA NOT NULL,
  sealed_previous_secret BYTEA,
  previous_secret_until TIMESTAMP WITH TIME ZONE,
  last_delivered_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT webhook_endpoints_sealed CHECK (substring(sealed_secret, 1, 1) = '\x01'::bytea),
  CONSTRAINT webhook_endpoints_previous_secret_expires CHECK ((sealed_previous_secret IS NULL) = (previous_secret_until IS NULL)),
  CONSTRAINT webhook_endpoints_previous_sealed CHECK (substring(sealed_previous_secret, 1, 1) = '\x01'::bytea),
  CONSTRAINT webhook_endpoints_disabled_since CHECK (is_enabled = (disabled_at IS NULL) AND (disabled_reason IS NULL OR NOT is_enabled)),
  CONSTRAINT webhook_endpoints_some_events CHECK (event_types IS NULL OR jsonb_typeof(event_types) = 'array' AND event_types <> '[]'::jsonb),
  FOREIGN KEY(coach_id) REFERENCES coaches (id) ON DELETE CASCADE
);
CREATE INDEX webhook_endpoints_by_coach ON webhook_endpoints (coach_id, id);

ALTER TABLE webhook_endpoints ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhook_endpoints FORCE ROW LEVEL SECURITY;
CREATE POLICY webhook_endpoints_select ON webhook_endpoints FOR SELECT USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY webhook_endpoints_insert ON webhook_endpoints FOR INSERT WITH CHECK ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY webhook_endpoints_update ON webhook_endpoints FOR UPDATE USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY webhook_endpoints_delete ON webhook_endpoints FOR DELETE USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

CREATE TABLE webhook_messages (
  id UUID NOT NULL,
  endpoint_id UUID NOT NULL,
  coach_id UUID,
  webhook_id VARCHAR(64) NOT NULL,
  event_type VARCHAR(64) NOT NULL,
  payload JSONB NOT NULL,
  status VARCHAR(32) NOT NULL,
  reason VARCHAR(200),
  round INTEGER NOT NULL,
  tries INTEGER NOT NULL,
  attempt_count INTEGER NOT NULL,
  is_waiting BOOLEAN NOT NULL,
  first_tried_at TIMESTAMP WITH TIME ZONE,
  due_at TIMESTAMP WITH TIME ZONE,
  sending_until TIMESTAMP WITH TIME ZONE,
  delivered_at TIMESTAMP WITH TIME ZONE,
  replayed_by BIGINT,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT webhook_messages_status_known CHECK (status IN ('PENDING', 'DELIVERED', 'FAILED')),
  CONSTRAINT webhook_messages_once UNIQUE (endpoint_id, webhook_id),
  CONSTRAINT webhook_messages_tries_range CHECK (tries >= 0),
  CONSTRAINT webhook_messages_attempt_count_range CHECK (attempt_count >= 0),
  CONSTRAINT webhook_messages_tries_are_attempts CHECK (tries <= attempt_count),
  CONSTRAINT webhook_messages_wait_to_be_sent CHECK (status = 'PENDING' OR NOT is_waiting),
  CONSTRAINT webhook_messages_due_while_pending CHECK ((status = 'PENDING') = (due_at IS NOT NULL)),
  CONSTRAINT webhook_messages_say_why_not CHECK (status <> 'FAILED' OR reason IS NOT NULL),
  FOREIGN KEY(endpoint_id) REFERENCES webhook_endpoints (id) ON DELETE CASCADE
);
CREATE INDEX webhook_messages_begun ON webhook_messages (endpoint_id) WHERE status = 'PENDING' AND NOT is_waiting AND (tries = 0 OR sending_until IS NOT NULL);
CREATE INDEX webhook_messages_by_age ON webhook_messages (created_at);
CREATE INDEX webhook_messages_by_coach ON webhook_messages (coach_id);
CREATE INDEX webhook_messages_by_endpoint ON webhook_messages (endpoint_id, id);
CREATE INDEX webhook_messages_by_status ON webhook_messages (endpoint_id, status, id);
CREATE INDEX webhook_messages_due ON webhook_messages (due_at) WHERE status = 'PENDING';
CREATE INDEX webhook_messages_waiting ON webhook_messages (endpoint_id, id) WHERE is_waiting;

ALTER TABLE webhook_messages ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhook_messages FORCE ROW LEVEL SECURITY;
CREATE POLICY webhook_messages_select ON webhook_messages FOR SELECT USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY webhook_messages_insert ON webhook_messages FOR INSERT WITH CHECK ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY webhook_messages_update ON webhook_messages FOR UPDATE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY webhook_messages_delete ON webhook_messages FOR DELETE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

CREATE TABLE webhook_attempts (
  message_id UUID NOT NULL,
  number INTEGER NOT NULL,
  coach_id UUID,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  duration_ms INTEGER NOT NULL,
  status_code INTEGER,
  failure VARCHAR(200),
  answer VARCHAR(2048),
  PRIMARY KEY (message_id, number),
  CONSTRAINT webhook_attempts_number_range CHECK (number >= 1),
  CONSTRAINT webhook_attempts_duration_ms_range CHECK (duration_ms >= 0),
  CONSTRAINT webhook_attempts_came_to_something CHECK (status_code IS NOT NULL OR failure IS NOT NULL),
  FOREIGN KEY(message_id) REFERENCES webhook_messages (id) ON DELETE CASCADE
);
CREATE INDEX webhook_attempts_by_coach ON webhook_attempts (coach_id);

ALTER TABLE webhook_attempts ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhook_attempts FORCE ROW LEVEL SECURITY;
CREATE POLICY webhook_attempts_select ON webhook_attempts FOR SELECT USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY webhook_attempts_insert ON webhook_attempts FOR INSERT WITH CHECK ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY webhook_attempts_update ON webhook_attempts FOR UPDATE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY webhook_attempts_delete ON webhook_attempts FOR DELETE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

-- Whose a message or an attempt is, is what its endpoint or message says.
CREATE FUNCTION copy_webhook_coach() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_TABLE_NAME = 'webhook_messages' THEN
    SELECT e.coach_id INTO NEW.coach_id FROM webhook_endpoints e WHERE e.id = NEW.endpoint_id;
  ELSE
    SELECT m.coach_id INTO NEW.coach_id FROM webhook_messages m WHERE m.id = NEW.message_id;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER webhook_messages_copy_coach BEFORE INSERT ON webhook_messages
  FOR EACH ROW EXECUTE FUNCTION copy_webhook_coach();
CREATE TRIGGER webhook_attempts_copy_coach BEFORE INSERT ON webhook_attempts
  FOR EACH ROW EXECUTE FUNCTION copy_webhook_coach();

CREATE TRIGGER webhook_endpoints_stay_whose_they_are BEFORE UPDATE ON webhook_endpoints
  FOR EACH ROW WHEN ((OLD.id, OLD.coach_id, OLD.created_at) IS DISTINCT FROM (NEW.id, NEW.coach_id, NEW.created_at))
  EXECUTE FUNCTION refuse_change('an endpoint stays whose it is');

-- What was said stays said.
CREATE TRIGGER webhook_messages_stay BEFORE UPDATE ON webhook_messages
  FOR EACH ROW WHEN ((OLD.id, OLD.endpoint_id, OLD.coach_id, OLD.webhook_id, OLD.event_type, OLD.payload, OLD.created_at)
                     IS DISTINCT FROM (NEW.id, NEW.endpoint_id, NEW.coach_id, NEW.webhook_id, NEW.event_type, NEW.payload, NEW.created_at))
  EXECUTE FUNCTION refuse_change('a message stays what it says');

-- Whoever adds an endpoint for the same owner waits, so that the count is right.
CREATE FUNCTION bound_webhook_endpoints() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('webhook_endpoints/' || coalesce(NEW.coach_id::text, ''), 0));
  IF (SELECT count(*) FROM webhook_endpoints e WHERE e.coach_id IS NOT DISTINCT FROM NEW.coach_id) >= 20 THEN
    RAISE EXCEPTION 'there are too many endpoints'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'webhook_endpoints_at_most', TABLE = 'webhook_endpoints';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER webhook_endpoints_bound BEFORE INSERT ON webhook_endpoints
  FOR EACH ROW EXECUTE FUNCTION bound_webhook_endpoints();

INSERT INTO permissions (code, description) VALUES
  ('webhooks:manage', 'Have what happens sent to addresses outside: one''s own; as an admin, all of the practice');
INSERT INTO role_permissions (role, permission) VALUES ('ADMIN', 'webhooks:manage'), ('COACH', 'webhooks:manage');
