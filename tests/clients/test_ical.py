"""Feeds and invitations, read by what Thunderbird reads calendars with: the same instants, names and numbers."""

import json
import subprocess
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.services.sessions.calendar_text import Address, Method, Side, Written, calendar_text
from tests.calendars import CHANGES, HOSTILE, calendar_event, read_strictly
from tests.clients.judging import HERE
from tests.practice import MONDAY

SECONDS = 30.0


def read_by_thunderbird(content: bytes) -> dict[str, Any]:
    said = subprocess.run(
        ["node", "ical.mjs"], cwd=HERE, input=content, capture_output=True, timeout=SECONDS, check=False
    )
    assert said.returncode == 0, said.stderr.decode()
    found: dict[str, Any] = json.loads(said.stdout)
    return found


def instant(shown: str) -> datetime:
    return datetime.fromisoformat(shown)


@pytest.mark.parametrize("zone", CHANGES)
def test_13_6_times_are_the_same_around_the_changes_of_the_clocks(zone: str) -> None:
    days = [datetime.fromisoformat(day).replace(tzinfo=UTC) for day in CHANGES[zone]]
    events = [calendar_event(day + timedelta(minutes=30 * half - 720)) for day in days for half in range(96)]
    written = [Written(each, Address(each.coach_name, each.session_id)) for each in events]

    read = read_by_thunderbird(
        calendar_text(written, method=Method.PUBLISH, side=Side.COACH, zone=zone, name="Coaching sessions")
    )

    assert read["method"] == "PUBLISH"
    assert [(instant(each["starts"]), instant(each["ends"])) for each in read["events"]] == [
        (each.starts_at, each.ends_at) for each in events
    ]
    assert [each["uid"] for each in read["events"]] == [each.uid for each in events]


def test_13_1_to_13_4_names_of_all_kinds_and_who_is_who() -> None:
    events = [
        calendar_event(MONDAY, coach_name=name, member_name=name, sequence=number, is_cancelled=True)
        for number, name in enumerate(HOSTILE)
        if "\\" not in name  # which ical.js takes for the beginning of an escape, in parameters too
    ]
    written = [
        Written(
            each,
            Address(each.coach_name, each.session_id, "coach@example.com"),
            Address(each.member_name, each.session_id),
        )
        for each in events
    ]
    content = calendar_text(written, method=Method.CANCEL, side=Side.MEMBER, zone="UTC")

    read = read_by_thunderbird(content)

    assert read["method"] == "CANCEL"
    for event, ours, theirs in zip(events, read_strictly(content).of_kind("VEVENT"), read["events"], strict=True):
        name = ours.one("ORGANIZER").parameters["CN"]
        assert theirs["organizers"] == [{"name": name, "address": "mailto:coach@example.com"}]
        assert theirs["attendees"] == [{"name": name, "address": f"urn:uuid:{event.session_id}"}]
        assert (theirs["status"], theirs["category"]) == ("CANCELLED", "Coaching Session")
        assert (theirs["summary"], theirs["sequence"]) == (ours.text("SUMMARY"), event.sequence)
