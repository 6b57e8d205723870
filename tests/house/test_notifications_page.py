"""The page about notifications shows the table that the code goes by, and says what each kind is."""

from collections.abc import Collection
from pathlib import Path

from app.models.identity import Role
from app.models.notifications import Channel, NotificationKind
from app.services.notifications import TABLE, Telling, reminders

HEAD = "| kind | of the event | told to | by default | always | in quiet hours | of no use after |"
TO = {Role.MEMBER: "the member", Role.COACH: "the coach", Role.ADMIN: "admins"}
BY = {Channel.IN_APP: "in the app", Channel.EMAIL: "mail", Channel.SMS: "SMS"}
AFTER = {None: "–", "starts_at": "the start", "expires_at": "the end of the offer"}


def ways(channels: Collection[Channel]) -> str:
    return ", ".join(BY[channel] for channel in Channel if channel in channels) or "–"


def row(each: Telling) -> str:
    event = f"`{each.event.__name__}`" if each.event else "–"
    quiet = "passes" if each.passes_quiet_hours else "waits"
    cells = (f"`{each.kind}`", event, TO[each.to], ways(each.channels), ways(each.always), quiet, AFTER[each.until])
    return f"| {' | '.join(cells)} |"


def lines(root: Path) -> list[str]:
    return [line.strip() for line in (root / "docs" / "notifications.md").read_text(encoding="utf-8").splitlines()]


def test_the_pages_table_is_the_codes(root: Path) -> None:
    page = lines(root)
    table = page[page.index(HEAD) + 2 :]

    assert table[: table.index("")] == [row(each) for each in TABLE]


def test_every_kind_is_told_to_somebody_and_no_row_is_there_twice() -> None:
    assert {each.kind for each in TABLE} == set(NotificationKind)
    assert len({(each.kind, each.to) for each in TABLE}) == len(TABLE)


def test_what_is_told_always_is_told_by_default() -> None:
    assert all(each.always <= each.channels for each in TABLE)


def test_every_reminder_of_the_scan_is_in_the_table_and_has_an_end() -> None:
    by_scan = {each.kind for each in reminders.REMINDERS}

    assert {each.kind for each in TABLE if each.kind in by_scan} == by_scan
    assert {each.until for each in TABLE if each.kind in by_scan} == {"starts_at"}


def test_every_reason_of_the_code_is_on_the_page(root: Path) -> None:
    page = " ".join(lines(root))
    reasons = (reminders.HAD_BEGUN, reminders.OVERTAKEN, reminders.OUTDATED)

    assert [reason for reason in reasons if f"“{reason}”" not in page] == []
