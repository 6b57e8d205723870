"""Documents: parsed, validated and measured once, and kept with their plans as long as there is room."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from hashlib import blake2b
from sys import getsizeof
from typing import Any, TypeVar

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    Node,
    OperationDefinitionNode,
    Undefined,
    VariableNode,
    default_field_resolver,
    default_type_resolver,
)
from graphql import OperationType as CoreOperationType
from graphql.execution import Executor
from graphql.execution.collect_fields import FragmentDetails
from graphql.execution.values import VariableValues
from strawberry.execution import optimized_is_awaitable
from strawberry.types.arguments import convert_arguments
from strawberry.types.graphql import OperationType

from app.wire.caching import Caching
from app.wire.compiled.leaves import General
from app.wire.compiled.operations import OperationPlan
from app.wire.compiled.plans import Planner
from app.wire.limits import Limits, Measure, measure
from app.wire.sharing import Sharing

Kind = TypeVar("Kind")
AnyExecutor = TypeVar("AnyExecutor", bound=Executor[Any])

WEIGHT_OF_A_FIELD = 2  # in a plan, where that of a token in a document is 1, which is about a kilobyte
MOST_PLANS = 8  # of one document: each steering variable doubles how many there could be
MOST_MEASURES = 64  # of one document, whose cost depends on the page sizes that variables say
_STEERING = frozenset({"skip", "include", "defer", "stream"})
_INCREMENTAL = frozenset({"defer", "stream"})


class Prepared:
    """A valid document with the operation that was asked for. It holds nothing of any request."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) -> None:
        self.schema = schema
        self.document = document
        self.operation = operation
        self.operation_type = OperationType(operation.operation.value)
        self.fragment_definitions = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self.fragments = {name: FragmentDetails(node, None) for name, node in self.fragment_definitions.items()}
        self.has_variables = bool(operation.variable_definitions)
        name = operation.name.value if operation.name else None
        text = document.loc.source.body if document.loc else ""
        # Short, because answers are kept under it when the document is not any more.
        self.key = blake2b(f"{name}\0{text}".encode(errors="surrogatepass"), digest_size=16).digest()
        self.sharing = _declared(schema, operation, CoreOperationType.SUBSCRIPTION, Sharing)
        self.caching = _declared(schema, operation, CoreOperationType.QUERY, Caching)
        steering, directives = _steering(document)
        self.is_incremental = bool(directives & _INCREMENTAL)
        converter = schema._strawberry_schema.schema_converter  # type: ignore[attr-defined]
        self.info_class = converter.config.info_class
        self._default_resolver = converter.config.default_resolver
        self._config, self._scalar_registry = converter.config, converter.scalar_registry
        self._steering = tuple(sorted(steering))
        self._plans: dict[tuple[Any, ...], tuple[OperationPlan | None, int]] = {}
        self.weight = document.token_count + getsizeof(text) // 1_024  # a comment is no token
        self.grown: Callable[[int], None] | None = None  # told by how much, when a plan is made or dropped
        self._paging: set[str] = set()
        self._measures: dict[tuple[Any, ...], Measure | GraphQLError] = {}

    def plan(self, variables: VariableValues) -> OperationPlan | None:
        """The plan for these variables; None if the operation goes the general way as a whole."""
        key = tuple(variables.coerced.get(name) for name in self._steering)
        found = self._plans.get(key)
        if found is None:
            if len(self._plans) >= MOST_PLANS:
                _, weight = self._plans.pop(next(iter(self._plans)))
                self._grow(-weight)
            found = self._plans[key] = self._made_plan(variables)
            self._grow(found[1])
        return found[0]

    @property
    def plans(self) -> dict[tuple[Any, ...], OperationPlan | None]:
        """Those made so far, by the values of the steering variables."""
        return {key: plan for key, (plan, _) in self._plans.items()}

    def _grow(self, by: int) -> None:
        self.weight += by
        if self.grown is not None:
            self.grown(by)

    def _made_plan(self, variables: VariableValues) -> tuple[OperationPlan | None, int]:
        root_type = self.schema.get_root_type(self.operation.operation)
        if root_type is None:
            return None, 0
        planner = Planner(self.schema, self.fragments, self.operation, variables, self._default_resolver)
        try:
            return OperationPlan(planner, root_type), planner.planned * WEIGHT_OF_A_FIELD
        except (General, GraphQLError, RecursionError):
            return None, 0

    def measure(self, variables: Mapping[str, Any], limits: Limits) -> Measure | GraphQLError:
        """What the operation asks for with these coerced variables, or why its page sizes are refused."""
        key = tuple(variables.get(name, Undefined) for name in sorted(self._paging))
        if not all(value is Undefined or value is None or type(value) is int for value in key):
            return self._measured(_Noted(variables), limits)  # a list of ids, which is new each time
        if key in self._measures:
            return self._measures[key]
        noted = _Noted(variables)
        found = self._measured(noted, limits)
        if not noted.names <= self._paging:
            self._paging |= noted.names
            self._measures.clear()
            return self.measure(variables, limits)
        if len(self._measures) >= MOST_MEASURES:
            self._measures.pop(next(iter(self._measures)))
        self._measures[key] = found
        return found

    def _measured(self, variables: Mapping[str, Any], limits: Limits) -> Measure | GraphQLError:
        try:
            return measure(self.schema, self.document, self.operation, variables, limits)
        except GraphQLError as error:
            return error

    def converted(self, field: Any, arguments: dict[str, Any], info: Any) -> dict[str, Any]:
        """Coerced arguments as a resolver of Strawberry's takes them."""
        return convert_arguments(
            arguments, field.arguments, scalar_registry=self._scalar_registry, config=self._config, info=info
        )

    def make_executor(
        self,
        kind: type[AnyExecutor],
        context: Any,
        root_value: Any,
        variables: VariableValues,
        operation_extensions: dict[str, Any] | None,
    ) -> AnyExecutor:
        """graphql-core's executor of the operation, without what it would find out about the document again."""
        make: Any = kind  # each of them takes `operation_extensions`, which graphql-core's own does not
        executor: AnyExecutor = make(
            self.schema,
            self.fragment_definitions,
            self.fragments,
            root_value,
            context,
            self.operation,
            variables,
            default_field_resolver,
            default_type_resolver,
            default_field_resolver,
            is_awaitable=optimized_is_awaitable,
            operation_extensions=operation_extensions,
        )
        return executor


class _Noted(Mapping[str, Any]):
    """Notes which variables are looked for."""

    def __init__(self, variables: Mapping[str, Any]) -> None:
        self._variables = variables
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self.names.add(name)
        return self._variables[name]

    def __contains__(self, name: object) -> bool:
        self.names.add(str(name))
        return name in self._variables

    def __iter__(self) -> Iterator[str]:
        return iter(self._variables)

    def __len__(self) -> int:
        return len(self._variables)


class Documents:
    """The documents used last with their plans: as many as together weigh so much, in tokens and planned fields."""

    def __init__(self, most_weight: int, most_documents: int = 1_000) -> None:
        self.most_weight, self.most_documents = most_weight, most_documents
        self._kept: OrderedDict[tuple[str, str | None], Prepared] = OrderedDict()
        self.weight = 0

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, text: str, operation_name: str | None) -> Prepared | None:
        key = (text, operation_name)
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def keep(self, text: str, operation_name: str | None, prepared: Prepared) -> None:
        key = (text, operation_name)
        if key in self._kept:
            return
        self._kept[key] = prepared
        prepared.grown = self._grow
        self._grow(prepared.weight)

    def _grow(self, by: int) -> None:
        self.weight += by
        while self._kept and (self.weight > self.most_weight or len(self._kept) > self.most_documents):
            _, dropped = self._kept.popitem(last=False)
            dropped.grown = None
            self.weight -= dropped.weight


def _declared(
    schema: GraphQLSchema, operation: OperationDefinitionNode, of: CoreOperationType, kind: type[Kind]
) -> Kind | None:
    """What the definition of an operation's first field says of how its events are shared, or its answers kept."""
    root_type, first = schema.get_root_type(operation.operation), operation.selection_set.selections[0]
    if operation.operation is not of or root_type is None:
        return None
    found = schema.get_field(root_type, first.name.value) if isinstance(first, FieldNode) else None
    field = found.extensions.get("strawberry-definition") if found else None
    metadata: Mapping[Any, Any] = getattr(field, "metadata", None) or {}
    return metadata.get(kind)


def _steering(document: DocumentNode) -> tuple[set[str], set[str]]:
    """The variables that decide which fields are selected, and the directives by which they do."""
    variables: set[str] = set()
    directives: set[str] = set()
    waiting: list[Node] = list(document.definitions)
    while waiting:
        node = waiting.pop()
        for directive in getattr(node, "directives", None) or ():
            if directive.name.value in _STEERING:
                directives.add(directive.name.value)
                values = [argument.value for argument in directive.arguments or ()]
                variables |= {value.name.value for value in values if isinstance(value, VariableNode)}
        selection_set = getattr(node, "selection_set", None)
        if selection_set is not None:
            waiting += selection_set.selections
    return variables, directives
