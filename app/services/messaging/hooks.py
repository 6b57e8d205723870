"""Message hooks: a program that a coach trusts sends messages to their members, in their name and with their rights."""

import secrets
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from pydantic import field_validator
from sqlalchemy import func
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.forms import Form, text
from app.models.coaches import Coach
from app.models.members import Member
from app.models.messaging import BY_OWN_HOOKS, MOST_HOOKS, Communication, CommunicationChannel, MessageHook
from app.platform.database import violated_constraint
from app.platform.keys import keys_of
from app.platform.quotas import Quota
from app.platform.sms import telephone_number
from app.problems import Forbidden, HookIsGone, IdempotencyKeyReused, InvalidInput, TooManyMessageHooks
from app.services.identity.permissions import require
from app.services.identity.quotas import use_quota
from app.services.identity.viewing import find_viewer
from app.services.messaging.communications import ByHook, queue
from app.services.messaging.composing import Draft, write_out
from app.services.messaging.templates import Body, Subject, in_one_line, locked_coach, theirs
from app.services.privacy.keys import key_for_member
from app.services.privacy.secrets import seal, unseal

_PREFIX: Final = "whsec_"


class NewMessageHook(Form):
    """`coach_id` is for admins; a coach's hooks are their own."""

    coach_id: UUID | None = None
    name: text(80)  # type: ignore[valid-type]


@dataclass(frozen=True, slots=True)
class MadeMessageHook:
    """The secret is shown this once."""

    hook: MessageHook
    secret: str


@dataclass(frozen=True, slots=True)
class OpenHook:
    """`actor` is the coach."""

    id: UUID
    secret: str
    actor: Actor


class CoachMessage(Form):
    """What a hook is asked for: to whom, by id or telephone number, and a text or a template."""

    coach_id: UUID | None = None
    member_id: UUID | None = None
    phone: text(40) | None = None  # type: ignore[valid-type]
    body: Body | None = None
    template_id: UUID | None = None
    subject: Subject | None = None
    session_id: UUID | None = None
    channel: CommunicationChannel = CommunicationChannel.SMS

    one_line = field_validator("subject")(in_one_line)


async def list_message_hooks(db: AsyncSession, actor: Actor, *, coach_id: UUID | None) -> list[MessageHook]:
    """A coach's own, in the order in which they were made; an admin says whose."""
    whose = theirs(actor, coach_id)
    statement = select(MessageHook).where(MessageHook.coach_id == whose).order_by(col(MessageHook.id))
    return list(await db.exec(statement))


async def create_message_hook(
    db: AsyncSession, actor: Actor, *, form: NewMessageHook, now: datetime
) -> MadeMessageHook:
    """Raises `TooManyMessageHooks`."""
    coach_id = await locked_coach(db, theirs(actor, form.coach_id))
    count = select(func.count()).select_from(MessageHook).where(col(MessageHook.coach_id) == coach_id)
    if (await db.exec(count)).one() >= MOST_HOOKS:
        raise TooManyMessageHooks
    secret = f"{_PREFIX}{b64encode(secrets.token_bytes(32)).decode()}"
    hook = MessageHook(coach_id=coach_id, name=form.name, secret=b"", created_at=now)
    hook.secret = await seal(db, secret, hook.place)
    db.add(hook)
    await db.flush()
    return MadeMessageHook(hook, secret)


async def remove_message_hook(db: AsyncSession, actor: Actor, *, hook_id: UUID) -> UUID:
    """From then on nothing is accepted by it; what was sent stays."""
    hook = await access_message_hook(db, actor, hook_id)
    await db.delete(hook)
    await db.flush()
    return hook_id


async def access_message_hook(db: AsyncSession, actor: Actor, hook_id: UUID) -> MessageHook:
    require(actor, "messages:send")
    hook = await db.get(MessageHook, hook_id)
    if hook is None or not (actor.is_admin or actor.coach_id == hook.coach_id):
        raise Forbidden
    return hook


async def open_hook(db: AsyncSession, hook_id: UUID) -> OpenHook | None:
    """For the system. None for a hook that is not there, or whose coach may not log in any more."""
    found = (
        await db.exec(
            select(MessageHook, Coach.user_id)
            .join(Coach, col(Coach.id) == col(MessageHook.coach_id))
            .where(MessageHook.id == hook_id)
        )
    ).one_or_none()
    if found is None:
        return None
    hook, user_id = found
    viewer = await find_viewer(db, user_id)
    return OpenHook(hook.id, unseal(keys_of(db), hook.secret, hook.place), viewer.actor) if viewer else None


async def find_accepted(db: AsyncSession, actor: Actor, *, by: ByHook) -> UUID | None:
    """The communication that the same request has made before; raises `IdempotencyKeyReused` for another one."""
    require(actor, "messages:send")
    statement = select(Communication).where(
        Communication.hook_id == by.hook_id, Communication.webhook_id == by.webhook_id
    )
    before = (await db.exec(statement)).one_or_none()
    if before is None:
        return None
    if before.request_digest is None or not secrets.compare_digest(before.request_digest, by.digest):
        raise IdempotencyKeyReused("This webhook-id was used for another request")
    return before.id


async def accept_coach_message(
    db: AsyncSession, actor: Actor, *, form: CoachMessage, by: ByHook, now: datetime
) -> UUID:
    """The id of the communication.

    Raises `InvalidInput`, `Forbidden` for whoever is not the coach's member, `HookIsGone` and `RateLimited`.
    """
    if (before := await find_accepted(db, actor, by=by)) is not None:
        return before
    if form.coach_id not in (None, actor.coach_id):
        raise Forbidden
    member_id = await _member(db, actor, form)
    draft = Draft(
        member_id=member_id,
        body=form.body,
        template_id=form.template_id,
        subject=form.subject,
        session_id=form.session_id,
    )
    written = await write_out(db, actor, draft)
    key = await key_for_member(db, member_id)
    try:
        row = await queue(db, actor, written, form.channel, key, template_id=form.template_id, by=by, now=now)
    except IntegrityError as failure:
        if violated_constraint(failure) == BY_OWN_HOOKS:  # removed since the request was let in
            raise HookIsGone from None
        raise
    await use_quota(db, actor, Quota.MESSAGES, now=now)
    return row.id


async def _member(db: AsyncSession, actor: Actor, form: CoachMessage) -> UUID:
    if (form.member_id is None) == (form.phone is None):
        raise InvalidInput("memberId", "Give either a member or a telephone number")
    if form.member_id is not None:
        return form.member_id
    number = telephone_number(form.phone)
    if number is None:
        raise InvalidInput("phone", "is not a telephone number with + and the country's code")
    # What stands between the digits is the member's choice; the last of them find candidates.
    digits = func.regexp_replace(col(Member.phone), "[^0-9]", "", "g")
    statement = select(Member).where(Member.coach_id == actor.coach_id, digits.endswith(number[1:]))
    members = [member for member in await db.exec(statement) if telephone_number(member.phone) == number]
    if len(members) > 1:
        raise InvalidInput("phone", "is the number of several members; say which by memberId")
    if not members:
        raise Forbidden
    return members[0].id
