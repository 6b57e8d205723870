"""A note that is removed while somebody reads it: its text is not there any more, and nothing else is the matter."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest

from app.loaders.sessions import notes as loading
from app.platform.encryption import Key
from app.platform.keys import Owned
from tests.operations import REMOVE_NOTE, UPDATE_NOTE, add_window, booked, noted, notes_of
from tests.practice import Practice


@pytest.mark.parametrize("there_is_another", [False, True])
async def test_a_note_is_removed_while_it_is_read_or_changed(
    practice: Practice, monkeypatch: pytest.MonkeyPatch, there_is_another: bool
) -> None:
    coach = await practice.coach()
    await add_window(practice, coach)
    member = await practice.member(coach)
    session = await booked(practice, member, coach, "2026-03-02T09:00:00Z")
    ids = [(await noted(practice, coach, session, words))["id"] for words in ("First", "Second")]
    if there_is_another:
        await noted(practice, coach, session, "Third")
    read_keys = loading.keys_for_notes

    async def keys_after_a_removal(db: Any, wanted: Mapping[UUID, Owned]) -> dict[Owned, Key]:
        await practice.ask(REMOVE_NOTE, coach, input={"id": ids.pop()})
        practice.house.keys.forget()  # as at a server that has read no note of the member yet
        return await read_keys(db, wanted)

    monkeypatch.setattr(loading, "keys_for_notes", keys_after_a_removal)
    changes = {"id": ids[-1], "expectedVersion": 1, "sections": [{"heading": "Heading", "text": "Other"}]}
    assert (await practice.refusal(UPDATE_NOTE, coach, input=changes))["code"] == "FORBIDDEN"

    shown = await notes_of(practice, member, session)

    # Its member's key came with the other one, and it was there when the notes were read.
    assert shown == (["First", "Third"] if there_is_another else [])
