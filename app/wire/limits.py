"""Refusing what asks for too much, before any rule or resolver works on it, and keeping the refusal short."""

from __future__ import annotations

from collections.abc import Sequence

from graphql import ASTValidationRule, DocumentNode, GraphQLError, GraphQLSchema, parse, validate
from graphql.validation.rules import overlapping_fields_can_be_merged
from graphql.validation.validate import ValidationAbortedError
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from app.wire.measure import CEILING, Limits, Measure, error_extensions, measure

__all__ = ["Limits", "Measure", "cut", "measure", "parsed", "refusal", "validation_errors"]

# Whether fields of one name can be merged is decided by comparing them two by two: up to a second of CPU for 2,000
# tokens within graphql-core's own budget of 500,000. This is the knob it documents for that, read when a rule starts.
overlapping_fields_can_be_merged.MAX_COMPLEXITY_BUDGET = 20_000

_LONGEST_MESSAGE = 1_000  # graphql-core quotes the value it refuses, be it 60 kB long
LONGEST_TYPED_BY_HAND = 4_000  # "Did you mean" costs up to 15 ms an error: it is for what a person is writing


def refusal(found: Measure, limits: Limits) -> GraphQLError | None:
    """The error that answers an operation beyond `limits`; None if it is within them."""
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
    return cut(errors, limits)


def parsed(text: str, limits: Limits) -> DocumentNode:
    """The document of a text; raises a `GraphQLError` for one that is wrong or too long."""
    try:
        return parse(text, max_tokens=limits.max_tokens, max_source_length=limits.max_length)
    except GraphQLError as error:
        if error.message.endswith("Parsing aborted."):  # the parser met a limit, not a mistake
            error.extensions = error_extensions("QUERY_TOO_COMPLEX")
        raise


def _too_complex(message: str) -> GraphQLError:
    return GraphQLError(message, extensions=error_extensions("QUERY_TOO_COMPLEX"))


def cut(errors: Sequence[GraphQLError], limits: Limits) -> list[GraphQLError]:
    """The first few errors, none of them long."""
    kept = list(errors[: limits.max_errors])
    for error in kept:
        if len(error.message) > _LONGEST_MESSAGE:
            error.message = error.message[:_LONGEST_MESSAGE] + "…"
    return kept
