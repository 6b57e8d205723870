-- Feeds of calendar events, with row-level security. The events themselves are sessions, seen as a calendar sees them.

CREATE TABLE calendar_feeds (
  id UUID NOT NULL,
  user_id UUID NOT NULL,
  number INTEGER NOT NULL,
  name VARCHAR(80) NOT NULL,
  secret_hash BYTEA NOT NULL,
  last_read_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT calendar_feeds_number_range CHECK (number BETWEEN 1 AND 10),
  CONSTRAINT calendar_feeds_one_per_number UNIQUE (user_id, number),
  CONSTRAINT calendar_feeds_secret_key UNIQUE (secret_hash),
  FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

ALTER TABLE calendar_feeds ENABLE ROW LEVEL SECURITY;
ALTER TABLE calendar_feeds FORCE ROW LEVEL SECURITY;
CREATE POLICY calendar_feeds_select ON calendar_feeds FOR SELECT USING ((user_id = nullif(current_setting('app.user_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY calendar_feeds_insert ON calendar_feeds FOR INSERT WITH CHECK ((user_id = nullif(current_setting('app.user_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY calendar_feeds_update ON calendar_feeds FOR UPDATE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY calendar_feeds_delete ON calendar_feeds FOR DELETE USING ((user_id = nullif(current_setting('app.user_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
