"""The schema that serves: documents prepared once, operations executed by compiled plans, errors shown as allowed."""

from collections.abc import AsyncGenerator, Callable, Hashable, Iterable
from functools import partial
from typing import Any
from weakref import WeakValueDictionary

import strawberry
from graphql import (
    ExecutionResult as CoreResult,
)
from graphql import (
    ExperimentalIncrementalExecutionResults,
    GraphQLError,
    OperationDefinitionNode,
    get_operation_ast,
    parse,
    specified_rules,
)
from graphql.execution import Executor, create_source_event_stream
from graphql.execution.values import VariableValues, get_variable_values
from strawberry.exceptions import MissingQueryError
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.schema.schema import (
    DEFAULT_ALLOWED_OPERATION_TYPES,
    StrawberryGraphQLCoreExecutionContext,
    validate_document,
)
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType
from strawberry.utils.aio import aclosing

from app.wire.caching import Asked, KeptAnswers, KnownQuestions
from app.wire.compiled.run import Run
from app.wire.documents import Documents, Prepared
from app.wire.encoding import encode
from app.wire.groups import Group
from app.wire.limits import LONGEST_TYPED_BY_HAND, Limits, Measure, cut, parsed, refusal, validation_errors
from app.wire.measure import error_extensions
from app.wire.sharing import EncodedResult, SharedAnswers, Sharing

Variables = dict[str, Any] | None
Executed = Callable[[Prepared, Run | None, Any], None]


class WireSchema(strawberry.Schema):
    """Strawberry's schema with another way to execute. Its own schema extensions and directives are not for it.

    `limits` hold every operation to a size; `shown` makes of each error what a client is told of it. Both may be left
    out: everything is then as in Strawberry. `compiled` may be switched off at any time: answers stay the same.
    """

    def __init__(
        self,
        *args: Any,
        limits: Limits | None = None,
        shown: Callable[[GraphQLError], GraphQLError] | None = None,
        compiled: bool = True,
        most_weight: int = 40_000,
        **kwargs: Any,
    ) -> None:
        """Raises `TypeError` for schema extensions and operation directives: they would not be called."""
        if kwargs.get("extensions") or kwargs.get("directives"):
            raise TypeError("a WireSchema takes neither schema extensions nor operation directives")
        super().__init__(*args, **kwargs)
        self.limits, self.shown, self.compiled = limits, shown, compiled
        self.documents = Documents(most_weight)
        self.kept, self.questions = KeptAnswers(), KnownQuestions()
        self._shared = SharedAnswers()
        self._groups: WeakValueDictionary[Hashable, Group] = WeakValueDictionary()
        self.executed: Executed | None = None  # told of each execution, by whoever wants to count

    def process_errors(self, errors: list[GraphQLError], execution_context: Any = None) -> None:
        """With `shown`, which logs what is to be logged, nothing more is."""
        if self.shown is None:
            super().process_errors(errors, execution_context)

    # Before execution

    def prepare(self, query: str | None, operation_name: str | None = None) -> Prepared | list[GraphQLError]:
        """The document with its operation, or the errors in it.

        Raises `MissingQueryError`, and `CannotGetOperationTypeError` for an operation that the document has not.
        """
        if not query:
            raise MissingQueryError
        found = self.documents.get(query, operation_name)
        if found is not None:
            return found
        try:
            document = parsed(query, self.limits) if self.limits else parse(query)
        except GraphQLError as error:
            return [error]
        operation = get_operation_ast(document, operation_name)
        if operation is None:
            return self._no_operation(document, operation_name)
        prepared = Prepared(self._schema, document, operation)
        if self.limits is None:
            errors = validate_document(self._schema, document, tuple(specified_rules))
        else:
            # What is too much is not worth validating; the variables' part in that is looked at for each execution.
            too_much = self._refusal(prepared, {})
            if too_much is not None and (too_much.extensions or {}).get("code") == "QUERY_TOO_COMPLEX":
                return [too_much]
            hide = self.config.disable_field_suggestions or len(query) > LONGEST_TYPED_BY_HAND
            errors = validation_errors(
                self._schema, document, tuple(specified_rules), self.limits, hide_suggestions=hide
            )
        if errors:
            return errors
        self.documents.keep(query, operation_name, prepared)
        return prepared

    def _no_operation(self, document: Any, operation_name: str | None) -> list[GraphQLError]:
        has_operations = any(isinstance(node, OperationDefinitionNode) for node in document.definitions)
        if operation_name is not None or not has_operations:
            raise CannotGetOperationTypeError(operation_name)
        message = "Must provide operation name if query contains multiple operations."
        return [GraphQLError(message, extensions=error_extensions("BAD_REQUEST") if self.limits else None)]

    def _refusal(self, prepared: Prepared, variables: dict[str, Any]) -> GraphQLError | None:
        if self.limits is None:
            return None
        found = prepared.measure(variables, self.limits)
        return refusal(found, self.limits) if isinstance(found, Measure) else found

    def _ready(
        self,
        query: str | None,
        variable_values: Variables,
        operation_name: str | None,
        allowed: Iterable[OperationType],
    ) -> tuple[Prepared, VariableValues] | list[GraphQLError]:
        prepared = self.prepare(query, operation_name)
        if isinstance(prepared, list):
            return prepared
        if prepared.operation_type not in allowed:
            raise InvalidOperationTypeError(prepared.operation_type)
        variables = self._variables(prepared, variable_values)
        if isinstance(variables, list):
            return variables
        if isinstance(variables, Asked) and self.limits is not None and variables.measured_for is self.limits:
            return prepared, variables
        refused = self._refusal(prepared, variables.coerced)
        if refused is None and isinstance(variables, Asked):
            variables.measured_for = self.limits
        return [refused] if refused else (prepared, variables)

    def _variables(self, prepared: Prepared, given: Variables) -> VariableValues | list[GraphQLError]:
        key = self.questions.key(prepared.key, given) if prepared.caching is not None else None
        if key is not None and (asked := self.questions.get(key)) is not None:
            return asked
        coerced: VariableValues | list[GraphQLError] = VariableValues({}, {})
        if prepared.has_variables:
            definitions = prepared.operation.variable_definitions or ()
            coerced = get_variable_values(self._schema, definitions, given or {}, max_errors=50)
        return coerced if key is None or isinstance(coerced, list) else self.questions.remember(key, coerced)

    # Execution

    async def execute(
        self,
        query: str | None,
        variable_values: Variables = None,
        context_value: Any = None,
        root_value: Any = None,
        operation_name: str | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
        operation_extensions: dict[str, Any] | None = None,
    ) -> ExecutionResult:
        """One result, with what is deferred in it. Raises for what is no request at all, as Strawberry does."""
        allowed = DEFAULT_ALLOWED_OPERATION_TYPES if allowed_operation_types is None else allowed_operation_types
        ready = self._ready(query, variable_values, operation_name, allowed)
        if isinstance(ready, list):
            return self._finished(PreExecutionError(data=None, errors=ready))
        prepared, variables = ready
        run = Run(prepared, context_value, root_value, variables, operation_extensions)
        try:
            result = await self._executed(run)
        except Exception as error:
            result = PreExecutionError(data=None, errors=[_as_graphql(error)])
        return self._finished(result, self._asked_cost(run))

    async def _executed(self, run: Run) -> Any:
        plan = run.prepared.plan(run.variables) if self.compiled else None
        # Extensions may ask for more than data, or tell resolvers something; naming a document does neither.
        if not run.operation_extensions or not run.operation_extensions.keys() - {"persistedQuery"}:
            run.kept = self.kept
        if plan is not None:
            result: Any = await plan.execute(run)
        else:
            result = run.executor().execute_operation()
            if optimized_is_awaitable(result):
                result = await result
        if self.executed is not None:
            self.executed(run.prepared, run, plan)
        return result

    def _asked_cost(self, run: Run) -> Any:
        """What the operation was reckoned to cost, for a request whose `extensions` say `"cost": true`."""
        asked = run.operation_extensions
        if self.limits is None or not asked or asked.get("cost") is not True:
            return None
        found = run.prepared.measure(run.variables.coerced, self.limits)
        if not isinstance(found, Measure):
            return None
        limits = self.limits
        return {
            "cost": {
                "cost": found.cost,
                "maxCost": limits.max_cost,
                "depth": found.depth,
                "maxDepth": limits.max_depth,
                "aliases": found.aliases,
                "maxAliases": limits.max_aliases,
            }
        }

    def _finished(self, result: Any, extensions: dict[str, Any] | None = None) -> ExecutionResult:
        if isinstance(result, CoreResult):
            result = ExecutionResult(data=result.data, errors=result.errors)
        if extensions:
            result.extensions = extensions
        if result.errors:
            result.errors = self._told(result.errors)
        return result  # type: ignore[no-any-return]

    def _told(self, errors: list[GraphQLError]) -> list[GraphQLError]:
        if self.limits is not None:
            errors = cut(errors, self.limits)
        self._process_errors(errors)
        return errors if self.shown is None else [self.shown(error) for error in errors]

    # Streams

    async def stream(
        self,
        query: str | None,
        variable_values: Variables = None,
        context_value: Any = None,
        root_value: Any = None,
        operation_name: str | None = None,
        operation_extensions: dict[str, Any] | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
    ) -> AsyncGenerator[Any, None]:
        """The results of a subscription, the one of another operation, or it and what it defers as it comes."""
        allowed = DEFAULT_ALLOWED_OPERATION_TYPES if allowed_operation_types is None else allowed_operation_types
        return self._streamed(
            query, variable_values, context_value, root_value, operation_name, operation_extensions, allowed
        )

    async def _streamed(
        self,
        query: str | None,
        variable_values: Variables,
        context_value: Any,
        root_value: Any,
        operation_name: str | None,
        operation_extensions: dict[str, Any] | None,
        allowed: Iterable[OperationType],
    ) -> AsyncGenerator[Any, None]:
        try:
            ready = self._ready(query, variable_values, operation_name, allowed)
        except (MissingQueryError, CannotGetOperationTypeError, InvalidOperationTypeError) as error:
            ready = [_as_graphql(error)]
        if isinstance(ready, list):
            yield self._finished(PreExecutionError(data=None, errors=ready))
            return
        prepared, variables = ready
        run = Run(prepared, context_value, root_value, variables, operation_extensions)
        cost = self._asked_cost(run)
        try:
            if prepared.operation_type is OperationType.SUBSCRIPTION:
                results = self._events(run)
            elif prepared.is_incremental and self._may_come_in_pieces(run):
                results = self._increments(run)
            else:
                yield self._finished(await self._executed(run), cost)
                return
            async with aclosing(results):
                async for result in results:
                    yield self._finished(result, cost) if isinstance(result, CoreResult | ExecutionResult) else result
        except Exception as error:
            yield self._failed(error)

    async def _events(self, run: Run) -> AsyncGenerator[Any, None]:
        key = self._shared_as(run)
        source: Any = create_source_event_stream(run.executor())
        if optimized_is_awaitable(source):
            source = await source
        if isinstance(source, CoreResult):
            yield PreExecutionError(data=None, errors=source.errors)
            return
        group = self._group(key, run) if key is not None and hasattr(source, "join") else None
        async with aclosing(source):
            async for payload in source:
                event = Run(run.prepared, run.context, payload, run.variables, run.operation_extensions)
                if key is None:
                    yield await self._executed(event)
                    continue
                result = await self._shared.answer(payload, key, partial(self._executed, event))
                if group is not None and isinstance(result, EncodedResult):
                    result.join = partial(source.join, group, run.context)
                yield result

    def _group(self, key: Hashable, run: Run) -> Group:
        """Of all who ask the same and may see the same."""
        group = self._groups.get(key)
        if group is None:
            prepared, variables = run.prepared, run.variables

            async def answer(event: Any, context: Any) -> Any:
                execute = partial(self._executed, Run(prepared, context, event, variables, None))
                return self._finished(await self._shared.answer(event, key, execute))

            group = self._groups[key] = Group(answer, self._failed)
        return group

    def _failed(self, error: Exception) -> ExecutionResult:
        return self._finished(ExecutionResult(data=None, errors=[_as_graphql(error)]))

    def _shared_as(self, run: Run) -> Hashable | None:
        """What all with whom the events are shared have in common; None if they are not shared."""
        sharing: Sharing | None = run.prepared.sharing
        # Extensions may ask for more than data, or tell resolvers something; naming a document does neither.
        if sharing is None or (run.operation_extensions or {}).keys() - {"persistedQuery"}:
            return None
        try:
            asked = encode([run.prepared.key, run.variables.coerced])
        except TypeError:  # a variable that cannot be compared with another's
            return None
        return asked, sharing.visibility(run.context)

    def _may_come_in_pieces(self, run: Run) -> bool:
        """A server need not defer: what would be too many pieces is delivered at once."""
        if self.limits is None:
            return True
        found = run.prepared.measure(run.variables.coerced, self.limits)
        return isinstance(found, Measure) and found.deferred <= self.limits.max_deferred

    async def _increments(self, run: Run) -> AsyncGenerator[Any, None]:
        executor: Executor[Any] = run.prepared.make_executor(
            StrawberryGraphQLCoreExecutionContext,
            run.context,
            run.root_value,
            run.variables,
            run.operation_extensions,
        )
        result: Any = executor.execute_operation()
        if optimized_is_awaitable(result):
            result = await result
        if not isinstance(result, ExperimentalIncrementalExecutionResults):
            yield result
            return
        yield self._told_within(result.initial_result)
        async with aclosing(result.subsequent_results) as frames:
            async for frame in frames:
                yield self._told_within(frame)

    def _told_within(self, frame: Any) -> Any:
        """The errors of a frame stand in several places of it."""
        for holder in (frame, *(getattr(frame, "incremental", None) or ()), *(getattr(frame, "completed", None) or ())):
            if getattr(holder, "errors", None):
                holder.errors = self._told(holder.errors)
        return frame


def _as_graphql(error: Exception) -> GraphQLError:
    if isinstance(error, GraphQLError):
        return error
    if isinstance(error, CannotGetOperationTypeError):
        return GraphQLError(error.as_http_error_reason(), original_error=error)
    if isinstance(error, InvalidOperationTypeError):
        kinds = {OperationType.QUERY: "queries", OperationType.MUTATION: "mutations"}
        return GraphQLError(f"{kinds.get(error.operation_type, 'subscriptions')} are not allowed", original_error=error)
    return GraphQLError(str(error), original_error=error)
