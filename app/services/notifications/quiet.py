"""Quiet hours, by the clock on their user's wall."""

from datetime import UTC, datetime, time, timedelta

from app.services.notifications.moments import zone_named


def quiet_until(now: datetime, zone: str, from_time: time, until_time: time) -> datetime | None:
    """When they end that it is now; None if it is none. In the night that clocks are put back, they last longer."""
    local = now.astimezone(zone_named(zone))
    clock = local.time()
    past_midnight = until_time < from_time
    is_quiet = (clock >= from_time or clock < until_time) if past_midnight else from_time <= clock < until_time
    if not is_quiet:
        return None
    day = local.date() + timedelta(days=1) if clock >= until_time else local.date()
    ends = datetime.combine(day, until_time, local.tzinfo)
    return (ends if ends.timestamp() > now.timestamp() else ends.replace(fold=1)).astimezone(UTC)
