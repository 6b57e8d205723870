"""Templates of plans."""

from typing import Annotated, Any

import strawberry

from app.models import sessions as models
from app.resolvers.arguments import NOT_GIVEN
from app.schema.problems import TooManyTemplates, result_of
from app.schema.relations import Info
from app.schema.scheduling import Removed
from app.schema.sessions import (
    AddPlanTemplateInput,
    PlanTemplate,
    PlanTemplateItemInput,
    RemovePlanTemplateInput,
    UpdatePlanTemplateInput,
)
from app.services import sessions as session_service
from app.wire.inputs import fields_of
from app.wire.relay import given_key, global_id

Whose = Annotated[
    strawberry.ID | None, strawberry.argument(description="The coach; for admins, others have their own.")
]


def _with_items(given: dict[str, Any]) -> dict[str, Any]:
    items: list[PlanTemplateItemInput] | None = given.get("items")
    return given if items is None else {**given, "items": [fields_of(item) for item in items]}


@strawberry.type
class Query:
    @strawberry.field(
        graphql_type=list[PlanTemplate],
        description="What a coach can make plans of: first what is built in, then their own by name.",
    )
    async def plan_templates(self, info: Info, coach_id: Whose = NOT_GIVEN) -> list[session_service.AnyPlanTemplate]:
        whose = given_key(coach_id, "Coach", "coachId")
        return await info.context.read(session_service.list_plan_templates, coach_id=whose)


@strawberry.type
class Mutation:
    @strawberry.mutation(
        graphql_type=result_of("AddPlanTemplateResult", PlanTemplate, TooManyTemplates),
        description="Adds a template to one's own; as an admin, to anybody's.",
    )
    async def add_plan_template(
        self, info: Info, input: Annotated[AddPlanTemplateInput, strawberry.argument(description="The template.")]
    ) -> models.PlanTemplate:
        form = session_service.NewPlanTemplate.read(**_with_items(fields_of(input, coach_id="Coach")))
        return await info.context.write(session_service.add_plan_template, form=form, now=info.context.now())

    @strawberry.mutation(
        graphql_type=result_of("UpdatePlanTemplateResult", PlanTemplate), description="Changes a template of one's own."
    )
    async def update_plan_template(
        self, info: Info, input: Annotated[UpdatePlanTemplateInput, strawberry.argument(description="The changes.")]
    ) -> models.PlanTemplate:
        changes = _with_items(fields_of(input, id="PlanTemplate"))
        template_id = changes.pop("id")
        form = session_service.PlanTemplateChanges.read(**changes)
        now = info.context.now()
        return await info.context.write(
            session_service.update_plan_template, template_id=template_id, form=form, now=now
        )

    @strawberry.mutation(
        graphql_type=result_of("RemovePlanTemplateResult", Removed), description="Removes a template of one's own."
    )
    async def remove_plan_template(
        self, info: Info, input: Annotated[RemovePlanTemplateInput, strawberry.argument(description="Which.")]
    ) -> Removed:
        template_id = fields_of(input, id="PlanTemplate")["id"]
        removed = await info.context.write(session_service.remove_plan_template, template_id=template_id)
        return Removed(id=global_id("PlanTemplate", removed))
