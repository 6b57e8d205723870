-- The ground: identity, coaches, members, calendars, sessions and bookings, with row-level security from the start.

-- Lets an exclusion compare ids without the btree_gist extension, which the embedded server does not have.
CREATE TYPE uuidrange AS RANGE (subtype = uuid);

CREATE TABLE permissions (
  code VARCHAR(64) NOT NULL,
  description VARCHAR NOT NULL,
  PRIMARY KEY (code)
);

CREATE TABLE users (
  id UUID NOT NULL,
  email VARCHAR(254) NOT NULL,
  role VARCHAR(32) NOT NULL,
  time_zone VARCHAR(64) NOT NULL,
  is_active BOOLEAN NOT NULL,
  is_email_verified BOOLEAN NOT NULL,
  coach_id UUID,
  last_login_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT users_role_known CHECK (role IN ('MEMBER', 'COACH', 'ADMIN'))
);
CREATE INDEX ix_users_coach_id ON users (coach_id);
CREATE UNIQUE INDEX users_email_key ON users (lower(email));

CREATE TABLE coaches (
  id UUID NOT NULL,
  user_id UUID NOT NULL,
  display_name VARCHAR(120) NOT NULL,
  practice_name VARCHAR(120),
  bio VARCHAR(5000),
  coaching_focus VARCHAR(200),
  specialties VARCHAR(80)[] NOT NULL,
  years_experience INTEGER,
  time_zone VARCHAR(64) NOT NULL,
  status VARCHAR(32) NOT NULL,
  is_accepting_members BOOLEAN NOT NULL,
  max_members INTEGER NOT NULL,
  member_count INTEGER DEFAULT '0' NOT NULL,
  booking_audience VARCHAR(32) NOT NULL,
  session_minutes INTEGER NOT NULL,
  buffer_minutes INTEGER NOT NULL,
  slot_interval_minutes INTEGER,
  min_notice_minutes INTEGER NOT NULL,
  booking_window_days INTEGER NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT coaches_status_known CHECK (status IN ('PENDING', 'APPROVED', 'ACTIVE', 'SUSPENDED')),
  CONSTRAINT coaches_booking_audience_known CHECK (booking_audience IN ('ASSIGNED', 'MEMBERS', 'PUBLIC')),
  CONSTRAINT coaches_max_members_range CHECK (max_members BETWEEN 0 AND 10000),
  CONSTRAINT coaches_member_count_range CHECK (member_count >= 0),
  CONSTRAINT coaches_session_minutes_range CHECK (session_minutes BETWEEN 5 AND 720),
  CONSTRAINT coaches_buffer_minutes_range CHECK (buffer_minutes BETWEEN 0 AND 720),
  CONSTRAINT coaches_slot_interval_minutes_range CHECK (slot_interval_minutes BETWEEN 5 AND 1440),
  CONSTRAINT coaches_min_notice_minutes_range CHECK (min_notice_minutes BETWEEN 0 AND 525600),
  CONSTRAINT coaches_booking_window_days_range CHECK (booking_window_days BETWEEN 0 AND 730),
  UNIQUE (user_id),
  FOREIGN KEY(user_id) REFERENCES users (id)
);
CREATE INDEX coaches_accepting ON coaches (id) WHERE is_accepting_members AND status = 'ACTIVE';

CREATE TABLE credentials (
  user_id UUID NOT NULL,
  password_hash VARCHAR NOT NULL,
  changed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  PRIMARY KEY (user_id),
  FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE refresh_tokens (
  id UUID NOT NULL,
  family_id UUID NOT NULL,
  user_id UUID NOT NULL,
  token_hash BYTEA NOT NULL,
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
  used_at TIMESTAMP WITH TIME ZONE,
  revoked_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
  UNIQUE (token_hash)
);
CREATE INDEX ix_refresh_tokens_family_id ON refresh_tokens (family_id);
CREATE INDEX ix_refresh_tokens_user_id ON refresh_tokens (user_id);

CREATE TABLE remembered_requests (
  user_id UUID NOT NULL,
  mutation VARCHAR(64) NOT NULL,
  key VARCHAR(200) NOT NULL,
  input_hash BYTEA NOT NULL,
  result_id UUID,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  PRIMARY KEY (user_id, mutation, key),
  FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE role_permissions (
  role VARCHAR(32) NOT NULL,
  permission VARCHAR(64) NOT NULL,
  PRIMARY KEY (role, permission),
  CONSTRAINT role_permissions_role_known CHECK (role IN ('MEMBER', 'COACH', 'ADMIN')),
  FOREIGN KEY(permission) REFERENCES permissions (code) ON DELETE CASCADE
);

CREATE TABLE user_permissions (
  user_id UUID NOT NULL,
  permission VARCHAR(64) NOT NULL,
  is_granted BOOLEAN NOT NULL,
  PRIMARY KEY (user_id, permission),
  FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
  FOREIGN KEY(permission) REFERENCES permissions (code) ON DELETE CASCADE
);

CREATE TABLE availability_windows (
  id UUID NOT NULL,
  coach_id UUID NOT NULL,
  day_no INTEGER NOT NULL,
  start_time TIME WITHOUT TIME ZONE NOT NULL,
  end_time TIME WITHOUT TIME ZONE NOT NULL,
  max_sessions_per_slot INTEGER NOT NULL,
  location VARCHAR(200),
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT availability_windows_max_sessions_per_slot_range CHECK (max_sessions_per_slot BETWEEN 1 AND 1000),
  CONSTRAINT availability_windows_times_in_order CHECK (start_time < end_time),
  CONSTRAINT availability_windows_do_not_overlap EXCLUDE USING gist (uuidrange(coach_id, coach_id, '[]') WITH &&, int4range(day_no * 1440 + (extract(epoch from start_time) / 60)::int, day_no * 1440 + (extract(epoch from end_time) / 60)::int) WITH &&),
  CONSTRAINT availability_windows_day_no_range CHECK (day_no BETWEEN 1 AND 7),
  FOREIGN KEY(coach_id) REFERENCES coaches (id) ON DELETE CASCADE
);
CREATE INDEX ix_availability_windows_coach_id ON availability_windows (coach_id);

CREATE TABLE calendar_slots (
  coach_id UUID NOT NULL,
  starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
  ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
  blocked_until TIMESTAMP WITH TIME ZONE NOT NULL,
  capacity INTEGER NOT NULL,
  PRIMARY KEY (coach_id, starts_at),
  CONSTRAINT calendar_slots_times_in_order CHECK (starts_at < ends_at AND ends_at <= blocked_until),
  CONSTRAINT calendar_slots_capacity_range CHECK (capacity >= 1),
  CONSTRAINT calendar_slots_capacity_key UNIQUE (coach_id, starts_at, capacity),
  CONSTRAINT calendar_slots_keep_apart EXCLUDE USING gist (uuidrange(coach_id, coach_id, '[]') WITH &&, tstzrange(starts_at, blocked_until) WITH &&),
  FOREIGN KEY(coach_id) REFERENCES coaches (id) ON DELETE CASCADE
);

CREATE TABLE coach_calendars (
  coach_id UUID NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (coach_id),
  FOREIGN KEY(coach_id) REFERENCES coaches (id) ON DELETE CASCADE
);

CREATE TABLE members (
  id UUID NOT NULL,
  user_id UUID NOT NULL,
  coach_id UUID,
  first_name VARCHAR(80) NOT NULL,
  last_name VARCHAR(80) NOT NULL,
  phone VARCHAR(40),
  emergency_contact VARCHAR(200),
  coaching_focus VARCHAR(200),
  goals VARCHAR(200)[] NOT NULL,
  status VARCHAR(32) NOT NULL,
  onboarding_status VARCHAR(32) NOT NULL,
  start_date DATE,
  end_date DATE,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT members_status_known CHECK (status IN ('ACTIVE', 'PAUSED', 'COMPLETED', 'ARCHIVED')),
  CONSTRAINT members_onboarding_status_known CHECK (onboarding_status IN ('PENDING', 'IN_PROGRESS', 'COMPLETED')),
  UNIQUE (user_id),
  FOREIGN KEY(user_id) REFERENCES users (id),
  FOREIGN KEY(coach_id) REFERENCES coaches (id)
);
CREATE INDEX ix_members_coach_id ON members (coach_id);

CREATE TABLE time_off (
  id UUID NOT NULL,
  coach_id UUID NOT NULL,
  starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
  ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
  kind VARCHAR(32) NOT NULL,
  reason VARCHAR(500),
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT time_off_kind_known CHECK (kind IN ('VACATION', 'SICK', 'PERSONAL', 'OTHER')),
  CONSTRAINT time_off_times_in_order CHECK (starts_at < ends_at),
  FOREIGN KEY(coach_id) REFERENCES coaches (id) ON DELETE CASCADE
);
CREATE INDEX time_off_by_coach ON time_off (coach_id, ends_at);

CREATE TABLE assignments (
  id UUID NOT NULL,
  member_id UUID NOT NULL,
  coach_id UUID NOT NULL,
  assigned_by_user_id UUID,
  reason VARCHAR(500),
  started_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  ended_at TIMESTAMP WITH TIME ZONE,
  PRIMARY KEY (id),
  FOREIGN KEY(member_id) REFERENCES members (id) ON DELETE CASCADE,
  FOREIGN KEY(coach_id) REFERENCES coaches (id),
  FOREIGN KEY(assigned_by_user_id) REFERENCES users (id)
);
CREATE UNIQUE INDEX assignments_one_open ON assignments (member_id) WHERE ended_at IS NULL;
CREATE INDEX ix_assignments_coach_id ON assignments (coach_id);
CREATE INDEX ix_assignments_member_id ON assignments (member_id);

CREATE TABLE calendar_seats (
  coach_id UUID NOT NULL,
  starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
  seat_no INTEGER NOT NULL,
  ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
  capacity INTEGER NOT NULL,
  PRIMARY KEY (coach_id, starts_at, seat_no),
  CONSTRAINT calendar_seats_within_capacity CHECK (seat_no BETWEEN 1 AND capacity),
  CONSTRAINT calendar_seats_slot_fkey FOREIGN KEY(coach_id, starts_at, capacity) REFERENCES calendar_slots (coach_id, starts_at, capacity) ON UPDATE CASCADE
);

CREATE TABLE sessions (
  id UUID NOT NULL,
  coach_id UUID NOT NULL,
  member_id UUID NOT NULL,
  member_coach_id UUID,
  member_name VARCHAR(161) NOT NULL,
  starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
  ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
  kind VARCHAR(32) NOT NULL,
  format VARCHAR(32) NOT NULL,
  status VARCHAR(32) NOT NULL,
  held_start TIMESTAMP WITH TIME ZONE,
  seat_no INTEGER,
  version INTEGER NOT NULL,
  note VARCHAR(2000),
  cancelled_at TIMESTAMP WITH TIME ZONE,
  cancelled_by_user_id UUID,
  cancellation_reason VARCHAR(500),
  completed_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT sessions_status_known CHECK (status IN ('SCHEDULED', 'COMPLETED', 'CANCELLED', 'NO_SHOW')),
  CONSTRAINT sessions_kind_known CHECK (kind IN ('INITIAL', 'REGULAR', 'DEEP_DIVE', 'BREAKTHROUGH', 'REVIEW')),
  CONSTRAINT sessions_format_known CHECK (format IN ('INDIVIDUAL', 'GROUP', 'CRISIS')),
  CONSTRAINT sessions_times_in_order CHECK (starts_at < ends_at),
  CONSTRAINT sessions_hold_a_seat_unless_cancelled CHECK ((status = 'CANCELLED') = (held_start IS NULL) AND (held_start IS NULL) = (seat_no IS NULL) AND (held_start IS NULL OR held_start = starts_at)),
  CONSTRAINT sessions_one_per_seat UNIQUE (coach_id, held_start, seat_no),
  CONSTRAINT sessions_parties_key UNIQUE (id, coach_id, member_id),
  CONSTRAINT sessions_seat_fkey FOREIGN KEY(coach_id, held_start, seat_no) REFERENCES calendar_seats (coach_id, starts_at, seat_no) ON UPDATE CASCADE DEFERRABLE INITIALLY IMMEDIATE,
  CONSTRAINT sessions_member_in_one_place EXCLUDE USING gist (uuidrange(member_id, member_id, '[]') WITH &&, tstzrange(starts_at, ends_at) WITH &&) WHERE (status <> 'CANCELLED'),
  FOREIGN KEY(coach_id) REFERENCES coaches (id),
  FOREIGN KEY(member_id) REFERENCES members (id),
  FOREIGN KEY(cancelled_by_user_id) REFERENCES users (id)
);
CREATE INDEX sessions_by_coach ON sessions (coach_id, starts_at, id);
CREATE INDEX sessions_by_member ON sessions (member_id, starts_at, id);
CREATE INDEX sessions_by_member_coach ON sessions (member_coach_id, starts_at, id);

CREATE TABLE bookings (
  id UUID NOT NULL,
  coach_id UUID NOT NULL,
  member_id UUID NOT NULL,
  session_id UUID,
  starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
  status VARCHAR(32) NOT NULL,
  reason VARCHAR(64),
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT bookings_status_known CHECK (status IN ('CONFIRMED', 'REJECTED')),
  CONSTRAINT bookings_session_fkey FOREIGN KEY(session_id, coach_id, member_id) REFERENCES sessions (id, coach_id, member_id),
  CONSTRAINT bookings_confirmed_has_a_session CHECK ((status = 'CONFIRMED') = (session_id IS NOT NULL)),
  CONSTRAINT bookings_rejected_has_a_reason CHECK ((status = 'REJECTED') = (reason IS NOT NULL)),
  FOREIGN KEY(coach_id) REFERENCES coaches (id),
  FOREIGN KEY(member_id) REFERENCES members (id),
  UNIQUE (session_id)
);
CREATE INDEX bookings_by_coach ON bookings (coach_id, created_at);
CREATE INDEX bookings_by_member ON bookings (member_id, created_at);

CREATE TABLE session_changes (
  id UUID NOT NULL,
  session_id UUID NOT NULL,
  coach_id UUID NOT NULL,
  member_id UUID NOT NULL,
  member_coach_id UUID,
  version INTEGER NOT NULL,
  kind VARCHAR(32) NOT NULL,
  from_starts_at TIMESTAMP WITH TIME ZONE,
  to_starts_at TIMESTAMP WITH TIME ZONE,
  reason VARCHAR(500),
  changed_by_user_id UUID,
  changed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT session_changes_kind_known CHECK (kind IN ('BOOKED', 'RESCHEDULED', 'CANCELLED')),
  CONSTRAINT session_changes_in_order UNIQUE (session_id, version),
  CONSTRAINT session_changes_session_fkey FOREIGN KEY(session_id, coach_id, member_id) REFERENCES sessions (id, coach_id, member_id) ON DELETE CASCADE,
  FOREIGN KEY(changed_by_user_id) REFERENCES users (id)
);

-- Row-level security: one policy for each command, forced on the owner too.

ALTER TABLE users ENABLE ROW LEVEL SECURITY;
ALTER TABLE users FORCE ROW LEVEL SECURITY;
CREATE POLICY users_select ON users FOR SELECT USING ((id = nullif(current_setting('app.user_id', true), '')::uuid) OR (coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY users_insert ON users FOR INSERT WITH CHECK ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY users_update ON users FOR UPDATE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY users_delete ON users FOR DELETE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

ALTER TABLE coaches ENABLE ROW LEVEL SECURITY;
ALTER TABLE coaches FORCE ROW LEVEL SECURITY;
CREATE POLICY coaches_select ON coaches FOR SELECT USING ((is_accepting_members AND status = 'ACTIVE') OR (nullif(current_setting('app.user_id', true), '') IS NOT NULL) OR (id = nullif(current_setting('app.calendar_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY coaches_insert ON coaches FOR INSERT WITH CHECK ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY coaches_update ON coaches FOR UPDATE USING ((id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY coaches_delete ON coaches FOR DELETE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

ALTER TABLE credentials ENABLE ROW LEVEL SECURITY;
ALTER TABLE credentials FORCE ROW LEVEL SECURITY;
CREATE POLICY credentials_select ON credentials FOR SELECT USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY credentials_insert ON credentials FOR INSERT WITH CHECK ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY credentials_update ON credentials FOR UPDATE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY credentials_delete ON credentials FOR DELETE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

ALTER TABLE refresh_tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE refresh_tokens FORCE ROW LEVEL SECURITY;
CREATE POLICY refresh_tokens_select ON refresh_tokens FOR SELECT USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY refresh_tokens_insert ON refresh_tokens FOR INSERT WITH CHECK ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY refresh_tokens_update ON refresh_tokens FOR UPDATE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY refresh_tokens_delete ON refresh_tokens FOR DELETE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

ALTER TABLE remembered_requests ENABLE ROW LEVEL SECURITY;
ALTER TABLE remembered_requests FORCE ROW LEVEL SECURITY;
CREATE POLICY remembered_requests_select ON remembered_requests FOR SELECT USING ((user_id = nullif(current_setting('app.user_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY remembered_requests_insert ON remembered_requests FOR INSERT WITH CHECK ((user_id = nullif(current_setting('app.user_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY remembered_requests_update ON remembered_requests FOR UPDATE USING ((user_id = nullif(current_setting('app.user_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((user_id = nullif(current_setting('app.user_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY remembered_requests_delete ON remembered_requests FOR DELETE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

ALTER TABLE user_permissions ENABLE ROW LEVEL SECURITY;
ALTER TABLE user_permissions FORCE ROW LEVEL SECURITY;
CREATE POLICY user_permissions_select ON user_permissions FOR SELECT USING ((user_id = nullif(current_setting('app.user_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY user_permissions_insert ON user_permissions FOR INSERT WITH CHECK ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY user_permissions_update ON user_permissions FOR UPDATE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY user_permissions_delete ON user_permissions FOR DELETE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

ALTER TABLE availability_windows ENABLE ROW LEVEL SECURITY;
ALTER TABLE availability_windows FORCE ROW LEVEL SECURITY;
CREATE POLICY availability_windows_select ON availability_windows FOR SELECT USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (coach_id = nullif(current_setting('app.calendar_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY availability_windows_insert ON availability_windows FOR INSERT WITH CHECK ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY availability_windows_update ON availability_windows FOR UPDATE USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY availability_windows_delete ON availability_windows FOR DELETE USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

ALTER TABLE calendar_slots ENABLE ROW LEVEL SECURITY;
ALTER TABLE calendar_slots FORCE ROW LEVEL SECURITY;
CREATE POLICY calendar_slots_select ON calendar_slots FOR SELECT USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (coach_id = nullif(current_setting('app.calendar_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY calendar_slots_insert ON calendar_slots FOR INSERT WITH CHECK ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (coach_id = nullif(current_setting('app.calendar_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY calendar_slots_update ON calendar_slots FOR UPDATE USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (coach_id = nullif(current_setting('app.calendar_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (coach_id = nullif(current_setting('app.calendar_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY calendar_slots_delete ON calendar_slots FOR DELETE USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (coach_id = nullif(current_setting('app.calendar_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

ALTER TABLE coach_calendars ENABLE ROW LEVEL SECURITY;
ALTER TABLE coach_calendars FORCE ROW LEVEL SECURITY;
CREATE POLICY coach_calendars_select ON coach_calendars FOR SELECT USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (coach_id = nullif(current_setting('app.calendar_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY coach_calendars_insert ON coach_calendars FOR INSERT WITH CHECK ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY coach_calendars_update ON coach_calendars FOR UPDATE USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (coach_id = nullif(current_setting('app.calendar_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (coach_id = nullif(current_setting('app.calendar_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY coach_calendars_delete ON coach_calendars FOR DELETE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

ALTER TABLE members ENABLE ROW LEVEL SECURITY;
ALTER TABLE members FORCE ROW LEVEL SECURITY;
CREATE POLICY members_select ON members FOR SELECT USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (id = nullif(current_setting('app.member_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY members_insert ON members FOR INSERT WITH CHECK ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY members_update ON members FOR UPDATE USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (id = nullif(current_setting('app.member_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (id = nullif(current_setting('app.member_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY members_delete ON members FOR DELETE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

ALTER TABLE time_off ENABLE ROW LEVEL SECURITY;
ALTER TABLE time_off FORCE ROW LEVEL SECURITY;
CREATE POLICY time_off_select ON time_off FOR SELECT USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (coach_id = nullif(current_setting('app.calendar_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY time_off_insert ON time_off FOR INSERT WITH CHECK ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY time_off_update ON time_off FOR UPDATE USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY time_off_delete ON time_off FOR DELETE USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

ALTER TABLE assignments ENABLE ROW LEVEL SECURITY;
ALTER TABLE assignments FORCE ROW LEVEL SECURITY;
CREATE POLICY assignments_select ON assignments FOR SELECT USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (member_id = nullif(current_setting('app.member_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY assignments_insert ON assignments FOR INSERT WITH CHECK ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY assignments_update ON assignments FOR UPDATE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY assignments_delete ON assignments FOR DELETE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

ALTER TABLE calendar_seats ENABLE ROW LEVEL SECURITY;
ALTER TABLE calendar_seats FORCE ROW LEVEL SECURITY;
CREATE POLICY calendar_seats_select ON calendar_seats FOR SELECT USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (coach_id = nullif(current_setting('app.calendar_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY calendar_seats_insert ON calendar_seats FOR INSERT WITH CHECK ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (coach_id = nullif(current_setting('app.calendar_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY calendar_seats_update ON calendar_seats FOR UPDATE USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (coach_id = nullif(current_setting('app.calendar_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (coach_id = nullif(current_setting('app.calendar_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY calendar_seats_delete ON calendar_seats FOR DELETE USING ((coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (coach_id = nullif(current_setting('app.calendar_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

ALTER TABLE sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE sessions FORCE ROW LEVEL SECURITY;
CREATE POLICY sessions_select ON sessions FOR SELECT USING ((member_id = nullif(current_setting('app.member_id', true), '')::uuid) OR (coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY sessions_insert ON sessions FOR INSERT WITH CHECK ((member_id = nullif(current_setting('app.member_id', true), '')::uuid AND coach_id = nullif(current_setting('app.calendar_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY sessions_update ON sessions FOR UPDATE USING ((member_id = nullif(current_setting('app.member_id', true), '')::uuid) OR (coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((member_id = nullif(current_setting('app.member_id', true), '')::uuid) OR (coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY sessions_delete ON sessions FOR DELETE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

ALTER TABLE bookings ENABLE ROW LEVEL SECURITY;
ALTER TABLE bookings FORCE ROW LEVEL SECURITY;
CREATE POLICY bookings_select ON bookings FOR SELECT USING ((member_id = nullif(current_setting('app.member_id', true), '')::uuid) OR (coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY bookings_insert ON bookings FOR INSERT WITH CHECK ((member_id = nullif(current_setting('app.member_id', true), '')::uuid AND coach_id = nullif(current_setting('app.calendar_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY bookings_update ON bookings FOR UPDATE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY bookings_delete ON bookings FOR DELETE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

ALTER TABLE session_changes ENABLE ROW LEVEL SECURITY;
ALTER TABLE session_changes FORCE ROW LEVEL SECURITY;
CREATE POLICY session_changes_select ON session_changes FOR SELECT USING ((member_id = nullif(current_setting('app.member_id', true), '')::uuid) OR (coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (member_coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY session_changes_insert ON session_changes FOR INSERT WITH CHECK ((member_id = nullif(current_setting('app.member_id', true), '')::uuid) OR (coach_id = nullif(current_setting('app.coach_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY session_changes_update ON session_changes FOR UPDATE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY session_changes_delete ON session_changes FOR DELETE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

-- These functions act for the system and give back what was set: a failure rolls the setting back with all else.

-- A member's coach is copied to where a policy compares it, and counted where the limit is held.
CREATE FUNCTION follow_assigned_coach() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
  left_coach uuid;
  joined_coach uuid;
BEGIN
  PERFORM set_config('app.system', 'on', true);
  IF TG_OP <> 'INSERT' AND OLD.status IN ('ACTIVE', 'PAUSED') THEN left_coach := OLD.coach_id; END IF;
  IF TG_OP <> 'DELETE' AND NEW.status IN ('ACTIVE', 'PAUSED') THEN joined_coach := NEW.coach_id; END IF;
  IF left_coach IS DISTINCT FROM joined_coach THEN
    UPDATE coaches SET member_count = member_count - 1 WHERE id = left_coach;
    IF joined_coach IS NOT NULL THEN
      UPDATE coaches SET member_count = member_count + 1 WHERE id = joined_coach AND member_count < max_members;
      IF NOT FOUND THEN
        RAISE EXCEPTION 'the coach has no free place'
          USING ERRCODE = 'check_violation', CONSTRAINT = 'coaches_members_within_limit', TABLE = 'coaches';
      END IF;
    END IF;
  END IF;
  IF TG_OP <> 'DELETE' THEN
    IF TG_OP = 'UPDATE' AND OLD.coach_id IS DISTINCT FROM NEW.coach_id
      AND was IS DISTINCT FROM 'on' AND current_setting('app.role', true) IS DISTINCT FROM 'ADMIN' THEN
      RAISE EXCEPTION 'only an admin gives a member another coach' USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE users SET coach_id = NEW.coach_id WHERE id = NEW.user_id AND coach_id IS DISTINCT FROM NEW.coach_id;
    IF TG_OP = 'UPDATE' AND OLD.coach_id IS DISTINCT FROM NEW.coach_id THEN
      UPDATE sessions SET member_coach_id = NEW.coach_id WHERE member_id = NEW.id;
      UPDATE session_changes SET member_coach_id = NEW.coach_id WHERE member_id = NEW.id;
    END IF;
  END IF;
  PERFORM set_config('app.system', coalesce(was, ''), true);
  RETURN NULL;
END $$;
CREATE TRIGGER members_follow_assigned_coach AFTER INSERT OR DELETE OR UPDATE OF coach_id, status ON members
  FOR EACH ROW EXECUTE FUNCTION follow_assigned_coach();

-- FOR SHARE: a transfer that is under way is waited for, so that the copy cannot be the coach of before it.
CREATE FUNCTION copy_member_coach() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
BEGIN
  PERFORM set_config('app.system', 'on', true);
  SELECT coach_id INTO NEW.member_coach_id FROM members WHERE id = NEW.member_id FOR SHARE;
  PERFORM set_config('app.system', coalesce(was, ''), true);
  RETURN NEW;
END $$;
CREATE TRIGGER sessions_copy_member_coach BEFORE INSERT ON sessions
  FOR EACH ROW EXECUTE FUNCTION copy_member_coach();
CREATE TRIGGER session_changes_copy_member_coach BEFORE INSERT ON session_changes
  FOR EACH ROW EXECUTE FUNCTION copy_member_coach();

-- A session stays between the two whose it is: policies see the row before and after, but cannot compare them.
CREATE FUNCTION keep_parties() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a session keeps its coach and its member' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER sessions_keep_parties BEFORE UPDATE OF coach_id, member_id ON sessions
  FOR EACH ROW WHEN (OLD.coach_id IS DISTINCT FROM NEW.coach_id OR OLD.member_id IS DISTINCT FROM NEW.member_id)
  EXECUTE FUNCTION keep_parties();

-- When a member has sessions, in epoch seconds and without saying with whom: for the member, for a coach with whom they
-- have one to come, and for admins. Moving a session must not put its member in two places.
CREATE FUNCTION busy_times(member uuid, since timestamptz, until timestamptz)
  RETURNS TABLE (starts_at bigint, ends_at bigint) LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
  asking_coach uuid := nullif(current_setting('app.coach_id', true), '')::uuid;
BEGIN
  PERFORM set_config('app.system', 'on', true);
  IF was = 'on' OR current_setting('app.role', true) = 'ADMIN'
    OR nullif(current_setting('app.member_id', true), '')::uuid = member
    OR EXISTS (SELECT FROM sessions s WHERE s.member_id = member AND s.coach_id = asking_coach
               AND s.status = 'SCHEDULED')
  THEN
    RETURN QUERY SELECT extract(epoch FROM s.starts_at)::bigint, extract(epoch FROM s.ends_at)::bigint
      FROM sessions s WHERE s.member_id = member AND s.status <> 'CANCELLED'
      AND s.starts_at >= since AND s.starts_at < until;
  END IF;
  PERFORM set_config('app.system', coalesce(was, ''), true);
END $$;

-- Opens a coach's calendar to the asker for the rest of the transaction, if its audience includes them; answers its
-- version, or null. Locking waits for the calendar's turn: read what it guards in a NEW statement afterwards.
-- A change of one's own session is allowed to a member outside the audience too.
CREATE FUNCTION open_calendar(coach uuid, locking boolean, own_session boolean) RETURNS bigint
  LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
  found_version bigint;
  allowed boolean;
  asking_role text := current_setting('app.role', true);
  asking_coach uuid := nullif(current_setting('app.coach_id', true), '')::uuid;
  asking_member uuid := nullif(current_setting('app.member_id', true), '')::uuid;
BEGIN
  PERFORM set_config('app.calendar_id', '', true);
  PERFORM set_config('app.system', 'on', true);
  IF locking THEN
    SELECT version INTO found_version FROM coach_calendars WHERE coach_id = coach FOR UPDATE;
  ELSE
    SELECT version INTO found_version FROM coach_calendars WHERE coach_id = coach;
  END IF;
  allowed := asking_role IN ('ADMIN', 'SYSTEM') OR asking_coach = coach
    OR EXISTS (SELECT FROM coaches c WHERE c.id = coach
               AND (c.booking_audience = 'PUBLIC' OR (c.booking_audience = 'MEMBERS' AND asking_member IS NOT NULL)))
    OR EXISTS (SELECT FROM members m WHERE m.id = asking_member AND m.coach_id = coach)
    OR (own_session AND EXISTS (SELECT FROM sessions s WHERE s.member_id = asking_member AND s.coach_id = coach
                                AND s.status <> 'CANCELLED'));
  PERFORM set_config('app.system', coalesce(was, ''), true);
  IF found_version IS NULL OR allowed IS NOT TRUE THEN RETURN NULL; END IF;
  PERFORM set_config('app.calendar_id', coach::text, true);
  RETURN found_version;
END $$;

INSERT INTO permissions (code, description) VALUES
  ('coaches:write', 'Change one''s own coaching profile; as an admin, anybody''s'),
  ('coaches:create', 'Create a coach'),
  ('members:read', 'List members'),
  ('members:write', 'Change members'' profiles'),
  ('members:assign', 'Assign members to coaches'),
  ('profile:write', 'Change one''s own member profile'),
  ('availability:write', 'Change one''s own windows and time off; as an admin, anybody''s'),
  ('sessions:read', 'See sessions that one has a part in'),
  ('sessions:write', 'Book, reschedule and cancel sessions that one has a part in');

INSERT INTO role_permissions (role, permission)
  SELECT 'ADMIN', code FROM permissions
  UNION ALL
  SELECT 'COACH', unnest(ARRAY['coaches:write', 'members:read', 'members:write', 'availability:write',
                               'sessions:read', 'sessions:write'])
  UNION ALL
  SELECT 'MEMBER', unnest(ARRAY['profile:write', 'sessions:read', 'sessions:write']);
