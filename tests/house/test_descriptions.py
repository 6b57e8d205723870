"""Everything in the schema says what it is: Strawberry does not take docstrings, so each needs `description=`."""

from collections.abc import Iterator

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    is_introspection_type,
    is_specified_scalar_type,
)

from app.api import schema


def described(built: GraphQLSchema) -> Iterator[tuple[str, str | None]]:
    """The path of everything that a client can read about, with its description."""
    for name, kind in sorted(built.type_map.items()):
        if is_introspection_type(kind) or is_specified_scalar_type(kind):
            continue
        yield name, kind.description
        if isinstance(kind, GraphQLEnumType):
            yield from ((f"{name}.{value}", known.description) for value, known in kind.values.items())
        if isinstance(kind, GraphQLInputObjectType):
            yield from ((f"{name}.{field}", known.description) for field, known in kind.fields.items())
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for field, known in kind.fields.items():
                yield f"{name}.{field}", known.description
                yield from ((f"{name}.{field}({arg}:)", a.description) for arg, a in known.args.items())


def test_everything_in_the_schema_has_a_description() -> None:
    everything = dict(described(schema._schema))

    assert {"Coach.timeZone", "Query.coaches(first:)", "Role.ADMIN", "SlotFull", "Date"} <= everything.keys()
    silent = [path for path, said in everything.items() if not (said or "").strip()]
    assert not silent, "\n".join(["Give each a description:", *silent])
