import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lookervault_plan.content.table.kinds import ITEM_KINDS
from lookervault_plan.errors import PlanError
from lookervault_plan.selectors.location import Location
from lookervault_plan.selectors.methods import ADDRESS, METHODS, Form
from lookervault_plan.selectors.parse_text import criterion, parse
from lookervault_plan.selectors.pattern import escape
from lookervault_plan.selectors.selection import (
    Criterion,
    Intersection,
    Selection,
    Union,
    intersection,
    to_text,
    union,
)

NASTY = st.text(st.sampled_from(list("aB9 *?\\/,+\"'():ä\n\t-[]")), min_size=1, max_size=8)
TEXTS = st.text(min_size=1, max_size=8) | NASTY
TEXT_METHODS = [row.name for row in METHODS.values() if row.form in {Form.TEXT, Form.EMAIL}]


def _pattern(pieces: list[str]) -> str:
    return "".join(piece if piece in {"*", "?"} else escape(piece) for piece in pieces)


patterns = st.lists(TEXTS | st.sampled_from("*?"), min_size=1, max_size=4).map(_pattern)
paths = st.lists(
    TEXTS.map(lambda name: escape(name, in_path=True)) | st.sampled_from(["*", "**", "Q?"]),
    min_size=1,
    max_size=4,
).map("/".join)
values = (
    st.tuples(st.sampled_from(TEXT_METHODS), patterns)
    | st.tuples(st.just("folder"), paths)
    | st.tuples(st.just("type"), st.sampled_from([*ITEM_KINDS, "*"]))
    | st.tuples(st.just("selector"), TEXTS.map(escape))
    | st.tuples(
        st.just(ADDRESS),
        st.tuples(st.sampled_from(ITEM_KINDS), TEXTS.map(escape)).map(":".join),
    )
    | st.tuples(st.just("state"), st.sampled_from(METHODS["state"].labels))
    | st.tuples(
        st.just("updated_after"), st.dates().map(str) | st.datetimes().map(lambda at: f"{at}+02:00")
    )
)


@st.composite
def criteria(draw: st.DrawFn) -> Criterion:
    method, value = draw(values)
    try:
        return criterion(
            method, value, dependencies=draw(st.booleans()), dependents=draw(st.booleans())
        )
    except PlanError:  # a year before 1 in UTC
        return criterion("type", "*")


def _combined(inner: st.SearchStrategy[Selection]) -> st.SearchStrategy[Selection]:
    some = st.lists(inner, min_size=1, max_size=3)
    return st.builds(
        lambda combine, of, exclude: combine(of, exclude),
        st.sampled_from([union, intersection]),
        some,
        st.lists(inner, max_size=2),
    )


selections: st.SearchStrategy[Selection] = st.recursive(criteria(), _combined, max_leaves=12)


@settings(deadline=None)
@given(selections)
@example(union([criterion("title", "C++")], [criterion("id", "3")]))
@example(criterion("folder", "12"))
@example(criterion(ADDRESS, "folder:12"))
@example(criterion(ADDRESS, "folder:lookml"))
@example(criterion("title", "'a"))
def test_a_printed_selection_parses_to_the_same_selection(selection: Selection):
    assert parse(to_text(selection)) == selection


@given(selections)
def test_printing_a_printed_selection_changes_nothing(selection: Selection):
    assert to_text(parse(to_text(selection))) == to_text(selection)


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("type:dashboards   dashboard:42", "type:dashboard dashboard:42"),
        ("Dashboards:42 type:lookml-models", "dashboard:42 type:lookml_model"),
        ("address:dashboard:42", "dashboard:42"),
        (r"title:Revenue\,\ EMEA", 'title:"Revenue, EMEA"'),
        ("title:'it is, \"so\"'", r'title:"it is, \"so\""'),
        ("title:it's", "title:it's"),
        ('folder:Shared/"A, B"/**', 'folder:"Shared/A, B/**"'),
        ("((type:look) (type:user))", "type:look type:user"),
        ("(title:a title:b),title:c", "(title:a title:b),title:c"),
        ("title:a,(title:b,title:c)", "title:a,title:b,title:c"),
        ("title:a,exclude(title:b)", "title:a exclude(title:b)"),
        ("exclude(title:b) title:a", "title:a exclude(title:b)"),
        ("title:C+", "title:C+"),
        ('title:"C+"+', 'title:"C+"+'),
        ("updated_after:2025-01-31T00:00:00Z", "updated_after:2025-01-31"),
        ("updated_after:2025-01-31T02:00+02:00", "updated_after:2025-01-31"),
        (r"title:50\%\*", r"title:50%\*"),
    ],
)
def test_a_selection_is_printed_in_canonical_form(text: str, printed: str):
    assert to_text(parse(text)) == printed


def test_space_is_union_and_comma_binds_closer():
    a, b, c = (criterion("title", name) for name in "abc")

    assert parse("title:a title:b,title:c") == Union(of=(a, Intersection(of=(b, c))))


def test_digits_alone_are_an_id_and_quoted_ones_a_name():
    assert parse("folder:12") == Criterion(method=ADDRESS, value="folder:12")
    assert parse('folder:"12"') == Criterion(method="folder", value="12")
    assert parse("folder:lookml") == Criterion(method=ADDRESS, value="folder:lookml")


def test_exclude_takes_away_from_its_own_group():
    a, b, c = (criterion("title", name) for name in "abc")

    assert parse("(title:a exclude(title:b)) title:c") == Union(
        of=(Union(of=(a,), exclude=(b,)), c)
    )


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("", 1, "nothing is selected here; expected method:value"),
        ("   ", 1, "nothing is selected here"),
        ("()", 2, "nothing is selected here"),
        ("revenue", 1, "revenue is no criterion"),
        ("title", 1, "title is no criterion; write title:value"),
        ("titel:a", 1, "no method and no type is called titel; did you mean title?"),
        ("dashbord:42", 1, "did you mean dashboard?"),
        ("Titel:42", 1, "did you mean title?"),
        ("address:42", 9, "42 is not an address"),
        ("address:dashbord:42", 9, "no type is called dashbord; did you mean dashboard?"),
        ("type:look type:dashbord", 16, "no type is called dashbord; did you mean dashboard?"),
        ("state:modifed", 7, "did you mean modified?"),
        ("result:fail", 8, "did you mean failed?"),
        ("updated_after:yesterday", 15, "yesterday is not a date; expected a date"),
        ("title:", 7, "nothing after the method"),
        ('title:""', 7, "nothing after the method"),
        ("dashboard:", 11, "address"),
        ("dashboard:4*", 11, "a wildcard in an address"),
        ("selector:a*", 10, "a wildcard in the name of a selector"),
        ("title:Revenue, EMEA", 15, 'as in title:"Revenue, EMEA"'),
        ("title:a,,title:b", 9, "nothing right behind the comma"),
        (",title:a", 1, ",title:a is no criterion"),
        ("title:Revenue EMEA", 15, "EMEA is no criterion"),
        ("title:C++", 1, '2 plus signs at the end; write title:"C++"'),
        ('title:"Revenue', 7, "never closed"),
        ("title:'a'b", 10, "text right behind a closing quote"),
        ("(title:a", 1, "this bracket is never closed"),
        ("title:a (title:b))", 18, "no bracket is open here"),
        ("(title:a)title:b", 10, "title:b follows right behind"),
        ("+(title:a)", 2, "put the plus before each criterion"),
        ("++title:a", 2, "is no criterion"),
        ("1+title:a", 1, "1+title:a is no criterion"),
        ("exclude(title:a)", 1, "exclude has nothing to take away from"),
        ("title:a (exclude(title:b))", 10, "exclude has nothing to take away from"),
        ("(" * 60, 51, "more than 50 brackets"),
        ("folder:/Shared", 8, "an empty name beside a slash"),
        ("folder:Shared/", 8, "an empty name beside a slash"),
        ("folder:Shared**", 8, "** beside other text"),
        (r"title:C:\temp", 7, r"a backslash itself is written \\"),
        ("title:a\\", 7, "a backslash itself"),
    ],
)
def test_an_error_names_line_and_column(text: str, column: int, message: str):
    with pytest.raises(PlanError) as caught:
        parse(text, Location("--select", 0, 1))

    found = caught.value.diagnostic
    assert found.summary.startswith(f"--select, column {column}: "), found.summary
    for piece in message.split("; "):
        assert piece in f"{found.summary} {found.detail} {found.fix}"


@given(st.text(max_size=30) | NASTY)
def test_any_text_is_parsed_or_refused_with_a_plan_error(text: str):
    try:
        selection = parse(text)
    except PlanError:
        return
    assert parse(to_text(selection)) == selection
