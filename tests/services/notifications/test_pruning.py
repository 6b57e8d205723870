"""Notifications are kept for a year once they are read, and for two if they are not, each with its deliveries."""

import pytest

from tests.practice import Practice

INSERT = (
    "INSERT INTO notifications (id, user_id, kind, occasion, facts, is_listed, read_at, created_at)"
    " SELECT gen_random_uuid(), :user, 'NOTE_SHARED', :occasion, '{}', :is_listed,"
    " CASE WHEN :is_read THEN CAST(:now AS timestamptz) END, :now - make_interval(days => :days) RETURNING id"
)
DELIVERIES = (
    "INSERT INTO deliveries (id, notification_id, user_id, channel, status, attempts, sent_at, created_at)"
    " SELECT gen_random_uuid(), id, user_id, 'EMAIL', 'SENT', 1, created_at, created_at FROM notifications RETURNING id"
)
# How old in days, whether it is read, whether it is listed, and whether it stays.
CASES = {
    "read": (364, True, True, True),
    "read long ago": (366, True, True, False),
    "unread": (366, False, True, True),
    "unread for two years": (729, False, True, True),
    "unread for longer": (731, False, True, False),
    "by mail only": (364, False, False, True),
    "by mail only, long ago": (366, False, False, False),
}


async def test_what_is_old_goes_with_its_deliveries_however_much_it_is(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.notifications.pruning.MOST_AT_ONCE", 2)
    admin = await practice.admin()
    for occasion, (days, is_read, is_listed, _) in CASES.items():
        asked = {"occasion": occasion, "days": days, "is_read": is_read, "is_listed": is_listed}
        await practice.rows(INSERT, user=admin.user.id, now=practice.clock(), **asked)
    await practice.rows(DELIVERIES)
    await practice.work()

    left = {occasion for (occasion,) in await practice.rows("SELECT occasion FROM notifications")}
    assert left == {occasion for occasion, (*_, stays) in CASES.items() if stays}
    assert await practice.count("deliveries") == len(left)
