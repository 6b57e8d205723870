"""The plan of a whole operation: its root fields are resolved as ever, and completed by compiled functions."""

from collections.abc import Awaitable, Callable, Hashable
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
from strawberry.types import ExecutionResult

from app.wire.caching import UNCHANGEABLE, Asked, Caching, KeptAnswers, caching_of
from app.wire.compiled.completers import Completer
from app.wire.compiled.leaves import General
from app.wire.compiled.objects import struct_of
from app.wire.compiled.plans import Planner
from app.wire.compiled.resolving import is_plain
from app.wire.compiled.run import CompiledInfo, CompiledResult, FieldPlace, Run, side_by_side
from app.wire.encoding import encode_result
from app.wire.sharing import EncodedResult


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
            value = self.resolved(run)
            if optimized_is_awaitable(value):
                return self._when_resolved(value, run)
        except Exception as error:
            return self.failed(error, run)
        return self.completed(value, run)

    def resolved(self, run: Run) -> Any:
        """What the resolver answers; raises what it raises."""
        info = CompiledInfo(run, self.place, self.path)
        return self.resolve(run.root_value, info, **run.arguments(self.place))

    async def _when_resolved(self, awaitable: Awaitable[Any], run: Run) -> Any:
        try:
            value = await awaitable
        except Exception as error:
            return self.failed(error, run)
        completed = self.completed(value, run)
        return await completed if optimized_is_awaitable(completed) else completed

    def completed(self, value: Any, run: Run) -> Any:
        """The completed value of what was resolved, or an awaitable of it, as `begin` answers it."""
        if isinstance(value, Exception):
            return self.failed(value, run)
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
            return self.failed(error, run)
        return completed

    async def _when_general(self, completed: Awaitable[Any], run: Run) -> Any:
        try:
            return await completed
        except Exception as error:
            return self.failed(error, run)

    def failed(self, error: Exception, run: Run) -> None:
        located = located_error(error, self.place.nodes, [self.key])
        if not self.is_nullable:
            run.collected.add(located, None)  # from here on, what else may fail has nothing to be missing from
            raise located
        run.collected.add(located, self.path)


def _only(rows: list[Any], run: Run) -> Any:
    if run.asked_for_path:
        raise General("a resolver asks for its path")
    return rows[0]


class KeptField(RootField):
    """One whose answers are kept."""

    def __init__(self, place: FieldPlace, completer: Completer, caching: Caching) -> None:
        super().__init__(place, completer, "")
        self.caching = caching
        self._is_plain = is_plain(place)

    def resolved_again(self, run: Run, asked: Asked) -> Any:
        """As `resolved`, with arguments that are converted only for the first who asks the same."""
        field: Any = self.place.strawberry_field
        if not self._is_plain:
            return self.resolved(run)
        info = run.prepared.info_class(_raw_info=CompiledInfo(run, self.place, self.path), _field=field)
        arguments = dict(asked.arguments) if asked.arguments is not None else self._converted(run, asked, info)
        resolver = field.base_resolver
        if resolver.info_parameter:
            arguments[resolver.info_parameter.name] = info
        return resolver.wrapped_func(*([run.root_value] if resolver.self_parameter else []), **arguments)

    def _converted(self, run: Run, asked: Asked, info: Any) -> dict[str, Any]:
        arguments = run.prepared.converted(self.place.strawberry_field, run.arguments(self.place), info)
        if all(isinstance(value, UNCHANGEABLE) for value in arguments.values()):
            asked.arguments = dict(arguments)
        return arguments


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
        only = self.fields[0] if len(self.fields) == 1 and operation.operation is OperationType.QUERY else None
        self.keeping = only if isinstance(only, KeptField) else None

    def _root_field(self, planner: Planner, place: FieldPlace) -> RootField:
        if place.strawberry_field is None:
            return RootField(place, None, "introspection")
        try:
            completer = planner.completer(place.definition.type, place)
        except General as reason:
            return RootField(place, None, str(reason))
        caching = caching_of(place.strawberry_field)
        return RootField(place, completer, "") if caching is None else KeptField(place, completer, caching)

    async def execute(self, run: Run) -> ExecutionResult:
        """The result, with `collected` errors of the run in it."""
        if self.keeping is not None and run.kept is not None and isinstance(run.variables, Asked):
            return await self._kept(self.keeping, run, run.variables, run.kept)
        try:
            values = await (self._one_by_one(run) if self.is_serial else self._together(run))
            payload = self.make(*values)
        except GraphQLError as error:
            run.collected.add(error, None)
            payload = None
        return CompiledResult(payload, run.collected.errors or None)

    async def _kept(self, field: KeptField, run: Run, asked: Asked, kept: KeptAnswers) -> ExecutionResult:
        """The only field is resolved as ever; if what comes of it is kept as bytes, that is all."""
        key: Hashable = None
        try:
            try:
                value = field.resolved_again(run, asked)
                if optimized_is_awaitable(value):
                    value = await value
                if not isinstance(value, Exception) and (state := field.caching.state(value)) is not None:
                    key = asked.key, state
            except Exception as error:
                field.failed(error, run)
                completed = None
            else:
                if key is not None and (found := kept.get(key)) is not None:
                    return EncodedResult(found)
                completed = field.completed(value, run)
                if optimized_is_awaitable(completed):
                    completed = await completed
        except GraphQLError as error:
            run.collected.add(error, None)
            return CompiledResult(None, run.collected.errors or None)
        result = CompiledResult(self.make(completed), run.collected.errors or None)
        if key is None or result.errors:
            return result
        encoded = encode_result(result)
        kept.keep(key, encoded)
        return EncodedResult(encoded)

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
