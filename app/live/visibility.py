"""Whose views may be shown the same: part of a subscription's definition, as in `metadata=shared(by_coach)`.

Without one (`shared()`) everybody is shown the same. Who is no coach, no member or nobody shares with nobody.
"""

from collections.abc import Hashable
from typing import Protocol

from app.actor import Actor


class HasActor(Protocol):
    """A context."""

    @property
    def actor(self) -> Actor: ...


def by_coach(context: HasActor) -> Hashable:
    """The views of one coach."""
    return _of("coach", context.actor.coach_id)


def by_member(context: HasActor) -> Hashable:
    """The views of one member."""
    return _of("member", context.actor.member_id)


def by_user(context: HasActor) -> Hashable:
    """The views of one user in one role."""
    return _of(context.actor.standing, context.actor.user_id)


def _of(kind: str, key: Hashable) -> Hashable:
    return (kind, object() if key is None else key)
