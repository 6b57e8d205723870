"""docs/messages.md: its list of placeholders is the code's, and its script sends a message."""

import asyncio
import json
import re
import sys
from pathlib import Path

from app.services.messaging import PLACEHOLDERS
from tests.messaging import history, message_hook
from tests.practice import Practice
from tests.server.serving import Served


def page(root: Path) -> str:
    return (root / "docs" / "messages.md").read_text(encoding="utf-8")


def test_the_page_lists_every_placeholder_with_its_meaning(root: Path) -> None:
    rows = re.findall(r"^\| `([a-z_.]+)` \| (.+) \|$", page(root), re.MULTILINE)

    assert rows == [(name, meaning) for name, (meaning, _) in PLACEHOLDERS.items()]


async def test_the_script_of_the_page_sends_a_message(practice: Practice, served: Served, root: Path) -> None:
    coach = await practice.coach()
    member = await practice.member(coach, first_name="Ada", phone="+4915112345678")
    hook = await message_hook(practice, coach)
    (script,) = re.findall(r"```python\n(.*?)```", page(root), re.DOTALL)
    given = {
        "MEMBER_ID": member.id,
        "HOOK_SECRET": hook["secret"],
        "HOOK_URL": served.url + hook["hook"]["path"],
        "no_proxy": "*",
    }

    pipe = asyncio.subprocess.PIPE
    running = await asyncio.create_subprocess_exec(sys.executable, "-I", "-c", script, env=given, stdout=pipe)
    answered, _ = await running.communicate()

    assert running.returncode == 0
    assert json.loads(answered).keys() == {"communicationId"}
    assert await history(practice, coach, member) == [("QUEUED", "Hi Ada, see you soon!")]
