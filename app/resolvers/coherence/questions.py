"""Question sets and their questions."""

from typing import Annotated, Any

import strawberry

from app.models import coherence as models
from app.models.coherence import AssessmentType, QuestionSetStatus
from app.resolvers.arguments import DEFAULT_FIRST, NOT_GIVEN, After, First, NodeId, page
from app.schema.coherence import (
    AddQuestionInput,
    AddQuestionSetInput,
    PublishQuestionSetInput,
    Question,
    QuestionSet,
    RemoveQuestionInput,
    RemoveQuestionSetInput,
    RetireQuestionSetInput,
    ReviseQuestionSetInput,
    UpdateQuestionInput,
    UpdateQuestionSetInput,
)
from app.schema.problems import (
    QuestionSetFull,
    QuestionSetIncomplete,
    QuestionSetNotDraft,
    QuestionSetNotPublished,
    result_of,
)
from app.schema.relations import Info
from app.schema.scheduling import Removed
from app.services import coherence as coherence_service
from app.wire.inputs import fields_of
from app.wire.relay import Connection, connection, global_id, parse_key

OfType = Annotated[AssessmentType | None, strawberry.argument(description="Of this type only.", name="type")]
WithStatus = Annotated[
    QuestionSetStatus, strawberry.argument(description="Drafts are shown to those who may change them.")
]


def _with_options(given: dict[str, Any]) -> dict[str, Any]:
    """Input objects within the input become plain values too."""
    if given.get("scale") is not None:
        given["scale"] = fields_of(given["scale"])
    if "choices" in given:
        given["choices"] = [fields_of(choice) for choice in given["choices"] or ()]
    return given


@strawberry.type
class Query:
    @strawberry.field(
        graphql_type=Connection[QuestionSet],
        description="What can be asked, by code: the practice's sets and, for a coach, their own.",
    )
    async def question_sets(
        self,
        info: Info,
        assessment_type: OfType = NOT_GIVEN,
        status: WithStatus = QuestionSetStatus.PUBLISHED,
        first: First = DEFAULT_FIRST,
        after: After = NOT_GIVEN,
    ) -> Connection[QuestionSet]:
        found = await info.context.read(
            coherence_service.list_question_sets,
            assessment_type=assessment_type or None,
            status=status,
            page=page(first, after),
        )
        return connection(found)

    @strawberry.field(graphql_type=QuestionSet, description="One version of a question set.")
    async def question_set(self, info: Info, id: NodeId) -> models.QuestionSet:
        return await info.context.read(coherence_service.access_question_set, parse_key(id, "QuestionSet", "id"))


@strawberry.type
class Mutation:
    @strawberry.mutation(
        graphql_type=result_of("AddQuestionSetResult", QuestionSet),
        description="Adds a set, as a draft: a coach to their own, an admin to the practice's or a coach's.",
    )
    async def add_question_set(
        self, info: Info, input: Annotated[AddQuestionSetInput, strawberry.argument(description="The set.")]
    ) -> models.QuestionSet:
        form = coherence_service.NewQuestionSet.read(**fields_of(input, coach_id="Coach"))
        return await info.context.write(coherence_service.add_question_set, form=form, now=info.context.now())

    @strawberry.mutation(
        graphql_type=result_of("UpdateQuestionSetResult", QuestionSet, QuestionSetNotDraft),
        description="Changes what a draft is called.",
    )
    async def update_question_set(
        self, info: Info, input: Annotated[UpdateQuestionSetInput, strawberry.argument(description="The changes.")]
    ) -> models.QuestionSet:
        changes = fields_of(input, id="QuestionSet")
        question_set_id = changes.pop("id")
        form = coherence_service.QuestionSetChanges.read(**changes)
        now = info.context.now()
        return await info.context.write(
            coherence_service.update_question_set, question_set_id=question_set_id, form=form, now=now
        )

    @strawberry.mutation(
        graphql_type=result_of("ReviseQuestionSetResult", QuestionSet),
        description="Makes the next version of a set, a draft with the same questions; or answers the draft there is.",
    )
    async def revise_question_set(
        self, info: Info, input: Annotated[ReviseQuestionSetInput, strawberry.argument(description="Which.")]
    ) -> models.QuestionSet:
        question_set_id = fields_of(input, id="QuestionSet")["id"]
        now = info.context.now()
        return await info.context.write(coherence_service.revise_question_set, question_set_id=question_set_id, now=now)

    @strawberry.mutation(
        graphql_type=result_of("PublishQuestionSetResult", QuestionSet, QuestionSetNotDraft, QuestionSetIncomplete),
        description="From now on a draft is asked and does not change; the version before it is retired.",
    )
    async def publish_question_set(
        self, info: Info, input: Annotated[PublishQuestionSetInput, strawberry.argument(description="Which.")]
    ) -> models.QuestionSet:
        question_set_id = fields_of(input, id="QuestionSet")["id"]
        now = info.context.now()
        return await info.context.write(
            coherence_service.publish_question_set, question_set_id=question_set_id, now=now
        )

    @strawberry.mutation(
        graphql_type=result_of("RetireQuestionSetResult", QuestionSet, QuestionSetNotPublished),
        description="A published set is asked no more; who has begun may go on.",
    )
    async def retire_question_set(
        self, info: Info, input: Annotated[RetireQuestionSetInput, strawberry.argument(description="Which.")]
    ) -> models.QuestionSet:
        question_set_id = fields_of(input, id="QuestionSet")["id"]
        now = info.context.now()
        return await info.context.write(coherence_service.retire_question_set, question_set_id=question_set_id, now=now)

    @strawberry.mutation(
        graphql_type=result_of("RemoveQuestionSetResult", Removed, QuestionSetNotDraft),
        description="Removes a draft with its questions.",
    )
    async def remove_question_set(
        self, info: Info, input: Annotated[RemoveQuestionSetInput, strawberry.argument(description="Which.")]
    ) -> Removed:
        question_set_id = fields_of(input, id="QuestionSet")["id"]
        removed = await info.context.write(coherence_service.remove_question_set, question_set_id=question_set_id)
        return Removed(id=global_id("QuestionSet", removed))

    @strawberry.mutation(
        graphql_type=result_of("AddQuestionResult", Question, QuestionSetNotDraft, QuestionSetFull),
        description="Adds a question at the end of a draft.",
    )
    async def add_question(
        self, info: Info, input: Annotated[AddQuestionInput, strawberry.argument(description="The question.")]
    ) -> models.Question:
        given = _with_options(fields_of(input, question_set_id="QuestionSet"))
        form = coherence_service.NewQuestion.read(**given)
        return await info.context.write(coherence_service.add_question, form=form, now=info.context.now())

    @strawberry.mutation(
        graphql_type=result_of("UpdateQuestionResult", Question, QuestionSetNotDraft),
        description="Changes or moves a question in a draft. One that is published stays as it is: revise its set.",
    )
    async def update_question(
        self, info: Info, input: Annotated[UpdateQuestionInput, strawberry.argument(description="The changes.")]
    ) -> models.Question:
        changes = _with_options(fields_of(input, id="Question"))
        question_id = changes.pop("id")
        place = coherence_service.QuestionPlace.read(position=changes.pop("position", None))
        return await info.context.write(
            coherence_service.update_question,
            question_id=question_id,
            changes=changes,
            place=place,
            now=info.context.now(),
        )

    @strawberry.mutation(
        graphql_type=result_of("RemoveQuestionResult", Removed, QuestionSetNotDraft),
        description="Removes a question from a draft; the others close up.",
    )
    async def remove_question(
        self, info: Info, input: Annotated[RemoveQuestionInput, strawberry.argument(description="Which.")]
    ) -> Removed:
        question_id = fields_of(input, id="Question")["id"]
        removed = await info.context.write(coherence_service.remove_question, question_id=question_id)
        return Removed(id=global_id("Question", removed))
