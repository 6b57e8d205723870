"""Handing over what leaves the house: each delivery goes to the job of its channel, which tries for some hours."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import structlog

from app.context import Context
from app.events import DeliveryAsked, Happened
from app.jobs.job import Job
from app.platform.jobs import Park
from app.platform.mail import Mail, Undelivered
from app.platform.mail_smtp import AT_ONCE
from app.services.notifications import deliveries
from app.services.notifications.deliveries import Claim, Sms

log = structlog.get_logger(__name__)

PAUSES: Final = tuple(timedelta(seconds=seconds) for seconds in (5, 60, 300, 1_800, 7_200, 18_000))


async def resend_delivery(context: Context, payload: Mapping[str, Any]) -> None:
    asked = Happened.model_validate(payload).read()
    assert isinstance(asked, DeliveryAsked)
    async with context.unit_of_work() as db:
        await deliveries.hand_on(db, asked.delivery_id)


async def send_mail(context: Context, payload: Mapping[str, Any]) -> None:
    async def hand_over(mail: Mail | Sms) -> None:
        assert isinstance(mail, Mail)
        await context.house.outside.mailer.send(mail)

    await _send(context, payload, hand_over)


async def send_sms(context: Context, payload: Mapping[str, Any]) -> None:
    async def hand_over(sms: Mail | Sms) -> None:
        assert isinstance(sms, Sms)
        if context.house.outside.sms is None:
            raise Undelivered("No provider of SMS is configured", is_final=True)
        await context.house.outside.sms.send(key=sms.key, to=sms.to, body=sms.body)

    await _send(context, payload, hand_over)


async def _send(
    context: Context, payload: Mapping[str, Any], hand_over: Callable[[Mail | Sms], Awaitable[None]]
) -> None:
    """No transaction is open while the partner has its time. Raises to be tried again, and parks what is given up."""
    wanted = Claim(UUID(payload["delivery_id"]), int(payload["sending"]))
    leaving = context.house.leaving
    claimed: Mail | Sms | None = None
    try:
        claimed = await leaving.claim(wanted)
        if claimed is None:
            return
        await hand_over(claimed)
    except Undelivered as undelivered:
        failure = undelivered
    except Exception as broken:  # a delivery that only its job knows to have failed would be on its way for ever
        log.exception("a delivery failed in a way of its own", delivery_id=str(wanted.delivery_id))
        failure = Undelivered(f"It could not be handed over: {type(broken).__name__}")
    else:
        await leaving.record_sent(wanted)
        return
    async with context.unit_of_work() as db:
        if claimed is None:
            await deliveries.count_try(db, wanted.delivery_id, wanted.sending, now=context.now())
        is_to_be_tried = await deliveries.record_failure(
            db, wanted.delivery_id, wanted.sending, failure, most_tries=len(PAUSES) + 1, now=context.now()
        )
    if is_to_be_tried is not None:
        raise failure if is_to_be_tried else Park(failure.reason)


DELIVERING = (
    Job("resend_delivery", resend_delivery, hears={DeliveryAsked}),
    Job("send_mail", send_mail, pauses=PAUSES, at_once=AT_ONCE),
    Job("send_sms", send_sms, pauses=PAUSES, at_once=AT_ONCE),
)
