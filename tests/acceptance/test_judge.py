"""The judge itself: it notices every kind of damage, and nothing else."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest
from looker_sdk.sdk.api40 import models

from lookervault_plan.sandbox.company import fill
from lookervault_plan.sandbox.looker import Looker
from tests.acceptance import judge
from tests.acceptance.companies import link_up, make_dense, overlap_ids
from tests.acceptance.judge import BOUND, EXCLUDED, PORTABLE, REFERENCES, RESULT_MAKER, Reading
from tests.acceptance.objects import OBJECTS, another, objects

FIELDS = [
    (model, name)
    for model in OBJECTS
    for name in judge.writable(model)
    if f"{model}.{name}" not in EXCLUDED
]
OPTIONS = judge.Options()
EMPTY = {"None", "''", "[]", "{}"}
#: What the dense company can't use, and why.
UNUSED = {
    "WriteDashboard.deleted": "what is in the trash is in no backup",
    "WriteLookWithQuery.deleted": "what is in the trash is in no backup",
    f"{RESULT_MAKER}.sql_query_id": "SQL Runner queries can't be made through the API",
}


@pytest.fixture(scope="module")
def dense() -> Reading:
    looker = Looker(seed=3)
    make_dense(looker.call, host=looker.instance.base_url)
    return judge.read(looker.call)


def test_the_judge_shares_no_hands_with_what_it_judges():
    source = Path(judge.__file__).read_text()

    imported = {
        alias.name if isinstance(node, ast.Import) else (node.module or "")
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }

    assert {name for name in imported if name.startswith("lookervault_plan")} <= {
        "lookervault_plan.sandbox"
    }


def test_every_id_of_a_write_model_is_accounted_for():
    """A field named like an id is a reference, a name, or left out for a reason."""
    ids = {f"{model}.{name}" for model, name in FIELDS if re.search(r"_ids?$", name)}

    assert ids == (REFERENCES.keys() | PORTABLE.keys() | BOUND.keys()) - EXCLUDED.keys()


def test_every_nested_model_is_listed():
    inner = {
        found
        for model in OBJECTS
        for name, found in judge.writable(model).items()
        if found and f"{model}.{name}" not in EXCLUDED
    }

    assert inner <= OBJECTS.keys()


def test_filters_are_compared_by_all_that_their_write_model_has():
    """The model for creating one has the same fields, and the dashboard's id."""
    created = judge.writable("WriteCreateDashboardFilter").keys()

    assert created - judge.writable("WriteDashboardFilter").keys() == {"dashboard_id"}


def test_nothing_is_left_out_that_does_not_exist():
    for path in (*EXCLUDED, *REFERENCES, *PORTABLE, *BOUND):
        model, _, name = path.partition(".")
        assert name in getattr(models, model).__annotations__, path


def test_the_dense_company_uses_every_field(dense: Reading):
    """With a value that Looker does not put there by itself."""
    plain = defaults(Looker(seed=4))

    def values(reading: Reading, model: str, name: str) -> set[str]:
        return {repr(raw.get(name)) for raw in objects(reading, model)}

    unused = {
        f"{model}.{name}"
        for model, name in FIELDS
        if not values(dense, model, name) - values(plain, model, name) - EMPTY
    }

    assert unused == UNUSED.keys()


@pytest.mark.parametrize("model", OBJECTS)
def test_a_change_of_any_writable_field_is_noticed(dense: Reading, model: str):
    """Also to nothing at all, which is what a restore that forgets the field makes of it."""
    missed: list[str] = []
    for name in (name for of, name in FIELDS if of == model):
        values = [raw.get(name) for raw in objects(dense, model)]
        held = [number for number, value in enumerate(values) if value]
        for number in held[:1] or ([] if judge.writable(model)[name] else [0]):
            value = values[number]
            for other in (another(dense, model, name, value), None):
                changed = dense.copy()
                list(objects(changed, model))[number][name] = other
                found = judge.differences(dense, changed, same_instance=True)
                if not found and value not in (other, ""):
                    missed.append(f"{name}: {value!r} -> {other!r}")

    assert missed == []


@pytest.mark.parametrize("part", ["dashboard_filters", "dashboard_elements", "dashboard_layouts"])
def test_a_part_that_is_missing_or_too_many_is_noticed(dense: Reading, part: str):
    for number in range(len(list(dense.parts(part)))):
        changed = dense.copy()
        dashboard, row = [(d, row) for d in changed.dashboards for row in d[part]][number]
        dashboard[part].remove(row)

        assert judge.differences(dense, changed)
        assert judge.differences(changed, dense)


def test_an_item_that_is_missing_or_too_many_is_noticed(dense: Reading):
    for name, model in zip(("folders", "looks", "dashboards"), OBJECTS, strict=False):
        changed = dense.copy()
        getattr(changed, name).remove(next(objects(changed, model)))

        assert judge.differences(dense, changed)
        assert judge.differences(changed, dense)


def test_two_equal_tiles_are_not_one(dense: Reading):
    changed = dense.copy()
    twins = [row for row in changed.parts("dashboard_elements") if row["title"] == "Twins"]
    next(iter(changed.dashboards))["dashboard_elements"].append(twins[0])

    assert judge.differences(dense, changed)


def test_one_content_under_other_ids_is_equal_and_leaks_nothing():
    sides = [a_company(seed) for seed in (7, 8)]

    assert {row["id"] for row in sides[0].dashboards} != {row["id"] for row in sides[1].dashboards}
    assert judge.differences(*sides, ignore=["WriteDashboard.slug"]) == []
    # Both got the same image id: the one thing that a copy may not take along.
    assert [line for line in judge.leaks(*sides) if "image_id" not in line] == []


def test_ids_are_shared_between_types_and_instances_so_that_a_mix_up_can_show():
    ids = [
        {row["id"] for row in rows}
        for side in (a_company(7), a_company(8))
        for rows in (side.dashboards, side.looks, side.folders, side.parts("dashboard_elements"))
    ]

    assert all(a & b for n, a in enumerate(ids) for b in ids[n + 1 :])


@pytest.mark.parametrize("path", REFERENCES, ids=str)
def test_an_untranslated_id_is_a_leak(path: str):
    model, _, name = path.partition(".")
    if model in ("MergeQuerySourceQuery", RESULT_MAKER, "WriteCreateDashboardFilter"):
        return  # a query's body is judged as a whole; a filter is read inside its dashboard
    sides = [dense_without_images(seed) for seed in (3, 4)]
    assert judge.leaks(*sides) == []
    source = next(raw for raw in objects(sides[0], model) if raw.get(name))
    twin = {id(a): b for _, a, b in judge.Comparison(sides[0], sides[1], OPTIONS).pairs}[id(source)]
    assert twin[name] != source[name]
    twin[name] = source[name]

    assert judge.leaks(*sides)
    assert judge.differences(*sides, ignore=["WriteDashboard.slug"])


def test_an_untranslated_link_is_a_leak():
    fields = [
        ("dashboards", "description"),
        ("looks", "description"),
        ("dashboard_elements", "body_text"),
        ("dashboard_elements", "rich_content_json"),
        ("dashboard_layouts", "description"),
    ]
    for collection, name in fields:
        sides = [dense_without_images(seed) for seed in (3, 4)]
        pairs = judge.Comparison(sides[0], sides[1], OPTIONS).pairs
        rows = {
            "dashboards": "WriteDashboard",
            "looks": "WriteLookWithQuery",
            "dashboard_elements": "WriteDashboardElement",
            "dashboard_layouts": "WriteDashboardLayout",
        }
        mine, theirs = next(
            (a, b)
            for model, a, b in pairs
            if model == rows[collection] and re.search(r"/\d+", a.get(name) or "")
        )
        theirs[name] = mine[name]

        assert judge.leaks(*sides), (collection, name)
        assert judge.differences(*sides), (collection, name)


def dense_without_images(seed: int) -> Reading:
    looker = Looker(seed=seed)
    looker.instance.base_url = f"http://127.0.0.1:{seed}"
    make_dense(looker.call, host=looker.instance.base_url)
    found = judge.read(looker.call)
    for row in found.parts("dashboard_elements"):
        row["image_id"] = None
    for row in found.dashboards:
        row["slug"] = None  # random on each instance where the company gives none
    return found


def a_company(seed: int) -> Reading:
    looker = Looker(seed=seed)
    overlap_ids(looker, seed)
    fill(looker.call, seed=1, dashboards=30, looks=30, folders=12, users=6)
    link_up(looker.call)
    return judge.read(looker.call)


def defaults(looker: Looker) -> Reading:
    """What the server says where nobody said anything."""
    call = looker.call
    query = {"model": "marketing", "view": "users"}
    _, made = call("POST", "/queries", None, query)
    _, look = call(
        "POST", "/looks", None, {"title": "-", "folder_id": "1", "query_id": id_of(made)}
    )
    _, dashboard = call("POST", "/dashboards", None, {"title": "-", "folder_id": "1"})
    part = {"dashboard_id": id_of(dashboard)}
    _ = call("POST", "/dashboard_filters", None, {**part, "name": "-", "title": "-", "type": "x"})
    _ = call("POST", "/dashboard_elements", None, {**part, "look_id": id_of(look)})
    _, merge = call("POST", "/merge_queries", None, {"source_queries": [{"query_id": id_of(made)}]})
    _ = call("POST", "/dashboard_elements", None, {**part, "merge_result_id": id_of(merge)})
    return judge.read(call)


def id_of(reply: Any) -> str:
    return reply["id"]
