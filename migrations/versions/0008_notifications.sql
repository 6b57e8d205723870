-- Notifications, what is handed over of them, and what their recipients want, with row-level security.

CREATE TABLE notifications (
  id UUID NOT NULL,
  user_id UUID NOT NULL,
  kind VARCHAR(32) NOT NULL,
  occasion VARCHAR(120) NOT NULL,
  session_id UUID,
  facts JSONB NOT NULL,
  is_listed BOOLEAN NOT NULL,
  skipped VARCHAR(200),
  read_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT notifications_kind_known CHECK (kind IN ('SESSION_BOOKED', 'BOOKING_CONFIRMED', 'BOOKING_REJECTED', 'SESSION_RESCHEDULED', 'SESSION_CANCELLED', 'SESSION_COMPLETED', 'SESSION_REMINDER_24_HOURS', 'SESSION_REMINDER_1_HOUR', 'MEMBER_ASSIGNED', 'PLACE_OFFERED', 'PLAN_SHARED', 'PLAN_REMINDER', 'NOTE_SHARED', 'WEBHOOK_DISABLED', 'CALENDAR_IMPORT_FAILED')),
  CONSTRAINT notifications_once UNIQUE (user_id, kind, occasion),
  FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
  FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE CASCADE
);
CREATE INDEX notifications_by_session ON notifications (session_id) WHERE session_id IS NOT NULL;
CREATE INDEX notifications_by_user ON notifications (user_id, created_at, id) WHERE is_listed;
CREATE INDEX notifications_unread ON notifications (user_id) WHERE is_listed AND read_at IS NULL;

ALTER TABLE notifications ENABLE ROW LEVEL SECURITY;
ALTER TABLE notifications FORCE ROW LEVEL SECURITY;
CREATE POLICY notifications_select ON notifications FOR SELECT USING ((user_id = nullif(current_setting('app.user_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY notifications_insert ON notifications FOR INSERT WITH CHECK ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY notifications_update ON notifications FOR UPDATE USING ((user_id = nullif(current_setting('app.user_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((user_id = nullif(current_setting('app.user_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY notifications_delete ON notifications FOR DELETE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

CREATE TABLE deliveries (
  id UUID NOT NULL,
  notification_id UUID NOT NULL,
  user_id UUID NOT NULL,
  channel VARCHAR(32) NOT NULL,
  status VARCHAR(32) NOT NULL,
  reason VARCHAR(500),
  attempts INTEGER NOT NULL,
  not_before TIMESTAMP WITH TIME ZONE,
  tried_at TIMESTAMP WITH TIME ZONE,
  sent_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT deliveries_channel_known CHECK (channel IN ('IN_APP', 'EMAIL', 'SMS')),
  CONSTRAINT deliveries_status_known CHECK (status IN ('PENDING', 'SENT', 'FAILED', 'SKIPPED')),
  CONSTRAINT deliveries_leave_the_house CHECK (channel <> 'IN_APP'),
  CONSTRAINT deliveries_sent_at_some_time CHECK ((status = 'SENT') = (sent_at IS NOT NULL)),
  CONSTRAINT deliveries_say_why_not CHECK (status NOT IN ('FAILED', 'SKIPPED') OR reason IS NOT NULL),
  CONSTRAINT deliveries_attempts_range CHECK (attempts >= 0),
  CONSTRAINT deliveries_once UNIQUE (notification_id, channel),
  FOREIGN KEY(notification_id) REFERENCES notifications (id) ON DELETE CASCADE,
  FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX deliveries_by_status ON deliveries (status, created_at, id) WHERE status <> 'SENT';
CREATE INDEX deliveries_by_user ON deliveries (user_id, created_at, id);

ALTER TABLE deliveries ENABLE ROW LEVEL SECURITY;
ALTER TABLE deliveries FORCE ROW LEVEL SECURITY;
CREATE POLICY deliveries_select ON deliveries FOR SELECT USING ((user_id = nullif(current_setting('app.user_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY deliveries_insert ON deliveries FOR INSERT WITH CHECK ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY deliveries_update ON deliveries FOR UPDATE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY deliveries_delete ON deliveries FOR DELETE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

CREATE TABLE notification_preferences (
  user_id UUID NOT NULL,
  kind VARCHAR(32) NOT NULL,
  channel VARCHAR(32) NOT NULL,
  is_on BOOLEAN NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  PRIMARY KEY (user_id, kind, channel),
  CONSTRAINT notification_preferences_kind_known CHECK (kind IN ('SESSION_BOOKED', 'BOOKING_CONFIRMED', 'BOOKING_REJECTED', 'SESSION_RESCHEDULED', 'SESSION_CANCELLED', 'SESSION_COMPLETED', 'SESSION_REMINDER_24_HOURS', 'SESSION_REMINDER_1_HOUR', 'MEMBER_ASSIGNED', 'PLACE_OFFERED', 'PLAN_SHARED', 'PLAN_REMINDER', 'NOTE_SHARED', 'WEBHOOK_DISABLED', 'CALENDAR_IMPORT_FAILED')),
  CONSTRAINT notification_preferences_channel_known CHECK (channel IN ('IN_APP', 'EMAIL', 'SMS')),
  FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

ALTER TABLE notification_preferences ENABLE ROW LEVEL SECURITY;
ALTER TABLE notification_preferences FORCE ROW LEVEL SECURITY;
CREATE POLICY notification_preferences_select ON notification_preferences FOR SELECT USING ((user_id = nullif(current_setting('app.user_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY notification_preferences_insert ON notification_preferences FOR INSERT WITH CHECK ((user_id = nullif(current_setting('app.user_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY notification_preferences_update ON notification_preferences FOR UPDATE USING ((user_id = nullif(current_setting('app.user_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((user_id = nullif(current_setting('app.user_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY notification_preferences_delete ON notification_preferences FOR DELETE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

CREATE TABLE quiet_hours (
  user_id UUID NOT NULL,
  from_time TIME WITHOUT TIME ZONE,
  until_time TIME WITHOUT TIME ZONE,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  PRIMARY KEY (user_id),
  CONSTRAINT quiet_hours_from_until CHECK ((from_time IS NULL) = (until_time IS NULL)),
  CONSTRAINT quiet_hours_end CHECK (from_time <> until_time),
  FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

ALTER TABLE quiet_hours ENABLE ROW LEVEL SECURITY;
ALTER TABLE quiet_hours FORCE ROW LEVEL SECURITY;
CREATE POLICY quiet_hours_select ON quiet_hours FOR SELECT USING ((user_id = nullif(current_setting('app.user_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY quiet_hours_insert ON quiet_hours FOR INSERT WITH CHECK ((user_id = nullif(current_setting('app.user_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY quiet_hours_update ON quiet_hours FOR UPDATE USING ((user_id = nullif(current_setting('app.user_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((user_id = nullif(current_setting('app.user_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY quiet_hours_delete ON quiet_hours FOR DELETE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

-- A notification stays as it was recorded, but for when it was read.
CREATE TRIGGER notifications_stay BEFORE UPDATE ON notifications
  FOR EACH ROW WHEN (current_setting('app.system', true) IS DISTINCT FROM 'on'
                     AND (OLD.id, OLD.user_id, OLD.kind, OLD.occasion, OLD.session_id, OLD.facts, OLD.is_listed, OLD.skipped, OLD.created_at)
                     IS DISTINCT FROM (NEW.id, NEW.user_id, NEW.kind, NEW.occasion, NEW.session_id, NEW.facts, NEW.is_listed, NEW.skipped, NEW.created_at))
  EXECUTE FUNCTION refuse_change('a notification stays as it was recorded');

-- Which sessions somebody is to be reminded of.
CREATE INDEX sessions_to_come ON sessions (starts_at, id) WHERE status = 'SCHEDULED';
