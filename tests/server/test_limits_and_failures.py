"""What asks for too much is refused before it costs anything; what fails on our side is masked."""

import subprocess
import sys
from pathlib import Path

import pytest
import structlog

from tests.operations import LOG_IN
from tests.practice import Practice
from tests.server.serving import START_SECONDS, WHO, Served
from tests.statements import statements


def nested(levels: int) -> str:
    """A document of valid fields, so many levels deep."""
    opening = ["coaches(first: 1)", "edges", "node", *("availabilityWindows", "coach") * levels][: levels - 1]
    return " { ".join(["", *opening, "__typename id"]) + " }" * levels


FIRST = "query ($first: Int) { coaches(first: $first) { edges { cursor } } }"
TOO_MUCH = {
    "depth": (nested(13), {}),
    "cost": ("{ coaches(first: 100) { edges { node { " + "id bio " * 25 + "} } } }", {}),
    "cost by fragments": (
        "{ coaches(first: 100) { edges { node { ...A ...A } } } } fragment A on Coach { ...B ...B }"
        " fragment B on Coach { ...C ...C } fragment C on Coach { ...D ...D } fragment D on Coach { bio id status }",
        {},
    ),
    "tokens": ("{ " + "__typename " * 2_000 + "}", {}),
    "length": ("{ __typename } #" + "x" * 70_000, {}),
    "aliases": ("{ " + " ".join(f"a{number}: __typename" for number in range(101)) + " }", {}),
    "first is none": (FIRST, {"first": 0}),
    "first is negative": (FIRST, {"first": -1}),
    "first is large": (FIRST, {"first": 101}),
    "first is no int": (FIRST, {"first": 2**31}),
    "first is written out": ("{ coaches(first: 1000000) { edges { cursor } } }", {}),
    "first by default": ("query ($first: Int = 101) { coaches(first: $first) { edges { cursor } } }", {}),
    "nodes": ("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ["x"] * 5_001}),
}


async def test_what_asks_for_too_much_is_refused_before_any_statement(practice: Practice, served: Served) -> None:
    admin = await practice.admin()
    async with served.client(admin.token) as client:
        for what, (query, variables) in TOO_MUCH.items():
            with statements(practice.application.database.engine) as sent:
                answer = await client.post("/graphql", json={"query": query, "variables": variables})

            expected = "BAD_USER_INPUT" if what.startswith("first") else "QUERY_TOO_COMPLEX"
            errors = answer.json()["errors"]
            assert [error["extensions"]["code"] for error in errors] == [expected], what
            assert answer.json().get("data") is None
            assert sent == [], what


async def test_the_operation_that_is_asked_for_is_measured(practice: Practice, served: Served) -> None:
    several = "query A { __typename } query B { coaches(first: 101) { edges { cursor } } }"
    async with served.client() as client:
        for name, codes in (("B", {"BAD_USER_INPUT"}), (None, {"BAD_REQUEST", "BAD_USER_INPUT"})):
            with statements(practice.application.database.engine) as sent:
                answer = await client.post("/graphql", json={"query": several, "operationName": name})

            assert {error["extensions"]["code"] for error in answer.json()["errors"]} <= codes
            assert sent == []
        harmless = await client.post("/graphql", json={"query": several, "operationName": "A"})
        assert harmless.json() == {"data": {"__typename": "Query"}}


async def test_what_is_just_within_the_limits_is_answered(practice: Practice, served: Served) -> None:
    admin = await practice.admin()
    await practice.coach()
    within = [(nested(12), {}), (FIRST, {"first": 1}), (FIRST, {"first": 100}), (FIRST, {"first": None})]
    async with served.client(admin.token) as client:
        for query, variables in within:
            with statements(practice.application.database.engine) as sent:
                answer = await client.post("/graphql", json={"query": query, "variables": variables})

            assert "errors" not in answer.json(), answer.text
            assert len(answer.json()["data"]["coaches"]["edges"]) >= 1
            assert len(sent) > 1


async def test_a_bad_document_is_answered_with_few_and_short_errors(served: Served) -> None:
    unknown = "{ " + " ".join(f"unknown{number}" for number in range(100)) + " }"
    long = {"query": "query ($a: Int) { coaches(first: $a) { edges { cursor } } }", "variables": {"a": "x" * 200_000}}
    async with served.client() as client:
        many = await client.post("/graphql", json={"query": unknown})
        quoted = await client.post("/graphql", json=long)

    assert 1 <= len(many.json()["errors"]) <= 5
    assert {error["extensions"]["code"] for error in many.json()["errors"]} <= {"BAD_USER_INPUT", "QUERY_TOO_COMPLEX"}
    assert quoted.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert len(many.content) + len(quoted.content) < 4_000


# What went wrong on our side

FAIL = """
import structlog
from app.platform.logs import configure_logs
configure_logs("{log_format}")
def fail(password):
    raise RuntimeError("broken")
try:
    fail("".join(reversed("drow terces")))
except RuntimeError as failure:
    structlog.get_logger("app").error("operation failed", exc_info=failure)
"""


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_the_log_of_a_failure_shows_no_values(root: Path, log_format: str) -> None:
    program = [sys.executable, "-c", FAIL.format(log_format=log_format)]

    log = subprocess.run(program, cwd=root, capture_output=True, text=True, timeout=START_SECONDS, check=True).stderr

    assert "RuntimeError" in log
    assert "secret word" not in log


async def test_a_failure_is_masked_and_numbered(
    practice: Practice, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*args: object, **kwargs: object) -> None:
        try:
            raise KeyError("secret word")
        except KeyError as cause:
            raise RuntimeError("secret word") from cause

    monkeypatch.setattr("app.services.coaches.list_coaches", broken)
    monkeypatch.setattr("app.services.identity.log_in", broken)
    coach = await practice.coach()
    log_in = {"query": LOG_IN, "variables": {"input": {"email": "a@example.com", "password": "not the one"}}}
    async with served.client(coach.token) as client:
        for asked in ({"query": "{ coaches { edges { cursor } } }"}, log_in):
            with structlog.testing.capture_logs() as lines:
                answer = await client.post("/graphql", json=asked)

            (error,) = answer.json()["errors"]
            assert error["extensions"]["code"] == "INTERNAL"
            assert (answer.status_code, answer.json()["data"]) == (200, None)
            assert b"secret word" not in answer.content + str(answer.headers).encode()
            assert b"RuntimeError" not in answer.content
            (line,) = (line for line in lines if line["log_level"] == "error")
            assert line["error_id"] == error["extensions"]["id"]


async def test_a_failure_beside_a_success_takes_nothing_with_it(
    practice: Practice, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("secret word")

    monkeypatch.setattr("app.services.coaches.access_coach", broken)
    coach = await practice.coach()
    async with served.client(coach.token) as client:
        query = "query ($id: ID!) { viewer { user { email } } coach(id: $id) { id } }"
        with structlog.testing.capture_logs():
            answer = await client.post("/graphql", json={"query": query, "variables": {"id": coach.id}})

    assert answer.json()["data"] == {"viewer": {"user": {"email": coach.user.email}}, "coach": None}
    assert [error["path"] for error in answer.json()["errors"]] == [["coach"]]
    assert b"secret word" not in answer.content


async def test_a_failure_before_graphql_is_masked_too(
    practice: Practice, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(connection: object) -> None:
        raise RuntimeError("secret word")

    monkeypatch.setattr(practice.application.view, "_make_context", broken)
    async with served.client() as client:
        answer = await client.post("/graphql", json={"query": WHO})

    assert answer.status_code == 500
    assert b"secret word" not in answer.content + str(answer.headers).encode()
    assert b"Traceback" not in answer.content
