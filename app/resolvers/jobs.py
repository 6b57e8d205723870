"""Jobs: the queue, trying again, dropping."""

from typing import Annotated

import strawberry

from app.models import jobs as models
from app.models.jobs import JobStatus
from app.resolvers.arguments import DEFAULT_FIRST, NOT_GIVEN, After, First, page
from app.schema.jobs import DropJobInput, Job, RetryJobInput
from app.schema.problems import JobNotParked, JobQueuedAgain, result_of
from app.schema.relations import Info
from app.services import jobs as job_service
from app.wire.relay import Connection, InvalidId, connection, parse_global_id

Status = Annotated[JobStatus | None, strawberry.argument(description="Only those that stand there; default: all.")]
MOST = 2**63 - 1


@strawberry.type
class Query:
    @strawberry.field(
        graphql_type=Connection[Job],
        description="Jobs that are queued, under way or parked, in the order in which they were queued. For admins.",
    )
    async def jobs(
        self, info: Info, first: First = DEFAULT_FIRST, after: After = NOT_GIVEN, status: Status = NOT_GIVEN
    ) -> Connection[Job]:
        wanted = job_service.JobFilter.read(**({"status": status} if status else {}))
        found = await info.context.read(job_service.list_jobs, wanted=wanted, page=page(first, after))
        return connection(found)


@strawberry.type
class Mutation:
    @strawberry.mutation(
        graphql_type=result_of("RetryJobResult", Job, JobNotParked, JobQueuedAgain),
        description="Queues a parked job again, as if it had not been tried yet. For admins.",
    )
    async def retry_job(
        self, info: Info, input: Annotated[RetryJobInput, strawberry.argument(description="Which.")]
    ) -> models.QueuedJob:
        return await info.context.write(job_service.retry_job, job_id=_key(input.id))

    @strawberry.mutation(
        graphql_type=result_of("DropJobResult", Job, JobNotParked),
        description="Takes a parked job out of the queue, undone. For admins.",
    )
    async def drop_job(
        self, info: Info, input: Annotated[DropJobInput, strawberry.argument(description="Which.")]
    ) -> models.QueuedJob:
        return await info.context.write(job_service.drop_job, job_id=_key(input.id))


def _key(id: strawberry.ID) -> int:
    found, key = parse_global_id(id)
    if found != "Job" or not key.isdecimal() or str(int(key)) != key or int(key) > MOST:
        raise InvalidId("id", "Job")
    return int(key)
