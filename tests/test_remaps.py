"""The remaps file: what it holds, what it says of mistakes, and its schema."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from lookervault_plan.content.node import Ref
from lookervault_plan.content.rename import Renames
from lookervault_plan.content.table.kinds import CODES
from lookervault_plan.errors import PlanError
from lookervault_plan.remaps.document import Remaps, to_yaml
from lookervault_plan.remaps.parse_file import parse
from lookervault_plan.remaps.sections import SECTIONS, TYPES, schema

ROOT = Path(__file__).parents[1]


def wrong(text: str):
    with pytest.raises(PlanError) as caught:
        parse(text)
    return caught.value.diagnostic


def test_ids_come_by_type_in_singular_or_plural_as_texts_or_numbers():
    found = parse("dashboard: {'42': '142'}\nlooks:\n  9: 109\n")

    assert found.ids == {Ref("dashboard", "42"): "142", Ref("look", "9"): "109"}
    assert found.locations[Ref("look", "9")] == "remaps.yml, line 3"


def test_patterns_may_share_a_target_and_lie_below_what_they_move():
    found = parse(r"""
        folders: {Shared/Dev/*: Shared/Dev/x_*, Shared/a_*: Shared/*, Shared/b_*: Shared/*}
        owners: {'*@gone.example': ann@new.example}
        recipients: {'*@old.example': '*@new.example'}
    """)

    assert found.renames.owners == {"*@gone.example": "ann@new.example"}
    assert found.renames.recipients == {"*@old.example": "*@new.example"}
    assert found.renames.folders["Shared/a_*"] == "Shared/*"


def test_a_note_lists_some_changes_and_counts_the_others():
    found = parse("recipients: {'*@a': '*@b'}")
    changed = {f"{number:02}@a": f"{number:02}@b" for number in range(53)}

    (note,) = found.effects({("recipients", "*@a"): changed})

    assert note.summary == "remaps.yml, line 1: *@a -> *@b changes 53 recipients"
    assert note.detail.splitlines()[:1] == ["00@a -> 00@b"]
    assert note.detail.splitlines()[-1] == "and 3 more"


def test_names_become_renames_and_models_get_ids_too():
    found = parse("""
        emails: {ann@old.example: ann@new.example}
        folders: {Shared/Old: Shared/New}
        models: {dev: prod}
        explores: {"dev::orders": "prod::sales"}
        connections: {pg: snow}
    """)

    assert found.renames == Renames(
        emails={"ann@old.example": "ann@new.example"},
        folders={"Shared/Old": "Shared/New"},
        models={"dev": "prod"},
        explores={"dev::orders": "prod::sales"},
        connections={"pg": "snow"},
    )
    assert found.ids_by_name == {
        Ref("lookml_model", "dev"): "prod",
        Ref("explore", "dev::orders"): "prod::sales",
    }


@pytest.mark.parametrize("text", ["", "# nothing\n", "dashboard:\n", "{}"])
def test_an_empty_file_has_no_entries(text):
    assert parse(text) == Remaps()


@pytest.mark.parametrize(
    ("text", "where", "what", "fix"),
    [
        ("dashbord: {}", "line 1, column 1", "unknown key dashbord", "did you mean dashboard?"),
        ("look: {1: 2}\nlook: {3: 4}", "line 2, column 1", "first in line 1", ""),
        ("look:\n  1: 2\n  1: 3", "line 3, column 3", "1 stands here again, first in line 2", ""),
        ("look: {1: 2}\nlooks: {1: 2}", "line 2, column 9", "first in line 1", ""),
        ("emails: {A@x: b@y, a@X: c@y}", "column 20", "a@X stands here again", ""),
        ("look: {1: no}", "line 1, column 11", "true or false", "quotes"),
        ("look: {1: 1.5}", "column 11", "a number with a point", "quotes"),
        ("look: {1: 0x1f}", "column 11", "another notation", "quotes"),
        ("look: {1: }", "column 10", "found nothing", "quotes"),
        ("look: {1: [2]}", "column 11", "expected a text", ""),
        ("look: {1: a b}", "column 11", "IDs contain no spaces", ""),
        ("look: 5", "column 7", "expected `old: new` pairs", ""),
        ("- look", "column 1", "expected content types", ""),
        ("folders: {7: 70}", "column 11", "ids of folders go under folder:", ""),
        ("folders: {Shared//A: Shared/B}", "column 11", "without empty names", ""),
        ("folders: {Shared/A: Shared}", "column 11", "Shared is a root", ""),
        ("folders: {Shared/A: Shared/A/B}", "column 11", "can't move into itself", ""),
        ("folders: {Shared/A: Shared/C, Shared/B: Shared/C}", "column 31", "already", ""),
        ("emails: {ann: bob@x}", "column 10", "expected an email address", ""),
        ("emails: {'*@a': '*@b', '*@A': 'c@d'}", "column 24", "*@A stands here again", ""),
        ("emails: {a@b: '*@c'}", "column 15", "nothing fills a * of it", "a@b has 0 *"),
        ("owners: {a@x: b}", "column 15", "expected an email address", ""),
        ("recipients: {'*@a': '*@*'}", "column 21", "nothing fills a *", "has 1 *"),
        ("folders: {Shared/A/*: '*'}", "column 11", "* is a root", ""),
        ("models: {'a::b': c}", "column 10", "expected a name", ""),
        ("explores: {orders: sales}", "column 12", "expected model::explore", ""),
        ("folder: {a b/c: d}", "column 10", "no spaces", "under folders:"),
        ("look: {1: 2", "line 1, column 12", "not valid YAML", "fix that line"),
        ("a: b: c", "line 1, column 5", "not valid YAML", "fix that line"),
        ("[" * 900, "", "not valid YAML", ""),
        ("a: 1\n---\nb: 2", "line 2", "not valid YAML", ""),
    ],
)
def test_an_error_names_line_and_column(text, where, what, fix):
    error = wrong(text)

    assert error.code == "remaps.malformed"
    assert where in error.summary
    assert what in f"{error.summary}\n{error.detail}"
    assert fix in error.fix


def test_all_errors_are_named_at_once_in_order():
    error = wrong("lok: {}\nlook: {1: no, 2: 1.5}\n")

    assert error.summary == "remaps.yml, line 1, column 1: unknown key lok"
    assert error.detail.count("line 2, column ") == 2


def test_an_error_lists_ten_further_problems_and_counts_the_others():
    error = wrong("".join(f"key{number}: {{}}\n" for number in range(13)))

    assert error.detail.splitlines()[-2:] == [
        "line 11, column 1: unknown key key10",
        "and 2 more",
    ]


@pytest.mark.parametrize(
    ("text", "where"),
    [("[a]: {}\n", "line 1, column 1: expected a text"), ("1.5: {}\n", "line 1, column 1")],
)
def test_a_key_that_is_no_text_is_an_error(text: str, where: str):
    assert where in wrong(text).summary


def test_an_unused_entry_is_a_warning_with_its_line():
    remaps = parse("look: {1: 2}\nmodels: {dev: prod, old: new}\n")

    error = remaps.unused({("models", "dev")})

    assert [one.summary for one in error] == [
        "remaps.yml, line 1: nothing in the backup is look 1",
        "remaps.yml, line 2: nothing in the backup is the model old",
    ]
    assert {one.severity for one in error} == {"warning"}


def test_there_is_a_section_for_each_of_the_twelve_types():
    assert set(TYPES) == set(CODES)
    assert {section.name for section in SECTIONS.values()} > set(TYPES)


def test_the_schema_has_every_key_and_no_other():
    found: Any = schema()
    (described,) = found["$defs"].values()

    assert set(described["properties"]) == set(SECTIONS)
    assert described["additionalProperties"] is False


def test_the_example_is_valid():
    text = (ROOT / "examples/remaps.yml").read_text()

    found = parse(text)

    assert {entry.section for entry in found.entries} >= {
        "dashboard",
        "user",
        "emails",
        "folders",
        "models",
        "explores",
        "connections",
    }
    assert set(yaml.safe_load(text)) <= set(SECTIONS)


ids = st.text(st.characters(codec="utf-8", exclude_categories=("Z", "C")), min_size=1, max_size=8)


@given(
    st.dictionaries(
        st.sampled_from(TYPES), st.dictionaries(ids, ids, min_size=1, max_size=4), max_size=3
    )
)
def test_written_remaps_parse_to_the_same_ids(wanted):
    found = parse(to_yaml(wanted))

    assert found.ids == {
        Ref(type_, old): new for type_, pairs in wanted.items() for old, new in pairs.items()
    }
