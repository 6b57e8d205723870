"""Where SQL is written, what a module is called, how long a file may be, and who may ask for the time."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SQL = {"select", "insert", "update", "delete", "text"}
SQL_FLOORS = {
    "services": "every rule reads and writes the rows that it decides over",
    "loaders": "relations are read in batches",
    "models": "indexes and constraints are worded in SQL",
    "platform": "the engine, its transactions and the migrations",
    "live": "compares the versions of all watched calendars in one statement, for no actor in particular",
}

AREAS = {
    "identity",
    "coaches",
    "members",
    "scheduling",
    "sessions",
    "webhooks",
    "coherence",
    "growth",
    "risk",
    "messaging",
    "notifications",
    "deliveries",
    "packages",
    "analytics",
    "privacy",
    "jobs",
}
BESIDE_THE_AREAS = {
    "resolvers": {
        "arguments": "arguments that fields of several areas take",
        "nodes": "`node` and `nodes` ask every area",
    },
    "schema": {
        "problems": "unions of mutations of every area",
        "relations": "how a relation of any area is declared",
    },
    "jobs": {"job": "what a job of any area is"},
    "services": {"operations": "what an operator wants to know of every area"},
    "loaders": {},
    "models": {"outbox": "what happened in any area, until whoever must know has been told"},
}

LINES = 400
# Files that are longer, with the length that they may not exceed: it only goes down, and a file goes off the list.
LONGER = {
    "tests/platform/test_embedded.py": 618,
    "tests/services/coaches/test_coaches.py": 598,
    "tests/services/identity/test_identity.py": 658,
    "tests/services/members/test_members.py": 714,
    "tests/services/scheduling/test_availability.py": 954,
    "tests/services/scheduling/test_changes.py": 826,
    "tests/services/scheduling/test_listing.py": 738,
    "tests/services/scheduling/test_slots.py": 501,
}

CLOCK = "app/platform/clock.py"
ASKS_FOR_THE_TIME = {
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "datetime.datetime.today",
    "datetime.date.today",
    "time.time",
    "time.time_ns",
}


def origins(tree: ast.AST) -> dict[str, str]:
    """What each imported name stands for, in full: `sql` is `sqlalchemy.text` after `import text as sql`."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {name.asname or name.name: f"{node.module}.{name.name}" for name in node.names}
        elif isinstance(node, ast.Import):
            found |= {
                name.asname or name.name.partition(".")[0]: name.name if name.asname else name.name.partition(".")[0]
                for name in node.names
            }
    return found


def full_name(node: ast.AST, names: dict[str, str]) -> str:
    """`sqlalchemy.dialects.postgresql.insert` for any way of writing it; empty for what was not imported."""
    if isinstance(node, ast.Name):
        return names.get(node.id, "")
    if isinstance(node, ast.Attribute) and (before := full_name(node.value, names)):
        return f"{before}.{node.attr}"
    return ""


def uses(source: str) -> Iterator[tuple[int, str]]:
    """Every imported thing that a module uses, with its line."""
    tree = ast.parse(source)
    names = origins(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute) and (name := full_name(node, names)):
            yield node.lineno, name


def is_sql(name: str) -> bool:
    first, _, _ = name.partition(".")
    return first in {"sqlalchemy", "sqlmodel"} and name.rpartition(".")[2] in SQL


def modules(root: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted((root / "app").rglob("*.py")):
        yield path.relative_to(root).as_posix(), path


def test_sql_is_written_on_its_floors_only(root: Path) -> None:
    offenders = [
        f"{name}:{line} uses {used}"
        for name, path in modules(root)
        if name.split("/")[1] not in SQL_FLOORS
        for line, used in uses(path.read_text(encoding="utf-8"))
        if is_sql(used)
    ]

    assert not offenders, "\n".join([f"SQL belongs to the floors {', '.join(SQL_FLOORS)}:", *offenders])


def test_the_floors_of_sql_exist_and_hold_some(root: Path) -> None:
    holding = {name.split("/")[1] for name, path in modules(root) if any(is_sql(u) for _, u in uses(path.read_text()))}

    assert SQL_FLOORS.keys() <= holding, f"no SQL there any more, so off the list: {SQL_FLOORS.keys() - holding}"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from app.forms import text\ntext(5)", []),
        ("def select(): ...\nselect()", []),
        ("from sqlmodel import col, select\nselect(1)", ["sqlmodel.select"]),
        ("from sqlalchemy import text as sql\nsql('SELECT 1')", ["sqlalchemy.text"]),
        ("import sqlalchemy as sa\nsa.update(1)", ["sqlalchemy.update"]),
        ("import sqlalchemy.dialects.postgresql\nsqlalchemy.delete(1)", ["sqlalchemy.delete"]),
        ("from sqlalchemy.dialects import postgresql\npostgresql.insert(1)", ["sqlalchemy.dialects.postgresql.insert"]),
    ],
)
def test_sql_is_known_by_where_its_name_comes_from(source: str, found: list[str]) -> None:
    assert [used for _, used in uses(source) if is_sql(used)] == found


@pytest.mark.parametrize("floor", BESIDE_THE_AREAS)
def test_a_module_of_an_area_floor_bears_an_areas_name(root: Path, floor: str) -> None:
    here = {
        path.stem
        for path in (root / "app" / floor).iterdir()
        if path.suffix == ".py" or (path.is_dir() and (path / "__init__.py").exists())
    } - {"__init__"}
    excepted = BESIDE_THE_AREAS[floor]

    strangers, stale = here - AREAS - excepted.keys(), excepted.keys() - here
    assert not strangers, f"app/{floor}: neither an area's name nor a named exception: {strangers}"
    assert not stale, f"app/{floor}: exceptions that are not there any more: {stale}"


def test_no_file_is_longer_than_400_lines(root: Path) -> None:
    files = [path for folder in ("app", "tests") for path in (root / folder).rglob("*.py")]
    lengths = {path.relative_to(root).as_posix(): len(path.read_bytes().splitlines()) for path in files}
    long = {name: length for name, length in lengths.items() if length > LINES}

    too_long = {name: length for name, length in long.items() if length > LONGER.get(name, LINES)}
    assert not too_long, f"longer than {LINES} lines or than before; make it a package of the same name: {too_long}"
    assert LONGER.keys() <= long.keys(), f"short enough or gone, so off the list: {LONGER.keys() - long.keys()}"


def test_no_two_files_of_tests_have_the_same_name(root: Path) -> None:
    """pytest would collect only one of them."""
    names = [path.name for path in (root / "tests").rglob("test_*.py") if "node_modules" not in path.parts]

    assert sorted(names) == sorted(set(names))


def test_only_the_clock_asks_for_the_time(root: Path) -> None:
    offenders = [
        f"{name}:{line} uses {used}"
        for name, path in modules(root)
        if name != CLOCK
        for line, used in uses(path.read_text(encoding="utf-8"))
        if used in ASKS_FOR_THE_TIME
    ]

    assert not offenders, "\n".join(["Take a Clock, or `now` as an argument:", *offenders])


def test_nothing_prints(root: Path) -> None:
    offenders = [
        f"{name}:{node.lineno} prints"
        for name, path in modules(root)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]

    assert not offenders, "\n".join(["Log it, or say it with the command line's console:", *offenders])
