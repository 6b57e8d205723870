"""How an operation is measured: depth, cost and aliases, whatever the document looks like."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from graphql import (
    GraphQLError,
    OperationDefinitionNode,
    build_schema,
    get_introspection_query,
    get_operation_ast,
    parse,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from app.wire.limits import Limits, Measure, measure

SCHEMA = build_schema("""
interface Node { id: ID! }
type Item implements Node { id: ID! name: String item: Item! items(first: Int! = 10): [Item!]! }
input Choice { left: Int right: Int }
type Query {
  item: Item
  items(first: Int, last: Int, after: String): [Item!]!
  nodes(ids: [ID!]!): [Node]!
  ranked(first: String): [Item]
}
""")


def asked(document: str, variables: Mapping[str, object] | None = None) -> Measure:
    parsed = parse(document)
    operation = get_operation_ast(parsed)
    assert isinstance(operation, OperationDefinitionNode)
    return measure(SCHEMA, parsed, operation, variables or {}, Limits())


def test_the_depth_of_a_root_field_is_one() -> None:
    assert asked("{ item }").depth == 1


def test_depth_counts_nested_fields_and_no_inline_fragments() -> None:
    assert asked("{ item { ... { ... on Item { item { name } } } } }").depth == 3


def test_depth_goes_on_through_fragments() -> None:
    assert (
        asked("{ item { ...A } } fragment A on Item { item { ...B } } fragment B on Item { item { name } }").depth == 4
    )


@pytest.mark.parametrize(
    ("document", "pieces"),
    [
        ("{ item { ...A @defer } } fragment A on Item { name }", 1),
        ("{ item { ... @defer { id ... @defer { name } } } }", 2),
        ("{ items(first: 50) { id ... @defer { name } } }", 50),
        ("{ item { items(first: 5) @stream { id } } }", 5),
        ("{ items(first: 5) { items(first: 4) { ... @defer { id } } } }", 20),
        ("{ ranked { ... @defer { id } } }", 100),  # nobody says how many there are
    ],
)
def test_what_comes_later_is_counted_for_each_object(document: str, pieces: int) -> None:
    assert asked(document).deferred == pieces


def test_a_page_of_nothing_but_type_names_costs_its_size() -> None:
    assert asked('{ nodes(ids: ["a", "b", "c"]) { __typename } }').cost == 4


def test_every_field_costs_one_and_typename_nothing() -> None:
    assert asked("{ item { __typename id name } __typename }").cost == 3


def test_a_page_multiplies_the_cost_of_its_selection() -> None:
    assert asked("{ items(first: 50) { id item { name } } }").cost == 1 + 50 * 3


def test_pages_within_pages_multiply() -> None:
    assert asked("{ items(first: 5) { items(first: 7) { id name } } }").cost == 1 + 5 * (1 + 7 * 2)


def test_a_page_counts_the_variable_it_is_given() -> None:
    assert asked("query ($n: Int) { items(first: $n) { id } }", {"n": 30}).cost == 31


def test_a_page_counts_the_default_of_a_variable_that_is_left_out() -> None:
    assert asked("query ($n: Int = 40) { items(first: $n) { id } }").cost == 41


def test_a_page_without_a_size_counts_the_default_of_the_schema() -> None:
    assert asked("{ item { items { id } } }").cost == 2 + 10


@pytest.mark.parametrize("arguments", ["", "(after: $a)", "(first: null)", "(first: $n)"])
def test_a_page_without_any_size_counts_the_usual_page(arguments: str) -> None:
    assert asked(f"query ($n: Int, $a: String) {{ items{arguments} {{ id }} }}", {"n": None}).cost == 21


def test_last_counts_like_first() -> None:
    assert asked("{ items(last: 3) { id } }").cost == 4


def test_a_list_of_ids_multiplies_by_its_length() -> None:
    assert asked('{ nodes(ids: ["a", "b", "c"]) { id } }').cost == 4
    assert asked("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ["a"] * 6_000}).cost == 6_001


def test_a_fragment_costs_what_it_holds_wherever_it_is_spread() -> None:
    assert asked("{ item { ...A items(first: 3) { ...A } } } fragment A on Item { id name }").cost == 4 + 3 * 2


def test_aliases_are_counted_once_for_every_spread() -> None:
    assert asked("{ a: item { ...A } b: item { ...A } } fragment A on Item { c: name d: __typename }").aliases == 6


@pytest.mark.parametrize("size", ["0", "-1", "101", "1000000", "9" * 5_000])
def test_a_page_size_out_of_bounds_is_refused_by_name(size: str) -> None:
    with pytest.raises(GraphQLError, match=r"Argument 'first' of field 'items' must be from 1 to 100.") as refused:
        asked(f"{{ items(first: {size}) {{ id }} }}")

    assert refused.value.extensions == {"code": "BAD_USER_INPUT", "field": "first", "status": 400}


@pytest.mark.parametrize("size", [0, -1, 101, 1e6, 10**4_000])
def test_a_page_size_out_of_bounds_is_refused_in_a_variable(size: float) -> None:
    with pytest.raises(GraphQLError, match="'first'"):
        asked("query ($n: Int) { items(first: $n) { id } }", {"n": size})


def test_a_page_size_out_of_bounds_is_refused_in_the_default_of_a_variable() -> None:
    with pytest.raises(GraphQLError, match="'last'"):
        asked("query ($n: Int = 101) { items(last: $n) { id } }")


def test_a_page_size_out_of_bounds_is_refused_within_fragments() -> None:
    with pytest.raises(GraphQLError, match="'first'"):
        asked("{ item { ... on Item { ...A } } } fragment A on Item { item { items(first: 500) { id } } }")


@pytest.mark.parametrize("size", [1, 100, 100.0])
def test_the_bounds_of_a_page_are_allowed(size: float) -> None:
    assert asked("query ($n: Int) { items(first: $n) { id } }", {"n": size}).cost == 1 + size


def test_introspection_is_measured_apart() -> None:
    everything = get_introspection_query(
        specified_by_url=True, directive_is_repeatable=True, schema_description=True, input_value_deprecation=True
    )

    assert asked(everything) == Measure(0, 0, 0, introspection_depth=15, introspection_lists=10)
    assert asked('{ item { id } __type(name: "Item") { ofType { name } } }') == Measure(2, 2, 0, introspection_depth=3)


def test_an_argument_that_only_bears_the_name_is_no_page_size() -> None:
    assert asked('{ ranked(first: "name") { id } }').cost == 2


def test_fragments_that_double_two_hundred_times_are_counted_and_not_followed() -> None:
    links = (f"fragment f{i} on Item {{ ...f{i + 1} ...f{i + 1} }}" for i in range(200))

    found = asked(f"{{ item {{ ...f0 }} }} {' '.join(links)} fragment f200 on Item {{ name }}")

    assert found == Measure(depth=2, cost=1_000_000_000, aliases=0)


def test_pages_within_two_hundred_pages_do_not_become_a_gigantic_number() -> None:
    assert asked("{ item { " + "items(first: 100) { " * 190 + "id" + " }" * 190 + " } }").cost == 1_000_000_000


def test_a_cycle_of_fragments_is_cut() -> None:
    assert (
        asked("{ item { ...A } } fragment A on Item { item { ...B } } fragment B on Item { item { ...A } }").depth == 3
    )


_names = st.sampled_from(["item", "items", "id", "name", "__typename", "__schema", "types", "unknown", "nodes"])
_arguments = st.sampled_from(["", "(first: 5)", "(first: $n)", "(last: 100)", '(ids: ["a"])', "(first: null)"])
_fields = st.builds(str.__add__, _names, _arguments)


def _selections(*leaves: str) -> st.SearchStrategy[str]:
    heads = _fields | st.sampled_from(["... on Item", "...", "... on Missing"])
    return st.recursive(
        _fields | st.sampled_from(["x: id", *leaves]),
        lambda inner: st.builds(
            lambda head, parts: f"{head} {{ {' '.join(parts)} }}", heads, st.lists(inner, min_size=1, max_size=4)
        ),
        max_leaves=10,
    )


@settings(max_examples=50, deadline=None)
@given(_selections("...A", "...B"), _selections("...A"), _selections(), st.sampled_from([None, 7, "7"]))
def test_a_fragment_counts_like_its_selections_written_in_its_place(root: str, b: str, a: str, n: object) -> None:
    spread = f"query ($n: Int) {{ {root} }} fragment A on Item {{ {a} }} fragment B on Query {{ {b} }}"
    written = root.replace("...B", f"... on Query {{ {b} }}").replace("...A", f"... on Item {{ {a} }}")

    assert asked(spread, {"n": n}) == asked(f"query ($n: Int) {{ {written} }}", {"n": n})


@settings(max_examples=50, deadline=None)
@given(*[_selections("...A", "...B", "...C")] * 3)
def test_no_document_makes_the_pass_fail(root: str, a: str, b: str) -> None:
    assert asked(f"query ($n: Int) {{ {root} }} fragment A on Item {{ {a} }} fragment B on Missing {{ {b} }}")
