"""What is recommended to members."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

import strawberry

from app.live import growth as live
from app.models import growth as models
from app.models.coherence.dimensions import Dimension, Element
from app.models.growth import Priority, RecommendationStatus
from app.resolvers.arguments import DEFAULT_FIRST, NOT_GIVEN, After, First, page
from app.schema.growth.recommendations import (
    ApproveRecommendationInput,
    DraftedRecommendations,
    DraftRecommendationsInput,
    EditRecommendationInput,
    RateRecommendationInput,
    Recommendation,
    RecommendationGroup,
    RecommendationsChanged,
    RejectRecommendationInput,
)
from app.schema.problems import InterventionAlreadyAssigned, NothingToRecommendBy, RecommendationNotOpen, result_of
from app.schema.relations import Info
from app.services import growth as growth_service
from app.wire.inputs import fields_of
from app.wire.relay import Connection, connection, given_key, parse_key

Whose = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="Of this member; default: a member's own, all of a coach's members'."),
]
OfStatus = Annotated[RecommendationStatus | None, strawberry.argument(description="That stand so only.")]
OfPriority = Annotated[Priority | None, strawberry.argument(description="Of this priority only.")]
ForDimension = Annotated[Dimension | None, strawberry.argument(description="For this dimension only.")]
OfElement = Annotated[Element | None, strawberry.argument(description="Of this element only.")]
OfMember = Annotated[strawberry.ID, strawberry.argument(description="The member.")]


def _wanted(member_id: strawberry.ID | None, **wanted: Any) -> growth_service.RecommendationFilter:
    whose = given_key(member_id, "Member", "memberId")
    return growth_service.RecommendationFilter.read(
        member_id=whose, **{name: value or None for name, value in wanted.items()}
    )


@strawberry.type
class RecommendationQuery:
    @strawberry.field(
        graphql_type=Connection[Recommendation],
        description="What is recommended, the newest first. A member sees what was sent to them.",
    )
    async def recommendations(
        self,
        info: Info,
        member_id: Whose = NOT_GIVEN,
        status: OfStatus = NOT_GIVEN,
        priority: OfPriority = NOT_GIVEN,
        dimension: ForDimension = NOT_GIVEN,
        element: OfElement = NOT_GIVEN,
        first: First = DEFAULT_FIRST,
        after: After = NOT_GIVEN,
    ) -> Connection[Recommendation]:
        wanted = _wanted(member_id, status=status, priority=priority, dimension=dimension, element=element)
        found = await info.context.read(growth_service.list_recommendations, wanted=wanted, page=page(first, after))
        return connection(found)

    @strawberry.field(
        graphql_type=list[RecommendationGroup],
        description="Up to 100 recommendations in groups: the highest priority first, then by element.",
    )
    async def recommendation_groups(
        self, info: Info, member_id: Whose = NOT_GIVEN, status: OfStatus = NOT_GIVEN
    ) -> list[growth_service.RecommendationGroup]:
        wanted = _wanted(member_id, status=status)
        return await info.context.read(growth_service.group_recommendations, wanted=wanted)


@strawberry.type
class RecommendationMutation:
    @strawberry.mutation(
        graphql_type=result_of("DraftRecommendationsResult", DraftedRecommendations, NothingToRecommendBy),
        description="Drafts anew for one of one's members. It is done by itself too, whenever there is something new.",
    )
    async def draft_recommendations(
        self, info: Info, input: Annotated[DraftRecommendationsInput, strawberry.argument(description="For whom.")]
    ) -> DraftedRecommendations:
        member_id = parse_key(input.member_id, "Member", "memberId")
        found: Any = await info.context.write(
            growth_service.draft_recommendations, member_id=member_id, now=info.context.now()
        )
        return DraftedRecommendations(recommendations=list(found))

    @strawberry.mutation(
        graphql_type=result_of(
            "ApproveRecommendationResult", Recommendation, RecommendationNotOpen, InterventionAlreadyAssigned
        ),
        description="Sends a draft to the member, or keeps it to be sent; may give them its intervention at once.",
    )
    async def approve_recommendation(
        self, info: Info, input: Annotated[ApproveRecommendationInput, strawberry.argument(description="Which.")]
    ) -> models.Recommendation:
        given = {name: value for name, value in fields_of(input, id="Recommendation").items() if value is not None}
        form = growth_service.ApproveRecommendation.read(**given)
        return await info.context.write(growth_service.approve_recommendation, form=form, now=info.context.now())

    @strawberry.mutation(
        graphql_type=result_of("EditRecommendationResult", Recommendation, RecommendationNotOpen),
        description="Changes the words or the priority of what was not sent yet.",
    )
    async def edit_recommendation(
        self, info: Info, input: Annotated[EditRecommendationInput, strawberry.argument(description="The changes.")]
    ) -> models.Recommendation:
        form = growth_service.RecommendationChanges.read(**fields_of(input, id="Recommendation"))
        return await info.context.write(growth_service.edit_recommendation, form=form, now=info.context.now())

    @strawberry.mutation(
        graphql_type=result_of("RejectRecommendationResult", Recommendation, RecommendationNotOpen),
        description="Rejects a draft, or takes back what was sent. It is not proposed again for 60 days.",
    )
    async def reject_recommendation(
        self, info: Info, input: Annotated[RejectRecommendationInput, strawberry.argument(description="Which.")]
    ) -> models.Recommendation:
        recommendation_id = parse_key(input.id, "Recommendation", "id")
        return await info.context.write(
            growth_service.reject_recommendation, recommendation_id=recommendation_id, now=info.context.now()
        )

    @strawberry.mutation(
        graphql_type=result_of("RateRecommendationResult", Recommendation, RecommendationNotOpen),
        description="Says how useful one's recommendation was; what is proposed next depends on it.",
    )
    async def rate_recommendation(
        self, info: Info, input: Annotated[RateRecommendationInput, strawberry.argument(description="The rating.")]
    ) -> models.Recommendation:
        form = growth_service.RateRecommendation.read(**fields_of(input, id="Recommendation"))
        return await info.context.write(growth_service.rate_recommendation, form=form, now=info.context.now())


@strawberry.type
class RecommendationSubscription:
    @strawberry.subscription(
        graphql_type=RecommendationsChanged,
        description="What is recommended to a member: first all of it, then what changes. A coach sees drafts too.",
    )
    async def recommendations_changed(
        self, info: Info, member_id: OfMember
    ) -> AsyncIterator[live.RecommendationChanges]:
        context = info.context
        whose = parse_key(member_id, "Member", "memberId")
        return live.recommendations_changed(context.house.views, context.asking(), whose, context.actor_until)
