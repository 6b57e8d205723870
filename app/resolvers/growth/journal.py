"""Journals: writing, sharing, and the list."""

from typing import Annotated

import strawberry

from app.loaders.growth import ReadJournalEntry
from app.models.coherence.dimensions import Element
from app.resolvers.arguments import DEFAULT_FIRST, NOT_GIVEN, After, First, OfMember, page
from app.schema.growth import (
    JournalEntry,
    RemoveJournalEntryInput,
    ShareJournalEntryInput,
    UnshareJournalEntryInput,
    UpdateJournalEntryInput,
    WriteJournalEntryInput,
)
from app.schema.problems import IdempotencyKeyReused, VersionConflict, result_of
from app.schema.relations import Info
from app.schema.scheduling import Removed
from app.services import growth as growth_service
from app.wire.inputs import fields_of
from app.wire.relay import Connection, connection, given_key, global_id

OfGoal = Annotated[strawberry.ID | None, strawberry.argument(description="About this goal only.")]
About = Annotated[Element | None, strawberry.argument(description="About this element only.")]
Shared = Annotated[bool | None, strawberry.argument(description="Only what the coach sees, or only what not.")]


@strawberry.type
class JournalQuery:
    @strawberry.field(
        graphql_type=Connection[JournalEntry],
        description="A member's journal, the newest first. Their coach sees what is shared.",
    )
    async def journal_entries(
        self,
        info: Info,
        member_id: OfMember = NOT_GIVEN,
        goal_id: OfGoal = NOT_GIVEN,
        element: About = NOT_GIVEN,
        is_shared: Shared = NOT_GIVEN,
        first: First = DEFAULT_FIRST,
        after: After = NOT_GIVEN,
    ) -> Connection[JournalEntry]:
        wanted = growth_service.JournalFilter.read(
            member_id=given_key(member_id, "Member", "memberId"),
            goal_id=given_key(goal_id, "Goal", "goalId"),
            element=element or None,
            is_shared=None if is_shared is NOT_GIVEN else is_shared,
        )
        found = await info.context.read(growth_service.list_journal_entries, wanted=wanted, page=page(first, after))
        return connection(found)


@strawberry.type
class JournalMutation:
    @strawberry.mutation(
        graphql_type=result_of("WriteJournalEntryResult", JournalEntry, IdempotencyKeyReused),
        description="Writes into one's own journal.",
    )
    async def write_journal_entry(
        self, info: Info, input: Annotated[WriteJournalEntryInput, strawberry.argument(description="The entry.")]
    ) -> ReadJournalEntry:
        form = growth_service.NewJournalEntry.read(**fields_of(input, session_id="Session", goal_id="Goal"))
        return await info.context.write(growth_service.write_journal_entry, form=form, now=info.context.now())

    @strawberry.mutation(
        graphql_type=result_of("UpdateJournalEntryResult", JournalEntry, VersionConflict),
        description="Changes an entry of one's own journal.",
    )
    async def update_journal_entry(
        self, info: Info, input: Annotated[UpdateJournalEntryInput, strawberry.argument(description="The changes.")]
    ) -> ReadJournalEntry:
        changes = fields_of(input, id="JournalEntry", session_id="Session", goal_id="Goal")
        entry_id = changes.pop("id")
        form = growth_service.JournalEntryChanges.read(**changes)
        now = info.context.now()
        return await info.context.write(growth_service.update_journal_entry, entry_id=entry_id, form=form, now=now)

    @strawberry.mutation(
        graphql_type=result_of("ShareJournalEntryResult", JournalEntry),
        description="Lets one's coach read an entry, and whoever coaches one later.",
    )
    async def share_journal_entry(
        self, info: Info, input: Annotated[ShareJournalEntryInput, strawberry.argument(description="Which.")]
    ) -> ReadJournalEntry:
        entry_id, now = fields_of(input, id="JournalEntry")["id"], info.context.now()
        return await info.context.write(growth_service.share_journal_entry, entry_id=entry_id, now=now)

    @strawberry.mutation(
        graphql_type=result_of("UnshareJournalEntryResult", JournalEntry),
        description="Takes an entry out of one's coach's sight again.",
    )
    async def unshare_journal_entry(
        self, info: Info, input: Annotated[UnshareJournalEntryInput, strawberry.argument(description="Which.")]
    ) -> ReadJournalEntry:
        entry_id = fields_of(input, id="JournalEntry")["id"]
        return await info.context.write(growth_service.unshare_journal_entry, entry_id=entry_id)

    @strawberry.mutation(
        graphql_type=result_of("RemoveJournalEntryResult", Removed),
        description="Removes an entry of one's own journal.",
    )
    async def remove_journal_entry(
        self, info: Info, input: Annotated[RemoveJournalEntryInput, strawberry.argument(description="Which.")]
    ) -> Removed:
        entry_id = fields_of(input, id="JournalEntry")["id"]
        gone = await info.context.write(growth_service.remove_journal_entry, entry_id=entry_id)
        return Removed(id=global_id("JournalEntry", gone))
