"""What a user wants to be told, and how; and the hours in which they want quiet."""

from dataclasses import dataclass
from datetime import datetime, time
from typing import Final
from uuid import UUID

from pydantic import Field, model_validator
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.forms import Form
from app.models.identity import Role, User
from app.models.notifications import Channel, NotificationKind, NotificationPreference, QuietHours
from app.problems import ChannelNotOptional, InvalidInput
from app.services.identity.permissions import require_login
from app.services.notifications.table import kinds_of, telling_of

MOST_CHANGES: Final = 100


class PreferenceChange(Form):
    kind: NotificationKind
    channel: Channel
    is_on: bool


class QuietTimes(Form):
    from_: time
    until: time

    @model_validator(mode="after")
    def _ends(self) -> "QuietTimes":
        if self.from_ == self.until:
            raise ValueError("quiet hours must not begin and end at the same time")
        if any(each.second or each.microsecond for each in (self.from_, self.until)):
            raise ValueError("quiet hours begin and end at full minutes")
        return self


class PreferenceChanges(Form):
    changes: list[PreferenceChange] = Field(default=[], max_length=MOST_CHANGES)
    quiet_hours: QuietTimes | None = None


@dataclass(frozen=True, slots=True)
class Preference:
    """Of one kind and channel; what is not optional is always on."""

    kind: NotificationKind
    channel: Channel
    is_on: bool
    is_optional: bool


@dataclass(frozen=True, slots=True)
class Quiet:
    """By the clock of `time_zone`."""

    from_: time
    until: time
    time_zone: str


@dataclass(frozen=True, slots=True)
class Preferences:
    each: list[Preference]
    quiet_hours: Quiet | None


async def find_preferences(db: AsyncSession, actor: Actor) -> Preferences:
    """The asker's own, of every kind that users of their role are told, by every channel."""
    user_id = require_login(actor)
    chosen = select(NotificationPreference).where(NotificationPreference.user_id == user_id)
    known = {(each.kind, each.channel): each.is_on for each in await db.exec(chosen)}
    role = Role(actor.standing)
    return Preferences(
        [_preference(kind, channel, role, known) for kind in kinds_of(role) for channel in Channel],
        await _quiet_hours(db, user_id),
    )


async def update_preferences(db: AsyncSession, actor: Actor, *, form: PreferenceChanges, now: datetime) -> Preferences:
    """What is told from now on. Raises `ChannelNotOptional` for what cannot be switched off."""
    user_id = require_login(actor)
    kinds = kinds_of(Role(actor.standing))
    for number, change in enumerate(form.changes):
        if change.kind not in kinds:
            raise InvalidInput(f"changes.{number}.kind", "You are not told of this")
        if not change.is_on and change.channel in telling_of(change.kind, Role(actor.standing)).always:
            raise ChannelNotOptional(change.kind, change.channel)
    chosen = {(change.kind, change.channel): change.is_on for change in form.changes}
    if chosen:
        rows = [
            {"user_id": user_id, "kind": kind, "channel": channel, "is_on": is_on, "updated_at": now}
            for (kind, channel), is_on in chosen.items()
        ]
        added = insert(NotificationPreference).values(rows)
        changed = {"is_on": added.excluded.is_on, "updated_at": added.excluded.updated_at}
        keys = ["user_id", "kind", "channel"]
        await db.execute(added.on_conflict_do_update(index_elements=keys, set_=changed))
    if "quiet_hours" in form.model_fields_set:
        await _keep_quiet(db, user_id, form.quiet_hours, now)
    return await find_preferences(db, actor)


def _preference(
    kind: NotificationKind, channel: Channel, role: Role, known: dict[tuple[NotificationKind, Channel], bool]
) -> Preference:
    telling = telling_of(kind, role)
    is_optional = channel not in telling.always
    is_on = known.get((kind, channel), channel in telling.channels) or not is_optional
    return Preference(kind, channel, is_on, is_optional)


async def _quiet_hours(db: AsyncSession, user_id: UUID) -> Quiet | None:
    statement = (
        select(QuietHours, User.time_zone)
        .join(User, col(User.id) == col(QuietHours.user_id))
        .where(QuietHours.user_id == user_id)
    )
    found = (await db.exec(statement)).one_or_none()
    if found is None:
        return None
    hours, zone = found
    if hours.from_time is None or hours.until_time is None:
        return None
    return Quiet(hours.from_time, hours.until_time, zone)


async def _keep_quiet(db: AsyncSession, user_id: UUID, times: QuietTimes | None, now: datetime) -> None:
    wanted = {
        "from_time": times.from_ if times else None,
        "until_time": times.until if times else None,
        "updated_at": now,
    }
    added = insert(QuietHours).values(user_id=user_id, **wanted)
    await db.execute(added.on_conflict_do_update(index_elements=["user_id"], set_=wanted))
