"""Times as people are told them: on the clock of their own wall, with the zone that it goes by."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def zone_named(name: str) -> ZoneInfo:
    """UTC in the place of one that this machine's data does not have."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def clock(at: datetime, zone: ZoneInfo) -> str:
    """`10:00`; an hour that the clock shows twice is told apart by the zone's own letters, as `01:30 BST`."""
    local = at.astimezone(zone)
    is_twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return f"{local:%H:%M} {local:%Z}" if is_twice else f"{local:%H:%M}"


def moment(at: datetime, zone: ZoneInfo) -> str:
    """`Tuesday, 3 March 2026, 10:00 (Europe/London)`."""
    return f"{_day(at, zone)}, {clock(at, zone)} ({zone.key})"


def span(starts_at: datetime, ends_at: datetime | None, zone: ZoneInfo) -> str:
    """With the hour of its end; and the day, if that is another."""
    if ends_at is None:
        return moment(starts_at, zone)
    is_one_day = _day(starts_at, zone) == _day(ends_at, zone)
    until = clock(ends_at, zone) if is_one_day else f"{_day(ends_at, zone)}, {clock(ends_at, zone)}"
    return f"{_day(starts_at, zone)}, {clock(starts_at, zone)} to {until} ({zone.key})"


def brief(at: datetime, zone: ZoneInfo) -> str:
    """`Tue 3 Mar 2026, 10:00 (Europe/London)`."""
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %Y}, {clock(at, zone)} ({zone.key})"


def instant(value: object) -> datetime | None:
    """As facts have it."""
    return datetime.fromisoformat(str(value)).astimezone(UTC) if value else None


def _day(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{local:%A}, {local.day} {local:%B %Y}"
