"""The quick line of a request says what structlog's would have said."""

import io
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.platform.request_lines import request_line

THROUGH_STRUCTLOG = """
import structlog
from app.platform.logs import configure_logs
configure_logs("json")
structlog.contextvars.bind_contextvars(request_id="12345678")
structlog.get_logger("rapport.requests").info("request", method="POST", path="/ä", status=200, milliseconds=1.5)
"""


def noon() -> datetime:
    return datetime(2026, 3, 2, 12, 0, 0, 250_000, tzinfo=UTC)


def test_it_is_the_line_that_structlog_writes(root: Path) -> None:
    program = [sys.executable, "-c", THROUGH_STRUCTLOG]
    other = subprocess.run(program, cwd=root, capture_output=True, text=True, timeout=30, check=True).stderr
    out = io.StringIO()
    line = request_line("json", "INFO", out, noon)
    assert line is not None
    line("POST", "/ä", 200, 1.5, "12345678")

    written, expected = json.loads(out.getvalue()), json.loads(other)
    assert out.getvalue().endswith("}\n")
    assert list(written) == list(expected)
    assert written == expected | {"timestamp": "2026-03-02T12:00:00.250000Z"}
    assert len(expected["timestamp"]) == len(written["timestamp"])


@pytest.mark.parametrize(("log_format", "level"), [("console", "INFO"), ("json", "WARNING"), ("auto", "ERROR")])
def test_what_is_not_json_or_not_wanted_is_left_to_structlog(log_format: str, level: str) -> None:
    assert request_line(log_format, level, io.StringIO()) is None


def test_at_a_terminal_it_is_left_to_structlog(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True, raising=False)

    assert request_line("auto", "INFO", terminal) is None
    assert request_line("json", "INFO", terminal) is not None


def test_a_log_that_cannot_be_written_fails_nothing() -> None:
    closed = io.StringIO()
    line = request_line("json", "INFO", closed)
    assert line is not None
    closed.close()

    line("POST", "/", 200, 1.5, "12345678")
