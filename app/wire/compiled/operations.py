"""The plan of a whole operation: its root fields are resolved as ever, and completed by compiled functions."""

from collections.abc import Awaitable, Callable
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLNonNull,
    GraphQLObjectType,
    OperationType,
    located_error,
)
from graphql.execution.collect_fields import collect_fields
from graphql.pyutils import Path
from graphql.type.directives import GraphQLDisableErrorPropagationDirective
from strawberry.execution import optimized_is_awaitable

from app.wire.compiled.completers import Completer
from app.wire.compiled.leaves import General
from app.wire.compiled.objects import struct_of
from app.wire.compiled.plans import Planner
from app.wire.compiled.run import CompiledInfo, CompiledResult, FieldPlace, Run, side_by_side


class Constant:
    """`__typename` at the root."""

    reason = ""

    def __init__(self, place: FieldPlace) -> None:
        self.place, self.key, self.value = place, place.key, place.parent_type.name

    def begin(self, run: Run) -> Any:
        return self.value


class RootField:
    """A field of the root: resolved once, and completed by `completer`, or the general way if there is none."""

    def __init__(self, place: FieldPlace, completer: Completer | None, reason: str) -> None:
        self.place, self.key, self.completer, self.reason = place, place.key, completer, reason
        self.resolve: Callable[..., Any] = place.definition.resolve  # type: ignore[assignment]
        self.is_nullable = not isinstance(place.definition.type, GraphQLNonNull)
        self.path = Path(None, place.key, place.parent_type.name)

    def begin(self, run: Run) -> Any:
        """The completed value, or an awaitable of it. Raises a `GraphQLError` where null is not allowed."""
        if self.completer is None:
            run.fallbacks.append(f"{self.key}: {self.reason}")
            place = self.place
            return run.executor().execute_field(place.parent_type, run.root_value, place.details, self.path, None)
        try:
            info = CompiledInfo(run, self.place, self.path)
            value = self.resolve(run.root_value, info, **run.arguments(self.place))
            if optimized_is_awaitable(value):
                return self._when_resolved(value, run)
        except Exception as error:
            return self._failed(error, run)
        return self._completed(value, run)

    async def _when_resolved(self, awaitable: Awaitable[Any], run: Run) -> Any:
        try:
            value = await awaitable
        except Exception as error:
            return self._failed(error, run)
        completed = self._completed(value, run)
        return await completed if optimized_is_awaitable(completed) else completed

    def _completed(self, value: Any, run: Run) -> Any:
        if isinstance(value, Exception):
            return self._failed(value, run)
        assert self.completer is not None
        try:
            rows = self.completer.rows((value,), run)
            if self.completer.is_sync:
                return _only(rows, run)
        except Exception as error:
            return self._generally(value, run, error)
        return self._when_completed(rows, value, run)

    async def _when_completed(self, rows: Awaitable[Any], value: Any, run: Run) -> Any:
        try:
            return _only(await rows, run)
        except Exception as error:
            completed = self._generally(value, run, error)
        return await completed if optimized_is_awaitable(completed) else completed

    def _generally(self, value: Any, run: Run, cause: Exception) -> Any:
        """Completes the resolved value as graphql-core does, which finds each error and says where it is."""
        run.fallbacks.append(f"{self.key}: {type(cause).__name__} {cause}")
        executor, place = run.executor(), self.place
        info = executor.build_resolve_info(place.definition, place.nodes, place.parent_type, self.path)
        try:
            completed = executor.complete_value(place.definition.type, place.details, info, self.path, value, None)
            if optimized_is_awaitable(completed):
                return self._when_general(completed, run)
        except Exception as error:
            return self._failed(error, run)
        return completed

    async def _when_general(self, completed: Awaitable[Any], run: Run) -> Any:
        try:
            return await completed
        except Exception as error:
            return self._failed(error, run)

    def _failed(self, error: Exception, run: Run) -> None:
        located = located_error(error, self.place.nodes, [self.key])
        if not self.is_nullable:
            run.collected.add(located, None)  # from here on, what else may fail has nothing to be missing from
            raise located
        run.collected.add(located, self.path)


def _only(rows: list[Any], run: Run) -> Any:
    if run.asked_for_path:
        raise General("a resolver asks for its path")
    return rows[0]


class OperationPlan:
    """Executes one operation of one document, for the values of its steering variables that it was made with."""

    def __init__(self, planner: Planner, root_type: GraphQLObjectType) -> None:
        """Raises `General` if the operation as a whole cannot be compiled."""
        operation = planner.operation
        if any(each.name.value == GraphQLDisableErrorPropagationDirective.name for each in operation.directives or ()):
            raise General("errors do not propagate")
        self.is_serial = operation.operation is OperationType.MUTATION
        collected = collect_fields(
            planner.schema, planner.fragments, planner.variables, root_type, operation
        ).grouped_field_set
        self.fields: list[Constant | RootField] = []
        for key, details in collected.items():
            place = planner.place(key, root_type, details)
            if place.nodes[0].name.value == "__typename":
                self.fields.append(Constant(place))
            else:
                self.fields.append(self._root_field(planner, place))
        self.make = struct_of(tuple(field.key for field in self.fields))

    def _root_field(self, planner: Planner, place: FieldPlace) -> RootField:
        if place.strawberry_field is None:
            return RootField(place, None, "introspection")
        try:
            return RootField(place, planner.completer(place.definition.type, place), "")
        except General as reason:
            return RootField(place, None, str(reason))

    async def execute(self, run: Run) -> CompiledResult:
        """The result, with `collected` errors of the run in it."""
        try:
            values = await (self._one_by_one(run) if self.is_serial else self._together(run))
            payload = self.make(*values)
        except GraphQLError as error:
            run.collected.add(error, None)
            payload = None
        return CompiledResult(payload, run.collected.errors or None)

    async def _one_by_one(self, run: Run) -> list[Any]:
        values: list[Any] = []
        for field in self.fields:
            value = field.begin(run)
            values.append(await value if optimized_is_awaitable(value) else value)
        return values

    async def _together(self, run: Run) -> list[Any]:
        values: list[Any] = []
        try:
            values.extend(field.begin(run) for field in self.fields)
        except Exception:
            run.executor().track_async_work(values)
            raise
        waiting = [at for at, value in enumerate(values) if optimized_is_awaitable(value)]
        if waiting:
            for at, value in zip(waiting, await side_by_side([values[at] for at in waiting]), strict=True):
                values[at] = value
        return values
