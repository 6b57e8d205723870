"""Sending what coaches write to their members."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from html import escape
from typing import Any, Final

from app.context import Context
from app.events import Happened, MessageQueued
from app.jobs.job import Job
from app.models.messaging import CommunicationChannel
from app.platform.mail import Mail, Undelivered
from app.platform.outside import Outside
from app.services import messaging

PAUSES: Final = tuple(timedelta(seconds=seconds) for seconds in (5, 60, 300, 1_800))
AT_ONCE: Final = 10
_OURS: Final = "It could not be sent, for a reason of ours"


async def _send(channel: CommunicationChannel, context: Context, payload: Mapping[str, Any]) -> None:
    """A crash between handing over and writing that down sends the message again."""
    event = Happened.model_validate(payload).read()
    assert isinstance(event, MessageQueued)
    if event.channel != channel:
        return
    try:
        async with context.unit_of_work() as db:
            message = await messaging.begin_try(db, event.communication_id, now=context.now())
    except Exception:  # a message that only its job knows to have failed would be queued for ever
        async with context.unit_of_work() as db:
            await messaging.count_broken_try(db, event.communication_id, _OURS, now=context.now())
        raise
    if message is None:
        return
    try:
        provider_id = await _hand_over(context.house.outside, message)
    except Undelivered as failure:
        is_final = failure.is_final or message.is_last_try
        await _note_failure(context, message, failure.reason, is_final)
        if not is_final:
            raise
        return
    except Exception:
        await _note_failure(context, message, _OURS, message.is_last_try)
        raise
    async with context.unit_of_work() as db:
        await messaging.note_sent(db, message.id, provider_id, now=context.now())


async def _note_failure(context: Context, message: messaging.Outgoing, reason: str, is_final: bool) -> None:
    async with context.unit_of_work() as db:
        await messaging.note_failure(db, message.id, reason, is_final=is_final, now=context.now())


async def _hand_over(outside: Outside, message: messaging.Outgoing) -> str | None:
    """The provider's id, if it gives one. Raises `Undelivered`."""
    key = f"message-{message.id}"
    if message.channel is CommunicationChannel.SMS:
        if outside.sms is None:
            raise Undelivered("No provider of SMS is configured", is_final=True)
        return await outside.sms.send(key=key, to=message.to, body=message.body)
    paragraphs = "".join(f"<p>{escape(line)}</p>" for line in message.body.splitlines() if line.strip())
    await outside.mailer.send(Mail(key, message.to, message.subject, message.body, paragraphs))
    return None


def _sending(name: str, channel: CommunicationChannel) -> Job:
    """Each channel has a job of its own, so that a partner who hangs delays only what goes through them."""
    return Job(name, partial(_send, channel), pauses=PAUSES, at_once=AT_ONCE, hears={MessageQueued})


SENDING = (
    _sending("send_message_by_mail", CommunicationChannel.EMAIL),
    _sending("send_message_by_sms", CommunicationChannel.SMS),
)
assert len(PAUSES) + 1 == messaging.TRIES
