"""Permissions that look at who asks and not at the object, so that one question answers for a whole field."""

from abc import abstractmethod
from typing import Any

import strawberry
from strawberry.permission import BasePermission


class FieldPermission(BasePermission):
    """For `permission_classes`: the compiled way asks once for a field, however many objects have it."""

    @abstractmethod
    def may(self, context: Any) -> bool:
        """Whether whoever asks may see the field at all."""

    def has_permission(self, source: Any, info: strawberry.Info[Any, Any], **kwargs: Any) -> bool:
        return self.may(info.context)
