"""Documents written by hand, each for one thing that can go wrong between two ways of answering."""

from typing import Any

from tests.wire.compiled.leaves import LEAVES
from tests.wire.compiled.world import Fault

Example = tuple[str, dict[str, Any], list[Fault]]


def example(text: str, variables: dict[str, Any] | None = None, *wrong: tuple[Any, ...]) -> Example:
    return text, variables or {}, [Fault(*each) for each in wrong]


PICK = "query ($v: Boolean!) "
COUNT = 'query ($n: Int, $word: String = "default") '

EXAMPLES: dict[str, Example] = {
    "one leaf": example("{ version }"),
    "typename at the root": example("{ __typename a: __typename }"),
    "an empty selection": example("{ version @skip(if: true) box { title @include(if: false) } }"),
    "an empty list": example("{ boxes { title } }", None, ("Query", "boxes", "empty list")),
    "two hundred objects": example("{ many { text whole maybeReal mood level tone colour moment } }"),
    "keys that are words of Python": example(
        "{ boxes { class: title None: index _: note __x: __typename def: index self: title value0: index } }"
    ),
    "keys of special attributes": example(
        "{ boxes { __init__: title __struct_fields__: index __class__: note __typename: title } box { __typename } }"
    ),
    "a very long key": example(f"{{ boxes {{ {'k' * 5_000}: title }} }}"),
    "many keys": example("{ boxes { " + " ".join(f"k{n}: index" for n in range(600)) + " } }"),
    "one field twice": example(
        "{ boxes { inner { title } inner { index inner { title } } inner { inner { index } } } }"
    ),
    "one field twice at the root": example("{ box { title } box { index } boxes { title } box { owner { name } } }"),
    "fragments in fragments": example(
        "{ allNamed { ...A } } fragment A on Named { name ...B ... on Robot { serial ...B } }"
        " fragment B on Named { nick ... on Person { age initial } ... { index } }"
    ),
    "merged through fragments": example(
        "{ boxes { owner { name } ...A ... { owner { ... on Owner { index } } } } } fragment A on Box {"
        " owner { chief { name } } }"
    ),
    "the order of keys": example("{ boxes { index ...A title note } } fragment A on Box { note owner { name } index }"),
    "skipped by a variable": example(
        PICK + "{ boxes { title @skip(if: $v) index } box @skip(if: $v) { title } }", {"v": True}
    ),
    "included by a variable": example(
        PICK + "{ boxes { ...A @include(if: $v) index } } fragment A on Box { title }", {"v": False}
    ),
    "both directives": example(PICK + "{ boxes { title @skip(if: $v) @include(if: $v) index } }", {"v": True}),
    "one field twice, once skipped": example(
        PICK + "{ boxes { title @skip(if: $v) title index @skip(if: $v) } }", {"v": True}
    ),
    "a missing variable": example(PICK + "{ boxes { title @skip(if: $v) } }"),
    "a steering variable by default": example("query ($v: Boolean! = true) { boxes { title @skip(if: $v) index } }"),
    "a variable of the wrong kind": example(PICK + "{ boxes { title @skip(if: $v) } }", {"v": "true"}),
    "arguments by default": example(COUNT + "{ everythings { repeat(times: $n, word: $word) unset(word: $word) } }"),
    "arguments that are null": example(
        COUNT + "{ everythings { repeat(word: $word) unset(word: null) } }", {"word": None}
    ),
    "null for what has a default": example(COUNT + "{ everythings { repeat(times: $n) index } }", {"n": None}),
    "arguments that do not fit": example(COUNT + "{ everythings { trips(at: $n) index } }", {"n": 2**31}),
    "input objects": example(
        'query ($m: Mix!) { everythings { mix(given: $m) mixes(given: [$m, {word: "b", nested: {word: "c"}}]) } }',
        {"m": {"word": "a", "at": "2026-01-01T00:00:00Z", "moods": ["WILD"], "price": "1.50", "maybe": None}},
    ),
    "one of": example('{ everythings { mixes(pick: {word: "a"}) b: mixes(pick: {number: 1}) } }'),
    "one of, by a variable that is null": example(
        "query ($p: Pick) { everythings { mixes(pick: $p) } }", {"p": {"word": None}}
    ),
    "enumerations as arguments": example(
        "query ($c: Colour! = GREEN) { everythings { paint(colour: $c, moods: CALM) } }"
    ),
    "scalars as arguments": example(
        'query ($at: DateTime, $key: UUID) { everythings { given(at: $at, key: $key, on: "2026-01-01",'
        " real: 2, ident: 7) } }",
        {"at": "2026-01-01T00:00:00+05:45", "key": "00000000-0000-0000-0000-00000000000a"},
    ),
    "a scalar that does not parse": example('{ everythings { given(zone: "Nowhere") } }'),
    "what a resolver can ask": example(
        "query Q($a: Int = 1) { everythings { told asked a: asked @include(if: true) where trips(at: $a) } }"
    ),
    "a path in a relation's list": example(
        "{ boxes { parts { inner { index } } } everythings { other { where } others { where } } }"
    ),
    "an error in the middle": example("{ everythings { trips index } boxes { title } }"),
    "an error where null is not allowed": example("{ everythings { falls index } boxes { title } }"),
    "an error where null is not allowed, below what may be": example("{ maybeEverythings { other { falls(at: 2) } } }"),
    "errors at several depths": example(
        "{ maybeEverythings { trips(at: 1) other { trips(at: 3) others { refusing: falls(at: 1) } } } }"
    ),
    "errors of several root fields": example(
        "{ a: maybeEverythings { falls } b: maybeBoxes { broken { name } } nothing }"
    ),
    "an error that waits": example("{ maybeEverythings { slow(at: 3) index } }"),
    "an error that waits beside one that does not": example(
        "{ maybeEverythings { slow(at: 3) trips(at: 3) falls(at: 2) } }"
    ),
    "permissions": example("{ maybeEverythings { evenText known never evenNumber } guardedBoxes { title } }"),
    "permissions of lists": example("{ everythings { evenOthers { index } } }"),
    "relations": example("{ boxes { owner { name } keeper { name chief { name chief { name } } } weight } }"),
    "relations of lists": example("{ boxes { parts { title parts { index owner { name } } } maybeParts { index } } }"),
    "relations of interfaces": example(
        "{ owners { mascot { name ... on Robot { keeper { name } } boss { index } } } }"
    ),
    "relations of unions": example(
        "{ owners { visitors { __typename ... on Person { name } ... on Stone { weight } } } }"
    ),
    "a relation not shown": example("{ boxes { hidden { name } } }"),
    "a relation that fails for some": example("{ boxes { flaky { name } } }"),
    "a relation that fails for some and must not": example("{ maybeBoxes { flakyKeeper { name } title } }"),
    "a relation that always fails": example("{ boxes { broken { name } owner { name } } }"),
    "a relation that answers too few": example("{ boxes { short { name } } }"),
    "a key that is not there": example("{ maybeBoxes { owner { name } } }", None, ("Box", "owner_id", "missing", 2)),
    "a key that cannot be looked up": example(
        "{ maybeBoxes { owner { name } } }", None, ("Box", "owner_id", "list", 2)
    ),
    "keys that are equal and not the same": example("{ boxes { weight } }", None, ("Box", "index", "true", 3)),
    "no owner at all": example("{ maybeBoxes { keeper { name } title } }", None, ("Box", "keeper_id", "huge", 3)),
    "interfaces": example(
        "{ allNamed { __typename name greeting(loud: true) twin { name } pals { __typename index } } }"
    ),
    "interfaces later": example("{ someNamed { __typename name boss { name } ... on Ghost { haunts { title } } } }"),
    "a union": example(
        "{ beings { __typename ... on Named { name } ... on Coin { worth doubled } ... on Stone { weight } } }"
    ),
    "a union with a stranger": example(
        "{ maybeBeings { __typename } }", None, ("Query", "beings", "object in the list")
    ),
    "a union with null": example(
        "{ maybeBeings { __typename } beings { __typename } }", None, ("Query", "beings", "none in the list")
    ),
    "types found asynchronously": example(
        "{ shapes { __typename area ... on Square { side } } circle { radius } square { side } }"
    ),
    "a type that is not possible": example(
        "{ maybeShapes { __typename } circle { area } }", None, ("Circle", "kind", "text")
    ),
    "an object that is not of its type": example(
        "{ maybeBoxes { coin { __typename } index } }", None, ("Box", "coin", "object", 3)
    ),
    "an object of another type": example("{ circle { radius } }", None, ("Circle", "radius", "none")),
    "lists of lists": example(
        "{ grids { "
        + " ".join(
            f"{name}{way}" + ("" if name in {"numbers", "words"} else " { index __typename }")
            for name in ("numbers", "words", "things", "names")
            for way in ("", "Row", "Item", "Both")
        )
        + " } gridList { numbersBoth } }"
    ),
    "rows used up": example("{ maybeBoxes { title } boxes { index } }", None, ("Query", "boxes", "generator")),
    "rows that end early": example("{ maybeBoxes { title } }", None, ("Query", "boxes", "stumbling generator")),
    "inner rows that end early": example(
        "{ boxes { maybeInners { title } } }", None, ("Box", "maybe_inners", "stumbling generator", 2)
    ),
    "a handled problem": example('{ attempted(how: "no") { __typename ... on Refusal { reason } } }'),
    "a handled problem that waits": example(
        '{ attemptedLater(how: "no") { ... on Refusal { reason } ... on Success { index } } }'
    ),
    "a problem that the handler leaves": example('{ attempted(how: "declined") { __typename } version }'),
    "an error where problems are handled": example('{ attemptedLater(how: "breaks") { __typename } version }'),
    "no problem": example("{ attempted { ... on Success { box { title owner { name } } } } }"),
    "mutations in order": example(
        'mutation { a: note(word: "1") { title } b: noteLater(word: "2") { title owner { name } } c:'
        ' note(word: "3") { title } journal }'
    ),
    "a mutation that fails between others": example(
        'mutation { a: note(word: "1") { title } b: note(word: "2", fails: true) { title } tryOut(how:'
        ' "no") { __typename } journal }'
    ),
    "a mutation that must not be null": example('mutation { tryOut(how: "breaks") { __typename } note { title } }'),
    "introspection beside data": example(
        '{ __schema { queryType { name } } boxes { title } __type(name: "Box") { name } }'
    ),
    "a root field that is an attribute": example("{ nothing version }"),
    "a wrong argument of the root": example("query ($a: Int!) { total(a: $a) version }", {"a": None}),
    "an exception as a value": example("{ maybeBoxes { title note } }", None, ("Box", "note", "coded exception", 1)),
    "a property that raises": example("{ maybeBoxes { title note } }", None, ("Box", "title", "raises", 3)),
    "one text under two types": example("{ a: boxes { index } b: allNamed { index } c: everythings { index } }"),
    "an invalid document": example("{ boxes { unknown } version { x } }"),
    "no document": example("{ boxes { "),
    "nothing in it": example("fragment A on Box { title }"),
}


# Two root fields fail here, one of them after a while: when it is compiled, that while is another.
ORDERED_BY_TIME = {"permissions"}


def spoilt(type_name: str, root: str, fields: dict[str, str]) -> tuple[str, list[str], str]:
    """A document that reads each attribute under a root field of its own, for one that fails goes another way alone."""
    parts = [f"f{number}: {root.replace('FIELDS', field)}" for number, field in enumerate(fields.values())]
    return type_name, list(fields), "{ " + " ".join(parts) + " }"


def camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.title, others))


ROOTS = {
    "everything": "{ maybeEverything { index } again: maybeEverything { __typename } }",
    "everythings": "{ maybeEverythings { index } laterEverythings { __typename } }",
    "box": "{ maybeBox { index } again: maybeBox { __typename } owned: maybeBox { owner { name } } }",
    "boxes": "{ maybeBoxes { index } laterBoxes { owner { name } } }",
    "named": "{ named { name } again: named { __typename } }",
    "all_named": "{ someNamed { name boss { name } } }",
    "being": "{ being { __typename ... on Robot { serial } } }",
    "beings": "{ maybeBeings { __typename } again: maybeBeings { ... on Named { boss { name } } } }",
    "shapes": "{ maybeShapes { index } shapes { __typename } }",
    "grids": "{ grids { numbers } }",
    "grid_list": "{ gridList { numbersBoth } }",
    "numbers": "{ numbers }",
    "levels": "{ levels }",
    "version": "{ version }",
}

# For each: the type, the attributes that are made wrong, and the document that looks at them.
SPOILT: list[tuple[str, list[str], str]] = [
    spoilt("Everything", "maybeEverythings { FIELDS }", {name: camel(name) for name in [*LEAVES, "words", "moods"]}),
    spoilt("Everything", "maybeEverythings { FIELDS }", {f"maybe_{name}": camel(f"maybe_{name}") for name in LEAVES}),
    spoilt(
        "Everything",
        "maybeEverythings { FIELDS }",
        {
            "maybe_words": "maybeWords",
            "even": "evenText",
            "known": "known",
            "index": "trips falls",
            "moment": "at",
            "text": "shout",
        },
    ),
    spoilt(
        "Box",
        "maybeBoxes { FIELDS }",
        {
            "title": "title",
            "spot": "spot { x }",
            "coin": "coin { worth }",
            "inner": "inner { index }",
            "maybe_inner": "maybeInner { __typename }",
            "inners": "inners { index }",
            "maybe_inners": "maybeInners { __typename }",
        },
    ),
    spoilt(
        "Box",
        "maybeBoxes { FIELDS }",
        {
            "maybe_inner": "maybeInner { owner { name } }",
            "inners": "inners { owner { name } }",
            "owner_id": "owner { name }",
            "keeper_id": "keeper { name }",
            "index": "parts { title } weight",
        },
    ),
    spoilt(
        "Grids",
        "grids { FIELDS }",
        {
            f"{name}{way}": camel(f"{name}{way}") + ("" if name == "numbers" else " { index }")
            for name in ("numbers", "things", "names")
            for way in ("", "_row", "_item", "_both")
        },
    ),
    spoilt(
        "Person",
        "someNamed { FIELDS }",
        {
            "name": "name greeting",
            "nick": "nick",
            "twin": "twin { name }",
            "pals": "pals { __typename }",
            "boss_id": "boss { name }",
        },
    ),
    *(("Query", [attribute], text) for attribute, text in ROOTS.items()),
]
