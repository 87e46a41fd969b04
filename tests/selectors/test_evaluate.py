import pytest

from lookervault_plan.content.node import Ref
from lookervault_plan.errors import PlanError
from lookervault_plan.selectors.parse_text import parse
from tests.selectors.items import COMPANY, FINANCE, a_catalogue, an_item, evaluated, picked


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("type:look", "look:9"),
        ("type:looks", "look:9"),
        ("type:l*", "look:9 lookml_model:shop"),
        ("id:4?", "dashboard:42 dashboard:43"),
        ("dashboard:42", "dashboard:42"),
        ("dashboards:42", "dashboard:42"),
        ("folder:4", "folder:4"),
        ("lookml_model:shop", "lookml_model:shop"),
        ('title:"Revenue, EMEA"', "dashboard:42"),
        (r"title:Revenue\,\ EMEA", "dashboard:42"),
        ("title:Revenue*", "dashboard:42"),
        ("title:C++*", "dashboard:43"),
        ("title:*(draft)*", "dashboard:43"),
        ("name:Finance", "folder:2"),
        ("slug:abc", "dashboard:42"),
        ("owner:*@finance.EXAMPLE.com", "look:9"),
        ("model:shop", "dashboard:42 look:9"),
        ("explore:visits", "dashboard:42"),
        ("explore:shop::orders", "dashboard:42 look:9"),
        ("board:KPI?", "dashboard:42"),
        ("group:Analysts", "user:7"),
        ("role:Viewer", "user:7"),
        ("updated_after:2025-02-02", "look:9"),
        ("updated_after:2025-02-01", "dashboard:42 look:9"),
        ("updated_before:2025-03-01T11:00:00+01:00", "dashboard:42"),
        ("folder:Shared", "folder:1"),
        ("folder:Shared/Finance", "dashboard:42 folder:2"),
        ("folder:Shared/Finance/**", "dashboard:42 folder:2 folder:3 look:9"),
        ("folder:**/Sales", "dashboard:43 folder:4"),
        ("folder:Shared/*", "dashboard:42 dashboard:43 folder:2 folder:4"),
        (r"folder:Shared/Finance/A\/B", "folder:3 look:9"),
        ("folder:**/?/B", ""),
        ("type:look dashboard:43", "dashboard:43 look:9"),
        ("folder:Shared/Finance/**,type:folder", "folder:2 folder:3"),
        (
            "type:* exclude(type:folder type:user)",
            "dashboard:42 dashboard:43 lookml_model:shop look:9",
        ),
        ("(type:look type:dashboard),model:*,exclude(id:9)", "dashboard:42"),
        ("+look:9", "folder:1 folder:2 folder:3 look:9 lookml_model:shop user:7"),
        ("folder:3+", "dashboard:42 folder:3 look:9"),
        ("+folder:3+", "dashboard:42 folder:1 folder:2 folder:3 look:9"),
    ],
)
def test_a_criterion_picks_items(text: str, addresses: str):
    assert picked(text, allow_empty=True) == sorted(addresses.split())


def test_dependencies_are_followed_through_items_that_are_left_out():
    catalogue = a_catalogue(
        an_item("dashboard:1"),
        an_item("look:2"),
        an_item("folder:3", folder=("Shared",)),
        needs={"dashboard:1": "look:2", "look:2": "folder:3"},
    )

    assert picked("+dashboard:1 exclude(look:2)", catalogue) == ["dashboard:1", "folder:3"]


def test_an_item_comes_with_the_first_criterion_that_picked_it():
    by = evaluated("+look:9 type:folder,name:Sales type:*").by

    assert by[Ref("user", "7")] == "+look:9"
    assert by[Ref("folder", "4")] == "type:folder,name:Sales"
    assert by[Ref("dashboard", "43")] == "type:*"


def test_items_of_a_named_selector_come_with_the_criteria_inside_it():
    finance = parse("folder:Shared/Finance title:*draft*")

    by = evaluated("selector:finance exclude(title:*draft*)", selectors={"finance": finance}).by

    assert set(by.values()) == {"folder:Shared/Finance"}


def test_plus_signs_work_on_a_named_selector():
    found = picked("+selector:one", selectors={"one": parse("look:9 type:look")})

    assert found == picked("+look:9")


def test_state_and_result_criteria_use_the_labels_of_the_catalogue():
    catalogue = a_catalogue(
        an_item("look:1"),
        an_item("look:2"),
        state={"look:1": "new", "look:2": "modified"},
        result={"look:2": "dlq"},
    )

    assert picked("state:new", catalogue) == ["look:1"]
    assert picked("result:dlq", catalogue) == ["look:2"]


def test_missing_labels_are_an_error_and_not_an_empty_result():
    with pytest.raises(PlanError) as caught:
        evaluated("state:new", allow_empty=True)

    assert caught.value.diagnostic.code == "selector.unknown-here"
    assert "--config-file" in caught.value.diagnostic.fix


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ('title:"Revenue, EMAE"', 'did you mean title:"Revenue, EMEA"?'),
        ("title:revenue*", 'did you mean title:"Revenue, EMEA"?'),
        ("title:*drfat*", 'did you mean title:"C++ (draft)"?'),
        ("folder:Shared/Finnance/**", "did you mean folder:Shared/Finance/**?"),
        ("folder:shared", "did you mean folder:Shared?"),
        (r"folder:Shared/Finance/A\/C", r"did you mean folder:Shared/Finance/A\/B?"),
        ("owner:bobb@example.com", "did you mean owner:bob@example.com?"),
        ("look:42", "did you mean dashboard:42?"),
        ("board:kpi", "did you mean board:KPIs?"),
    ],
)
def test_a_criterion_that_picks_nothing_is_an_error_with_the_nearest_match(text: str, fix: str):
    with pytest.raises(PlanError) as caught:
        evaluated(f"type:* {text}")

    assert caught.value.diagnostic.severity == "error"
    assert caught.value.diagnostic.summary == f"--select, column 8: {text} picks nothing"
    assert caught.value.diagnostic.fix.startswith(fix)
    assert "--allow-empty" in caught.value.diagnostic.fix


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("type:board", "the backup has no type like it"),
        ("slug:zzz", "the backup has no slug like it; it has abc"),
        ("folder:Shared/Zzz", "Shared has no folder Zzz; it has Finance, Sales"),
        ("folder:Zzz", "the top has no folder Zzz; it has Shared"),
        ("folder:Shared/Finance/A\\/B/C", "Shared/Finance/A\\/B has no folder C"),
        ("folder:**/Zzz", "no folder of the backup has such a path"),
        ("folder:**/**/Zzz", "no folder of the backup has such a path"),
        ("updated_after:2026-01-01", "changed from 2025-02-01T00:00:00.000+00:00 to 2025-03-01"),
        ("updated_before:2024-01-01", "changed from 2025-02-01T00:00:00.000+00:00 to 2025-03-01"),
        ("dashboard:404", "the backup has no dashboard 404"),
    ],
)
def test_the_error_says_why_a_criterion_picks_nothing(text: str, why: str):
    with pytest.raises(PlanError) as caught:
        evaluated(text)

    assert why in caught.value.diagnostic.detail


def test_the_error_says_if_no_item_has_the_label():
    labelled = a_catalogue(an_item("user:1"), state={"user:1": "modified"})

    with pytest.raises(PlanError) as caught:
        evaluated("state:new", labelled)

    assert caught.value.diagnostic.detail == "no item of the backup has the state new"


@pytest.mark.parametrize(("count", "lists_them"), [(5, True), (6, False)])
def test_the_error_lists_at_most_five_existing_values(count: int, lists_them: bool):
    several = a_catalogue(*(an_item(f"user:{number}", f"Name{number}") for number in range(count)))

    with pytest.raises(PlanError) as caught:
        evaluated("name:zzz", several)

    assert ("it has Name0, Name1" in caught.value.diagnostic.detail) is lists_them


def test_the_error_says_if_no_item_has_the_field():
    bare = a_catalogue(an_item("user:1"))

    for text, why in {
        "group:x": "no item of the backup has a group",
        "updated_after:2025-01-01": "no item of the backup has a time of change",
    }.items():
        with pytest.raises(PlanError) as caught:
            evaluated(text, bare)
        assert caught.value.diagnostic.detail == why


@pytest.mark.parametrize(
    "text",
    ["type:* exclude(title:*drfat*)", "type:look,type:folder", "type:look exclude(type:look)"],
)
def test_an_empty_exclude_intersection_or_remainder_is_an_error(text: str):
    with pytest.raises(PlanError, match="picks nothing"):
        evaluated(text)


def test_an_empty_criterion_is_a_warning_with_allow_empty():
    found = evaluated("title:nothing type:look", allow_empty=True)

    assert list(found.by) == [Ref("look", "9")]
    assert [each.severity for each in found.diagnostics] == ["warning"]


def test_all_empty_criteria_are_named_in_one_error():
    with pytest.raises(PlanError) as caught:
        evaluated("title:nothing slug:none")

    assert "slug:none picks nothing" in caught.value.diagnostic.detail


def test_texts_in_different_unicode_forms_are_equal():
    catalogue = a_catalogue(an_item("look:1", "Umsätze"))

    assert picked("title:Umsa\u0308tze", catalogue) == ["look:1"]


def test_evaluating_does_not_change_the_catalogue():
    before = dict(COMPANY.items)

    _ = picked("+type:* exclude(folder:Shared)")

    assert COMPANY.items == before
    assert FINANCE == ("Shared", "Finance")


def test_items_that_only_a_plus_brings_are_told_from_those_picked_themselves():
    assert evaluated("+look:9 type:user").brought == {
        Ref("folder", "1"),
        Ref("folder", "2"),
        Ref("folder", "3"),
        Ref("lookml_model", "shop"),
    }
