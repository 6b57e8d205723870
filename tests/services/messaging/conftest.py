"""A coach and a member with a telephone, and a provider of SMS."""

from collections.abc import AsyncIterator

import pytest

from tests.platform.twilio_server import TwilioServer, twilio_server
from tests.practice import Person, Practice


@pytest.fixture
async def twilio(practice: Practice) -> AsyncIterator[TwilioServer]:
    """The practice sends its SMS through it."""
    async with twilio_server() as twilio:
        practice.house.outside.sms = twilio.sender()
        yield twilio


@pytest.fixture
async def coach(practice: Practice) -> Person:
    return await practice.coach(display_name="Grace")


@pytest.fixture
async def member(practice: Practice, coach: Person) -> Person:
    return await practice.member(coach, first_name="Ada", phone="+49 151 1234-5678")
