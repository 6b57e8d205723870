"""Which exercises would help a member most now, and why: arithmetic alone, the same answer for the same facts.

The formulas and their sources stand in docs/recommendations.md.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID

DIMENSIONS: Final = ("PSI", "RHO", "Q", "F")
CALLED_FOR_BY: Final = {"WISE_COWARD": "Q", "LONELY_HERO": "F", "PEOPLE_PLEASER": "PSI", "RECKLESS_REPEATER": "RHO"}
"""What each pattern lacks: the dimension that is low in it."""

MOST_PROPOSED: Final = 5
MOST_OF_ONE_DIMENSION: Final = 3

_NEED, _BENEFIT, _FIT, _TIME = 0.30, 0.55, 0.10, 0.05
_OF_DIMENSION, _OF_ELEMENT = 0.7, 0.3
_PATTERN = 0.2
_EVEN_SHARE = 0.2
_HIGH, _MEDIUM = 0.6, 0.4

_MIDDLE = 3.5
"""What an exercise is worth of which nobody has said anything, of 1 to 5."""
_FEW_OF_ALL, _FEW, _FEW_OF_ONES_OWN = 10.0, 5.0, 0.5
"""So many ratings weigh as much as what was expected before them."""
_ALIKE: Final = {"element": 0.40, "dimension": 0.20, "difficulty": 0.15, "time": 0.15}
_DONE_LATELY = 0.7

_LEVELS: Final = {"EASY": 0, "MEDIUM": 1, "ADVANCED": 2}
_READY_FOR_MEDIUM, _READY_FOR_ADVANCED = 2, 6
_FITS: Final = {-2: 0.4, -1: 0.7, 0: 1.0, 1: 0.4, 2: 0.1}
_SHORT, _LONG = 15, 60

EVERYBODY: Final = "EVERYBODY"


class Known(StrEnum):
    """What a proposal can be drawn from."""

    WEAKEST_DIMENSION = "WEAKEST_DIMENSION"
    DIMENSION = "DIMENSION"
    PATTERN = "PATTERN"
    ELEMENT = "ELEMENT"
    OWN_RATINGS = "OWN_RATINGS"
    RATINGS_OF_OTHERS = "RATINGS_OF_OTHERS"
    DONE_BEFORE = "DONE_BEFORE"


@dataclass(frozen=True, slots=True)
class Exercise:
    """What of an intervention decides whether it is proposed; `code` decides between equals."""

    id: UUID
    code: str
    dimension: str
    element: str | None
    difficulty: str
    time_minutes: int

    @property
    def time(self) -> str:
        return "SHORT" if self.time_minutes <= _SHORT else "LONG" if self.time_minutes >= _LONG else "MIDDLE"


@dataclass(frozen=True, slots=True)
class Situation:
    """How a member is: the four dimensions, a pattern, the shares of the elements, as far as they are known."""

    scores: Mapping[str, Decimal] = field(default_factory=dict)
    pattern: str | None = None
    shares: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def is_known(self) -> bool:
        return bool(self.scores or self.shares)

    @property
    def weakest(self) -> str | None:
        return min(DIMENSIONS, key=self.scores.__getitem__) if self.scores else None

    @property
    def groups(self) -> tuple[str, ...]:
        """Whom the member is like: everybody, those who lack the same, those of the same pattern; the widest first."""
        found = [EVERYBODY]
        if self.weakest is not None:
            found.append(f"WEAKEST_{self.weakest}")
        if self.pattern is not None:
            found.append(f"PATTERN_{self.pattern}")
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Experience:
    """What the member has said of an exercise, from 1 to 5."""

    exercise: Exercise
    rating: float


@dataclass(frozen=True, slots=True)
class Tally:
    count: int
    total: float

    @property
    def mean(self) -> float:
        return self.total / self.count


Tallies = Mapping[tuple[UUID, str], Tally]
"""Of each exercise and group, what others have said."""


@dataclass(frozen=True, slots=True)
class Fact:
    """`about` names a dimension, a pattern, an element or a group."""

    kind: Known
    about: str
    value: Decimal | None = None
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    exercise: Exercise
    need: float
    expected: float
    rank_score: Decimal
    priority: str
    facts: tuple[Fact, ...]


class Ranking:
    """For one member: what they said is compared with what was expected of each exercise before they said it."""

    def __init__(
        self,
        situation: Situation,
        *,
        tallies: Tallies,
        own: Sequence[Experience] = (),
        done_lately: Collection[UUID] = (),
        done: int = 0,
    ) -> None:
        self._situation, self._tallies, self._done_lately = situation, tallies, done_lately
        self._groups = situation.groups
        self._level = (done >= _READY_FOR_MEDIUM) + (done >= _READY_FOR_ADVANCED)
        everybody = [tally for (_, group), tally in tallies.items() if group == EVERYBODY]
        said = Tally(sum(tally.count for tally in everybody), sum(tally.total for tally in everybody))
        self._mean = shrunk(said, _MIDDLE, _FEW_OF_ALL)
        self._surprises = [(each, each.rating - self._of_others(each.exercise)) for each in own]

    def propose(self, exercises: Iterable[Exercise], most: int = MOST_PROPOSED) -> list[Proposal]:
        """The best first, and not all for one dimension."""
        ranked = sorted(exercises, key=lambda each: (-self._score(each), each.code))
        chosen: list[Exercise] = []
        for exercise in ranked:
            if len(chosen) == most:
                break
            if sum(each.dimension == exercise.dimension for each in chosen) < MOST_OF_ONE_DIMENSION:
                chosen.append(exercise)
        return [self.judge(each) for each in chosen]

    def judge(self, exercise: Exercise) -> Proposal:
        need = round(self._need(exercise), 9)
        return Proposal(
            exercise=exercise,
            need=need,
            expected=self.expected(exercise),
            rank_score=self._score(exercise),
            priority="HIGH" if need >= _HIGH else "MEDIUM" if need >= _MEDIUM else "LOW",
            facts=tuple(self._facts(exercise)),
        )

    def _score(self, exercise: Exercise) -> Decimal:
        fit = _FITS[_LEVELS[exercise.difficulty] - self._level]
        score = _NEED * self._need(exercise) + _BENEFIT * (self.expected(exercise) - 1) / 4
        score += _FIT * fit + _TIME * _shortness(exercise.time_minutes)
        if exercise.id in self._done_lately:
            score *= _DONE_LATELY
        return _rounded(score, "0.0001")

    def expected(self, exercise: Exercise) -> float:
        """What the member will say of it, from 1 to 5."""
        told, weight = self._own_opinion(exercise)
        return min(5.0, max(1.0, self._of_others(exercise) + told / (weight + _FEW_OF_ONES_OWN)))

    def _of_others(self, exercise: Exercise) -> float:
        """From the widest group to the narrowest, each pulled towards the one before by how few have said something."""
        expected = self._mean
        for group in self._groups:
            expected = shrunk(self._tallies.get((exercise.id, group)), expected, _FEW)
        return expected

    def _own_opinion(self, exercise: Exercise) -> tuple[float, float]:
        """By how much the member thought otherwise of what is like it, and how much they have said of that."""
        told = weight = 0.0
        for experience, surprise in self._surprises:
            likeness = alike(experience.exercise, exercise)
            told, weight = told + likeness * surprise, weight + likeness
        return told, weight

    def _need(self, exercise: Exercise) -> float:
        """How much is missing of what the exercise is for, from 0 to 1; a half where it is not known."""
        score = self._situation.scores.get(exercise.dimension)
        missing = 0.5 if score is None else 1 - float(score)
        if CALLED_FOR_BY.get(self._situation.pattern or "") == exercise.dimension:
            missing = min(1.0, missing + _PATTERN)
        if not self._situation.shares:
            return missing
        return _OF_DIMENSION * missing + _OF_ELEMENT * self._missing_element(exercise)

    def _missing_element(self, exercise: Exercise) -> float:
        share = self._situation.shares.get(exercise.element or "")
        return 0.0 if share is None else max(0.0, 1 - float(share) / _EVEN_SHARE)

    def _facts(self, exercise: Exercise) -> Iterable[Fact]:
        situation = self._situation
        if exercise.dimension in situation.scores:
            kind = Known.WEAKEST_DIMENSION if exercise.dimension == situation.weakest else Known.DIMENSION
            yield Fact(kind, exercise.dimension, situation.scores[exercise.dimension])
        if situation.pattern is not None and CALLED_FOR_BY[situation.pattern] == exercise.dimension:
            yield Fact(Known.PATTERN, situation.pattern)
        if exercise.element is not None and self._missing_element(exercise) > 0:
            yield Fact(Known.ELEMENT, exercise.element, situation.shares[exercise.element])
        if (own := self._closest(exercise)) is not None:
            yield own
        for group in reversed(self._groups):
            if (tally := self._tallies.get((exercise.id, group))) is not None:
                yield Fact(Known.RATINGS_OF_OTHERS, group, _rounded(tally.mean, "0.1"), tally.count)
                break
        if exercise.id in self._done_lately:
            yield Fact(Known.DONE_BEFORE, exercise.dimension)

    def _closest(self, exercise: Exercise) -> Fact | None:
        """The mean of what the member has said of exercises for the same element, or else the same dimension."""
        for about, of_like in (
            (exercise.element, [each for each, _ in self._surprises if each.exercise.element == exercise.element]),
            (
                exercise.dimension,
                [each for each, _ in self._surprises if each.exercise.dimension == exercise.dimension],
            ),
        ):
            if about is not None and of_like:
                mean = sum(each.rating for each in of_like) / len(of_like)
                return Fact(Known.OWN_RATINGS, about, _rounded(mean, "0.1"), len(of_like))
        return None


def shrunk(said: Tally | None, expected: float, few: float) -> float:
    """The mean of what was said, pulled towards what was expected before: `few` ratings weigh as much as that."""
    return expected if said is None else (said.total + few * expected) / (said.count + few)


def alike(one: Exercise, other: Exercise) -> float:
    """1 for the same exercise; less for another one, by what it shares with it."""
    if one.id == other.id:
        return 1.0
    return (
        _ALIKE["element"] * (one.element is not None and one.element == other.element)
        + _ALIKE["dimension"] * (one.dimension == other.dimension)
        + _ALIKE["difficulty"] * (one.difficulty == other.difficulty)
        + _ALIKE["time"] * (one.time == other.time)
    )


def _shortness(minutes: int) -> float:
    return min(1.0, max(0.0, (_LONG - minutes) / (_LONG - _SHORT)))


def _rounded(value: float, to: str) -> Decimal:
    return Decimal(f"{value:.9f}").quantize(Decimal(to), ROUND_HALF_EVEN)
