"""One execution: what the compiled functions ask for while they run, and the general executor they fall back on."""

from collections.abc import Awaitable, Sequence
from typing import TYPE_CHECKING, Any

from graphql import GraphQLField, GraphQLObjectType
from graphql.execution import Executor
from graphql.execution.collect_fields import FieldDetails
from graphql.execution.executor import CollectedErrors
from graphql.execution.values import VariableValues, get_argument_values
from graphql.pyutils import Path, gather_with_cancel
from graphql.type import GraphQLResolveInfoHelpers
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types import ExecutionResult

from app.wire.caching import KeptAnswers
from app.wire.compiled.leaves import General
from app.wire.encoding import plain_values

if TYPE_CHECKING:
    from app.wire.documents import Prepared


class PlainExecutor(Executor[Any]):
    """graphql-core's executor with Strawberry's information for resolvers, delivering everything at once."""

    def __init__(self, *args: Any, operation_extensions: dict[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.operation_extensions = operation_extensions

    def build_resolve_info(self, *args: Any) -> Any:
        return StrawberryGraphQLCoreExecutionContext.build_resolve_info(self, *args)  # type: ignore[arg-type]


class CompiledResult(ExecutionResult):
    """A result whose data is a struct for `app.wire.encoding`; whoever asks for `data` gets a copy in plain values."""

    def __init__(self, payload: Any, errors: list[Any] | None) -> None:
        self.payload = payload
        self.errors = errors
        self.extensions = None

    @property
    def data(self) -> Any:  # type: ignore[override]
        return None if self.payload is None else plain_values(self.payload)


class FieldPlace:
    """A field of an object type as one selection asks for it."""

    __slots__ = ("definition", "details", "has_arguments", "key", "nodes", "parent_type", "strawberry_field")

    def __init__(
        self, key: str, definition: GraphQLField, parent_type: GraphQLObjectType, details: Sequence[FieldDetails]
    ) -> None:
        self.key = key
        self.definition = definition
        self.parent_type = parent_type
        self.details = list(details)
        self.nodes = [detail.node for detail in details]
        self.has_arguments = bool(definition.args or self.nodes[0].arguments)
        self.strawberry_field = definition.extensions.get("strawberry-definition")


class CompiledInfo:
    """What a resolver is told, the same for a whole column; who asks for the path asks for the general way."""

    __slots__ = ("_path", "_place", "_run")

    def __init__(self, run: "Run", place: FieldPlace, path: Path | None = None) -> None:
        self._run, self._place, self._path = run, place, path

    @property
    def path(self) -> Path:
        if self._path is None:
            self._run.asked_for_path = True  # whatever the resolver makes of the exception
            raise General("a resolver asks for its path")
        return self._path

    @property
    def field_name(self) -> str:
        return self._place.nodes[0].name.value

    @property
    def field_nodes(self) -> Any:
        return self._place.nodes

    @property
    def return_type(self) -> Any:
        return self._place.definition.type

    @property
    def parent_type(self) -> GraphQLObjectType:
        return self._place.parent_type

    @property
    def schema(self) -> Any:
        return self._run.prepared.schema

    @property
    def fragments(self) -> Any:
        return self._run.prepared.fragment_definitions

    @property
    def root_value(self) -> Any:
        return self._run.root_value

    @property
    def operation(self) -> Any:
        return self._run.prepared.operation

    @property
    def variable_values(self) -> dict[str, Any]:
        return self._run.variables.coerced

    @property
    def context(self) -> Any:
        return self._run.context

    @property
    def is_awaitable(self) -> Any:
        return optimized_is_awaitable

    @property
    def abort_signal(self) -> None:
        return None

    @property
    def async_helpers(self) -> GraphQLResolveInfoHelpers:
        return self._run.executor().async_helpers

    @property
    def operation_extensions(self) -> dict[str, Any] | None:
        return self._run.operation_extensions


class Run:
    """Lives as long as one execution; plans hold none of it."""

    __slots__ = (
        "_executor",
        "_infos",
        "_strawberry_infos",
        "asked_for_path",
        "collected",
        "context",
        "fallbacks",
        "kept",
        "operation_extensions",
        "prepared",
        "root_value",
        "variables",
    )

    def __init__(
        self,
        prepared: "Prepared",
        context: Any,
        root_value: Any,
        variables: VariableValues,
        operation_extensions: dict[str, Any] | None,
    ) -> None:
        self.prepared = prepared
        self.context = context
        self.root_value = root_value
        self.variables = variables
        self.operation_extensions = operation_extensions
        self.collected = CollectedErrors()
        self.fallbacks: list[str] = []
        self.asked_for_path = False
        self.kept: KeptAnswers | None = None
        self._executor: PlainExecutor | None = None
        self._infos: dict[FieldPlace, CompiledInfo] = {}
        self._strawberry_infos: dict[FieldPlace, Any] = {}

    def info(self, place: FieldPlace) -> CompiledInfo:
        info = self._infos.get(place)
        if info is None:
            info = self._infos[place] = CompiledInfo(self, place)
        return info

    def strawberry_info(self, place: FieldPlace) -> Any:
        """What a resolver's `info` argument gets."""
        info = self._strawberry_infos.get(place)
        if info is None:
            kind = self.prepared.info_class
            info = self._strawberry_infos[place] = kind(_raw_info=self.info(place), _field=place.strawberry_field)
        return info

    def arguments(self, place: FieldPlace) -> dict[str, Any]:
        """The coerced arguments of a field; raises a `GraphQLError` for what does not fit."""
        if not place.has_arguments:
            return {}
        return get_argument_values(place.definition, place.nodes[0], self.variables, None)

    def executor(self) -> PlainExecutor:
        """graphql-core's executor of this operation; its errors are this execution's."""
        if self._executor is None:
            self._executor = self.prepared.make_executor(
                PlainExecutor,
                self.context,
                self.root_value,
                self.variables,
                self.operation_extensions,
            )
            self._executor.collected_errors = self.collected
        return self._executor


async def side_by_side(awaitables: Sequence[Awaitable[Any]]) -> list[Any]:
    """All of them at once; the first failure cancels the others."""
    if len(awaitables) == 1:
        return [await awaitables[0]]
    return await gather_with_cancel(*awaitables)
