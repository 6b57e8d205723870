"""Assessments: asking, beginning, answering, completing."""

from typing import Annotated

import strawberry

from app.models import coherence as models
from app.models.coherence import AssessmentStatus, AssessmentType
from app.resolvers.arguments import DEFAULT_FIRST, NOT_GIVEN, After, First, NodeId, OfMember, page
from app.schema.coherence import (
    AbandonAssessmentInput,
    AnswerQuestionInput,
    Assessment,
    CompleteAssessmentInput,
    StartAssessmentInput,
)
from app.schema.problems import (
    AssessmentIncomplete,
    AssessmentIsOver,
    LaterScoreExists,
    QuestionSetNotPublished,
    result_of,
)
from app.schema.relations import Info
from app.services import coherence as coherence_service
from app.wire.inputs import fields_of
from app.wire.relay import Connection, connection, given_key, parse_key

WithStatus = Annotated[AssessmentStatus | None, strawberry.argument(description="Where they stand.")]
OfType = Annotated[AssessmentType | None, strawberry.argument(description="Of this type only.", name="type")]


@strawberry.type
class Query:
    @strawberry.field(graphql_type=Connection[Assessment], description="Assessments of one member, the newest first.")
    async def assessments(
        self,
        info: Info,
        member_id: OfMember = NOT_GIVEN,
        status: WithStatus = NOT_GIVEN,
        assessment_type: OfType = NOT_GIVEN,
        first: First = DEFAULT_FIRST,
        after: After = NOT_GIVEN,
    ) -> Connection[Assessment]:
        found = await info.context.read(
            coherence_service.list_assessments,
            member_id=given_key(member_id, "Member", "memberId"),
            status=status or None,
            assessment_type=assessment_type or None,
            page=page(first, after),
        )
        return connection(found)

    @strawberry.field(
        graphql_type=Assessment, description="One assessment with its questions and answers, to go on with or to read."
    )
    async def assessment(self, info: Info, id: NodeId) -> models.Assessment:
        return await info.context.read(coherence_service.access_assessment, parse_key(id, "Assessment", "id"))


@strawberry.type
class Mutation:
    @strawberry.mutation(
        graphql_type=result_of("StartAssessmentResult", Assessment, QuestionSetNotPublished),
        description=(
            "A member begins an assessment; a coach asks a member to answer one, and they are told. One of the same set"
            " that is open is gone on with, and asked for only once."
        ),
    )
    async def start_assessment(
        self, info: Info, input: Annotated[StartAssessmentInput, strawberry.argument(description="Which, and who.")]
    ) -> models.Assessment:
        given = fields_of(input, question_set_id="QuestionSet", member_id="Member", session_id="Session")
        form = coherence_service.StartAssessment.read(**given)
        return await info.context.write(coherence_service.start_assessment, form=form, now=info.context.now())

    @strawberry.mutation(
        graphql_type=result_of("AnswerQuestionResult", Assessment, AssessmentIsOver),
        description="Answers one question of one's own assessment, or answers it anew; the same again changes nothing.",
    )
    async def answer_question(
        self, info: Info, input: Annotated[AnswerQuestionInput, strawberry.argument(description="The answer.")]
    ) -> models.Assessment:
        form = coherence_service.AnswerQuestion.read(
            **fields_of(input, assessment_id="Assessment", question_id="Question")
        )
        return await info.context.write(coherence_service.answer_question, form=form, now=info.context.now())

    @strawberry.mutation(
        graphql_type=result_of(
            "CompleteAssessmentResult", Assessment, AssessmentIsOver, AssessmentIncomplete, LaterScoreExists
        ),
        description=(
            "Completes one's own assessment, once: it gives a coherence score, unless it lacks a dimension that is not"
            " known from before, and an elemental balance if all five elements were answered."
        ),
    )
    async def complete_assessment(
        self, info: Info, input: Annotated[CompleteAssessmentInput, strawberry.argument(description="Which.")]
    ) -> models.Assessment:
        assessment_id = fields_of(input, id="Assessment")["id"]
        now = info.context.now()
        return await info.context.write(coherence_service.complete_assessment, assessment_id=assessment_id, now=now)

    @strawberry.mutation(
        graphql_type=result_of("AbandonAssessmentResult", Assessment, AssessmentIsOver),
        description="Gives an assessment up, or takes back that it was asked for. What was answered is kept.",
    )
    async def abandon_assessment(
        self, info: Info, input: Annotated[AbandonAssessmentInput, strawberry.argument(description="Which.")]
    ) -> models.Assessment:
        assessment_id = fields_of(input, id="Assessment")["id"]
        now = info.context.now()
        return await info.context.write(coherence_service.abandon_assessment, assessment_id=assessment_id, now=now)
