"""What the tests of bad input know of a mutation, and the document by which they ask it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.api.world import World


@dataclass(frozen=True)
class Mutation:
    """`valid` is accepted from `who`; every field is listed once, under its kind."""

    who: str
    valid: Callable[[World], dict[str, Any]]
    ids: dict[str, str] = field(default_factory=dict)
    times: tuple[str, ...] = ()
    moments: tuple[str, ...] = ()  # lists of times
    clocks: tuple[str, ...] = ()
    days: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    texts: dict[str, int] = field(default_factory=dict)  # with the most characters
    secrets: tuple[str, ...] = ()  # compared, never stored: a wrong one is wrong, however it looks
    lists: dict[str, tuple[int, int]] = field(default_factory=dict)  # the most entries, of the most characters
    ints: dict[str, tuple[int, int]] = field(default_factory=dict)
    versions: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()  # of a note
    wrong: dict[str, list[Any]] = field(default_factory=dict)  # of a shape of its own, with what it does not take
    required: tuple[str, ...] = ()
    never_null: tuple[str, ...] = ()  # may be left out

    @property
    def fields(self) -> set[str]:
        kinds = (
            self.times,
            self.moments,
            self.clocks,
            self.days,
            self.zones,
            self.emails,
            self.urls,
            self.secrets,
            self.versions,
            self.sections,
        )
        named = (self.ids, self.texts, self.lists, self.ints, self.choices, self.flags, self.wrong)
        return {name for kind in (*kinds, *named) for name in kind}


def naming(who: str, field: str, type_name: str) -> Mutation:
    """One whose input is an id and nothing else."""
    return Mutation(who, lambda world: {field: world.ids[type_name]}, ids={field: type_name}, required=(field,))


def document(name: str) -> str:
    """As little as tells one answer from another."""
    problem = "__typename ... on Problem { code } ... on InvalidInput { field } ... on SlotUnavailable { reason }"
    wanted = problem if name == "bookSession" else problem.rpartition(" ...")[0]
    return f"mutation ($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input) {{ {wanted} }} }}"
