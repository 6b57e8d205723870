"""A coach, a member and an admin; what is recorded stays in the house."""

import pytest

from app.jobs import JOBS
from app.jobs.deliveries import DELIVERING
from tests.practice import Person, Practice


@pytest.fixture(autouse=True)
def nothing_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.worker.JOBS", tuple(job for job in JOBS if job not in DELIVERING))


@pytest.fixture
async def coach(practice: Practice) -> Person:
    return await practice.coach()


@pytest.fixture
async def member(practice: Practice, coach: Person) -> Person:
    return await practice.member(coach)


@pytest.fixture
async def admin(practice: Practice) -> Person:
    return await practice.admin()
