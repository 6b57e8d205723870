"""The operations on question sets and assessments that many tests ask, written once."""

from typing import Any

from app.services.coherence import load_starters
from app.wire.relay import global_id
from tests.practice import Person, Practice

PROBLEM = "... on Problem { code message } ... on InvalidInput { field }"
QUESTION = (
    "id slug: code version questionType text dimension element weight position isRequired isActive mostChoices longest"
    " scale { low high lowLabel highLabel isReversed } choices { code label points }"
)
QUESTION_SET = f"id assessmentType slug: code version name description status coach {{ id }} questions {{ {QUESTION} }}"
ANSWER = "scale choice choices text score timeSpentSeconds answeredAt"
ASSESSMENT = (
    "id assessmentType dimensionFocus status timeSpentSeconds lackingDimensions isAskedFor startedAt completedAt"
    " abandonedAt member { id } coherenceScore { psi total } questionSet { id slug: code version } session { id }"
    f" sheet {{ total answered requiredLeft items {{ question {{ {QUESTION} }} answer {{ {ANSWER} }} }} }}"
)


def _mutation(name: str, answered: str, problems: str = "") -> str:
    kind = f"{name[0].upper()}{name[1:]}"
    return (
        f"mutation ($input: {kind}Input!) {{ {name}(input: $input) {{ __typename {answered} {PROBLEM} {problems} }} }}"
    )


_SET, _QUESTION = f"... on QuestionSet {{ {QUESTION_SET} }}", f"... on Question {{ {QUESTION} }}"
_ASSESSMENT, _REMOVED = f"... on Assessment {{ {ASSESSMENT} }}", "... on Removed { id }"
_OVER = "... on AssessmentIsOver { status }"

ADD_SET = _mutation("addQuestionSet", _SET)
UPDATE_SET = _mutation("updateQuestionSet", _SET)
REVISE_SET = _mutation("reviseQuestionSet", _SET)
PUBLISH_SET = _mutation("publishQuestionSet", _SET)
RETIRE_SET = _mutation("retireQuestionSet", _SET)
REMOVE_SET = _mutation("removeQuestionSet", _REMOVED)
ADD_QUESTION = _mutation("addQuestion", _QUESTION)
UPDATE_QUESTION = _mutation("updateQuestion", _QUESTION)
REMOVE_QUESTION = _mutation("removeQuestion", _REMOVED)
START = _mutation("startAssessment", _ASSESSMENT)
ANSWER_QUESTION = _mutation("answerQuestion", _ASSESSMENT, _OVER)
COMPLETE = _mutation(
    "completeAssessment", _ASSESSMENT, f"{_OVER} ... on AssessmentIncomplete {{ questions {{ slug: code }} }}"
)
ABANDON = _mutation("abandonAssessment", _ASSESSMENT, _OVER)
SETS = (
    "query ($type: AssessmentType, $status: QuestionSetStatus = PUBLISHED, $first: Int, $after: String) {"
    " questionSets(type: $type, status: $status, first: $first, after: $after) {"
    f" edges {{ node {{ {QUESTION_SET} }} }} pageInfo {{ hasNextPage endCursor }} }} }}"
)
SET = f"query ($id: ID!) {{ questionSet(id: $id) {{ {QUESTION_SET} }} }}"
ASSESSMENTS = (
    "query ($memberId: ID, $status: AssessmentStatus, $type: AssessmentType, $first: Int, $after: String) {"
    " assessments(memberId: $memberId, status: $status, type: $type, first: $first, after: $after) {"
    " edges { node { id status assessmentType } } pageInfo { hasNextPage endCursor } } }"
)
ASSESSMENT_BY_ID = f"query ($id: ID!) {{ assessment(id: $id) {{ {ASSESSMENT} }} }}"

ZERO_TO_TEN = {"low": 0, "high": 10}


async def done(practice: Practice, operation: str, who: Person, **given: Any) -> dict[str, Any]:
    """What it answers; fails if that is a problem."""
    answer: dict[str, Any] = await practice.ask(operation, who, input=given)
    assert "message" not in answer, answer
    return answer


async def draft(practice: Practice, who: Person, code: str = "own", kind: str = "CUSTOM") -> str:
    answer = await done(practice, ADD_SET, who, assessmentType=kind, code=code, name=f"Set {code}")
    return str(answer["id"])


async def scale(practice: Practice, who: Person, set_id: str, code: str, dimension: str | None, **more: Any) -> str:
    """Adds a question from 0 to 10."""
    given = {"questionSetId": set_id, "code": code, "questionType": "SCALE", "text": f"How {code}?"}
    answer = await done(practice, ADD_QUESTION, who, **given, **{"dimension": dimension, "scale": ZERO_TO_TEN, **more})
    return str(answer["id"])


async def published(practice: Practice, who: Person, code: str = "own", dimensions: str = "PSI RHO Q F") -> str:
    """A custom set with one scale for each dimension."""
    set_id = await draft(practice, who, code)
    for dimension in dimensions.split():
        await scale(practice, who, set_id, dimension.lower(), dimension)
    await done(practice, PUBLISH_SET, who, id=set_id)
    return set_id


async def started(practice: Practice, who: Person, set_id: str, **more: Any) -> dict[str, Any]:
    return await done(practice, START, who, questionSetId=set_id, **more)


async def answered(practice: Practice, who: Person, assessment: dict[str, Any], **answers: int) -> dict[str, Any]:
    """Scales by the codes of their questions."""
    ids = {item["question"]["slug"]: item["question"]["id"] for item in assessment["sheet"]["items"]}
    for code, value in answers.items():
        given = {"assessmentId": assessment["id"], "questionId": ids[code], "scale": value}
        assessment = await done(practice, ANSWER_QUESTION, who, **given)
    return assessment


async def completed(practice: Practice, who: Person, set_id: str, **answers: int) -> dict[str, Any]:
    assessment = await answered(practice, who, await started(practice, who, set_id), **answers)
    return await done(practice, COMPLETE, who, id=assessment["id"])


async def starters(practice: Practice) -> dict[str, str]:
    """Loads what every practice begins with: the ids by code."""
    async with practice.as_system() as db:
        await load_starters(db, now=practice.clock())
    rows = await practice.rows("SELECT code, id FROM question_sets WHERE coach_id IS NULL AND status = 'PUBLISHED'")
    return {code: global_id("QuestionSet", set_id) for code, set_id in rows}


async def assessments_of(practice: Practice, coach: Person, member: Person) -> dict[str, str]:
    """Ids by type: a set of the coach's that the member was asked to answer."""
    asked = await started(practice, coach, await published(practice, coach, dimensions="Q"), memberId=member.id)
    return {
        "Assessment": asked["id"],
        "Question": asked["sheet"]["items"][0]["question"]["id"],
        "QuestionSet": asked["questionSet"]["id"],
    }


async def told_in_words(practice: Practice, coach: Person, member: Person, words: str) -> dict[str, Any]:
    """An assessment of one question, which the member answers with a text."""
    set_id = await draft(practice, coach, "words")
    asked = {"questionSetId": set_id, "code": "words", "questionType": "TEXT", "text": words}
    question = await done(practice, ADD_QUESTION, coach, **asked)
    await done(practice, PUBLISH_SET, coach, id=set_id)
    begun = await started(practice, coach, set_id, memberId=member.id)
    given = {"assessmentId": begun["id"], "questionId": question["id"], "text": words}
    return await done(practice, ANSWER_QUESTION, member, **given)
