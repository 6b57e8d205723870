"""A model may word drafts: it is told no ids and no names, and without it the words of the rules stay."""

from collections.abc import AsyncIterator

import orjson
import pytest

from app.events import Happened, RecommendationsDrafted
from app.jobs.growth import PHRASE
from tests.operations import nothing_written
from tests.platform.chat_server import GOOD, ChatServer, chat_server
from tests.practice import Person, Practice
from tests.recommending import EDIT, drafts, exercise, recommendable, scored

LACKS_COURAGE = ("0.60", "0.80", "0.30", "0.50")


@pytest.fixture
async def chat(practice: Practice) -> AsyncIterator[ChatServer]:
    async with chat_server() as chat:
        practice.house.outside.phrasing = chat.phrasing()
        yield chat


async def drafted(practice: Practice) -> tuple[Person, Person]:
    coach, member = await recommendable(practice)
    await exercise(practice, "walk-with-anna", "Q", "AETHER", coach_id=coach.actor.coach_id)
    await scored(practice, member, *LACKS_COURAGE)
    return coach, member


async def test_drafts_of_the_library_are_worded_by_the_model_with_facts_alone(
    practice: Practice, chat: ChatServer
) -> None:
    coach, member = await drafted(practice)

    found = await drafts(practice, coach, member)
    worded = {each["title"]: (each["text"], each["wording"]) for each in found}
    assert worded.pop("Walk with anna")[1] == "RULES", "its name is the coach's, and may be somebody's"
    assert list(worded.values()) == [(GOOD, "MODEL")] * 4
    assert found[0]["reason"].startswith("Courage (q) is the weakest of the four dimensions at 0.30")
    told = [orjson.loads(asked["messages"][1]["content"]) for asked in chat.asked]
    assert {fact for each in told for fact in each} == {
        "exercise",
        "what it is for",
        "element",
        "minutes",
        "difficulty",
        "why",
    }
    sent = orjson.dumps(chat.asked).decode()
    assert member.member is not None
    assert not [name for name in (str(member.member.id), member.member.last_name, "anna") if name in sent.split()]


async def test_when_the_model_fails_the_words_of_the_rules_stay_and_no_job_is_left(
    practice: Practice, chat: ChatServer
) -> None:
    chat.answers = [GOOD, 500]

    coach, member = await drafted(practice)

    wordings = [each["wording"] for each in await drafts(practice, coach, member)]
    assert sorted(wordings) == ["MODEL", "RULES", "RULES", "RULES", "RULES"]
    assert await practice.count("pgqueuer") == 0


async def test_what_a_coach_has_worded_stays_theirs_and_doing_it_again_asks_nothing(
    practice: Practice, chat: ChatServer
) -> None:
    coach, member = await drafted(practice)
    best, *_ = await drafts(practice, coach, member)
    await practice.ask(EDIT, coach, input={"id": best["id"], "text": "In my words"})
    asked = len(chat.asked)
    assert coach.coach is not None
    assert member.member is not None
    event = RecommendationsDrafted(member_id=member.member.id, coach_id=coach.coach.id)
    again = Happened(
        id=1, event_type="RecommendationsDrafted", event=event.model_dump(mode="json"), at=practice.clock()
    )

    async with nothing_written(practice):
        await PHRASE.work(practice.context(), again.model_dump(mode="json"))

    assert len(chat.asked) == asked
    assert {each["text"] for each in await drafts(practice, coach, member)} >= {"In my words", GOOD}
