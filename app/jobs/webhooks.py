"""Telling endpoints outside what happened here."""

from collections.abc import Mapping
from typing import Any, Final

import structlog

from app.context import Context
from app.events import Happened, WebhookEndpointDisabled, WebhookReplayAsked, WebhookTestAsked
from app.jobs.job import Job, Scan
from app.platform.outgoing import OutgoingBusy
from app.services import webhooks as webhook_service

log = structlog.get_logger(__name__)

SENT_AT_ONCE: Final = 40
"""Of all endpoints, in all processes: each has two places, so that so many hang before the others feel it."""


async def record(context: Context, payload: Mapping[str, Any]) -> None:
    async with context.unit_of_work() as db:
        await webhook_service.record_webhooks(db, Happened.model_validate(payload), now=context.now())


async def replay(context: Context, payload: Mapping[str, Any]) -> None:
    async with context.unit_of_work() as db:
        await webhook_service.replay(db, Happened.model_validate(payload), now=context.now())


async def send(context: Context, payload: Mapping[str, Any]) -> None:
    turn = webhook_service.Turn.model_validate(payload)
    async with context.unit_of_work() as db:
        sendable = await webhook_service.begin_attempt(db, turn, now=context.now())
    if sendable is None:
        return
    try:
        outcome = await webhook_service.post(context.house.outside.outgoing, sendable, now=context.now())
    except OutgoingBusy:
        async with context.unit_of_work() as db:
            await webhook_service.put_off(db, turn)
        return
    except Exception:  # a message that only its job knows to have failed would be tried for ever
        log.exception("a webhook failed in a way of its own", message_id=str(turn.message_id))
        outcome = webhook_service.Outcome(failure="it could not be sent, for a reason of ours")
    async with context.unit_of_work() as db:
        await webhook_service.end_attempt(db, turn, outcome, now=context.now())


async def tell(context: Context, payload: Mapping[str, Any]) -> None:
    async with context.unit_of_work() as db:
        await webhook_service.tell_of_disabled(db, Happened.model_validate(payload), now=context.now())


async def look_after(context: Context) -> None:
    async with context.unit_of_work() as db:
        await webhook_service.look_after_webhooks(db, now=context.now())


async def prune(context: Context) -> None:
    may_be_more = True
    while may_be_more:
        async with context.unit_of_work() as db:
            may_be_more = await webhook_service.prune_webhooks(db, now=context.now())


JOBS = (
    Job(
        "webhook_events",
        record,
        hears={*(each.event for each in webhook_service.EVENT_TYPES), WebhookTestAsked},
        wanted=webhook_service.wanted_events,
    ),
    Job("webhook_replay", replay, hears={WebhookReplayAsked}),
    Job("webhook_disabled", tell, hears={WebhookEndpointDisabled}),
    Job(webhook_service.JOB, send, at_once=SENT_AT_ONCE),
)

SCANS = (
    Scan("look after webhooks", look_after, every_seconds=60),
    Scan("prune webhooks", prune, every_seconds=3_600),
)
