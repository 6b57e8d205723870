"""What members are to do."""

from typing import Annotated

import strawberry

from app.models import growth as models
from app.resolvers.arguments import DEFAULT_FIRST, NOT_GIVEN, After, First, page
from app.schema.growth import (
    ActionItem,
    ActionItemFilter,
    AddActionItemInput,
    CompleteActionItemInput,
    RemoveActionItemInput,
    ReopenActionItemInput,
    UpdateActionItemInput,
)
from app.schema.problems import IdempotencyKeyReused, VersionConflict, result_of
from app.schema.relations import Info
from app.schema.scheduling import Removed
from app.services import growth as growth_service
from app.wire.inputs import fields_of
from app.wire.relay import Connection, connection, global_id

Wanted = Annotated[
    ActionItemFilter | None, strawberry.argument(description="Whose, and which; members may leave it out.")
]
_LINKS = {"member_id": "Member", "session_id": "Session", "member_intervention_id": "MemberIntervention"}


@strawberry.type
class ActionItemQuery:
    @strawberry.field(
        graphql_type=Connection[ActionItem], description="What one member is to do, or has done, the newest first."
    )
    async def action_items(
        self, info: Info, filter: Wanted = NOT_GIVEN, first: First = DEFAULT_FIRST, after: After = NOT_GIVEN
    ) -> Connection[ActionItem]:
        wanted = growth_service.ActionItemFilter.read(**(fields_of(filter, **_LINKS) if filter else {}))
        found = await info.context.read(growth_service.list_action_items, wanted=wanted, page=page(first, after))
        return connection(found)


@strawberry.type
class ActionItemMutation:
    @strawberry.mutation(
        graphql_type=result_of("AddActionItemResult", ActionItem, IdempotencyKeyReused),
        description="Adds something to do: for oneself, or for one of one's members.",
    )
    async def add_action_item(
        self, info: Info, input: Annotated[AddActionItemInput, strawberry.argument(description="The item.")]
    ) -> models.ActionItem:
        form = growth_service.NewActionItem.read(**fields_of(input, **_LINKS))
        return await info.context.write(growth_service.add_action_item, form=form, now=info.context.now())

    @strawberry.mutation(
        graphql_type=result_of("UpdateActionItemResult", ActionItem, VersionConflict),
        description="Changes something to do, or says that it is begun. A later day ends that it is overdue.",
    )
    async def update_action_item(
        self, info: Info, input: Annotated[UpdateActionItemInput, strawberry.argument(description="The changes.")]
    ) -> models.ActionItem:
        form = growth_service.ActionItemChanges.read(**fields_of(input, id="ActionItem"))
        return await info.context.write(growth_service.update_action_item, form=form, now=info.context.now())

    @strawberry.mutation(
        graphql_type=result_of("CompleteActionItemResult", ActionItem),
        description="Says that something is done. What is done already stays as it is.",
    )
    async def complete_action_item(
        self, info: Info, input: Annotated[CompleteActionItemInput, strawberry.argument(description="Which.")]
    ) -> models.ActionItem:
        item_id = fields_of(input, id="ActionItem")["id"]
        return await info.context.write(growth_service.complete_action_item, item_id=item_id, now=info.context.now())

    @strawberry.mutation(
        graphql_type=result_of("ReopenActionItemResult", ActionItem),
        description="Says that something is to be done after all. What is open stays as it is.",
    )
    async def reopen_action_item(
        self, info: Info, input: Annotated[ReopenActionItemInput, strawberry.argument(description="Which.")]
    ) -> models.ActionItem:
        item_id = fields_of(input, id="ActionItem")["id"]
        return await info.context.write(growth_service.reopen_action_item, item_id=item_id, now=info.context.now())

    @strawberry.mutation(
        graphql_type=result_of("RemoveActionItemResult", Removed),
        description="Takes an action item away: one that one has added oneself, or one of one's members.",
    )
    async def remove_action_item(
        self, info: Info, input: Annotated[RemoveActionItemInput, strawberry.argument(description="Which.")]
    ) -> Removed:
        item_id = fields_of(input, id="ActionItem")["id"]
        removed = await info.context.write(growth_service.remove_action_item, item_id=item_id)
        return Removed(id=global_id("ActionItem", removed))
