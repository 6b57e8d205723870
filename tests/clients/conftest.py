"""Where Node is missing, the clients are skipped and say so."""

from pathlib import Path

import pytest

from tests.clients.node import why_not

REASON = why_not()


@pytest.fixture(scope="session", autouse=True)
def _node() -> None:
    if REASON is not None:
        pytest.skip(f"no client was asked: {REASON}")


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory, worker: str) -> Path:
    """A folder of this run that all of its workers use."""
    own = tmp_path_factory.getbasetemp()
    return own if worker == "alone" else own.parent
