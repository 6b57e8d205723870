"""A coach and a member."""

import pytest

from tests.practice import Person, Practice


@pytest.fixture
async def coach(practice: Practice) -> Person:
    return await practice.coach(display_name="Grace")


@pytest.fixture
async def member(practice: Practice, coach: Person) -> Person:
    return await practice.member(coach, first_name="Ada")
