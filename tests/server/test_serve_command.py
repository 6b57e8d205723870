"""`rapport serve` as its user starts it: nothing configured, everything set up, everything stopped again."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

LOG_IN = (
    'mutation { logIn(input: {email: "%s", password: "rapport-demo"}) {'
    " ... on AuthSession { accessToken viewer { user { role } } } } }"
)
PATIENCE_SECONDS = 40
SETTINGS = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "DATA_DIR", "DEMO")
CLEAN = (*SETTINGS, "ENCRYPTION_KEYS", "ENCRYPTION_KEY_FILE")


class Served:
    def __init__(self, process: "subprocess.Popen[str]", address: str, said: list[str]) -> None:
        self.process, self.address, self.said = process, address, said

    def ask(self, query: str, token: str | None = None) -> Any:
        headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
        body = json.dumps({"query": query}).encode()
        request = urllib.request.Request(f"{self.address}/graphql", body, headers)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)["data"]

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(how)
        return self.process.wait(20)


@contextmanager
def serving(data_dir: Path, *arguments: str) -> Iterator[Served]:
    """A server that answers; it is killed at the end if it was not stopped."""
    environment = {key: value for key, value in os.environ.items() if key not in CLEAN}
    command = [sys.executable, "-m", "app.cli", "serve", "--port", "0", "--data-dir", str(data_dir), *arguments]
    with open(data_dir.with_suffix(".log"), "a+", encoding="utf-8") as log:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment, start_new_session=True
        )
        assert process.stdout is not None
        said: list[str] = []
        try:
            for line in process.stdout:
                said.append(line)
                if line.startswith("Ctrl-C"):
                    break
            found = re.search(r"http://127\.0\.0\.1:\d+", "".join(said))
            assert found, f"{said}\n{data_dir.with_suffix('.log').read_text(encoding='utf-8')}"
            wait_until_ready(found.group())
            yield Served(process, found.group(), said)
        finally:
            if process.poll() is None:  # a failed test: killed outright, it would leave its servers behind
                process.terminate()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(20)
            process.kill()
            process.wait()
            process.stdout.close()


def wait_until_ready(address: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=5) as answer:
                assert answer.status == 200
                return
        except OSError:
            assert time.monotonic() < deadline, "the server does not become ready"
            time.sleep(0.05)


def processes_of(data_dir: Path) -> list[str]:
    """Command lines of living processes that name the data folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(data_dir) in words and "-m pytest" not in words:
            found.append(words)
    return found


def test_it_prints_where_to_go_and_who_to_log_in_as(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as served:
        said = "".join(served.said)
        assert f"{served.address}/graphql" in said
        assert "rapport-demo" in said
        roles = {"coach@": "COACH", "member@": "MEMBER", "member2@": "MEMBER", "admin@": "ADMIN"}
        for name, role in roles.items():
            assert f"{name}example.com" in said
            assert served.ask(LOG_IN % f"{name}example.com")["logIn"]["viewer"]["user"]["role"] == role
        assert served.stop() == 0


def test_both_demo_members_have_the_demo_coach(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as served:
        token = served.ask(LOG_IN % "coach@example.com")["logIn"]["accessToken"]
        members = served.ask("{ members { edges { node { user { email } } } } }", token)["members"]["edges"]
        assert [edge["node"]["user"]["email"] for edge in members] == ["member@example.com", "member2@example.com"]


def test_ctrl_c_stops_everything_and_the_data_is_there_at_the_next_start(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    profile = "{ viewer { coach { id bio } } }"
    with serving(data_dir) as served:
        token = served.ask(LOG_IN % "coach@example.com")["logIn"]["accessToken"]
        coach_id = served.ask(profile, token)["viewer"]["coach"]["id"]
        change = f'mutation {{ updateCoach(input: {{id: "{coach_id}", bio: "kept"}}) {{ __typename }} }}'
        assert served.ask(change, token)["updateCoach"]["__typename"] == "Coach"
        assert len(processes_of(data_dir)) > 1
        assert served.stop() == 0
    assert processes_of(data_dir) == []

    began = time.monotonic()
    with serving(data_dir) as served:
        took = time.monotonic() - began
        token = served.ask(LOG_IN % "coach@example.com")["logIn"]["accessToken"]
        assert served.ask(profile, token)["viewer"]["coach"]["bio"] == "kept"
        assert served.stop(signal.SIGTERM) in (0, 143)
    assert processes_of(data_dir) == []
    print(f"second start: {took:.1f} s")


def test_several_workers_serve_one_address(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with serving(data_dir, "--workers", "2", "--no-demo") as served:
        assert "rapport-demo" not in "".join(served.said)
        for _ in range(20):
            assert served.ask("{ coaches { edges { cursor } } }")["coaches"] == {"edges": []}
        assert served.stop() == 0
    assert processes_of(data_dir) == []


def test_a_data_folder_in_use_is_refused_and_says_by_whom(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with serving(data_dir, "--no-demo") as served:
        command = [sys.executable, "-m", "app.cli", "serve", "--port", "0", "--data-dir", str(data_dir)]
        environment = {key: value for key, value in os.environ.items() if key not in CLEAN}
        second = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=30, check=False)

        assert second.returncode == 1
        assert f"process {served.process.pid}" in second.stderr
        assert "Traceback" not in second.stderr
        assert served.stop() == 0


def test_a_port_in_use_and_a_wrong_setting_are_said_in_one_line(tmp_path: Path) -> None:
    with serving(tmp_path / "data", "--no-demo") as served:
        port = served.address.rsplit(":", 1)[1]
        for extra, words in (
            ({"DATABASE_URL": "mysql://nowhere"}, "DATABASE_URL"),
            ({"SECRET_KEY": "short"}, "SECRET_KEY"),
            ({"TRUSTED_DOCUMENTS": "/nowhere/manifest.json"}, "TRUSTED_DOCUMENTS"),
            ({}, f":{port}"),
        ):
            other = ["serve", "--port", port, "--data-dir", str(tmp_path / "other"), "--no-demo"]
            command = [sys.executable, "-m", "app.cli", *other]
            environment = {key: value for key, value in os.environ.items() if key not in CLEAN} | extra
            refused = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=30, check=False)
            assert refused.returncode == 1
            assert words in refused.stderr
            assert "Traceback" not in refused.stderr


def test_an_admin_is_created_while_the_server_runs(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with serving(data_dir, "--no-demo") as served:
        command = [sys.executable, "-m", "app.cli", "create-admin", "boss@example.com", "--data-dir", str(data_dir)]
        environment = {key: value for key, value in os.environ.items() if key not in CLEAN}
        environment["PASSWORD"] = "rapport-demo"
        made = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=30, check=False)

        assert made.returncode == 0, made.stderr
        assert served.ask(LOG_IN % "boss@example.com")["logIn"]["viewer"]["user"]["role"] == "ADMIN"
        assert served.stop() == 0
