"""Jobs as the queue's own tables hold them; the library makes and changes those, so they are not among our tables."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import orjson
from sqlalchemy import BigInteger, Integer, LargeBinary, Text
from sqlalchemy.dialects.postgresql import ENUM
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app.platform.columns import UTC_TIMESTAMP


class JobStatus(StrEnum):
    QUEUED = "QUEUED"
    UNDER_WAY = "UNDER_WAY"
    PARKED = "PARKED"


STATUSES: Final = {"queued": JobStatus.QUEUED, "picked": JobStatus.UNDER_WAY, "failed": JobStatus.PARKED}


class _OfTheQueue(DeclarativeBase):
    pass


class QueuedJob(_OfTheQueue):
    """What is done is gone; `due_at` is when it may be tried (again)."""

    __tablename__ = "pgqueuer"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    name: Mapped[str] = mapped_column("entrypoint", Text)
    key: Mapped[str | None] = mapped_column("dedupe_key", Text)
    stored_status: Mapped[str] = mapped_column("status", ENUM(*STATUSES, name="pgqueuer_status", create_type=False))
    stored_payload: Mapped[bytes | None] = mapped_column("payload", LargeBinary)
    attempts: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column("created", UTC_TIMESTAMP)
    updated_at: Mapped[datetime] = mapped_column("updated", UTC_TIMESTAMP)
    due_at: Mapped[datetime] = mapped_column("execute_after", UTC_TIMESTAMP)

    @property
    def status(self) -> JobStatus:
        return STATUSES[self.stored_status]

    @property
    def tries(self) -> int:
        """How often it has failed since it was queued, or retried by somebody."""
        return self.attempts + (self.status is JobStatus.PARKED)

    @property
    def payload(self) -> str:
        """Ids and times, as JSON."""
        try:
            return orjson.dumps(orjson.loads(self.stored_payload or b"{}")).decode()
        except ValueError:
            return "null"

    def __init__(self, **values: Any) -> None:
        raise TypeError("jobs are queued by `app.platform.jobs.enqueue`")
