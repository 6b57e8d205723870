"""Facts put into words by a model, against a server that speaks its interface; and all that is not taken from it."""

from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest

from app.platform.outgoing import GuardedClient
from app.platform.outside import phrasing
from app.platform.phrasing import ChatPhrasing, NotPhrased
from app.platform.settings import InvalidSettings, Settings, read_settings
from tests.platform.chat_server import GOOD, MODEL, ChatServer, chat_server

FACTS = {"exercise": "Small risk", "minutes": 15, "why": "Courage (q) stands at 0.30."}


@pytest.fixture(scope="module")
async def one_chat() -> AsyncIterator[ChatServer]:
    async with chat_server() as chat:
        yield chat


@pytest.fixture
def chat(one_chat: ChatServer) -> ChatServer:
    one_chat.asked, one_chat.answers = [], []
    return one_chat


async def test_a_model_is_asked_with_the_facts_alone_and_its_words_are_taken(chat: ChatServer) -> None:
    chat.answers = ["  It takes 15 minutes,\n and courage stands at 0.30 now. "]

    assert await chat.phrasing().phrase(FACTS) == "It takes 15 minutes, and courage stands at 0.30 now."

    (asked,) = chat.asked
    assert (asked["model"], asked["temperature"]) == (MODEL, 0)
    assert [message["role"] for message in asked["messages"]] == ["system", "user"]
    assert orjson.loads(asked["messages"][1]["content"]) == FACTS


def whole(content: Any = GOOD, **changes: Any) -> dict[str, Any]:
    return {"choices": [{"message": {"content": content, "refusal": None}, "finish_reason": "stop"} | changes]}


@pytest.mark.parametrize(
    "answer",
    [
        429,
        500,
        307,
        201,
        {},
        {"choices": []},
        {"choices": "none"},
        whole(None),
        whole(["a part"]),
        whole(finish_reason="length"),
        whole(message={"content": GOOD, "refusal": "I cannot"}),
        "Too short",
        "A word and one more. " * 40,
        "See https://example.com for a small risk a day.",
        "- Take a small risk\n- **each** day of the week",
        "<b>Take a small risk</b> each day of the week.",
        "Your courage went up by 42 percent with small risks.",
        "A bell \x07 rings for those who take a small risk.",
        "x" * 70_000,
    ],
    ids=lambda answer: str(answer)[:24],
)
async def test_what_is_no_sentence_of_the_facts_is_not_taken(chat: ChatServer, answer: Any) -> None:
    chat.answers = [answer]

    with pytest.raises(NotPhrased):
        await chat.phrasing().phrase(FACTS)

    assert len(chat.asked) == 1, "it is asked once"


async def test_a_model_that_hangs_is_not_there_or_does_not_know_the_key_says_nothing(chat: ChatServer) -> None:
    chat.answers = ["hang"]
    nobody = ChatPhrasing(GuardedClient(allow=["127.0.0.1"]), "http://127.0.0.1:9/v1", MODEL)
    not_allowed = ChatPhrasing(GuardedClient(), chat.url, MODEL)

    for asked in (chat.phrasing(seconds=0.1), nobody, chat.phrasing(key="another"), not_allowed):
        with pytest.raises(NotPhrased):
            await asked.phrase(FACTS)


def test_without_its_setting_no_model_is_asked_and_a_wrong_setting_is_told() -> None:
    outgoing = GuardedClient()
    url = "https://api.example.com/v1/chat/completions"

    assert phrasing(Settings(_env_file=None), outgoing) is None
    assert isinstance(
        phrasing(Settings(_env_file=None, phrasing_url=url, phrasing_model=MODEL), outgoing), ChatPhrasing
    )
    for wrong in ({"phrasing_url": url}, {"phrasing_url": "no address", "phrasing_model": MODEL}):
        with pytest.raises(InvalidSettings, match="PHRASING_URL"):
            read_settings(_env_file=None, **wrong)
