"""Endpoints: adding, changing and removing them, and their secrets."""

import secrets
from base64 import b64encode
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints
from sqlalchemy import func, text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.events import WebhookTestAsked, emit
from app.forms import Form
from app.forms import text as line
from app.models.coaches import Coach
from app.models.identity import User
from app.models.webhooks import MOST_ENDPOINTS, WebhookEndpoint
from app.platform.encryption import UnreadableValue
from app.platform.keys import keys_of
from app.platform.outgoing import OutgoingRefused, checked_url
from app.platform.outside import outside_of
from app.platform.paging import Page, PageRequest, read_page
from app.platform.quotas import Quota
from app.problems import Forbidden, InvalidInput, TooManyWebhookEndpoints, WebhookEndpointIsDisabled
from app.services.identity.permissions import require
from app.services.identity.quotas import use_quota
from app.services.identity.viewing import permissions_of
from app.services.privacy import seal, unseal
from app.services.webhooks.event_types import NAMES

PERMISSION: Final = "webhooks:manage"
SECRET_BYTES: Final = 32
PREVIOUS_SECRET_FOR: Final = timedelta(hours=24)

_IN_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended('webhook_endpoints/' || :owner, 0))")


def _is_address(value: str) -> str:
    try:
        checked_url(value)
    except OutgoingRefused as refused:
        raise ValueError(str(refused)) from None
    return value


def _known(value: str) -> str:
    if value not in NAMES:
        raise ValueError("is not the name of an event; one looks like session.booked")
    return value


Address = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_048), AfterValidator(_is_address)
]
EventTypes = Annotated[list[Annotated[str, AfterValidator(_known)]], Field(min_length=1, max_length=100)]


class NewWebhookEndpoint(Form):
    """`coach_id` is for admins, whose endpoints are the practice's without it; a coach's are their own."""

    coach_id: UUID | None = None
    url: Address
    description: line(200) | None = None  # type: ignore[valid-type]
    event_types: EventTypes | None = None


class WebhookEndpointChanges(Form):
    url: Address = ""
    description: line(200) | None = None  # type: ignore[valid-type]
    event_types: EventTypes | None = None
    is_enabled: bool = True


class SecretRotation(Form):
    endpoint_id: UUID
    keep_previous: bool = True


async def list_webhook_endpoints(
    db: AsyncSession, actor: Actor, *, coach_id: UUID | None, page: PageRequest
) -> Page[WebhookEndpoint]:
    """A coach's own; an admin's all, or those of a coach. The oldest first."""
    require(actor, PERMISSION)
    if not actor.is_admin and (actor.coach_id is None or coach_id not in (None, actor.coach_id)):
        raise Forbidden
    statement = select(WebhookEndpoint).order_by(col(WebhookEndpoint.id))
    whose = coach_id if actor.is_admin else actor.coach_id
    if whose is not None:
        statement = statement.where(WebhookEndpoint.coach_id == whose)
    return await read_page(db, statement, page)


async def access_webhook_endpoint(
    db: AsyncSession, actor: Actor, endpoint_id: UUID, *, locked: bool = False
) -> WebhookEndpoint:
    """One's own, or as an admin any; else `Forbidden`, found or not."""
    require(actor, PERMISSION)
    statement = select(WebhookEndpoint).where(WebhookEndpoint.id == endpoint_id)
    if locked:  # so that messages, which refer to it, do not wait
        statement = statement.with_for_update(key_share=True)
    endpoint = (await db.exec(statement)).one_or_none()
    if endpoint is None or not (actor.is_admin or actor.coach_id == endpoint.coach_id):
        raise Forbidden
    return endpoint


async def coaches_who_may(db: AsyncSession, coach_ids: Collection[UUID], *permissions: str) -> set[UUID]:
    """Those who may have endpoints today, and all this besides; for the system."""
    if not coach_ids:
        return set()
    statement = select(Coach.id, User).join(User, col(User.id) == col(Coach.user_id)).where(col(User.is_active))
    found = (await db.exec(statement.where(col(Coach.id).in_(coach_ids)))).all()
    wanted = {PERMISSION, *permissions}
    return {coach_id for coach_id, user in found if wanted.issubset(await permissions_of(db, user))}


async def add_webhook_endpoint(
    db: AsyncSession, actor: Actor, *, form: NewWebhookEndpoint, now: datetime
) -> tuple[WebhookEndpoint, str]:
    """The endpoint and its secret, which is shown this once. Raises `TooManyWebhookEndpoints`."""
    require(actor, PERMISSION)
    coach_id = form.coach_id if actor.is_admin else form.coach_id or actor.coach_id
    if not actor.is_admin and (coach_id is None or coach_id != actor.coach_id):
        raise Forbidden
    if coach_id is not None and await db.get(Coach, coach_id) is None:
        raise InvalidInput("coachId", "There is no such coach")
    _refuse_out_of_reach(db, form.url)
    # In turn, as the database's own count of endpoints takes it.
    await db.execute(_IN_TURN, {"owner": str(coach_id or "")})
    count = select(func.count()).where(col(WebhookEndpoint.coach_id).is_not_distinct_from(coach_id))
    if (await db.exec(count)).one() >= MOST_ENDPOINTS:
        raise TooManyWebhookEndpoints
    endpoint = WebhookEndpoint(
        coach_id=coach_id,
        url=form.url,
        description=form.description,
        event_types=_in_order(form.event_types),
        sealed_secret=b"",
        created_at=now,
        updated_at=now,
    )
    secret = _new_secret()
    endpoint.sealed_secret = await seal(db, secret, endpoint.place_of("sealed_secret"))
    db.add(endpoint)
    await db.flush()
    return endpoint, secret


async def update_webhook_endpoint(
    db: AsyncSession, actor: Actor, *, endpoint_id: UUID, form: WebhookEndpointChanges, now: datetime
) -> WebhookEndpoint:
    """What is on its way to one that is disabled fails when its turn comes; enabling brings none of it back."""
    endpoint = await access_webhook_endpoint(db, actor, endpoint_id, locked=True)
    changes = form.given()
    if "url" in changes:
        _refuse_out_of_reach(db, form.url)
    if "event_types" in changes:
        changes["event_types"] = _in_order(form.event_types)
    if "is_enabled" in changes and form.is_enabled != endpoint.is_enabled:
        changes |= {"disabled_reason": None, "disabled_at": None if form.is_enabled else now}
    endpoint.sqlmodel_update({**changes, "updated_at": now})
    db.add(endpoint)
    await db.flush()
    return endpoint


async def remove_webhook_endpoint(db: AsyncSession, actor: Actor, *, endpoint_id: UUID) -> UUID:
    """With everything that it was sent."""
    await db.delete(await access_webhook_endpoint(db, actor, endpoint_id, locked=True))
    await db.flush()
    return endpoint_id


async def rotate_webhook_secret(
    db: AsyncSession, actor: Actor, *, form: SecretRotation, now: datetime
) -> tuple[WebhookEndpoint, str]:
    """A new secret, shown this once. The one before signs too for 24 hours, unless it is to be of no use at once."""
    endpoint = await access_webhook_endpoint(db, actor, form.endpoint_id, locked=True)
    previous = await _previous(db, endpoint) if form.keep_previous else None
    secret = _new_secret()
    endpoint.sealed_previous_secret = previous
    endpoint.previous_secret_until = now + PREVIOUS_SECRET_FOR if previous is not None else None
    endpoint.sealed_secret = await seal(db, secret, endpoint.place_of("sealed_secret"))
    endpoint.updated_at = now
    db.add(endpoint)
    await db.flush()
    return endpoint, secret


async def send_test_webhook(db: AsyncSession, actor: Actor, *, endpoint_id: UUID, now: datetime) -> WebhookEndpoint:
    """Asks for a message of the type `test.sent`. Raises `WebhookEndpointIsDisabled` and `RateLimited`."""
    endpoint = await access_webhook_endpoint(db, actor, endpoint_id)
    if not endpoint.is_enabled:
        raise WebhookEndpointIsDisabled
    await use_quota(db, actor, Quota.WEBHOOK_TESTS, now=now)
    emit(db, WebhookTestAsked(endpoint_id=endpoint.id, coach_id=endpoint.coach_id))
    return endpoint


def _refuse_out_of_reach(db: AsyncSession, url: str) -> None:
    """What nothing would be sent to is said at once; what only its name hides, when it is asked for."""
    try:
        outside_of(db).outgoing.look_at(url)
    except OutgoingRefused as refused:
        raise InvalidInput("url", str(refused)) from None


async def _previous(db: AsyncSession, endpoint: WebhookEndpoint) -> bytes | None:
    """What is the secret now, for its other place; None if it cannot be read, which a new secret is the cure for."""
    try:
        plain = unseal(keys_of(db), endpoint.sealed_secret, endpoint.place_of("sealed_secret"))
    except UnreadableValue:
        return None
    return await seal(db, plain, endpoint.place_of("sealed_previous_secret"))


def _new_secret() -> str:
    return f"whsec_{b64encode(secrets.token_bytes(SECRET_BYTES)).decode()}"


def _in_order(event_types: list[str] | None) -> list[str] | None:
    return None if event_types is None else sorted(set(event_types))
