"""Which way each operation of the test suite goes: compiled, and where not, why."""

import argparse
import re
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

import pytest

from app.api import schema
from app.wire.compiled.coverage import BY_COLUMN, CALLED, GENERAL, ONE_BY_ONE, READ, ways
from app.wire.compiled.operations import OperationPlan
from app.wire.compiled.run import Run
from app.wire.documents import Prepared
from benchmarks.common import PAGE, ROOT, Sheet, say, write_section

_IMPORTED_BEFORE = "ignore::pytest.PytestAssertRewriteWarning"  # the schema is, to be told to count
SUITE = ["tests/api", "tests/services", "tests/live"]


@dataclass
class Seen:
    """What was seen of one operation, in all of its documents."""

    times: int = 0
    wholly_general: int = 0
    ways: dict[str, str] = field(default_factory=dict)
    fell_back: Counter[str] = field(default_factory=Counter)


SEEN: dict[str, Seen] = defaultdict(Seen)


def note(prepared: Prepared, run: Run, plan: OperationPlan | None) -> None:
    """Told by the schema of each execution."""
    seen = SEEN[_name(prepared)]
    seen.times += 1
    if plan is None:
        seen.wholly_general += 1
        return
    seen.ways |= dict(ways(plan))
    seen.fell_back.update(re.sub(r"[0-9a-f]{8}[0-9a-f-]*|'[^']*'|\d+", "…", each)[:100] for each in run.fallbacks)


def _name(prepared: Prepared) -> str:
    operation = prepared.operation
    fields = [getattr(each, "name", None) for each in operation.selection_set.selections]
    return f"{operation.operation.value} {', '.join(sorted({name.value for name in fields if name}))}"


def sheet() -> Sheet:
    columns = ["operation", "times", READ, CALLED, BY_COLUMN, ONE_BY_ONE, GENERAL, "fell back"]
    table = Sheet("Operations of the test suite, their fields by the way they go", columns)
    for name, seen in sorted(SEEN.items()):
        counts = Counter(way.partition(":")[0] for way in seen.ways.values())
        general = counts[GENERAL] + seen.wholly_general
        fell = "; ".join(f"{count} × {reason}" for reason, count in seen.fell_back.most_common(3))
        numbers = [counts[each] for each in (READ, CALLED, BY_COLUMN, ONE_BY_ONE)] + [general]
        table.rows.append((name, str(seen.times), *(str(number or "") for number in numbers), fell))
    return table


def details() -> Sheet:
    """The fields that are neither read, called nor loaded by the column."""
    table = Sheet("Fields that go another way than compiled", ["field", "way"])
    slow = {
        (path, way) for seen in SEEN.values() for path, way in seen.ways.items() if way not in (READ, CALLED, BY_COLUMN)
    }
    table.rows += sorted(slow)
    return table


class Counting:
    """For pytest: the schema tells of each execution while the suite runs."""

    def pytest_sessionstart(self, session: Any) -> None:
        schema.executed = note


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.coverage")
    parser.add_argument("--record", action="store_true", help="write the tables into docs/performance.md")
    record = parser.parse_args().record
    failed = pytest.main(
        ["-q", "--no-header", "-W", _IMPORTED_BEFORE, *(str(ROOT / each) for each in SUITE)], plugins=[Counting()]
    )
    if failed:
        sys.exit("coverage: the suite failed, so nothing is said about it")
    sheets = [sheet(), details()]
    for each in sheets:
        each.print()
    if record:
        write_section("coverage", "\n\n".join(each.markdown() for each in sheets))
        say.print(f"\nWritten to {PAGE.relative_to(ROOT)}.")


if __name__ == "__main__":
    main()
