"""Problem classes, their GraphQL types, their handlers and the unions that mutations answer are one list."""

from graphql import GraphQLInterfaceType, GraphQLNonNull, GraphQLUnionType

from app import problems
from app.api import schema
from app.schema.problems import SHOWN_AS, handlers
from app.wire.relay import InvalidId

BUILT = schema._schema
# A mutation that can be refused for no reason but who asks answers plainly.
ANSWERS_PLAINLY = {"logOut": "there is nothing to it but to be logged in; a second time is as good as the first"}


def problem_classes(of: type = problems.Problem) -> set[type[problems.Problem]]:
    found = set(of.__subclasses__())
    return found.union(*(problem_classes(each) for each in found))


def problem_types() -> set[str]:
    interface = BUILT.type_map["Problem"]
    assert isinstance(interface, GraphQLInterfaceType)
    return {each.name for each in BUILT.get_possible_types(interface)}


def unions() -> dict[str, GraphQLUnionType]:
    return {name: kind for name, kind in BUILT.type_map.items() if isinstance(kind, GraphQLUnionType)}


def test_every_problem_has_a_type_of_its_name_and_every_type_a_problem() -> None:
    assert problem_types() == {problem.__name__ for problem in problem_classes()}
    assert {problem.__name__: shown.__name__ for problem, shown in SHOWN_AS.items()} == {
        name: name for name in problem_types()
    }


def test_every_problem_has_one_handler() -> None:
    handled = [kind for handler in handlers() for kind in handler.exception_type]

    assert sorted(handled, key=str) == sorted({*problem_classes(), InvalidId}, key=str)


def test_every_problem_has_a_code_of_its_own() -> None:
    codes = [problem.code for problem in problem_classes()]

    assert sorted(BUILT.type_map["ProblemCode"].values) == sorted(codes)
    assert len(codes) == len(set(codes))


def test_every_mutation_answers_a_union_of_its_own_name() -> None:
    wrong = {}
    for name, field in BUILT.mutation_type.fields.items():
        if name in ANSWERS_PLAINLY:
            continue
        wanted = f"{name[0].upper()}{name[1:]}Result"
        kind = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
        if not isinstance(kind, GraphQLUnionType) or kind.name != wanted:
            wrong[name] = f"answers {field.type}, not {wanted}!"
    assert not wrong, wrong
    assert ANSWERS_PLAINLY.keys() <= BUILT.mutation_type.fields.keys()


def test_an_answer_is_one_success_and_problems_with_the_two_that_every_mutation_has() -> None:
    wrong = {}
    for name, union in unions().items():
        of_problems = {each.name for each in union.types} & problem_types()
        successes = [each.name for each in union.types if each.name not in of_problems]
        if len(successes) != 1 or not {"InvalidInput", "TryAgain"} <= of_problems:
            wrong[name] = [each.name for each in union.types]
    assert not wrong, wrong


def test_every_problem_type_is_in_some_answer() -> None:
    answered = {each.name for union in unions().values() for each in union.types}

    assert problem_types() - answered == set()


def test_every_union_is_some_mutations_answer() -> None:
    answers = {str(field.type).rstrip("!") for field in BUILT.mutation_type.fields.values()}

    assert unions().keys() - answers == set()
