"""Telling endpoints outside what happened here."""

from collections.abc import Mapping
from typing import Any, Final

from app.context import Context
from app.events import Happened, WebhookEndpointDisabled, WebhookReplayAsked, WebhookTestAsked
from app.jobs.job import Job, Scan
from app.services import webhooks as webhook_service

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
    outcome = await webhook_service.post(context.house.outside.outgoing, sendable, now=context.now())
    async with context.unit_of_work() as db:
        await webhook_service.end_attempt(db, turn, outcome, now=context.now())


async def tell(context: Context, payload: Mapping[str, Any]) -> None:
    async with context.unit_of_work() as db:
        await webhook_service.tell_of_disabled(db, Happened.model_validate(payload), now=context.now())


async def look_after(context: Context) -> None:
    async with context.unit_of_work() as db:
        await webhook_service.look_after_webhooks(db, now=context.now())


async def prune(context: Context) -> None:
    async with context.unit_of_work() as db:
        await webhook_service.prune_webhooks(db, now=context.now())


JOBS = (
    Job("webhook_events", record, hears={*(each.event for each in webhook_service.EVENT_TYPES), WebhookTestAsked}),
    Job("webhook_replay", replay, hears={WebhookReplayAsked}),
    Job("webhook_disabled", tell, hears={WebhookEndpointDisabled}),
    Job(webhook_service.JOB, send, at_once=SENT_AT_ONCE, waits_outside=True),
)

SCANS = (
    Scan("look after webhooks", look_after, every_seconds=60),
    Scan("prune webhooks", prune, every_seconds=3_600),
)
