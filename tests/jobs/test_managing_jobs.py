"""What an admin sees of the queue, and can do about what is parked."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.context import Context
from app.jobs.job import Job
from app.models.jobs import QueuedJob
from app.platform.jobs import NewJob, Park, enqueue
from app.services.jobs import DROPPED
from app.wire.relay import global_id
from app.worker import Worker
from tests.jobs.delivering import its_id, state, tell
from tests.jobs.working import with_jobs
from tests.messaging import sent
from tests.practice import Person, Practice

JOBS = (
    "query Jobs($status: JobStatus, $first: Int, $after: String) {"
    " jobs(status: $status, first: $first, after: $after) {"
    " edges { cursor node { id name key status tries payload createdAt dueAt lastError } } pageInfo { hasNextPage } } }"
)
RETRY = (
    "mutation ($input: RetryJobInput!) { retryJob(input: $input) { __typename ... on Job { id status tries lastError }"
    " ... on JobNotParked { code status } ... on Problem { code message } ... on InvalidInput { field } } }"
)
DROP = (
    "mutation ($input: DropJobInput!) { dropJob(input: $input) { __typename ... on Job { id status name }"
    " ... on JobNotParked { code status } ... on Problem { code message } ... on InvalidInput { field } } }"
)


async def ask_for(practice: Practice, *jobs: NewJob) -> None:
    async with practice.as_system() as db:
        await enqueue(db, jobs)


async def listed(practice: Practice, admin: Person, **variables: Any) -> list[dict[str, Any]]:
    page = await practice.ask(JOBS, admin, **variables)
    return [edge["node"] for edge in page["edges"]]


@pytest.fixture
def luck(monkeypatch: pytest.MonkeyPatch) -> dict[str, bool]:
    """Jobs fail as long as there is none."""
    luck = {"is_there": False}

    async def need_luck(context: Context, payload: Mapping[str, Any]) -> None:
        if not luck["is_there"]:
            raise Park("no luck")

    with_jobs(monkeypatch, Job("need luck", need_luck))
    return luck


async def test_jobs_are_listed_with_what_they_failed_with(practice: Practice, luck: dict[str, bool]) -> None:
    admin = await practice.admin()
    await ask_for(
        practice,
        NewJob("need luck", {"session_id": "17"}, key="luck:17"),
        NewJob("need luck", {}, after=timedelta(hours=1)),
    )
    await Worker(practice.house).once()

    parked, queued = await listed(practice, admin)

    assert (parked["name"], parked["key"], parked["status"], parked["tries"]) == ("need luck", "luck:17", "PARKED", 1)
    assert (parked["payload"], parked["lastError"]) == ('{"session_id":"17"}', "Park: no luck")
    assert (queued["key"], queued["status"], queued["tries"], queued["lastError"]) == (None, "QUEUED", 0, None)
    assert queued["dueAt"] > queued["createdAt"]
    assert await listed(practice, admin, status="PARKED") == [parked]
    assert await listed(practice, admin, status="UNDER_WAY") == []


async def test_a_retry_is_said_to_be_one_while_it_waits(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(context: Context, payload: Mapping[str, Any]) -> None:
        raise RuntimeError("no answer")

    with_jobs(monkeypatch, Job("fail", fail, pauses=(timedelta(hours=1),)))
    await ask_for(practice, NewJob("fail", {}))
    await Worker(practice.house).once()

    (job,) = await listed(practice, await practice.admin())

    assert (job["status"], job["tries"], job["lastError"]) == ("QUEUED", 1, "RuntimeError('no answer')")


async def test_pages_go_on_where_they_ended(practice: Practice) -> None:
    admin = await practice.admin()
    await ask_for(practice, *(NewJob("nobody's", {"number": number}) for number in range(3)))

    first = await practice.ask(JOBS, admin, first=2)
    rest = await practice.ask(JOBS, admin, first=2, after=first["edges"][-1]["cursor"])

    assert [edge["node"]["payload"] for edge in first["edges"] + rest["edges"]] == [
        f'{{"number":{number}}}' for number in range(3)
    ]
    assert (first["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]) == (True, False)


async def test_a_retried_job_has_all_its_tries_again(practice: Practice, luck: dict[str, bool]) -> None:
    admin = await practice.admin()
    await ask_for(practice, NewJob("need luck", {}))
    await Worker(practice.house).once()
    (job,) = await listed(practice, admin)

    retried = await practice.ask(RETRY, admin, input={"id": job["id"]})
    luck["is_there"] = True
    await Worker(practice.house).once()

    assert (retried["__typename"], retried["status"], retried["tries"]) == ("Job", "QUEUED", 0)
    assert await listed(practice, admin) == []


async def test_a_dropped_job_is_gone(practice: Practice, luck: dict[str, bool]) -> None:
    admin = await practice.admin()
    await ask_for(practice, NewJob("need luck", {}))
    await Worker(practice.house).once()
    (job,) = await listed(practice, admin)

    dropped = await practice.ask(DROP, admin, input={"id": job["id"]})
    again = await practice.ask(DROP, admin, input={"id": job["id"]})

    assert (dropped["__typename"], dropped["status"]) == ("Job", "PARKED")
    assert (again["__typename"], again["field"]) == ("InvalidInput", "id")
    assert await practice.count("pgqueuer") == 0


async def drop_all(practice: Practice) -> None:
    """As if every job that is queued had been parked."""
    await practice.rows("UPDATE pgqueuer SET status = 'failed' RETURNING id")
    admin = await practice.admin()
    for job in await listed(practice, admin):
        assert (await practice.ask(DROP, admin, input={"id": job["id"]}))["__typename"] == "Job"


async def test_what_a_dropped_job_was_to_deliver_has_failed(practice: Practice) -> None:
    member = await practice.member(await practice.coach())
    await tell(practice, member)
    await drop_all(practice)
    assert await state(practice) == ("FAILED", 0, DROPPED)

    admin = await practice.admin()
    resend = "mutation ($input: ResendDeliveryInput!) { resendDelivery(input: $input) { __typename } }"
    await practice.ask(resend, admin, input={"id": await its_id(practice)})
    assert await state(practice) == ("PENDING", 0, None)
    await practice.worker.relay()
    await drop_all(practice)
    assert await state(practice) == ("FAILED", 0, DROPPED)


async def test_a_job_of_an_earlier_sending_settles_nothing_when_it_is_dropped(practice: Practice) -> None:
    await tell(practice, await practice.member(await practice.coach()))
    await practice.rows("UPDATE deliveries SET sending = 2 RETURNING id")
    await drop_all(practice)

    assert await state(practice) == ("PENDING", 0, None)


async def test_a_message_whose_job_is_dropped_has_failed(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach, phone="+49 151 12345678")
    for channel in ("SMS", "EMAIL"):
        await sent(practice, coach, member, channel=channel)
    await practice.worker.relay()
    await drop_all(practice)

    assert await practice.rows("SELECT DISTINCT status, reason FROM communications") == [("FAILED", DROPPED)]


@pytest.mark.parametrize("mutation", [RETRY, DROP])
async def test_a_job_that_waits_for_its_turn_is_left_alone(practice: Practice, mutation: str) -> None:
    admin = await practice.admin()
    await ask_for(practice, NewJob("nobody's", {}))
    (job,) = await listed(practice, admin)

    refused = await practice.ask(mutation, admin, input={"id": job["id"]})

    assert (refused["__typename"], refused["status"]) == ("JobNotParked", "QUEUED")
    assert await listed(practice, admin) == [job]


async def test_a_job_is_not_retried_beside_another_of_its_key(practice: Practice, luck: dict[str, bool]) -> None:
    admin = await practice.admin()
    await ask_for(practice, NewJob("need luck", {}, key="luck"))
    await Worker(practice.house).once()
    (parked,) = await listed(practice, admin)
    await ask_for(practice, NewJob("need luck", {}, key="luck"))

    refused = await practice.ask(RETRY, admin, input={"id": parked["id"]})

    assert refused["__typename"] == "JobQueuedAgain"
    assert [job["status"] for job in await listed(practice, admin)] == ["PARKED", "QUEUED"]


@pytest.mark.parametrize("number", [0, 2**62])
async def test_a_job_that_was_never_there_is_a_wrong_id(practice: Practice, number: int) -> None:
    refused = await practice.ask(RETRY, await practice.admin(), input={"id": global_id("Job", number)})

    assert (refused["__typename"], refused["field"]) == ("InvalidInput", "id")


async def test_coaches_and_members_see_nothing_of_it(practice: Practice) -> None:
    coach = await practice.coach()
    for person in (coach, await practice.member(coach)):
        assert (await practice.refusal(JOBS, person))["code"] == "FORBIDDEN"
        async with practice.as_actor(person.actor) as db:
            assert (await db.execute(select(QueuedJob))).all() == []
