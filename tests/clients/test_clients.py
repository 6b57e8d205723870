"""Clients as judges: what apps are built with, each against a real server process that is restarted meanwhile."""

from pathlib import Path

import pytest

from app.platform.settings import Settings
from tests.clients.judging import fulfils, judged

BASICS = ("a query is answered", "a mutation is answered", "a query that is wrong is refused", "a stranger is refused")
LIVE = ("a booking made elsewhere arrives", "after a restart the subscription goes on")
BY_HASH = "a persisted query is asked by its hash"
GROWING = (
    "a coach has a view before there is anything to see",
    "a member answers question after question",
    "the coach sees the new coherence",
    "what to do next is drafted, with a reason",
    "the coach says it in their own words, and assigns it",
    "the member does it, and says how much it has helped",
    "the next draft knows of it",
)
STEPS = {
    "graphql-ws": (
        *BASICS,
        *LIVE,
        "a session booked elsewhere arrives",
        "a mistake leaves the neighbours on the socket alone",
        *GROWING,
        BY_HASH,
    ),
    "graphql-sse": (*BASICS, *LIVE, BY_HASH),
    "apollo": (
        *BASICS,
        *LIVE,
        "a booking made elsewhere arrives in parts over HTTP",
        "a query over the socket is answered",
        "a query that is wrong is refused over the socket",
        BY_HASH,
        "a persisted query is asked by GET",
        "a persisted query is asked by its hash over the socket",
        "a deferred part comes after the rest",
        "a deferred part is understood by the handler of the older format",
        "a part that is deferred on a false condition comes with the rest",
    ),
    "urql": (
        *BASICS,
        "its Accept header, which lists streams, is answered with plain JSON",
        "a booking made elsewhere arrives over the socket",
        "after a restart the subscription goes on",
        "a booking made elsewhere arrives over an event stream",
        BY_HASH,
        "a persisted query is made known and asked by GET",
        "a deferred part comes after the rest",
    ),
    "legacy": (*BASICS, *LIVE),
}
ENVIRONMENTS = {"legacy": {"LEGACY_SOCKETS": "true"}, "graphql-ws": {"WORKER": "true"}}


@pytest.mark.parametrize(
    ("client", "step"),
    [pytest.param(client, step, id=f"{client}: {step}") for client, steps in STEPS.items() for step in steps],
)
async def test_client(client: str, step: str, settings: Settings, shared_folder: Path) -> None:
    fulfils(await judged(client, settings, shared_folder, **ENVIRONMENTS.get(client, {})), step)


@pytest.mark.parametrize("client", STEPS)
async def test_nothing_else_is_said_by(client: str, settings: Settings, shared_folder: Path) -> None:
    report = await judged(client, settings, shared_folder, **ENVIRONMENTS.get(client, {}))

    assert report["ended"] == "exit code 0"
    assert set(report["steps"]) == set(STEPS[client])
