"""`rapport keys` beside a server that runs, and starts that are refused for want of the right key."""

import os
import subprocess
import sys
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from app.platform.settings import Settings
from tests.operations import add_window, booked, noted, nothing_written
from tests.practice import MovableClock, Practice
from tests.server.test_serve_command import CLEAN, LOG_IN, Served, serving

SESSIONS = "{ sessions(filter: { status: SCHEDULED }) { edges { node { id notes { sections { text } } } } } }"
WRITE = (
    'mutation { writeSessionNote(input: {sessionId: "%s", visibility: PRIVATE, sections: [{heading: "A", text: "%s"}]})'
    " { ... on SessionNote { id } } }"
)


def rapport(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    clean = {key: value for key, value in os.environ.items() if key not in CLEAN}
    command = [sys.executable, "-m", "app.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=clean | environment, timeout=60, check=False)


def log_in(served: Served) -> str:
    return str(served.ask(LOG_IN % "coach@example.com")["logIn"]["accessToken"])


def notes(served: Served, token: str) -> list[Any]:
    (edge,) = served.ask(SESSIONS, token)["sessions"]["edges"]
    return [note["sections"][0]["text"] for note in edge["node"]["notes"]]


def test_keys_are_made_at_the_first_start_rotated_while_it_serves_and_missed_when_they_are_gone(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    key_file = data_dir / "encryption-keys"
    with serving(data_dir, "--workers", "2") as served:
        assert key_file.stat().st_mode & 0o777 == 0o600
        token = log_in(served)
        session = served.ask(SESSIONS, token)["sessions"]["edges"][0]["node"]["id"]
        served.ask(WRITE % (session, "Before"), token)

        rotated = rapport("keys", "rotate", "--data-dir", str(data_dir))

        assert rotated.returncode == 0, rotated.stderr
        assert rotated.stdout.startswith("2 keys and secrets were wrapped anew")
        assert len(key_file.read_text().splitlines()) == 2
        for number in range(8):  # of both workers
            served.ask(WRITE % (session, f"After {number}"), token)
            assert notes(served, token)[0] == "Before"
        checked = rapport("keys", "check", "--data-dir", str(data_dir))
        assert (checked.returncode, checked.stderr) == (0, "")
        assert served.stop() == 0

    with serving(data_dir) as served:
        assert notes(served, log_in(served)) == ["Before", *(f"After {number}" for number in range(8))]
        assert served.stop() == 0

    kept = key_file.read_text()
    key_file.unlink()
    lost = rapport("serve", "--port", "0", "--data-dir", str(data_dir))
    assert lost.returncode == 1
    assert str(key_file) in lost.stderr
    assert "Traceback" not in lost.stderr
    assert not key_file.exists(), "no other key is made where one is missing"

    name = kept.partition(":")[0]
    key_file.write_text(f"{name}:{b64encode(bytes(32)).decode()}\n" + kept.partition("\n")[2])
    key_file.chmod(0o600)
    wrong = rapport("serve", "--port", "0", "--data-dir", str(data_dir))
    assert wrong.returncode == 1
    assert f"the key {name} is not the one" in wrong.stderr
    failed = rapport("keys", "check", "--data-dir", str(data_dir))
    assert failed.returncode == 1
    assert failed.stderr.count("session_notes ") == 10  # with the one of the demo
    assert "member_keys " in failed.stderr


def addresses(settings: Settings) -> dict[str, str]:
    return {
        "DATABASE_URL": settings.database_url,
        "DATABASE_OWNER_URL": settings.database_owner_url,
        "REDIS_URL": settings.redis_url,
        "SECRET_KEY": settings.secret_key,
    }


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ("", "ENCRYPTION_KEYS: is needed with DATABASE_URL"),
        (f"tests-2:{b64encode(b'x' * 32).decode()}", "ENCRYPTION_KEYS: the key tests-2 is not the one"),
        (f"new:{b64encode(b'n' * 32).decode()}", "ENCRYPTION_KEYS: the key tests-2 is missing"),
    ],
    ids=["none", "a wrong one", "another one"],
)
async def test_a_start_with_a_database_of_ones_own_is_refused_without_its_key_and_nothing_is_written(
    settings: Settings, tmp_path: Path, keys: str, words: str
) -> None:
    async with Practice.opened(settings, MovableClock()) as practice:
        coach = await practice.coach()
        await add_window(practice, coach)
        await noted(
            practice, coach, await booked(practice, await practice.member(coach), coach, "2026-03-02T09:00:00Z")
        )
        told = addresses(settings) | {"ENCRYPTION_KEYS": keys}

        async with nothing_written(practice):
            refused = rapport("serve", "--port", "0", "--data-dir", str(tmp_path), **told)

        assert refused.returncode == 1
        assert words in refused.stderr
        assert "Traceback" not in refused.stderr
        assert os.listdir(tmp_path) == [], "a key was made"


async def test_plain_uvicorn_is_refused_too(settings: Settings, tmp_path: Path) -> None:
    for keys, words in (
        ("", "ENCRYPTION_KEYS: is needed with DATABASE_URL"),
        (f"tests-2:{b64encode(b'x' * 32).decode()}", "the key tests-2 is not the one"),
    ):
        environment = {key: value for key, value in os.environ.items() if key not in CLEAN}
        environment |= addresses(settings) | {"ENCRYPTION_KEYS": keys, "DATA_DIR": str(tmp_path)}
        command = [sys.executable, "-m", "uvicorn", "--factory", "app.server:create_app", "--port", "0"]
        async with Practice.opened(settings, MovableClock()):
            refused = subprocess.run(  # noqa: ASYNC221 - nothing else is to go on
                command, capture_output=True, text=True, env=environment, timeout=60, check=False
            )

        assert refused.returncode != 0
        assert words in refused.stderr
