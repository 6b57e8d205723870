"""Build tools as judges: what they make of an app and the schema, and that the server runs it as trusted documents."""

import shutil
import subprocess
from pathlib import Path

import pytest

from app.platform.settings import Settings
from app.wire.persisted import read_manifest
from tests.clients.judging import HERE, Report, fulfils, run
from tests.clients.node import node_version

SECONDS = 30.0
RELAY = ("relay-compiler/cli.js", "--noWatchman", "--output", "verbose")
CODEGEN = ("@graphql-codegen/cli/cjs/bin.js", "--config", "codegen.json")
TYPES = ("typescript/bin/tsc", "--project", ".")


def sample(name: str, root: Path, folder: Path) -> Path:
    """A copy of an app, with the schema and the packages beside it."""
    app = folder / name
    shutil.copytree(HERE / "samples" / name, app)
    shutil.copy(root / "schema.graphql", app)
    (app / "node_modules").symlink_to(HERE / "node_modules")
    return app


def use(app: Path, tool: str, *arguments: str) -> None:
    """Runs a tool in the app's folder; fails with what it says."""
    command = ["node", f"node_modules/{tool}", *arguments]
    said = subprocess.run(command, cwd=app, capture_output=True, text=True, timeout=SECONDS, check=False)
    if said.returncode != 0:
        pytest.fail(f"{tool}: exit code {said.returncode}\n{said.stdout}\n{said.stderr}", pytrace=False)


async def test_an_app_of_relay_compiles_and_its_documents_run(settings: Settings, root: Path, tmp_path: Path) -> None:
    app = sample("relay", root, tmp_path)
    use(app, *RELAY)

    report = await run("relay", settings, app, TRUSTED_DOCUMENTS=str(app / "persisted.json"))

    all_fulfilled(report, 4)
    assert len(list((app / "src" / "__generated__").iterdir())) == 8


@pytest.mark.skipif(node_version() < 20, reason="GraphQL Code Generator needs Node 20")
async def test_an_app_of_codegen_type_checks_and_its_documents_run(
    settings: Settings, root: Path, tmp_path: Path
) -> None:
    app = sample("codegen", root, tmp_path)
    use(app, *CODEGEN)
    use(app, *TYPES)
    manifest = app / "src" / "gql" / "persisted-documents.json"

    report = await run("codegen", settings, app, TRUSTED_DOCUMENTS=str(manifest))

    all_fulfilled(report, 5)
    assert len(read_manifest(manifest)) == 3


def all_fulfilled(report: Report, count: int) -> None:
    for step in report["steps"]:
        fulfils(report, step)
    assert (report["ended"], len(report["steps"])) == ("exit code 0", count)
