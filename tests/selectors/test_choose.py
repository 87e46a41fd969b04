import pytest

from lookervault_plan.errors import PlanError
from lookervault_plan.selectors.choose import Choice, choose
from lookervault_plan.selectors.parse_file import Selectors, parse_file
from lookervault_plan.selectors.selection import to_text

FILE = """
selectors:
- {name: finance, definition: "folder:Shared/Finance/** selector:new"}
- {name: new, definition: "state:new"}
"""


def a_file(more: str = "") -> Selectors:
    return parse_file((FILE + more).encode(), "selectors.yml")


def shown(choice: Choice) -> str:
    return to_text(choice.selection) if choice.selection else "everything"


def test_without_options_everything_is_selected():
    assert shown(choose(file=a_file())) == "everything"
    assert choose().methods == frozenset()


def test_several_selects_are_a_union_and_every_exclude_takes_away():
    choice = choose(select=["type:look", "id:1,id:2"], exclude=["id:3", "id:4"])

    assert shown(choice) == "type:look id:1,id:2 exclude(id:3 id:4)"
    assert (choice.select, choice.exclude) == (("type:look", "id:1,id:2"), ("id:3", "id:4"))


def test_exclude_without_select_takes_away_from_everything():
    assert shown(choose(exclude=["id:3"])) == "type:* exclude(id:3)"


def test_exclude_narrows_a_selector():
    choice = choose(selector="finance", exclude=["id:3"], file=a_file())

    assert shown(choice) == "selector:finance exclude(id:3)"
    assert choice.selector == "finance"
    assert choice.methods == {"selector", "folder", "state", "id"}


def test_the_default_selector_counts_without_options_and_is_named_in_the_choice():
    file = a_file('- {name: "my own", definition: "id:1", default: true}')

    assert shown(choose(file=file)) == 'selector:"my own"'
    assert choose(file=file).selector == "my own"
    assert shown(choose(exclude=["id:3"], file=file)) == 'selector:"my own" exclude(id:3)'
    assert shown(choose(select=["id:3"], file=file)) == "id:3"
    assert choose(select=["id:3"], file=file).selector is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"select": ["id:1"], "selector": "finance", "file": a_file()}, "--select and --selector"),
        ({"select": [""]}, "--select, column 1: nothing is selected here"),
        ({"select": ["id:1"], "exclude": [" "]}, "--exclude, column 1: nothing is selected here"),
        ({"selector": "finanse", "file": a_file()}, "did you mean finance?"),
        ({"selector": "", "file": a_file()}, "--selector: selector: nothing after the method"),
        ({"select": ["id:1 selector:x"], "file": a_file()}, "--select, column 6: selectors.yml"),
        ({"selector": "finance"}, "no file says what the selector finance is"),
    ],
)
def test_an_error_says_what_is_wrong(options: dict, message: str):
    with pytest.raises(PlanError) as caught:
        choose(**options)

    found = caught.value.diagnostic
    assert message in f"{found.summary} {found.fix}"
