"""Refusing what asks for too much, before any rule or resolver works on it, and keeping the refusal short."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from graphql import (
    ASTValidationRule,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    get_operation_ast,
    validate,
)
from graphql.validation.rules import overlapping_fields_can_be_merged
from graphql.validation.validate import ValidationAbortedError
from strawberry.extensions import SchemaExtension
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule
from strawberry.types.execution import StreamExecutionResult

from app.wire.measure import CEILING, Limits, Measure, error_extensions, measure

__all__ = ["Limits", "Measure", "QueryLimits", "measure", "refusal", "validation_errors"]

# Whether fields of one name can be merged is decided by comparing them two by two: up to a second of CPU for 2,000
# tokens within graphql-core's own budget of 500,000. This is the knob it documents for that, read when a rule starts.
overlapping_fields_can_be_merged.MAX_COMPLEXITY_BUDGET = 20_000

_LONGEST_MESSAGE = 1_000  # graphql-core quotes the value it refuses, be it 60 kB long
_LONGEST_TYPED_BY_HAND = 4_000  # "Did you mean" costs up to 15 ms an error: it is for what a person is writing


def refusal(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, object],
    limits: Limits,
) -> GraphQLError | None:
    """The error that answers an operation beyond `limits`; None if it is within them. Never raises."""
    try:
        found = measure(schema, document, operation, variables, limits)
    except GraphQLError as error:
        return error
    compared = (
        ("depth", found.depth, limits.max_depth),
        ("cost", found.cost, limits.max_cost),
        ("number of aliases", found.aliases, limits.max_aliases),
        ("introspection depth", found.introspection_depth, limits.max_introspection_depth),
        ("number of introspected lists", found.introspection_lists, limits.max_introspection_lists),
    )
    for what, number, allowed in compared:
        if number > allowed:
            shown = number if number < CEILING else f"at least {CEILING}"
            return _too_complex(f"The {what} of the operation is {shown}, at most {allowed} is allowed.")
    return None


def validation_errors(
    schema: GraphQLSchema,
    document: DocumentNode,
    rules: Sequence[type[ASTValidationRule]],
    limits: Limits,
    *,
    hide_suggestions: bool = False,
) -> list[GraphQLError]:
    """At most `max_errors` errors, the last of them saying so if there were more: the work ends there too."""
    every_rule = (*rules, MaybeNullValidationRule, OneOfInputValidationRule)  # as Strawberry adds them
    errors = validate(schema, document, every_rule, limits.max_errors - 1, hide_suggestions)
    if errors and isinstance(errors[-1], ValidationAbortedError) and errors[-1].message == "Validation aborted.":
        errors[-1] = _too_complex("The selections of the document overlap or nest too much to be checked.")
    return _cut(errors, limits)


class QueryLimits(SchemaExtension):
    """Holds every operation of every transport to the limits.

    Listed after any other extension that validates, for the last to say which errors there are is heard.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()

    @classmethod
    def with_limits(cls, limits: Limits) -> Callable[[], QueryLimits]:
        """What to list in `Schema(extensions=[...])` for limits other than the usual."""
        return partial(cls, limits)

    def on_operation(self) -> Iterator[None]:
        options = self.execution_context.parse_options
        options["max_tokens"] = self.limits.max_tokens
        options["max_source_length"] = self.limits.max_length  # type: ignore[typeddict-unknown-key]
        yield
        self._shorten(self.execution_context.result)

    def on_stream_result(self, result: StreamExecutionResult) -> Iterator[None]:
        self._shorten(result)
        yield

    def on_parse(self) -> Iterator[None]:
        yield
        for error in self.execution_context.pre_execution_errors or ():
            if error.message.endswith("Parsing aborted."):  # the parser met a limit, not a mistake
                error.extensions = error_extensions("QUERY_TOO_COMPLEX")

    def on_validate(self) -> Iterator[None]:
        # An error raised here would break a stream without an answer. One that is set is answered, nothing is
        # executed, and Strawberry leaves out its own validation, which would go on for a hundred errors.
        context = self.execution_context
        document, errors = context.graphql_document, context.pre_execution_errors
        if document and not errors:
            if refused := self._refusal(document):
                context.pre_execution_errors = [refused]
            elif errors is None and context.validation_rules:  # else another extension answers for it
                context.pre_execution_errors = self._validation_errors(document)
        yield

    def _refusal(self, document: DocumentNode) -> GraphQLError | None:
        context = self.execution_context
        # Not `operation_name`, which names the first of several operations when the client has named none.
        operation = get_operation_ast(document, context._provided_operation_name)
        if operation is None and context._provided_operation_name is None:
            return GraphQLError(
                "Must provide operation name if query contains multiple operations.",
                extensions=error_extensions("BAD_REQUEST"),
            )
        if operation is None:
            return None
        return refusal(context.schema._schema, document, operation, context.variables or {}, self.limits)

    def _validation_errors(self, document: DocumentNode) -> list[GraphQLError]:
        context = self.execution_context
        schema, rules = context.schema, context.validation_rules
        hide = schema.config.disable_field_suggestions or len(context.query or "") > _LONGEST_TYPED_BY_HAND
        return validation_errors(schema._schema, document, rules, self.limits, hide_suggestions=hide)

    def _shorten(self, result: object) -> None:
        errors = getattr(result, "errors", None)
        if errors:
            result.errors = _cut(errors, self.limits)  # type: ignore[attr-defined]


def _too_complex(message: str) -> GraphQLError:
    return GraphQLError(message, extensions=error_extensions("QUERY_TOO_COMPLEX"))


def _cut(errors: Sequence[GraphQLError], limits: Limits) -> list[GraphQLError]:
    kept = list(errors[: limits.max_errors])
    for error in kept:
        if len(error.message) > _LONGEST_MESSAGE:
            error.message = error.message[:_LONGEST_MESSAGE] + "…"
    return kept
