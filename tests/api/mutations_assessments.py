"""The mutations of question sets and assessments, with the kind of each of their fields."""

from itertools import count

from tests.api.mutation import Mutation, naming

_NUMBERS = count(1)
_NO_TEXT = [5, True, [], {}]
_SCALES = [5, "x", [], {}, {"low": 5, "high": 5}, {"low": 0, "high": 101}, {"low": -1, "high": 5}, {"high": 5}]
_CHOICES = [5, "x", [{}], [{"code": "a", "label": "A", "points": "0"}], [{"code": "a", "label": "", "points": "0"}] * 2]
_WEIGHTS = ["", "x", "-1", "0", "10", "0.001", "1e2", [], {}]
_SCALE = {"low": 0, "high": 10}
_MEASURED = ("dimension", "element")
_SWITCHES = ("isRequired", "isActive")

MUTATIONS = {
    "addQuestionSet": Mutation(
        "admin",
        lambda world: {
            "assessmentType": "CUSTOM",
            "code": f"another-{next(_NUMBERS)}",
            "name": "Another",
            "coachId": world.ids["Coach"],
        },
        ids={"coachId": "Coach"},
        texts={"name": 120, "description": 1_000},
        choices=("assessmentType",),
        wrong={"code": ["", " ", "Not a code", "a--b", "-a", "a" * 61, "a\0", *_NO_TEXT]},
        required=("assessmentType", "code", "name"),
    ),
    "updateQuestionSet": Mutation(
        "coach",
        lambda world: {"id": world.draft_set, "name": "Other"},
        ids={"id": "QuestionSet"},
        texts={"name": 120, "description": 1_000},
        required=("id",),
        never_null=("name",),
    ),
    "addQuestion": Mutation(
        "coach",
        lambda world: {
            "questionSetId": world.draft_set,
            "code": f"another-{next(_NUMBERS)}",
            "questionType": "SCALE",
            "text": "How?",
            "dimension": "Q",
            "scale": _SCALE,
        },
        ids={"questionSetId": "QuestionSet"},
        texts={"text": 500},
        ints={"mostChoices": (1, 20), "longest": (1, 4_000)},
        choices=("questionType", *_MEASURED),
        flags=_SWITCHES,
        wrong={
            "code": ["", "Not a code", "a" * 61, *_NO_TEXT],
            "scale": _SCALES,
            "choices": _CHOICES,
            "weight": _WEIGHTS,
        },
        required=("questionSetId", "code", "questionType", "text"),
        never_null=("weight", *_SWITCHES),
    ),
    "updateQuestion": Mutation(
        "coach",
        lambda world: {"id": world.draft_question, "text": "How now?"},
        ids={"id": "Question"},
        texts={"text": 500},
        ints={"position": (1, 100), "mostChoices": (1, 20), "longest": (1, 4_000)},
        choices=("questionType", *_MEASURED),
        flags=_SWITCHES,
        wrong={"scale": _SCALES, "choices": _CHOICES, "weight": _WEIGHTS},
        required=("id",),
        never_null=("questionType", "text", "weight", *_SWITCHES),
    ),
    "reviseQuestionSet": naming("coach", "id", "QuestionSet"),
    "publishQuestionSet": Mutation(
        "coach", lambda world: {"id": world.ready_set}, ids={"id": "QuestionSet"}, required=("id",)
    ),
    "startAssessment": Mutation(
        "coach",
        lambda world: {"questionSetId": world.ids["QuestionSet"], "memberId": world.ids["Member"]},
        ids={"questionSetId": "QuestionSet", "memberId": "Member", "sessionId": "Session"},
        required=("questionSetId",),
    ),
    "answerQuestion": Mutation(
        "member",
        lambda world: {"assessmentId": world.ids["Assessment"], "questionId": world.ids["Question"], "scale": 3},
        ids={"assessmentId": "Assessment", "questionId": "Question"},
        ints={"scale": (0, 10), "timeSpentSeconds": (0, 86_400)},
        wrong={
            "choice": ["", "x", "a" * 201, *_NO_TEXT],
            "choices": [["x"], ["x", "x"], ["a\0"], ["x"] * 21, 5, {}],
            "text": ["", " ", "x", "a\0", "a" * 4_001, *_NO_TEXT],
        },
        required=("assessmentId", "questionId"),
    ),
    "completeAssessment": naming("member", "id", "Assessment"),
    "abandonAssessment": Mutation(
        "coach", lambda world: {"id": world.spare_asked}, ids={"id": "Assessment"}, required=("id",)
    ),
    "retireQuestionSet": naming("coach", "id", "QuestionSet"),
    "removeQuestion": Mutation(
        "coach", lambda world: {"id": world.draft_question}, ids={"id": "Question"}, required=("id",)
    ),
    "removeQuestionSet": Mutation(
        "coach", lambda world: {"id": world.draft_set}, ids={"id": "QuestionSet"}, required=("id",)
    ),
}
