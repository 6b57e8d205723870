"""Plans for sessions, and templates of plans."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.loaders import sessions as session_loaders
from app.models import sessions as models
from app.schema.relations import relation
from app.services import sessions as session_service
from app.wire.relay import Node, node_id

if TYPE_CHECKING:
    from app.schema.sessions.session import Session


@strawberry.type(description="One point of a plan.")
class PlanItem(Node):
    id: strawberry.ID = node_id("PlanItem")
    title: str = strawberry.field(description="What it is.")
    description: str | None = strawberry.field(description="What is to be done.")
    minutes: int | None = strawberry.field(description="How long it is to take.")
    created_at: datetime = strawberry.field(description="When it was added.")
    updated_at: datetime = strawberry.field(description="When it was last changed or moved.")
    plan = relation(
        Annotated["SessionPlan", strawberry.lazy("app.schema.sessions.plans")] | None,
        session_loaders.plans_by_id,
        key="plan_id",
        description="The plan.",
    )

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, models.PlanItem)


@strawberry.type(description="The agenda of one session. Its member sees it while it is shared.")
class SessionPlan(Node):
    id: strawberry.ID = node_id("SessionPlan")
    notes: str | None = strawberry.field(description="For the member.")
    is_shared: bool = strawberry.field(description="Whether the member sees it.")
    shared_at: datetime | None = strawberry.field(description="Since when the member sees it.")
    remind_at: datetime | None = strawberry.field(description="When the member is to be reminded of it.")
    reminded_at: datetime | None = strawberry.field(description="When the member was.")
    version: int = strawberry.field(
        description="Rises by one with each change of the plan itself; give it back as `expectedVersion`."
    )
    created_at: datetime = strawberry.field(description="When it was made.")
    updated_at: datetime = strawberry.field(description="When it itself was last changed.")
    items = relation(list[PlanItem], session_loaders.items_by_plan, key="id", description="In their order.")
    session = relation(
        Annotated["Session", strawberry.lazy("app.schema.sessions.session")] | None,
        session_loaders.sessions_by_id,
        key="session_id",
        description="The session.",
    )

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, models.SessionPlan)


@strawberry.type(description="One point of a template.")
class PlanTemplateItem:
    title: str = strawberry.field(description="What it is.")
    description: str | None = strawberry.field(description="What is to be done.")
    minutes: int | None = strawberry.field(description="How long it is to take.")


@strawberry.type(description="What a plan can be made of: built in, or a coach's own.")
class PlanTemplate(Node):
    id: strawberry.ID = node_id("PlanTemplate")
    name: str = strawberry.field(description="Of those that are built in: the kind of session that it is for.")
    is_built_in: bool = strawberry.field(description="Every coach has it, and nobody changes it.")
    agenda: list[PlanTemplateItem] = strawberry.field(name="items", description="In their order.")

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, models.PlanTemplate | session_service.BuiltInPlanTemplate)


@strawberry.input(description="A plan for a session: empty, or made of a template or of another session's plan.")
class CreateSessionPlanInput:
    session_id: strawberry.ID = strawberry.field(description="A scheduled session without a plan.")
    template_id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="Take its items over.")
    from_session_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="Take over the items of this session's plan, but not its notes."
    )


@strawberry.input(description="Changes of a plan; what is left out stays as it is.")
class UpdateSessionPlanInput:
    id: strawberry.ID = strawberry.field(description="The plan.")
    notes: str | None = strawberry.field(
        default=strawberry.UNSET, description="For the member, up to 5,000 characters."
    )
    remind_at: datetime | None = strawberry.field(
        default=strawberry.UNSET, description="Between now and the start of the session; null: not at all."
    )
    expected_version: int | None = strawberry.field(
        default=strawberry.UNSET,
        description="The version that the change is meant for; refused if it is another by now.",
    )


@strawberry.input(description="Which plan to share.")
class ShareSessionPlanInput:
    id: strawberry.ID = strawberry.field(description="The plan.")


@strawberry.input(description="Which plan to share no longer.")
class UnshareSessionPlanInput:
    id: strawberry.ID = strawberry.field(description="The plan.")


@strawberry.input(description="Which plan to remove.")
class RemoveSessionPlanInput:
    id: strawberry.ID = strawberry.field(description="The plan.")


@strawberry.input(description="A new item of a plan.")
class AddPlanItemInput:
    plan_id: strawberry.ID = strawberry.field(description="The plan.")
    title: str = strawberry.field(description="Up to 200 characters.")
    description: str | None = strawberry.field(default=strawberry.UNSET, description="Up to 2,000 characters.")
    minutes: int | None = strawberry.field(default=strawberry.UNSET, description="1 to 720.")
    after_item_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="The item before it; null: it is the first; left out: it is the last."
    )


@strawberry.input(description="Changes of an item; what is left out stays as it is.")
class UpdatePlanItemInput:
    id: strawberry.ID = strawberry.field(description="The item.")
    title: str | None = strawberry.field(default=strawberry.UNSET, description="Up to 200 characters.")
    description: str | None = strawberry.field(default=strawberry.UNSET, description="Up to 2,000 characters.")
    minutes: int | None = strawberry.field(default=strawberry.UNSET, description="1 to 720.")


@strawberry.input(description="Where an item is to stand.")
class MovePlanItemInput:
    item_id: strawberry.ID = strawberry.field(description="The item.")
    after_item_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET,
        description="Another item of the same plan, to stand before it; null or left out: it is the first.",
    )


@strawberry.input(description="Which item to remove.")
class RemovePlanItemInput:
    id: strawberry.ID = strawberry.field(description="The item.")


@strawberry.input(description="One point of a template.")
class PlanTemplateItemInput:
    title: str = strawberry.field(description="Up to 200 characters.")
    description: str | None = strawberry.field(default=strawberry.UNSET, description="Up to 2,000 characters.")
    minutes: int | None = strawberry.field(default=strawberry.UNSET, description="1 to 720.")


@strawberry.input(description="A new template.")
class AddPlanTemplateInput:
    name: str = strawberry.field(description="Up to 120 characters.")
    items: list[PlanTemplateItemInput] = strawberry.field(description="Up to 100, in their order.")
    coach_id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="Whose; for admins only.")


@strawberry.input(description="Changes of a template; plans that were made of it stay as they are.")
class UpdatePlanTemplateInput:
    id: strawberry.ID = strawberry.field(description="One's own template.")
    name: str | None = strawberry.field(default=strawberry.UNSET, description="Up to 120 characters.")
    items: list[PlanTemplateItemInput] | None = strawberry.field(
        default=strawberry.UNSET, description="All of them anew, up to 100, in their order."
    )


@strawberry.input(description="Which template to remove.")
class RemovePlanTemplateInput:
    id: strawberry.ID = strawberry.field(description="One's own template.")
