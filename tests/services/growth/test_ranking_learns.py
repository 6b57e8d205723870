"""Over rounds of proposing, trying and rating, what is proposed helps more than chance and more than the favourites."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from itertools import cycle, islice, product
from random import Random
from uuid import UUID

from app.services.growth.ranking import (
    CALLED_FOR_BY,
    DIMENSIONS,
    Exercise,
    Experience,
    Ranking,
    Situation,
    Tallies,
    Tally,
)

ELEMENTS = ("FIRE", "WATER", "EARTH", "AIR", "AETHER")
LEVELS = cycle(("EASY", "MEDIUM", "EASY", "ADVANCED"))
MINUTES = cycle((10, 30, 60))
EXERCISES = [
    Exercise(UUID(int=number), f"exercise-{number:02}", dimension, element, level, minutes)
    for number, ((dimension, element), level, minutes) in enumerate(
        zip(islice(cycle(product(DIMENSIONS, ELEMENTS)), 32), LEVELS, MINUTES, strict=False)
    )
]
ROUNDS, EACH_TIME, UNTAUGHT, LATELY = 7, 2, 3, 4


@dataclass
class Somebody:
    """How a member is, which is known, and what they like, which is not."""

    situation: Situation
    likes: dict[str, float]
    tried: list[Experience] = field(default_factory=list)


@dataclass
class World:
    chance: Random
    quality: dict[UUID, float]
    for_those_who_lack: dict[tuple[UUID, str], float]
    people: list[Somebody]
    said: dict[tuple[UUID, str], list[float]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def made(cls, seed: int, people: int = 200) -> "World":
        chance = Random(seed)
        return cls(
            chance=chance,
            quality={each.id: chance.gauss(0, 0.4) for each in EXERCISES},
            for_those_who_lack={(e.id, d): chance.gauss(0, 0.4) for e, d in product(EXERCISES, DIMENSIONS)},
            people=[cls._somebody(chance) for _ in range(people)],
        )

    @staticmethod
    def _somebody(chance: Random) -> Somebody:
        scores = {dimension: Decimal(chance.randint(15, 90)) / 100 for dimension in DIMENSIONS}
        pattern = next(
            (p for p, low in CALLED_FOR_BY.items() if scores[low] < Decimal("0.4") and chance.random() < 0.4), None
        )
        likes = {of: chance.gauss(0, 0.6) for of in ELEMENTS}
        likes |= {of: chance.gauss(0, 0.4) for of in ("EASY", "MEDIUM", "ADVANCED", "SHORT", "MIDDLE", "LONG")}
        return Somebody(Situation(scores, pattern), likes)

    def benefit(self, who: Somebody, of: Exercise) -> float:
        """On the scale of ratings; nobody is ever told."""
        lacking = 1 - float(who.situation.scores[of.dimension])
        weakest = who.situation.weakest
        assert weakest is not None
        liked = who.likes[of.element or ""] + who.likes[of.difficulty] + who.likes[of.time]
        helped = 2.2 + 1.6 * lacking + self.quality[of.id] + self.for_those_who_lack[of.id, weakest] + liked
        return min(5.0, max(1.0, helped))

    @cached_property
    def popularity(self) -> dict[Exercise, float]:
        return {each: sum(self.benefit(who, each) for who in self.people) for each in EXERCISES}

    def tallies(self) -> Tallies:
        return {key: Tally(len(said), sum(said)) for key, said in self.said.items() if len(said) >= 3}

    def rounds_of(self, choose: Callable[["World", Somebody, Tallies], list[Exercise]]) -> float:
        """The mean of what was true of what was proposed, in the last rounds."""
        true = []
        for number in range(ROUNDS):
            tallies = self.tallies()
            for who in self.people:
                for exercise in choose(self, who, tallies):
                    benefit = self.benefit(who, exercise)
                    rating = float(min(5, max(1, round(benefit + self.chance.gauss(0, 0.5)))))
                    who.tried.append(Experience(exercise, rating))
                    for group in who.situation.groups:
                        self.said[exercise.id, group].append(rating)
                    if number >= UNTAUGHT:
                        true.append(benefit)
        return sum(true) / len(true)


def at_hand(who: Somebody) -> list[Exercise]:
    tried = {each.exercise.id for each in who.tried[-LATELY:]}
    return [each for each in EXERCISES if each.id not in tried]


def by_chance(world: World, who: Somebody, _: Tallies) -> list[Exercise]:
    return world.chance.sample(at_hand(who), EACH_TIME)


def the_favourites(world: World, who: Somebody, _: Tallies) -> list[Exercise]:
    """What helps people most on average, as if that were known from the beginning."""
    return sorted(at_hand(who), key=world.popularity.__getitem__, reverse=True)[:EACH_TIME]


def proposed(_: World, who: Somebody, tallies: Tallies) -> list[Exercise]:
    ranking = Ranking(who.situation, tallies=tallies, own=who.tried, done=len(who.tried))
    return [each.exercise for each in ranking.propose(at_hand(who), EACH_TIME)]


def unlearned(_: World, who: Somebody, tallies: Tallies) -> list[Exercise]:
    return [each.exercise for each in Ranking(who.situation, tallies={}).propose(at_hand(who), EACH_TIME)]


def test_what_is_proposed_helps_more_than_chance_than_the_favourites_and_than_what_learns_nothing() -> None:
    by_luck, favourite, untaught, taught = (
        World.made(seed=20_261_122).rounds_of(choose) for choose in (by_chance, the_favourites, unlearned, proposed)
    )

    assert taught > by_luck + 0.6
    assert taught > favourite + 0.1, "though these are known from the beginning, and likings have to be learned"
    assert taught > untaught + 0.25, "ratings are what makes the difference"
