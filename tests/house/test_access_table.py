"""Every root field has a row in the access table, and every row is true: of the schema, of a stranger, of each role."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from graphql import GraphQLField, get_named_type, get_nullable_type, is_composite_type, is_list_type
from sqlmodel import SQLModel

from app.actor import Actor
from app.api import schema
from app.context import Context
from app.platform.settings import Settings
from app.resolvers.nodes import FETCH
from tests.house.access import ACCESS, CLOSED_TO_STRANGERS, NODES
from tests.house.rows import EVERYBODY, Row
from tests.house.world import World
from tests.practice import MovableClock, Practice

BUILT = schema._schema
REFUSED = {"UNAUTHENTICATED", "FORBIDDEN"}
COUNTS = " UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table}" for table in SQLModel.metadata.tables)


def root_fields() -> dict[str, GraphQLField]:
    roots = (BUILT.query_type, BUILT.mutation_type, BUILT.subscription_type)
    return {f"{root.name}.{name}": field for root in roots if root for name, field in root.fields.items()}


@pytest.fixture(scope="module")
async def world(settings: Settings) -> AsyncIterator[World]:
    """One for all: what is refused writes nothing, and what is answered leaves these arguments good."""
    async with Practice.opened(settings, MovableClock()) as practice:
        yield await World.made_in(practice)


def document(path: str, arguments: Mapping[str, Any]) -> str:
    """The smallest operation that asks a field with these arguments."""
    kind, name = path.split(".")
    field = root_fields()[path]
    declared = ", ".join(f"${argument}: {field.args[argument].type}" for argument in arguments)
    passed = ", ".join(f"{argument}: ${argument}" for argument in arguments)
    selected = " { __typename }" if is_composite_type(get_named_type(field.type)) else ""
    return (
        f"{kind.lower()} {f'({declared})' if declared else ''} {{ {name}{f'({passed})' if passed else ''}{selected} }}"
    )


async def outcome(world: World, path: str, actor: Actor | None, arguments: Mapping[str, Any]) -> str:
    """The code of the error, `null`, `list`, or the type of the answer."""
    house = world.practice.house
    context = Context(house) if actor is None else Context(house, actor)
    asked = document(path, arguments)
    if path.startswith("Subscription."):
        stream = await schema.subscribe(asked, variable_values=dict(arguments), context_value=context)
        result = await anext(stream)
        await stream.aclose()
    else:
        result = await schema.execute(asked, variable_values=dict(arguments), context_value=context)
    if result.errors:
        (error,) = result.errors
        return str(error.extensions["code"])
    (value,) = result.data.values()
    kind = get_nullable_type(root_fields()[path].type)
    if value is None or is_list_type(kind):
        return "null" if value is None else "list"
    return value["__typename"] if isinstance(value, dict) else str(kind)


async def refused_without_a_trace(world: World, path: str, actor: Actor | None, arguments: Mapping[str, Any]) -> str:
    before = await world.practice.rows(COUNTS)
    answered = await outcome(world, path, actor, arguments)
    after = await world.practice.rows(COUNTS)
    return answered if before == after else f"{answered}, but rows were written"


def test_every_root_field_has_a_row_and_no_row_is_stale() -> None:
    missing, stale = root_fields().keys() - ACCESS.keys(), ACCESS.keys() - root_fields().keys()

    assert not missing, f"say in tests/house/access.py who may ask: {missing}"
    assert not stale, f"rows of fields that are not there any more: {stale}"


def test_everything_with_a_global_id_has_a_row() -> None:
    nodes = {each.name for each in BUILT.get_possible_types(BUILT.type_map["Node"])}

    assert nodes ^ FETCH.keys() == set(), "either a Node that `node` cannot fetch, or fetched by it and no Node"
    assert nodes ^ NODES.keys() == set(), "either a Node without a row in tests/house/access.py, or a stale row"


async def test_the_roles_have_the_permissions_that_the_table_says(world: World) -> None:
    stored = await world.practice.rows("SELECT permission, role FROM role_permissions")
    codes = {code for (code,) in await world.practice.rows("SELECT code FROM permissions")}
    asked = {code for row in ACCESS.values() for code in row.needs}

    for path, row in ACCESS.items():
        if row.needs:
            assert {role for code, role in stored if code in row.needs} == row.roles, path
    assert codes ^ asked == set(), "either a permission that no field asks for, or one that nobody can have"


async def test_each_row_is_true_of_a_stranger(world: World) -> None:
    found = {}
    for path, row in ACCESS.items():
        arguments = await row.arguments(world)
        # What a stranger may write is written.
        ask = refused_without_a_trace if row.stranger in REFUSED or path.startswith("Query.") else outcome
        found[path] = await ask(world, path, None, arguments)

    assert found == {path: row.stranger for path, row in ACCESS.items()}


async def test_an_open_field_is_closed_to_strangers_where_the_table_says(world: World) -> None:
    found = {
        path: await refused_without_a_trace(world, path, None, await arguments(world))
        for path, arguments in CLOSED_TO_STRANGERS.items()
    }

    assert found == dict.fromkeys(CLOSED_TO_STRANGERS, "FORBIDDEN")


async def test_node_answers_a_stranger_as_the_table_says(world: World) -> None:
    found = {name: await outcome(world, "Query.node", None, {"id": world.ids[name]}) for name in NODES}

    assert found == NODES


async def test_node_answers_whoever_may_see_it(world: World) -> None:
    found = {name: await outcome(world, "Query.node", world.coach.actor, {"id": world.ids[name]}) for name in NODES}

    assert found == {name: name for name in NODES}


def _may(row: Row, role: str) -> bool:
    return role in row.roles and role in row.only


async def test_who_lacks_the_permission_is_forbidden_and_nothing_is_written(world: World) -> None:
    wrong = {}
    for path, row in ACCESS.items():
        if not row.needs:
            continue
        arguments = await row.arguments(world)
        before = await world.practice.rows(COUNTS)
        for role in EVERYBODY:
            actor = world.person(role).actor
            stripped = replace(actor, permissions=actor.permissions - set(row.needs))
            asking = [(f"{role} without it", stripped)] + ([] if _may(row, role) else [(role, actor)])
            for who, asker in asking:
                answered = await outcome(world, path, asker, arguments)
                if answered != "FORBIDDEN":
                    wrong[f"{path} of {who}"] = answered
        if await world.practice.rows(COUNTS) != before:
            wrong[path] = "rows were written"

    assert not wrong, wrong


async def test_who_may_is_not_refused(world: World) -> None:
    """The other side: the arguments above would do, so it was the log-in or the permission that was missing."""
    wrong = {}
    for path, row in ACCESS.items():
        if row.stranger not in REFUSED:
            continue
        for role in sorted(EVERYBODY):
            if not _may(row, role):
                continue
            answered = await outcome(world, path, world.person(role).actor, await row.arguments(world))
            if answered in {*REFUSED, "BAD_USER_INPUT", "INTERNAL", "InvalidInput"}:
                wrong[f"{path} of {role}"] = answered

    assert not wrong, wrong
