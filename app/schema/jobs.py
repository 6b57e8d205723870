"""Jobs that are done in the background."""

from datetime import datetime

import strawberry

from app.loaders import jobs as job_loaders
from app.models import jobs as models
from app.models.jobs import JobStatus
from app.wire.enums import describe
from app.wire.relations import relation
from app.wire.relay import global_id

describe(
    JobStatus,
    "Where a job stands. One that is done is gone.",
    {
        "QUEUED": "Waits for its turn, or for its next try.",
        "UNDER_WAY": "A worker is doing it.",
        "PARKED": "Has failed for the last time; nobody does it until it is retried.",
    },
)


@strawberry.type(description="Something that is done in the background, at least once. For admins.")
class Job:
    @strawberry.field(description="Opaque; good as long as the job is there.")
    def id(self, root: strawberry.Parent[models.QueuedJob]) -> strawberry.ID:
        return global_id("Job", root.id)

    name: str = strawberry.field(description="What is done.")
    key: str | None = strawberry.field(description="While a job of this key waits, another one is not queued.")
    status: JobStatus = strawberry.field(description="Where it stands.")
    tries: int = strawberry.field(description="How often it has failed since it was queued, or retried.")
    payload: str = strawberry.field(description="What it is done with, ids and times, as JSON.")
    created_at: datetime = strawberry.field(description="When it was queued first.")
    due_at: datetime = strawberry.field(description="Not tried before.")
    last_error: str | None = relation(
        str | None, job_loaders.last_errors, key="id", description="What its last try failed with; null if none has."
    )

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, models.QueuedJob)


@strawberry.input(description="A parked job to be tried again, with all its tries.")
class RetryJobInput:
    id: strawberry.ID = strawberry.field(description="The job.")


@strawberry.input(description="A parked job that is not to be done at all.")
class DropJobInput:
    id: strawberry.ID = strawberry.field(description="The job.")
