"""Drill: whatever is killed, each is told of everything once, and hardly anything is handed over twice."""

import asyncio
import os
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from app.platform.clock import system_clock
from tests.drills.booking_stream import BookingStream
from tests.drills.drilling import Dice, Size, now, teams_of
from tests.drills.killing import house, practice_of
from tests.drills.leaving_truth import Reminded, Truth
from tests.platform.smtp_server import mail_server
from tests.practice import MovableClock, Practice
from tests.receiving import receiving
from tests.webhooks import endpoint

KINDS: Final = ("server", "worker", "redis", "postgres")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
GROUPS: Final = 5
LEFT_SECONDS: Final = 10.0


@dataclass(frozen=True)
class Form:
    kills: int
    bookings: int
    reminders: int  # that are due, of them half a day before and half an hour before
    servers: int
    size: Size
    become_due_seconds: float
    pause: tuple[float, float]
    scan_seconds: float
    stream_seconds: float  # the kills end by then, and the bookings too
    longest_seconds: float
    breath: float


FORMS: Final = {
    "short": Form(6, 12, 80, 1, Size(1, 2, 8, 0, 3), 3, (0.2, 1.0), 1, 60, 180, 0.1),
    "middle": Form(40, 200, 1_000, 2, Size(2, 6, 16, 0, 6), 60, (0.5, 2.0), 60, 180, 600, 0.3),
    "long": Form(200, 2_000, 10_000, 2, Size(2, 12, 24, 0, 8), 240, (0.3, 2.0), 60, 420, 600, 0.2),
}
FORM: Final = FORMS.get(os.environ.get("DRILL", ""), FORMS["short"])


async def test_whatever_is_killed_all_is_told_once_and_hardly_anything_handed_over_twice() -> None:
    dice, began = Dice(), now()
    async with (
        asyncio.timeout(FORM.longest_seconds),
        mail_server() as mails,
        receiving() as hooks,
        house(
            servers=FORM.servers,
            workers=2,
            scan_seconds=FORM.scan_seconds,
            SMTP_URL=mails.url,
            MAIL_FROM="A practice <practice@example.com>",
        ) as alive,
        practice_of(alive.settings, MovableClock(system_clock())) as practice,
    ):
        await endpoint(practice, await practice.admin(), hooks.url)
        teams = await teams_of(practice, FORM.size)
        reminded = await to_be_reminded(practice)
        stream = BookingStream(teams, alive.servers, dice.seed_used, breath=FORM.breath)
        truth = Truth(practice, reminded, mails, hooks)
        started, until = now(), now() + FORM.stream_seconds
        drawn = [KINDS[number % len(KINDS)] for number in range(FORM.kills)]
        dice.shuffle(drawn)
        async with stream.flowing(FORM.size.bookers):
            for name in drawn:
                if now() > until:
                    break
                await asyncio.sleep(dice.uniform(*FORM.pause))
                await alive.kill_one(name, dice)
            while len(stream.asked) < FORM.bookings and now() < until:  # noqa: ASYNC110 - a drill has time
                await asyncio.sleep(0.05)
        stopped = now()
        print(f"after {stopped - started:.0f} s: killed {dict(alive.killed)}; {stream.report()}")
        seconds = await truth.at_rest(began + FORM.longest_seconds - LEFT_SECONDS - stopped)
        alive.all_are_well()

        await truth.nothing_is_parked()
        await stream.every_booking_exists_once(practice)
        told = await truth.each_is_told_once()
        twice = {"mails": await truth.every_mail_has_come(), "webhooks": await truth.every_event_has_come()}

        kills = alive.killed.total()
        print(
            f"killed {dict(alive.killed)}, {kills} in all, in {stopped - started:.0f} s; at rest {seconds:.0f} s later"
        )
        print(f"{told} notifications, {len(mails.taken)} mails, {len(hooks.received)} webhooks; twice {twice}")
        print(stream.report(), f"{now() - began:.0f} s in all", sep="\n")
        assert sum(twice.values()) <= kills, f"seed {dice.seed_used}: handed over again {twice} after {kills} kills"


async def to_be_reminded(practice: Practice) -> Reminded:
    """Of a session in an hour both parties are reminded twice, of one tomorrow once."""
    reminded = Reminded(practice)
    in_an_hour, tomorrow = FORM.reminders // 8, FORM.reminders // 4
    for number in range(GROUPS):
        due_in = FORM.become_due_seconds * (number + 1) / GROUPS
        await reminded.are_booked(in_an_hour // GROUPS, due_in=due_in, before=HOUR)
        await reminded.are_booked(tomorrow // GROUPS, due_in=due_in, before=DAY)
    return reminded
