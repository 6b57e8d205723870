"""Which part of an operation goes which way, for whoever wants to know."""

from collections.abc import Iterator

from app.wire.compiled.columns import AttributeColumn, RelationColumn
from app.wire.compiled.completers import AbstractCompleter, Completer, ListCompleter
from app.wire.compiled.objects import ConstantField, InlineField, ObjectCompleter, ObjectField
from app.wire.compiled.operations import OperationPlan, RootField
from app.wire.compiled.resolving import Call, Read

READ, CALLED, BY_COLUMN, ONE_BY_ONE = "read", "called", "by column", "resolver for each object"
GENERAL = "general"


def ways(plan: OperationPlan) -> Iterator[tuple[str, str]]:
    """Each field by its path, in types rather than in lists, with its way."""
    for field in plan.fields:
        if isinstance(field, RootField) and field.completer is None:
            yield field.key, f"{GENERAL}: {field.reason}"
        elif isinstance(field, RootField):
            yield from _within(field.key, field.completer)


def _within(path: str, completer: Completer | None) -> Iterator[tuple[str, str]]:
    if isinstance(completer, ListCompleter):
        yield from _within(path, completer.item)
    elif isinstance(completer, AbstractCompleter):
        for name, member in completer.members.items():
            yield from _within(f"{path}<{name}>", member)
    elif isinstance(completer, ObjectCompleter):
        for key, field in completer.fields.items():
            if not isinstance(field, ConstantField):
                yield f"{path}.{key}", _way(field)
                yield from _within(f"{path}.{key}", field.completer)


def _way(field: ObjectField) -> str:
    if isinstance(field, InlineField):
        return {Read: READ, Call: CALLED}.get(type(field.resolution), ONE_BY_ONE)
    return BY_COLUMN if isinstance(field, RelationColumn | AttributeColumn) else ONE_BY_ONE
