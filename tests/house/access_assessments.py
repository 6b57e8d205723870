"""The rows of the access table about question sets and assessments."""

from itertools import count
from typing import Any

from tests.assessing import answered, draft, published, scale, started
from tests.house.rows import LOGIN, MEMBERS, STAFF, Row, given, inputs, its

_NUMBERS = count(1)


def new_code(world: Any) -> str:
    return f"code-{next(_NUMBERS)}"


async def spare_draft(world: Any) -> str:
    set_id = await draft(world.practice, world.coach, new_code(world))
    await scale(world.practice, world.coach, set_id, "one", "Q")
    return set_id


async def spare_question(world: Any) -> str:
    set_id = await draft(world.practice, world.coach, new_code(world))
    return await scale(world.practice, world.coach, set_id, "one", "Q")


async def spare_set(world: Any) -> str:
    return await published(world.practice, world.coach, new_code(world), "Q")


async def spare_asked(world: Any) -> str:
    asked = await started(world.practice, world.coach, await spare_set(world), memberId=world.member.id)
    return str(asked["id"])


async def spare_answered(world: Any) -> str:
    asked = await started(world.practice, world.coach, await spare_set(world), memberId=world.member.id)
    return str((await answered(world.practice, world.member, asked, q=5))["id"])


_MANAGE, _WRITE, _READ = ("questions:manage",), ("coherence:write",), ("coherence:read",)
NODES = dict.fromkeys(("Assessment", "Question", "QuestionSet"), LOGIN)
ROWS = {
    "Query.questionSets": Row(LOGIN, given(), _READ),
    "Query.questionSet": Row(LOGIN, given(id=its("QuestionSet")), _READ),
    "Query.assessments": Row(LOGIN, given(memberId=its("Member")), _READ),
    "Query.assessment": Row(LOGIN, given(id=its("Assessment")), _READ),
    "Mutation.addQuestionSet": Row(
        LOGIN, inputs(assessmentType="CUSTOM", code=new_code, name="New", coachId=its("Coach")), _MANAGE, STAFF
    ),
    "Mutation.updateQuestionSet": Row(LOGIN, inputs(id=spare_draft, name="Other"), _MANAGE, STAFF),
    "Mutation.reviseQuestionSet": Row(LOGIN, inputs(id=its("QuestionSet")), _MANAGE, STAFF),
    "Mutation.publishQuestionSet": Row(LOGIN, inputs(id=spare_draft), _MANAGE, STAFF),
    "Mutation.retireQuestionSet": Row(LOGIN, inputs(id=spare_set), _MANAGE, STAFF),
    "Mutation.removeQuestionSet": Row(LOGIN, inputs(id=spare_draft), _MANAGE, STAFF),
    "Mutation.addQuestion": Row(
        LOGIN, inputs(questionSetId=spare_draft, code="new", questionType="TEXT", text="What else?"), _MANAGE, STAFF
    ),
    "Mutation.updateQuestion": Row(LOGIN, inputs(id=spare_question, text="How now?"), _MANAGE, STAFF),
    "Mutation.removeQuestion": Row(LOGIN, inputs(id=spare_question), _MANAGE, STAFF),
    "Mutation.startAssessment": Row(LOGIN, inputs(questionSetId=its("QuestionSet"), memberId=its("Member")), _WRITE),
    "Mutation.answerQuestion": Row(
        LOGIN, inputs(assessmentId=its("Assessment"), questionId=its("Question"), scale=3), _WRITE, only=MEMBERS
    ),
    "Mutation.completeAssessment": Row(LOGIN, inputs(id=spare_answered), _WRITE, only=MEMBERS),
    "Mutation.abandonAssessment": Row(LOGIN, inputs(id=spare_asked), _WRITE),
}
