"""From a document to a plan: which function completes what, decided once for all executions of an operation."""

from collections.abc import Callable, Mapping
from inspect import iscoroutinefunction
from typing import Any

from graphql import (
    GraphQLAbstractType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLUnionType,
    OperationDefinitionNode,
    is_leaf_type,
)
from graphql.execution.collect_fields import FieldDetailsList, FragmentDetails, collect_subfields
from graphql.execution.values import VariableValues

from app.wire.compiled.columns import AttributeColumn, RelationColumn, ResolverColumn
from app.wire.compiled.completers import AbstractCompleter, Completer, LeafCompleter, ListCompleter
from app.wire.compiled.leaves import General, leaf_of
from app.wire.compiled.objects import ConstantField, InlineField, ObjectCompleter, ObjectField
from app.wire.compiled.resolving import Load, Resolve, resolution_of
from app.wire.compiled.run import FieldPlace

# A plan is made while nobody else is served, about 15 µs a field; each member of an interface or union is planned for.
MOST_FIELDS = 3_000


class Planner:
    """Makes the completers of one operation. It sees the variables that steer what is selected, and keeps none."""

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDetails],
        operation: OperationDefinitionNode,
        variables: VariableValues,
        default_resolver: Callable[..., Any],
    ) -> None:
        self.schema = schema
        self.fragments = dict(fragments)
        self.operation = operation
        self.variables = variables
        self.default_resolver = default_resolver
        self.planned = 0

    def completer(self, type_: GraphQLOutputType, place: FieldPlace) -> Completer:
        """What completes values of a type at a place. Raises `General` for what cannot be compiled."""
        is_nullable = not isinstance(type_, GraphQLNonNull)
        inner: Any = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        if is_leaf_type(inner):
            return LeafCompleter(leaf_of(inner), is_nullable)
        if isinstance(inner, GraphQLList):
            return ListCompleter(self.completer(inner.of_type, place), is_nullable)
        if isinstance(inner, GraphQLInterfaceType | GraphQLUnionType):
            return self._abstract(inner, place, is_nullable)
        return self._object(inner, place, is_nullable)

    def _abstract(self, type_: GraphQLAbstractType, place: FieldPlace, is_nullable: bool) -> Completer:
        possible = self.schema.get_possible_types(type_)
        if iscoroutinefunction(type_.resolve_type) or any(iscoroutinefunction(each.is_type_of) for each in possible):
            raise General("the type of a value is found asynchronously")
        members = {each.name: self._object(each, place, False) for each in possible}
        return AbstractCompleter(type_, place, members, is_nullable)

    def _object(self, type_: GraphQLObjectType, place: FieldPlace, is_nullable: bool) -> Completer:
        if iscoroutinefunction(type_.is_type_of):
            raise General("the type of a value is found asynchronously")
        collected = collect_subfields(
            self.schema, self.fragments, self.variables, self.operation, type_, place.details
        ).grouped_field_set
        self.planned += 1 + len(collected)
        if self.planned > MOST_FIELDS:
            raise General("the selections are too many")
        fields = {key: self._field(key, type_, details) for key, details in collected.items()}
        return ObjectCompleter(type_, place, fields, is_nullable)

    def _field(self, key: str, parent_type: GraphQLObjectType, details: FieldDetailsList) -> ObjectField:
        place = self.place(key, parent_type, details)
        if place.nodes[0].name.value == "__typename":
            return ConstantField(key, parent_type.name)
        resolution, permissions = resolution_of(place, self.default_resolver)
        completer = self.completer(place.definition.type, place)
        if isinstance(resolution, Load):
            return RelationColumn(place, resolution, permissions, completer)
        if isinstance(resolution, Resolve) and (resolution.may_wait or not completer.is_sync):
            return ResolverColumn(place, resolution, completer)
        if completer.is_sync or isinstance(resolution, Resolve):
            return InlineField(place, resolution, permissions, completer)
        return AttributeColumn(place, resolution, permissions, completer)

    def place(self, key: str, parent_type: GraphQLObjectType, details: FieldDetailsList) -> FieldPlace:
        """The field that some nodes of the document ask for."""
        definition = self.schema.get_field(parent_type, details[0].node.name.value)
        if definition is None or any(each.fragment_variable_values for each in details):
            raise General("arguments of fragments")
        return FieldPlace(key, definition, parent_type, details)
