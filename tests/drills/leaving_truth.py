"""What has to have left the house, asked of the rows, and whether it has: once recorded, and handed over."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.wire.relay import global_id
from tests.drills.drilling import now
from tests.platform.smtp_server import MailServer
from tests.practice import Practice
from tests.receiving import Receiver

K24, K1 = "SESSION_REMINDER_24_HOURS", "SESSION_REMINDER_1_HOUR"
IN_APP_ONLY = "BOOKING_REJECTED"
HAVE_ENDED_SECONDS = 5.0
SAID_SECONDS = 10.0

_SLOT = (
    "INSERT INTO calendar_slots (coach_id, starts_at, ends_at, blocked_until, capacity)"
    " VALUES (:coach, :starts_at, :ends_at, :ends_at, :count)"
)
_SEATS = (
    "INSERT INTO calendar_seats (coach_id, starts_at, seat_no, ends_at, capacity)"
    " SELECT :coach, :starts_at, n, :ends_at, :count FROM generate_series(1, :count) n"
)
_SESSIONS = (
    "INSERT INTO sessions (id, coach_id, member_id, member_name, starts_at, ends_at, kind, format, status, held_start,"
    " seat_no, version, created_at, updated_at)"
    " SELECT gen_random_uuid(), :coach, m.id, 'Member', :starts_at, :ends_at, 'REGULAR', 'GROUP', 'SCHEDULED',"
    " :starts_at, row_number() OVER (ORDER BY m.id), 1, :booked_at, :booked_at FROM members m WHERE m.coach_id = :coach"
)
_UNREST = {
    "outbox": "SELECT count(*) FROM outbox",
    "jobs": "SELECT count(*) FROM pgqueuer WHERE status <> 'failed'",
    "deliveries": "SELECT count(*) FROM deliveries WHERE status = 'PENDING'",
    "webhooks": "SELECT count(*) FROM webhook_messages WHERE status = 'PENDING'",
    "reminders": "SELECT count(*) FROM sessions s WHERE s.coach_id = ANY(:coaches)"
    " AND NOT EXISTS (SELECT FROM notifications n WHERE n.session_id = s.id AND n.kind = ("
    f" CASE WHEN s.starts_at < now() + interval '12 hours' THEN '{K1}' ELSE '{K24}' END))",
}
# A try that is to come after a pause comes now; a place that was taken long ago was a killed worker's.
_HURRY = (
    "UPDATE pgqueuer SET execute_after = now() WHERE status = 'queued' AND execute_after > now()",
    "UPDATE webhook_messages SET sending_until = now() WHERE status = 'PENDING'"
    " AND sending_until BETWEEN now() AND now() + make_interval(secs => 30 - :ended)",
)


class Reminded:
    """Sessions that need no booking, of coaches of their own, in groups whose reminders become due one by one."""

    def __init__(self, practice: Practice) -> None:
        self.practice = practice
        self.coaches: list[UUID] = []

    async def are_booked(self, count: int, *, due_in: float, before: timedelta) -> None:
        """So many sessions with the same start, whose reminder is due in so many seconds."""
        coach = await self.practice.coach(max_members=count)
        assert coach.coach is not None
        await self.practice.members(count, coach)
        starts_at = self.practice.clock() + before + timedelta(seconds=due_in)
        values = {
            "coach": coach.coach.id,
            "count": count,
            "starts_at": starts_at,
            "ends_at": starts_at + timedelta(hours=1),
            "booked_at": self.practice.clock() - timedelta(days=3),
        }
        async with self.practice.as_system() as db:
            for statement in (_SLOT, _SEATS, _SESSIONS):
                await db.execute(text(statement), values)
        self.coaches.append(coach.coach.id)


class Truth:
    def __init__(self, practice: Practice, reminded: Reminded, mails: MailServer, hooks: Receiver) -> None:
        self.practice, self.reminded, self.mails, self.hooks = practice, reminded, mails, hooks

    async def at_rest(self, seconds: float) -> float:
        """Waits until nothing is under way any more; how long that was."""
        began = said = now()
        while True:
            unrest = await self.unrest()
            if not any(unrest.values()):
                return now() - began
            assert now() - began < seconds, f"not at rest after {seconds} s: {unrest}; {await self._jobs()}"
            if now() - said > SAID_SECONDS:
                said = now()
                print(f"{said - began:.0f} s: {unrest}")
            async with self.practice.as_system() as db:
                for statement in _HURRY:
                    await db.execute(text(statement), {"ended": HAVE_ENDED_SECONDS})
            await asyncio.sleep(0.3)

    async def unrest(self) -> dict[str, int]:
        found = {}
        for name, statement in _UNREST.items():
            ((found[name],),) = await self.practice.rows(statement, coaches=self.reminded.coaches)
        return found

    async def _jobs(self) -> list[Any]:
        return await self.practice.rows(
            "SELECT entrypoint, status::text, attempts, count(*) FROM pgqueuer GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
        )

    async def nothing_is_parked(self) -> None:
        parked = await self.practice.rows(
            "SELECT j.entrypoint, j.attempts, l.traceback FROM pgqueuer j LEFT JOIN LATERAL (SELECT traceback"
            " FROM pgqueuer_log WHERE job_id = j.id AND traceback IS NOT NULL ORDER BY id DESC LIMIT 1) l ON true"
            " WHERE j.status = 'failed'"
        )
        assert parked == []

    async def each_is_told_once(self) -> int:
        """Exactly those whom the table names, of each booking, cancelling, refusal and reminder; how many that are."""
        said = await self.practice.rows(
            "SELECT user_id, kind, coalesce(session_id::text, facts ->> 'booking_id') FROM notifications"
        )
        expected = Counter(await self._to_be_told())
        found = Counter((user_id, kind, UUID(about)) for user_id, kind, about in said)
        missing, beside = list((expected - found).items()), list((found - expected).items())
        assert missing == beside == [], f"missing {len(missing)}: {missing[:5]}; too many {len(beside)}: {beside[:5]}"
        return found.total()

    async def _to_be_told(self) -> list[tuple[UUID, str, UUID]]:
        told: list[tuple[UUID, str, UUID]] = []
        parties = "JOIN coaches k ON k.id = s.coach_id JOIN members m ON m.id = s.member_id"
        sessions = await self.practice.rows(
            f"SELECT s.id, s.status, s.starts_at, s.coach_id, k.user_id, m.user_id FROM sessions s {parties}"
        )
        for id, status, starts_at, coach_id, coach, member in sessions:
            if coach_id in self.reminded.coaches:
                kinds = [K24, K1] if _is_soon(starts_at, self.practice.clock()) else [K24]
                told += [(user, kind, id) for user in (coach, member) for kind in kinds]
                continue
            told += [(coach, "SESSION_BOOKED", id), (member, "BOOKING_CONFIRMED", id)]
            if status == "CANCELLED":
                told += [(user, "SESSION_CANCELLED", id) for user in (coach, member)]
        rejected = await self.practice.rows(
            "SELECT s.id, m.user_id FROM bookings s JOIN members m ON m.id = s.member_id WHERE s.reason = 'FULL'"
        )
        return told + [(member, IN_APP_ONLY, id) for id, member in rejected]

    async def every_mail_has_come(self) -> int:
        """Each delivery under its own Message-ID and to its recipient; how many came more than once."""
        rows = await self.practice.rows(
            "SELECT n.kind, n.skipped, d.id::text, d.status, d.reason, u.email FROM notifications n"
            " JOIN users u ON u.id = n.user_id LEFT JOIN deliveries d ON d.notification_id = n.id"
        )
        unsent = [row for row in rows if row[3] != "SENT" and row[0] != IN_APP_ONLY and row[1] is None]
        assert unsent == [], unsent[:5]
        expected = {(id, email) for _, _, id, status, _, email in rows if status == "SENT"}
        came = Counter((str(mail["message-id"])[1:].partition("@")[0], str(mail["to"])) for mail in self.mails.taken)
        assert came.keys() == expected, f"never came: {list(expected - came.keys())[:5]}"
        return came.total() - len(came)

    async def every_event_has_come(self) -> int:
        """Each that is public, under one id for life; how many came more than once."""
        sessions = await self.practice.rows(
            "SELECT id, status FROM sessions WHERE NOT coach_id = ANY(:coaches)", coaches=self.reminded.coaches
        )
        rejected = await self.practice.rows("SELECT id FROM bookings WHERE status = 'REJECTED'")
        expected = {("session.booked", global_id("Session", id)) for id, _ in sessions}
        cancelled = [id for id, status in sessions if status == "CANCELLED"]
        expected |= {("session.cancelled", global_id("Session", id)) for id in cancelled}
        expected |= {("booking.rejected", global_id("Booking", id)) for (id,) in rejected}
        ids: dict[tuple[str, str], set[str]] = {}
        for received in self.hooks.received:
            told = received.told
            about = told["data"]["bookingId" if told["type"] == "booking.rejected" else "sessionId"]
            ids.setdefault((told["type"], about), set()).add(received.webhook_id)
        assert ids.keys() == expected, f"never came: {list(expected - ids.keys())[:5]}"
        twice = {about: several for about, several in ids.items() if len(several) > 1}
        assert twice == {}, "one event, several ids"
        unsent = await self.practice.rows("SELECT event_type, status FROM webhook_messages WHERE status <> 'DELIVERED'")
        assert unsent == [], unsent[:5]
        return len(self.hooks.received) - len(ids)


def _is_soon(starts_at: datetime, began: datetime) -> bool:
    return starts_at < began + timedelta(hours=12)
