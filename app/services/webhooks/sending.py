"""One try of a message: what is sent, and what comes of the answer."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import perf_counter
from typing import Final

import orjson
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession
from standardwebhooks import Webhook

from app.events import WebhookEndpointDisabled, emit
from app.models.webhooks import LONGEST_ANSWER, WebhookAttempt, WebhookEndpoint, WebhookMessage, WebhookMessageStatus
from app.platform.encryption import UnreadableValue
from app.platform.jobs import enqueue
from app.platform.keys import keys_of
from app.platform.outgoing import Outgoing, OutgoingBusy, OutgoingFailed, OutgoingRefused
from app.services.privacy import unseal
from app.services.webhooks.endpoints import coaches_who_may
from app.services.webhooks.turns import Turn, give_up, hand_on, job_of, locked_endpoint, take_place, turn_of

SCHEDULE: Final = (
    timedelta(),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=10),
)
"""The pause before each try."""
SECONDS: Final = 10.0
MOST_BYTES: Final = 65_536
GONE: Final = 410
PUT_OFF: Final = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Sendable:
    """What a try needs, so that no transaction is open while it waits."""

    url: str
    webhook_id: str
    body: bytes = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A status, or why there was none; `is_refused` by ourselves, so that no other try will get further."""

    status: int | None = None
    failure: str | None = None
    is_refused: bool = False
    answer: str | None = None
    duration_ms: int = 0

    @property
    def is_delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


async def begin_attempt(db: AsyncSession, turn: Turn, *, now: datetime) -> Sendable | None:
    """Takes a place; None if there is nothing to do now. Raises `StillUnderWay`."""
    found = await _locked(db, turn)
    if found is None:
        return None
    endpoint, message = found
    if message.status is not WebhookMessageStatus.PENDING or (message.round, message.tries) != (turn.round, turn.tries):
        await hand_on(db, endpoint.id)
        return None
    if not endpoint.is_enabled:
        await give_up(db, endpoint.id, "the endpoint is disabled")
        return None
    if endpoint.coach_id is not None and not await coaches_who_may(db, {endpoint.coach_id}):
        await give_up(db, endpoint.id, "its coach may have no webhooks any more")
        return None
    if not await take_place(db, message, now=now):
        return None
    try:
        secrets = _secrets(db, endpoint, now)
    except UnreadableValue:
        await end_attempt(db, turn, Outcome(failure="its secret cannot be read here: rotate it"), now=now)
        return None
    return Sendable(endpoint.url, message.webhook_id, orjson.dumps(message.payload), secrets)


async def post(outgoing: Outgoing, sendable: Sendable, *, now: datetime) -> Outcome:
    """Signed by each secret; a receiver needs one of the signatures to be right. Raises `OutgoingBusy`."""
    body = sendable.body.decode()
    signatures = [Webhook(secret).sign(sendable.webhook_id, now, body) for secret in sendable.secrets]
    headers = {
        "content-type": "application/json",
        "user-agent": "Rapport-Webhooks",
        "webhook-id": sendable.webhook_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
    begun = perf_counter()
    try:
        answer = await outgoing.request(
            "POST", sendable.url, headers=headers, content=sendable.body, seconds=SECONDS, most_bytes=MOST_BYTES
        )
    except OutgoingBusy:
        raise
    except OutgoingRefused as refused:
        return Outcome(failure=str(refused)[:200], is_refused=True, duration_ms=_since(begun))
    except OutgoingFailed as failure:
        return Outcome(failure=str(failure)[:200] or "there was no answer", duration_ms=_since(begun))
    is_elsewhere = 300 <= answer.status < 400
    return Outcome(
        status=answer.status,
        failure="the answer leads elsewhere, where nothing is sent" if is_elsewhere else None,
        answer=_readable(answer.body),
        duration_ms=_since(begun),
    )


async def put_off(db: AsyncSession, turn: Turn) -> None:
    """What was not asked is no try: others at the same host may hang, which this endpoint is not to answer for."""
    found = await _locked(db, turn)
    if found is None:
        return
    endpoint, message = found
    message.sending_until = None
    db.add(message)
    await db.flush()
    await enqueue(db, [job_of(turn, after=PUT_OFF, is_handed_on=True)])
    await hand_on(db, endpoint.id)


async def end_attempt(db: AsyncSession, turn: Turn, outcome: Outcome, *, now: datetime) -> None:
    """Writes down what came of it, leaves the place, and says when it is tried again."""
    found = await _locked(db, turn)
    if found is None:
        return
    endpoint, message = found
    message.attempt_count += 1
    message.sending_until = None
    db.add(
        WebhookAttempt(
            message_id=message.id,
            number=message.attempt_count,
            at=now,
            duration_ms=outcome.duration_ms,
            status_code=outcome.status,
            failure=outcome.failure,
            answer=outcome.answer,
        )
    )
    if outcome.is_delivered:
        message.status, message.reason, message.due_at = WebhookMessageStatus.DELIVERED, None, None
        message.is_waiting, message.delivered_at, endpoint.last_delivered_at = False, now, now
    elif message.status is WebhookMessageStatus.PENDING and message.round == turn.round:
        await _try_again(db, endpoint, message, outcome, now)
    db.add_all((message, endpoint))
    await db.flush()
    await hand_on(db, endpoint.id)


async def _try_again(
    db: AsyncSession, endpoint: WebhookEndpoint, message: WebhookMessage, outcome: Outcome, now: datetime
) -> None:
    message.tries += 1
    if outcome.is_refused:
        message.status, message.due_at, message.reason = WebhookMessageStatus.FAILED, None, outcome.failure
        return
    is_gone, is_over = outcome.status == GONE, message.tries == len(SCHEDULE)
    if not (is_gone or is_over):
        pause = SCHEDULE[message.tries]
        message.due_at = now + pause
        await enqueue(db, [job_of(turn_of(message), after=pause)])
        return
    message.status, message.due_at = WebhookMessageStatus.FAILED, None
    message.reason = "the endpoint says that it is gone" if is_gone else f"it was tried {message.tries} times"
    last = endpoint.last_delivered_at
    nothing_since = last is None or message.first_tried_at is None or last < message.first_tried_at
    if endpoint.is_enabled and (is_gone or nothing_since):
        reason = "it answered 410: gone" if is_gone else "nothing got through for as long as we try"
        endpoint.is_enabled, endpoint.disabled_at, endpoint.disabled_reason = False, now, reason
        await db.flush()
        await give_up(db, endpoint.id, "the endpoint was disabled")
        emit(db, WebhookEndpointDisabled(endpoint_id=endpoint.id, coach_id=endpoint.coach_id, reason=reason))


async def _locked(db: AsyncSession, turn: Turn) -> tuple[WebhookEndpoint, WebhookMessage] | None:
    """The endpoint first, as everybody takes it; None if they are gone."""
    endpoint_of = select(WebhookMessage.endpoint_id).where(WebhookMessage.id == turn.message_id)
    endpoint_id = (await db.exec(endpoint_of)).one_or_none()
    endpoint = None if endpoint_id is None else await locked_endpoint(db, endpoint_id)
    message = await db.get(WebhookMessage, turn.message_id, with_for_update=True, populate_existing=True)
    return None if endpoint is None or message is None else (endpoint, message)


def _secrets(db: AsyncSession, endpoint: WebhookEndpoint, now: datetime) -> tuple[str, ...]:
    """The newest first."""
    keys = keys_of(db)
    newest = unseal(keys, endpoint.sealed_secret, endpoint.place_of("sealed_secret"))
    previous, until = endpoint.sealed_previous_secret, endpoint.previous_secret_until
    if previous is None or until is None or until <= now:
        return (newest,)
    return newest, unseal(keys, previous, endpoint.place_of("sealed_previous_secret"))


def _readable(body: bytes) -> str:
    return body[:LONGEST_ANSWER].decode(errors="replace").replace("\x00", "\ufffd")


def _since(begun: float) -> int:
    return int((perf_counter() - begun) * 1_000)
