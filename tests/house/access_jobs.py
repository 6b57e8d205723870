"""Rows of the access table for the background's jobs."""

from tests.house.rows import ADMINS, LOGIN, Row, given, inputs
from tests.house.world import World
from tests.jobs.working import parked


async def parked_job(world: World) -> str:
    return await parked(world.practice)


ROWS = {
    "Query.jobs": Row(LOGIN, given(), ("jobs:manage",), ADMINS),
    "Mutation.retryJob": Row(LOGIN, inputs(id=parked_job), ("jobs:manage",), ADMINS),
    "Mutation.dropJob": Row(LOGIN, inputs(id=parked_job), ("jobs:manage",), ADMINS),
}
