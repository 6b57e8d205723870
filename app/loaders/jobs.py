"""What jobs failed with."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

_LAST: Final = text(
    "SELECT DISTINCT ON (job_id) job_id, traceback ->> 'exception_type', traceback ->> 'exception_message'"
    " FROM pgqueuer_log WHERE job_id = ANY(:ids) AND traceback IS NOT NULL ORDER BY job_id, created DESC, id DESC"
)


async def last_errors(db: AsyncSession, ids: Sequence[int]) -> list[str | None]:
    """Of each job's last try that failed."""
    rows = (await db.execute(_LAST, {"ids": list(ids)})).all()
    found = {job_id: message if kind == "RetryRequested" else f"{kind}: {message}" for job_id, kind, message in rows}
    return [found.get(job_id) for job_id in ids]
