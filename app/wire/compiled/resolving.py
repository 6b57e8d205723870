"""How a field gets its value: read, called, loaded by the column, or resolved in whatever way the schema has."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import iscoroutinefunction
from keyword import iskeyword
from typing import Any

from strawberry.permission import PermissionExtension
from strawberry.types.field import StrawberryField

from app.wire.compiled.leaves import General
from app.wire.compiled.run import FieldPlace, Run
from app.wire.permissions import FieldPermission
from app.wire.relations import Relation

PARENT = "parent"


@dataclass(frozen=True)
class Read:
    """An attribute of the parent."""

    expression: str  # of `parent`


@dataclass(frozen=True)
class Call:
    """A plain function of the parent, and of `info` if it asks for it."""

    function: Callable[..., Any]
    arguments: str  # of `parent` and `{info}`
    asks_for_info: bool


@dataclass(frozen=True)
class Load:
    """A relation, one call for all parents."""

    relation: Relation


@dataclass(frozen=True)
class Resolve:
    """The schema's own resolver with all that Strawberry puts around it, called for each parent."""

    function: Callable[..., Any]
    may_wait: bool  # whether what it answers may have to be awaited


Resolution = Read | Call | Load | Resolve


def resolution_of(place: FieldPlace, default_resolver: Callable[..., Any]) -> tuple[Resolution, list[FieldPermission]]:
    """How the field is resolved, and the permissions that are asked once for it. Raises `General`."""
    field = place.strawberry_field
    resolve = place.definition.resolve
    if resolve is None or not isinstance(field, StrawberryField):
        raise General("the field has no resolver of Strawberry's")
    permissions = _asked_once(field)
    is_plain = permissions is not None and type(field).get_result is StrawberryField.get_result
    stock = Resolve(resolve, field.is_async or not _answers_at_once(field))
    if not is_plain or place.has_arguments or _handles_exceptions(resolve):
        return stock, []
    asked = permissions or []
    if field.base_resolver is None:
        return _read(field.python_name, default_resolver, stock), asked
    if (relation := _relation_of(field)) is not None:
        return Load(relation), asked
    return stock if field.is_async else _call(field, stock), asked


def is_plain(place: FieldPlace) -> bool:
    """Whether nothing stands around the field's resolver but the conversion of its arguments."""
    field = place.strawberry_field
    if not isinstance(field, StrawberryField) or field.base_resolver is None or place.definition.resolve is None:
        return False
    named = field.base_resolver.parent_parameter or field.base_resolver.root_parameter
    if named or field.extensions or type(field).get_result is not StrawberryField.get_result:
        return False
    return not _handles_exceptions(place.definition.resolve) and callable(field.base_resolver.wrapped_func)


def _asked_once(field: StrawberryField) -> list[FieldPermission] | None:
    """The permissions of a field that has no other extension than those; None if it has others."""
    permissions: list[FieldPermission] = []
    for extension in field.extensions:
        if type(extension) is not PermissionExtension or extension.fail_silently:
            return None
        if not all(isinstance(permission, FieldPermission) for permission in extension.permissions):
            return None
        permissions += extension.permissions  # type: ignore[arg-type]
    return permissions


def _answers_at_once(field: StrawberryField) -> bool:
    """Whether nothing around the resolver makes something to await of its answer."""
    permissions = [
        permission
        for extension in field.extensions
        if type(extension) is PermissionExtension
        for permission in extension.permissions
    ]
    return all(type(extension) is PermissionExtension for extension in field.extensions) and not any(
        iscoroutinefunction(permission.has_permission) for permission in permissions
    )


def _relation_of(field: StrawberryField) -> Relation | None:
    metadata: Mapping[Any, Any] = field.metadata or {}
    return metadata.get(Relation)


def _handles_exceptions(resolve: Callable[..., Any]) -> bool:
    """Strawberry keeps the exception handlers of a field in its resolver's closure."""
    cells = dict(zip(resolve.__code__.co_freevars, resolve.__closure__ or (), strict=True))
    found = cells.get("field_exception_handlers")
    return bool(found.cell_contents) if found is not None else False


def _read(name: str, default_resolver: Callable[..., Any], stock: Resolve) -> Resolution:
    if default_resolver is not getattr or not name.isidentifier() or iskeyword(name):
        return stock
    return Read(f"{PARENT}.{name}")


def _call(field: StrawberryField, stock: Resolve) -> Resolution:
    resolver = field.base_resolver
    if resolver is None or not callable(resolver.wrapped_func):
        return stock
    arguments = [PARENT] if resolver.self_parameter else []
    named = {parameter.name for parameter in (resolver.parent_parameter, resolver.root_parameter) if parameter}
    arguments += [f"{name}={PARENT}" for name in sorted(named)]
    if resolver.info_parameter:
        arguments.append(f"{resolver.info_parameter.name}={{info}}")
    return Call(resolver.wrapped_func, ", ".join(arguments), resolver.info_parameter is not None)


def require(permissions: list[FieldPermission], place: FieldPlace, run: Run) -> None:
    """Asks each permission once; who may not goes the general way, which says so for each object."""
    info = run.strawberry_info(place)
    for permission in permissions:
        if permission.has_permission(None, info) is not True:
            raise General("a permission says no")
