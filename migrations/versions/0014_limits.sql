-- How often in an hour somebody may have something done that leaves the house, and what else holds what leaves.

CREATE TABLE used_quotas (
  user_id UUID NOT NULL,
  quota VARCHAR(32) NOT NULL,
  hour TIMESTAMP WITH TIME ZONE NOT NULL,
  used INTEGER NOT NULL,
  PRIMARY KEY (user_id, quota),
  CONSTRAINT used_quotas_quota_known CHECK (quota IN ('MESSAGES', 'WEBHOOK_TESTS', 'CALENDAR_FETCHES')),
  CONSTRAINT used_quotas_used_range CHECK (used >= 1),
  FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

ALTER TABLE used_quotas ENABLE ROW LEVEL SECURITY;
ALTER TABLE used_quotas FORCE ROW LEVEL SECURITY;
CREATE POLICY used_quotas_select ON used_quotas FOR SELECT USING ((user_id = nullif(current_setting('app.user_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY used_quotas_insert ON used_quotas FOR INSERT WITH CHECK ((user_id = nullif(current_setting('app.user_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY used_quotas_update ON used_quotas FOR UPDATE USING ((user_id = nullif(current_setting('app.user_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on')) WITH CHECK ((user_id = nullif(current_setting('app.user_id', true), '')::uuid) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
CREATE POLICY used_quotas_delete ON used_quotas FOR DELETE USING ((current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));

CREATE TRIGGER used_quotas_only_rise BEFORE UPDATE ON used_quotas
  FOR EACH ROW WHEN ((OLD.user_id, OLD.quota) IS DISTINCT FROM (NEW.user_id, NEW.quota)
                     OR (NEW.hour, NEW.used) <= (OLD.hour, OLD.used))
  EXECUTE FUNCTION refuse_change('what was used within an hour stays used');

-- A communication came by a hook of its own coach's, or by none.
ALTER TABLE message_hooks ADD CONSTRAINT message_hooks_with_coach UNIQUE (id, coach_id);
ALTER TABLE communications DROP CONSTRAINT communications_hook_id_fkey;
ALTER TABLE communications ADD CONSTRAINT communications_by_own_hooks
  FOREIGN KEY (hook_id, coach_id) REFERENCES message_hooks (id, coach_id) ON DELETE SET NULL (hook_id);

-- Old notifications are looked for by age; they lie in the order in which they were made.
CREATE INDEX notifications_by_age ON notifications USING brin (created_at);

-- A member's first key is stored for whoever may write to them, and not for everybody who sees them.
CREATE OR REPLACE FUNCTION keep_key_of_member(member uuid, key uuid, master_key text, master_check bytea, wrapped bytea)
  RETURNS TABLE (id uuid, member_id uuid, wrapped_key bytea) LANGUAGE plpgsql AS $$
DECLARE
  was text := current_setting('app.system', true);
  theirs uuid := (SELECT m.id FROM members m WHERE m.id = member
                  AND (m.coach_id = nullif(current_setting('app.coach_id', true), '')::uuid
                       OR current_setting('app.role', true) = 'ADMIN' OR was = 'on'));
BEGIN
  PERFORM set_config('app.system', 'on', true);
  IF theirs IS NOT NULL THEN
    INSERT INTO master_keys (id, check_value) VALUES (master_key, master_check) ON CONFLICT DO NOTHING;
    INSERT INTO member_keys (id, member_id, master_key_id, wrapped_key) VALUES (key, theirs, master_key, wrapped)
      ON CONFLICT DO NOTHING;
  END IF;
  RETURN QUERY SELECT k.id, k.member_id, k.wrapped_key FROM member_keys k WHERE k.member_id = theirs;
  PERFORM set_config('app.system', coalesce(was, ''), true);
END $$;

-- Nobody has anything sent or fetched in the name of another coach.
DROP POLICY outbox_insert ON outbox;
CREATE POLICY outbox_insert ON outbox FOR INSERT WITH CHECK ((nullif(current_setting('app.user_id', true), '') IS NOT NULL AND event_type NOT IN ('MessageQueued', 'OutsideCalendarDue', 'WebhookReplayAsked', 'WebhookTestAsked', 'DeliveryAsked', 'OutsideCalendarFailed', 'WebhookEndpointDisabled')) OR (event_type IN ('MessageQueued', 'OutsideCalendarDue', 'WebhookReplayAsked', 'WebhookTestAsked') AND event ->> 'coach_id' = nullif(current_setting('app.coach_id', true), '')) OR (current_setting('app.role', true) = 'ADMIN') OR (current_setting('app.system', true) = 'on'));
