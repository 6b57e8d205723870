"""The page about webhooks is true: its tables are the code's, and its receiver and its workflow work."""

import asyncio
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic.alias_generators import to_camel
from standardwebhooks import Webhook

from app.api import schema
from app.cli.commands import webhook_schema
from app.events import EVENTS
from app.services.webhooks import EVENT_TYPES, SCHEDULE, TEST
from app.services.webhooks.event_types import INTERNAL, NODES, schema_document
from tests.clients.node import node_version
from tests.practice import Practice
from tests.receiving import Receiver
from tests.server.serving import start_serving
from tests.webhooks import SEND_TEST, UPDATE, endpoint, messages, work_now

UNITS = {"second": 1, "minute": 60, "hour": 3_600}


@pytest.fixture
def page(root: Path) -> str:
    return (root / "docs" / "webhooks.md").read_text(encoding="utf-8")


def table(page: str, head: str) -> list[str]:
    lines = page[page.index(head) :].splitlines()[2:]
    return lines[: lines.index("")]


def test_the_table_of_events_is_the_codes(page: str) -> None:
    wanted = []
    for each in (*EVENT_TYPES, TEST):
        fields = ", ".join(f"`{to_camel(name)}`" for name in each.event.model_fields)
        wanted.append(f"| `{each.name}` | {each.description} | {fields} |")

    assert table(page, "| type | when | `data` |") == wanted


def test_the_table_of_tries_is_the_codes(page: str) -> None:
    found = []
    for number, line in enumerate(table(page, "| try | after |"), start=1):
        _, shown, after, _ = (cell.strip() for cell in line.split("|"))
        count, _, unit = after.partition(" ")
        found.append(0 if after == "at once" else int(count) * UNITS[unit.rstrip("s")])
        assert int(shown) == number

    assert found == [pause.total_seconds() for pause in SCHEDULE]


def test_every_event_is_told_or_internal_and_none_is_both() -> None:
    public = {each.event for each in EVENT_TYPES}

    assert set(EVENTS.values()) - public - INTERNAL == set(), (
        "name it in services/webhooks/event_types.py, or call it internal"
    )
    assert public & INTERNAL == set()
    assert len({each.name for each in EVENT_TYPES}) == len(public) == len(EVENT_TYPES)


def test_ids_are_those_of_things_that_the_api_has() -> None:
    shown = {each.name for each in schema._schema.get_possible_types(schema._schema.type_map["Node"])}  # type: ignore[arg-type]

    assert set(NODES.values()) <= shown
    assert NODES.keys() == {
        name for each in (*EVENT_TYPES, TEST) for name in each.event.model_fields if name.endswith("_id")
    }


def test_the_committed_schema_is_what_the_code_prints(root: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    webhook_schema()

    printed = capsysbinary.readouterr().out
    same = (root / "docs" / "webhooks" / "event-types.json").read_bytes() == printed == schema_document()
    assert same, "run `rapport webhooks schema > docs/webhooks/event-types.json`"


async def test_the_schema_is_served(practice: Practice) -> None:
    async with start_serving(practice.application) as served, served.client() as client:
        answer = await client.get("/webhooks/schema.json")

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/schema+json")
    assert answer.content == schema_document()


@pytest.mark.usefixtures("loopback")
async def test_the_receiver_of_the_page_receives_what_is_for_it(practice: Practice, page: str, tmp_path: Path) -> None:
    (script,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    (tmp_path / "receiver.py").write_text(script)
    coach = await practice.coach()
    id_, secret = await endpoint(practice, coach, "https://example.com/")
    running = await asyncio.create_subprocess_exec(
        sys.executable,
        tmp_path / "receiver.py",
        env={**os.environ, "SECRET": secret, "PORT": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert running.stdout is not None
    try:
        async with asyncio.timeout(30):
            url = f"http://127.0.0.1:{int((await running.stdout.readline()).split()[-1])}/"
            await practice.ask(UPDATE, coach, input={"id": id_, "url": url})
            another, _ = await endpoint(practice, coach, url)
            for each in (another, id_):
                await practice.ask(SEND_TEST, coach, input={"id": each})
            await work_now(practice)
            printed = (await running.stdout.readline()).decode()
            (message,) = await messages(practice, coach, id_)
            assert printed.split()[:2] == [message["webhookId"], "test.sent"]
            assert message["status"] == "DELIVERED"
            assert [each["status"] for each in await messages(practice, coach, another)] == ["PENDING"]
    finally:
        running.kill()
        await running.wait()


RUN = """
const { node, json, body } = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const run = Object.getPrototypeOf(async function () {}).constructor('$input', 'require', node);
const $input = { first: () => ({ json }) };
run.call({ helpers: { getBinaryDataBuffer: async () => Buffer.from(body || '') } }, $input, require)
  .then((made) => console.log(JSON.stringify(made[0].json)), (refused) => console.log(JSON.stringify(String(refused))));
"""


def run_node(code: str, **given: Any) -> Any:
    """What a Code node makes of what it is given, or why it does not."""
    said = subprocess.run(
        ["node", "-e", RUN], input=json.dumps({"node": code, **given}), capture_output=True, text=True, check=True
    )
    return json.loads(said.stdout)


@pytest.mark.skipif(node_version() < 18, reason="Node is not installed")
async def test_the_workflow_verifies_a_delivery_and_signs_its_own(
    practice: Practice, root: Path, receiver: Receiver
) -> None:
    workflow = json.loads((root / "docs" / "n8n" / "session-booked.json").read_text(encoding="utf-8"))
    codes = {each["name"]: each["parameters"].get("jsCode") for each in workflow["nodes"]}
    coach = await practice.coach()
    id_, secret = await endpoint(practice, coach, receiver.url)
    await practice.ask(SEND_TEST, coach, input={"id": id_})
    await work_now(practice)
    (received,) = receiver.received
    delivery = {"json": {"headers": dict(received.headers)}, "body": received.body.decode()}

    verify = codes["Verify"].replace("whsec_REPLACE", secret)
    verified = run_node(verify, **delivery)
    assert verified == {"webhookId": received.webhook_id, **received.told}
    assert "not from Rapport" in run_node(verify, **{**delivery, "body": delivery["body"] + " "})
    booked = {"webhookId": "msg_1", "data": {"memberId": "M", "sessionId": "S"}}
    made = run_node(codes["Write and sign"].replace("whsec_REPLACE", secret), json=booked)
    headers = {"webhook-id": made["id"], "webhook-timestamp": made["timestamp"], "webhook-signature": made["signature"]}
    assert Webhook(secret).verify(made["body"], headers)["memberId"] == "M"
    assert made["id"] == "n8n_msg_1"


def test_the_nodes_of_the_workflow_are_in_one_line(root: Path) -> None:
    workflow = json.loads((root / "docs" / "n8n" / "session-booked.json").read_text(encoding="utf-8"))
    line, follows = ["Rapport"], workflow["connections"]
    while line[-1] in follows:
        line.append(follows[line[-1]]["main"][0][0]["node"])

    assert line == [each["name"] for each in workflow["nodes"]]
