"""One small practice behind a real socket for each module: whatever is refused leaves it as it was."""

from collections.abc import AsyncIterator

import pytest

from app.platform.settings import Settings
from tests.api.world import World
from tests.practice import MovableClock, Practice
from tests.server.serving import start_serving


@pytest.fixture(scope="module")
async def world(settings: Settings) -> AsyncIterator[World]:
    async with (
        Practice.opened(settings, MovableClock()) as practice,
        start_serving(practice.application) as served,
        served.client() as client,
    ):
        yield await World.made(practice, client)
