"""The practice behind a real socket."""

from collections.abc import AsyncIterator

import pytest

from tests.practice import Practice
from tests.server.serving import Served, start_serving


@pytest.fixture
async def served(practice: Practice) -> AsyncIterator[Served]:
    async with start_serving(practice.application) as served:
        yield served
