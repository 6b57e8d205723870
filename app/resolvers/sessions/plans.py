"""Plans for sessions, and their items."""

from typing import Annotated

import strawberry

from app.models import sessions as models
from app.schema.problems import AlreadyPlanned, PlanFull, SessionNotScheduled, VersionConflict, result_of
from app.schema.relations import Info
from app.schema.scheduling import Removed
from app.schema.sessions import (
    AddPlanItemInput,
    CreateSessionPlanInput,
    MovePlanItemInput,
    PlanItem,
    RemovePlanItemInput,
    RemoveSessionPlanInput,
    SessionPlan,
    ShareSessionPlanInput,
    UnshareSessionPlanInput,
    UpdatePlanItemInput,
    UpdateSessionPlanInput,
)
from app.services import sessions as session_service
from app.wire.inputs import fields_of
from app.wire.relay import global_id


@strawberry.type
class Mutation:
    @strawberry.mutation(
        graphql_type=result_of("CreateSessionPlanResult", SessionPlan, AlreadyPlanned, SessionNotScheduled),
        description="Makes a plan for a session that one holds; as an admin, for any. It is not shared yet.",
    )
    async def create_session_plan(
        self, info: Info, input: Annotated[CreateSessionPlanInput, strawberry.argument(description="What of.")]
    ) -> models.SessionPlan:
        given = fields_of(input, session_id="Session", template_id="PlanTemplate", from_session_id="Session")
        form = session_service.NewPlan.read(**given)
        return await info.context.write(session_service.create_session_plan, form=form, now=info.context.now())

    @strawberry.mutation(
        graphql_type=result_of("UpdateSessionPlanResult", SessionPlan, VersionConflict),
        description="Changes a plan's notes, or when its member is reminded of it.",
    )
    async def update_session_plan(
        self, info: Info, input: Annotated[UpdateSessionPlanInput, strawberry.argument(description="The changes.")]
    ) -> models.SessionPlan:
        changes = fields_of(input, id="SessionPlan")
        plan_id = changes.pop("id")
        form = session_service.PlanChanges.read(**changes)
        now = info.context.now()
        return await info.context.write(session_service.update_session_plan, plan_id=plan_id, form=form, now=now)

    @strawberry.mutation(
        graphql_type=result_of("ShareSessionPlanResult", SessionPlan), description="Lets the member see a plan."
    )
    async def share_session_plan(
        self, info: Info, input: Annotated[ShareSessionPlanInput, strawberry.argument(description="Which.")]
    ) -> models.SessionPlan:
        plan_id = fields_of(input, id="SessionPlan")["id"]
        return await info.context.write(session_service.share_session_plan, plan_id=plan_id, now=info.context.now())

    @strawberry.mutation(
        graphql_type=result_of("UnshareSessionPlanResult", SessionPlan),
        description="Hides a plan from the member again.",
    )
    async def unshare_session_plan(
        self, info: Info, input: Annotated[UnshareSessionPlanInput, strawberry.argument(description="Which.")]
    ) -> models.SessionPlan:
        plan_id = fields_of(input, id="SessionPlan")["id"]
        return await info.context.write(session_service.unshare_session_plan, plan_id=plan_id, now=info.context.now())

    @strawberry.mutation(
        graphql_type=result_of("RemoveSessionPlanResult", Removed), description="Removes a plan with its items."
    )
    async def remove_session_plan(
        self, info: Info, input: Annotated[RemoveSessionPlanInput, strawberry.argument(description="Which.")]
    ) -> Removed:
        plan_id = fields_of(input, id="SessionPlan")["id"]
        removed = await info.context.write(session_service.remove_session_plan, plan_id=plan_id)
        return Removed(id=global_id("SessionPlan", removed))

    @strawberry.mutation(
        graphql_type=result_of("AddPlanItemResult", PlanItem, PlanFull), description="Adds an item to a plan."
    )
    async def add_plan_item(
        self, info: Info, input: Annotated[AddPlanItemInput, strawberry.argument(description="The item.")]
    ) -> models.PlanItem:
        form = session_service.NewPlanItem.read(**fields_of(input, plan_id="SessionPlan", after_item_id="PlanItem"))
        return await info.context.write(session_service.add_plan_item, form=form, now=info.context.now())

    @strawberry.mutation(
        graphql_type=result_of("UpdatePlanItemResult", PlanItem), description="Changes an item where it stands."
    )
    async def update_plan_item(
        self, info: Info, input: Annotated[UpdatePlanItemInput, strawberry.argument(description="The changes.")]
    ) -> models.PlanItem:
        changes = fields_of(input, id="PlanItem")
        item_id = changes.pop("id")
        form = session_service.PlanItemChanges.read(**changes)
        now = info.context.now()
        return await info.context.write(session_service.update_plan_item, item_id=item_id, form=form, now=now)

    @strawberry.mutation(
        graphql_type=result_of("MovePlanItemResult", PlanItem),
        description="Puts an item behind another one of its plan, or at the beginning.",
    )
    async def move_plan_item(
        self, info: Info, input: Annotated[MovePlanItemInput, strawberry.argument(description="Where to.")]
    ) -> models.PlanItem:
        form = session_service.MovePlanItem.read(**fields_of(input, item_id="PlanItem", after_item_id="PlanItem"))
        return await info.context.write(session_service.move_plan_item, form=form, now=info.context.now())

    @strawberry.mutation(
        graphql_type=result_of("RemovePlanItemResult", Removed), description="Takes an item out of its plan."
    )
    async def remove_plan_item(
        self, info: Info, input: Annotated[RemovePlanItemInput, strawberry.argument(description="Which.")]
    ) -> Removed:
        item_id = fields_of(input, id="PlanItem")["id"]
        removed = await info.context.write(session_service.remove_plan_item, item_id=item_id)
        return Removed(id=global_id("PlanItem", removed))
