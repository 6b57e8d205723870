"""What is recorded here stays in the house: whether it leaves is another matter."""

import pytest

from app.jobs import JOBS
from app.jobs.deliveries import DELIVERING


@pytest.fixture(autouse=True)
def nothing_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.worker.JOBS", tuple(job for job in JOBS if job not in DELIVERING))
