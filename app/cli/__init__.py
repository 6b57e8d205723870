"""The command line: `rapport serve` and what goes with it."""

from app.cli import operating as operating
from app.cli.commands import cli, main, schema, servers

__all__ = ["cli", "main", "schema", "servers"]
