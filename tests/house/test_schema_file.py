"""`schema.graphql` is what the code prints, and the operations that clients were promised are in it as promised."""

import io
from contextlib import redirect_stdout
from pathlib import Path

from graphql import FieldDefinitionNode, GraphQLField, ObjectTypeDefinitionNode, ast_from_value, parse, print_ast

from app.api import schema
from app.cli import schema as print_schema

BUILT = schema._schema

# What clients may rely on. An argument may gain a default where it may be left out; nothing else may differ.
CONTRACT = """
type Query {
  node(id: ID!): Node
  viewer: Viewer
  coaches(first: Int, after: String, filter: CoachFilter): CoachConnection!
  coach(id: ID!): Coach
  members(first: Int, after: String, filter: MemberFilter): MemberConnection!
  member(id: ID!): Member
  sessions(first: Int, after: String, filter: SessionFilter): SessionConnection!
  session(id: ID!): Session
  noteTemplates(coachId: ID): [NoteTemplate!]!
  availableSlots(
    coachId: ID!, from: DateTime!, to: DateTime!, timeZone: TimeZone, includeUnavailable: Boolean = false
  ): SlotCalendar!
  nextAvailableSlot(coachId: ID!, after: DateTime): Slot
  explainSlot(coachId: ID!, startsAt: DateTime!): SlotExplanation!
}
type Mutation {
  signUp(input: SignUpInput!): SignUpResult!
  logIn(input: LogInInput!): LogInResult!
  refreshSession(input: RefreshSessionInput!): RefreshSessionResult!
  logOut: Boolean!
  createCoach(input: CreateCoachInput!): CreateCoachResult!
  updateCoach(input: UpdateCoachInput!): UpdateCoachResult!
  updateMember(input: UpdateMemberInput!): UpdateMemberResult!
  assignCoach(input: AssignCoachInput!): AssignCoachResult!
  addAvailabilityWindow(input: AddAvailabilityWindowInput!): AddAvailabilityWindowResult!
  updateAvailabilityWindow(input: UpdateAvailabilityWindowInput!): UpdateAvailabilityWindowResult!
  removeAvailabilityWindow(input: RemoveAvailabilityWindowInput!): RemoveAvailabilityWindowResult!
  addTimeOff(input: AddTimeOffInput!): AddTimeOffResult!
  removeTimeOff(input: RemoveTimeOffInput!): RemoveTimeOffResult!
  bookSession(input: BookSessionInput!): BookSessionResult!
  cancelSession(input: CancelSessionInput!): CancelSessionResult!
  rescheduleSession(input: RescheduleSessionInput!): RescheduleSessionResult!
  writeSessionNote(input: WriteSessionNoteInput!): WriteSessionNoteResult!
  updateSessionNote(input: UpdateSessionNoteInput!): UpdateSessionNoteResult!
  removeSessionNote(input: RemoveSessionNoteInput!): RemoveSessionNoteResult!
  addNoteTemplate(input: AddNoteTemplateInput!): AddNoteTemplateResult!
  updateNoteTemplate(input: UpdateNoteTemplateInput!): UpdateNoteTemplateResult!
  removeNoteTemplate(input: RemoveNoteTemplateInput!): RemoveNoteTemplateResult!
}
type Subscription {
  slotAvailability(coachId: ID!, from: DateTime!, to: DateTime!): SlotAvailability!
  sessionChanged(coachId: ID, memberId: ID): SessionsChanged!
}
"""


def promised() -> dict[str, FieldDefinitionNode]:
    fields = {}
    for definition in parse(CONTRACT).definitions:
        assert isinstance(definition, ObjectTypeDefinitionNode)
        fields |= {f"{definition.name.value}.{field.name.value}": field for field in definition.fields}
    return fields


def differences(wanted: FieldDefinitionNode, field: GraphQLField) -> list[str]:
    """Where a built field does not keep what was promised of it."""
    found = []
    if str(field.type) != print_ast(wanted.type):
        found.append(f"answers {field.type}, not {print_ast(wanted.type)}")
    arguments = wanted.arguments or ()
    for argument in arguments:
        name, kind = argument.name.value, print_ast(argument.type)
        if name not in field.args:
            found.append(f"takes no {name}")
        elif str(field.args[name].type) != kind:
            found.append(f"takes {name}: {field.args[name].type}, not {kind}")
        elif argument.default_value is not None:
            default = ast_from_value(field.args[name].default_value, field.args[name].type)
            if default is None or print_ast(default) != print_ast(argument.default_value):
                found.append(f"has another default of {name} than {print_ast(argument.default_value)}")
    further = field.args.keys() - {argument.name.value for argument in arguments}
    return found + [f"takes {name} too" for name in sorted(further)]


def test_the_schema_file_is_what_the_code_prints(root: Path) -> None:
    printed = io.StringIO()
    with redirect_stdout(printed):
        print_schema()

    assert printed.getvalue() == schema.as_str() + "\n"
    same = (root / "schema.graphql").read_text(encoding="utf-8") == printed.getvalue()
    assert same, "schema.graphql is not what the code prints: run `rapport schema > schema.graphql`"


def test_the_promised_operations_are_there_as_promised() -> None:
    wrong = []
    for path, wanted in promised().items():
        kind, name = path.split(".")
        field = BUILT.type_map[kind].fields.get(name)
        found = ["is not there"] if field is None else differences(wanted, field)
        wrong += [f"{path} {difference}" for difference in found]

    assert not wrong, "\n".join(wrong)


def test_an_enumeration_of_python_is_in_the_schema_once() -> None:
    """A name given to an enumeration after another type has taken it up makes a second, bare one."""
    values = {name: tuple(kind.values) for name, kind in BUILT.type_map.items() if hasattr(kind, "values")}
    alike = {name: other for name in values for other in values if name < other and values[name] == values[other]}

    assert not alike, f"two enumerations of the same values: {alike}"
