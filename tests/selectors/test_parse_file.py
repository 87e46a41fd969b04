from pathlib import Path
from textwrap import dedent
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from lookervault_plan.errors import PlanError
from lookervault_plan.selectors.file_format import Document, schema
from lookervault_plan.selectors.location import Location
from lookervault_plan.selectors.methods import METHODS
from lookervault_plan.selectors.parse_file import Selectors, parse_file
from lookervault_plan.selectors.parse_text import parse
from lookervault_plan.selectors.selection import Criterion, Selection, criteria, to_text
from tests.selectors.test_parse_text import selections

ROOT = Path(__file__).parent.parent.parent


def loaded(text: str) -> Selectors:
    return parse_file(dedent(text).encode(), "selectors.yml")


def a_file(definition: str) -> str:
    """A file with one selector, whose definition is indented by four."""
    lines = dedent(definition).strip("\n").splitlines()
    return "selectors:\n- name: one\n  definition:\n" + "".join(f"    {line}\n" for line in lines)


def defined(definition: str) -> Selection:
    return parse_file(a_file(definition).encode(), "selectors.yml").named[0].definition


@pytest.mark.parametrize(
    ("definition", "meaning"),
    [
        ("{method: title, value: Sales}", "title:Sales"),
        ("{method: id, value: 042}", "id:042"),
        ("{method: title, value: on}", "title:on"),
        ("{method: updated_after, value: 2025-01-31}", "updated_after:2025-01-31"),
        ("{method: title, value: 'C++'}", 'title:"C++"'),
        ("{method: folder, value: 12}", 'folder:"12"'),
        ("{method: address, value: 'folder:12'}", "folder:12"),
        ("{method: type, value: looks}", "type:look"),
        ("'+dashboard:42 title:\"a b\"'", '+dashboard:42 title:"a b"'),
        ("{method: slug, value: a, dependencies: true, dependents: yes}", "+slug:a+"),
        ("{method: slug, value: a, dependencies: false}", "slug:a"),
        ("{union: [id:1, 'id:2,id:3']}", "id:1 id:2,id:3"),
        ("{intersection: [id:1, {union: [id:2, id:3]}]}", "id:1,(id:2 id:3)"),
        (
            "{union: [id:1, {exclude: [id:2]}, id:3, {exclude: [id:4]}]}",
            "id:1 id:3 exclude(id:2 id:4)",
        ),
        ("{union: [id:1, {method: id, value: 2, exclude: [id:3]}]}", "id:1 (id:2 exclude(id:3))"),
        ("{union: [id:1], exclude: [id:2]}", "id:1 exclude(id:2)"),
        ("{intersection: [id:1, id:2, {exclude: [id:3]}]}", "id:1,id:2,exclude(id:3)"),
        (
            "{union: [{intersection: [id:1, id:2, {exclude: [id:3]}]}, id:4]}",
            "id:1,id:2,exclude(id:3) id:4",
        ),
        (
            "{method: id, value: 1, exclude: [{method: id, value: 2, exclude: [id:3]}]}",
            "id:1 exclude((id:2 exclude(id:3)))",
        ),
        (
            "{method: id, value: 1, exclude: [id:2, {exclude: [id:3]}]}",
            "id:1 exclude((id:2 exclude(id:3)))",
        ),
    ],
)
def test_a_definition_parses_to_a_selection(definition: str, meaning: str):
    assert defined(definition) == parse(meaning)


def test_a_file_with_unions_intersections_and_excludes_is_parsed():
    selectors = loaded("""
        selectors:
          - name: finance
            description: Finance dashboards and all that they need
            default: false
            definition:
              union:
                - method: folder
                  value: "Shared/Finance/**"
                  dependencies: true        # + what they need (folders, looks, owners, models)
                - intersection:
                    - method: type
                      value: look
                    - method: owner
                      value: "*@finance.example.com"
                - exclude:
                    - method: title
                      value: "*(draft)*"
        """)

    assert to_text(selectors.definitions["finance"]) == (
        '+folder:Shared/Finance/** type:look,owner:*@finance.example.com exclude(title:"*(draft)*")'
    )
    assert selectors.default is None


def test_anchors_and_merge_keys_work():
    selectors = loaded("""
        selectors:
          - name: a
            definition: &base {method: id, value: 1}
          - name: b
            definition: {<<: *base, value: 2}
          - name: c
            definition: {union: [*base, id:3]}
        """)

    shown = [to_text(each.definition) for each in selectors.named]
    assert shown == ["id:1", "id:2", "id:1 id:3"]


def test_a_criterion_has_the_line_and_column_of_its_value():
    selectors = loaded("""
        selectors:
        - name: a
          definition:
            union:
            - method: title
              value: Sales
            - "id:1 title:x"
            - >-
              id:2
              id:3
        """)

    places = {to_text(each): str(each.location) for each in criteria(selectors.named[0].definition)}
    assert places == {
        "title:Sales": "selectors.yml:7:14",
        "id:1": "selectors.yml:8:8",
        "title:x": "selectors.yml:8:13",
        "id:2": "selectors.yml:9:7",
        "id:3": "selectors.yml:9:7",
    }


def test_a_selector_may_use_a_later_one():
    selectors = loaded("""
        selectors:
        - {name: b, definition: "selector:a id:1"}
        - {name: a, definition: "id:2", default: true}
        """)

    assert selectors.default is not None
    assert selectors.default.name == "a"


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("", "1:1", "is empty"),
        ("selectors: []", "1:12", "selectors is empty"),
        ("selectors: {}", "1:12", "selectors is a mapping"),
        ("[1]", "1:1", "the file is a list"),
        ("selectors: [a]\nmore: 1", "2:1", "the file has no key more; expected one of selectors"),
        ("selector: []", "1:1", "did you mean selectors?"),
        ("selectors: [{name: a}]", "1:13", "a selector has no definition"),
        ("selectors: [{nam: a, definition: id:1}]", "1:14", "did you mean name?"),
        ("selectors: [{name: , definition: id:1}]", "1:19", "name is empty"),
        (
            "selectors:\n- {name: a, definition: id:1}\n- {name: a, definition: id:2}",
            "3:10",
            "a is the name of the one at selectors.yml:2:10",
        ),
        ("selectors:\n- {name: a, definition: id:1, name: b}", "2:31", "name stands here twice"),
        (
            (
                "selectors:\n- {name: a, definition: id:1, default: true}\n"
                "- {name: b, definition: id:1, default: true}"
            ),
            "3:10",
            "b is the default, and so is a",
        ),
        (
            "selectors:\n- {name: a, definition: id:1, default: 'true'}",
            "2:40",
            "expected true or false",
        ),
        (
            "selectors:\n- {name: a, definition: selector:b}\n- {name: b, definition: selector:a}",
            "3:25",
            "a is made from itself: a → b → a",
        ),
        ("selectors:\n- {name: a, definition: selector:a}", "2:25", "a is made from itself"),
        (
            "selectors:\n- {name: finance, definition: 'id:1 selector:finanse'}",
            "2:37",
            "selectors.yml has no selector finanse; did you mean finance?",
        ),
        ("selectors:\n  - name: a\n   definition: id:1", "3:4", "is no YAML"),
        (
            "selectors:\n- {name: a, definition: {method: title, value: *x*}}",
            "2:50",
            "quote a value that begins with *",
        ),
        ("selectors: [&a {name: a, definition: {union: [*b]}}]", "1:47", "is no YAML"),
        ("selectors:\n- {name: a, definition: &a {union: [*a]}}", None, "without end"),
        ("a: 1\n---\nb: 2", "2:1", "is no YAML"),
        ("selectors: \x00", None, "is no YAML"),
    ],
)
def test_an_error_in_the_file_names_line_and_column(text: str, place: str | None, message: str):
    _assert_error(text, place, message)


@pytest.mark.parametrize(
    ("definition", "place", "message"),
    [
        ("method: titel\nvalue: a", "4:13", "no method is called titel; did you mean title?"),
        ("method: title", "4:5", "a method without a value"),
        ("method: title\nvalue:", "5:11", "value is empty"),
        ("method: title\nvalue: ''", "5:12", "value is empty"),
        ("method: title\nvalue: [a]", "5:12", "value is a list; expected a text"),
        ("method: title\nvalue: ~", "5:12", "value is ~; expected a text"),
        ("method: type\nvalue: dashbord", "5:12", "did you mean dashboard?"),
        ("method: folder\nvalue: Shared/", "5:12", "an empty name beside a slash"),
        ("method: title\nvalue: a\nparents: true", "6:5", "a rule has no key parents"),
        ("method: title\nvalue: a\ndependencis: true", "6:5", "did you mean dependencies?"),
        ("method: title\nvalue: a\ndependencies: 1", "6:19", "expected true or false"),
        ("title: Sales", "4:5", "a rule has no key title; write method: title, value: …"),
        ("value: a", "4:5", "nothing says what to pick"),
        ("union: [id:1]\nintersection: [id:1]", "4:5", "union and intersection stand in one rule"),
        ("union: [id:1]\nmethod: id\nvalue: 1", "4:5", "method and union stand in one rule"),
        ("union: [id:1]\ndependencies: true", "5:5", "dependencies stands beside union"),
        ("union: id:1", "4:12", "expected a list"),
        ("union: []", "4:12", "union is empty"),
        ("exclude: [id:1]", "4:5", "exclude has nothing to take away from"),
        ("union: [{exclude: [id:1]}]", "4:12", "exclude has nothing to take away from"),
        ("union:\n- id:1\n- exclude: id:2", "6:16", "exclude is id:2; expected a list"),
        ("union: [id:1, [id:2]]", "4:19", "a rule is a list"),
        ("'titel:a'", "4:6", "no method and no type is called titel"),
        ("union:\n- id:1\n- 'id:2 foo'", "6:13", "foo is no criterion"),
    ],
)
def test_an_error_in_a_definition_names_line_and_column(definition: str, place: str, message: str):
    _assert_error(a_file(definition), place, message)


def _assert_error(text: str, place: str | None, message: str):
    with pytest.raises(PlanError) as caught:
        parse_file(text.encode(), "selectors.yml")

    found = caught.value.diagnostic
    start = f"selectors.yml:{place}: " if place else "selectors.yml: "
    assert found.summary.startswith(start), found.summary
    for piece in message.split("; "):
        assert piece in f"{found.summary} {found.detail} {found.fix}"


def test_bytes_other_than_utf_8_are_refused():
    with pytest.raises(PlanError, match="no UTF-8"):
        parse_file(b"selectors: \xff", "selectors.yml")


def _as_yaml(selection: Selection) -> object:
    """A selection as the full YAML form has it."""
    if isinstance(selection, Criterion):
        flags = {name: True for name in ("dependencies", "dependents") if getattr(selection, name)}
        return {"method": selection.method, "value": selection.value, **flags}
    key = type(selection).__name__.lower()
    exclude = [_as_yaml(each) for each in selection.exclude]
    return {
        key: [_as_yaml(each) for each in selection.of],
        **({"exclude": exclude} if exclude else {}),
    }


@settings(deadline=None, max_examples=30)
@given(selections.filter(lambda each: all(one.method != "selector" for one in criteria(each))))
def test_a_file_and_the_command_line_parse_to_the_same_selection(selection: Selection):
    document = {"selectors": [{"name": "one", "definition": _as_yaml(selection)}]}
    data = yaml.safe_dump(document).encode()

    assert parse_file(data, "f").named[0].definition == selection


@settings(deadline=None, max_examples=50)
@given(st.text(max_size=40) | st.text("selectors: {}[]-&*!|>'\"\n#%@", max_size=40))
def test_any_file_is_parsed_or_refused_with_a_plan_error(text: str):
    with pytest.raises(PlanError):
        parse_file(text.encode(errors="replace"), "f")


def test_the_schema_knows_every_method_and_key():
    definitions: Any = schema()["$defs"]
    rule = definitions["Rule"]

    assert [each["const"] for each in rule["properties"]["method"]["oneOf"]] == list(METHODS)
    assert rule["additionalProperties"] is False
    assert len(rule["oneOf"]) == 4


def test_the_examples_are_valid():
    data = (ROOT / "examples" / "selectors.yml").read_bytes()

    document = msgspec.convert(yaml.safe_load(data), Document)

    assert [each.name for each in document.selectors] == [
        each.name for each in parse_file(data, "examples/selectors.yml").named
    ]


def test_all_locations_are_equal():
    assert Location("a", 1, 2) == Location("b")
    assert hash(Location("a")) == hash(Location("b"))
    assert Location() != "a"
