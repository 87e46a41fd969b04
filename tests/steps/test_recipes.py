"""Recipes: which steps an action becomes, and what each waits for."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookervault_plan.content.node import Address, Ref
from lookervault_plan.content.normalise import content_key, normalise
from lookervault_plan.plan_file import PartAction, Parts, PlanReference, Verb
from lookervault_plan.steps.cycles import find_cycle
from lookervault_plan.steps.recipes import expand, expand_deferred
from lookervault_plan.steps.step import (
    CreateQueryStep,
    DeleteStep,
    FindStep,
    InterimNameStep,
    RequestTemplate,
    UpdateStep,
    WritingStep,
    is_shared,
)
from lookervault_plan.steps.step_id import StepId
from tests.builders import an_action
from tests.execution.content import (
    a_component,
    a_dashboard,
    a_filter,
    a_folder,
    a_layout,
    a_look,
    a_merge,
    a_query,
    a_tile,
    changes,
    creating,
    deleting,
    tiled,
    updating,
)

ORDERS = f"query:{content_key('query', a_query())}"
USERS = f"query:{content_key('query', a_query('901', 'users'))}"


def steps_of(kind: str, raw: dict[str, Any], action: Any = None, **more: Any) -> dict[str, Any]:
    steps = expand(action or creating(kind, raw), normalise(kind, raw), **more)
    return {str(step.id): step for step in steps}


def names(ids: tuple[StepId, ...]) -> tuple[str, ...]:
    return tuple(map(str, ids))


def test_a_new_user_whose_former_folder_lives_on_does_not_wait_for_himself():
    raw = {"id": "5", "first_name": "Hiro", "personal_folder_id": "31", "home_folder_id": "31"}

    steps = expand(creating("user", raw), normalise("user", raw))

    assert find_cycle(steps) == ()


def test_steps_that_wait_for_each_other_are_named():
    first, second = StepId(Address("look:1"), "update"), StepId(Address("look:2"), "update")
    request = RequestTemplate(method="PATCH", path="/looks/1")
    steps = [
        InterimNameStep(id=first, kind="look", request=request, needs=(second,)),
        InterimNameStep(id=second, kind="look", request=request, after=(first,)),
    ]

    assert find_cycle(steps) == (first, second)


def test_a_folder_is_one_post():
    steps = steps_of("folder", a_folder())

    (step,) = steps.values()
    assert (str(step.id), step.request.method, step.request.path) == (
        "folder:7#create",
        "POST",
        "/folders",
    )
    assert step.request.body == {"name": "Sales"}
    assert step.request.slots == {"parent_id": Ref("folder", "1")}
    assert not step.is_repeatable
    assert step.probe


def test_a_look_waits_for_its_query():
    steps = steps_of("look", a_look())

    assert list(steps) == [f"{ORDERS}#create", "look:9#create"]
    query = steps[f"{ORDERS}#create"]
    assert isinstance(query, CreateQueryStep)
    assert query.request.query == {"fields": "id"}
    assert "client_id" not in (query.request.body or {})
    assert names(steps["look:9#create"].needs) == (str(query.id),)
    assert steps["look:9#create"].request.slots["query_id"] == Ref.parse(ORDERS)


def test_a_query_whose_id_the_plan_names_costs_no_step():
    steps = steps_of("look", a_look(), known={Ref.parse(ORDERS)})

    assert list(steps) == ["look:9#create"]
    assert names(steps["look:9#create"].needs) == ()


def test_a_merge_query_waits_for_its_sources():
    merge = a_merge("m1", a_query(), a_query("901", "users"))
    tile = a_tile("70", merge_result_id="m1", merge_query=merge)

    steps = steps_of("dashboard", a_dashboard(tiles=[tile]))

    named = f"merge_query:{content_key('merge_query', merge)}"
    assert set(names(steps[f"{named}#create"].needs)) == {f"{ORDERS}#create", f"{USERS}#create"}
    assert steps[f"{named}#create"].request.slots == {
        "source_queries[0].query_id": Ref.parse(ORDERS),
        "source_queries[1].query_id": Ref.parse(USERS),
    }
    element = steps["dashboard:42/dashboard_element:70#create"]
    assert f"{named}#create" in names(element.needs)


def test_equal_queries_of_two_tiles_are_one_step():
    tiles = [a_tile("70", query=a_query("900")), a_tile("71", query=a_query("999"))]

    steps = steps_of("dashboard", a_dashboard(tiles=tiles))

    assert sum(is_shared(step) for step in steps.values()) == 1


def test_the_active_layout_is_adopted_and_the_others_are_made():
    layouts = [a_layout("60", active=False), a_layout("61", active=True)]

    steps = steps_of("dashboard", a_dashboard(layouts=layouts))

    (adopted,) = steps["dashboard:42#create"].adopts
    assert adopted.source == Ref("dashboard_layout", "61")
    assert "dashboard:42/dashboard_layout:61#create" not in steps
    assert steps["dashboard:42/dashboard_layout:60#create"].request.slots["dashboard_id"].id == "42"
    settled = steps["dashboard:42/dashboard_layout:61#update"]
    assert settled.unless_shown is not None
    assert names(settled.needs) == ("dashboard:42#create",)


def test_tiles_come_one_after_the_other_in_reading_order_after_the_filters():
    tiles = [a_tile("70"), a_tile("71"), a_tile("72")]
    places = [
        a_component("80", "70", row=8),
        a_component("81", "71"),
        a_component("82", "72", row=4),
    ]
    raw = a_dashboard(filters=[a_filter()], tiles=tiles, layouts=[a_layout("60", *places)])

    steps = steps_of("dashboard", raw)

    made = [step for step in steps.values() if step.kind == "dashboard_element"]
    region = "dashboard:42/dashboard_filter:5#create"
    assert [step.source.id for step in made if step.source] == ["71", "72", "70"]
    assert names(made[0].after) == (region,)
    assert names(made[1].after) == (region, str(made[0].id))
    assert names(made[0].needs) == ("dashboard:42#create",)


def test_each_layout_is_read_once_after_its_last_tile():
    tiles = [a_tile("70"), a_tile("71", layout="61"), a_tile("72")]
    layouts = [
        a_layout("60", a_component("80", "70"), a_component("82", "72", row=4)),
        a_layout("61", a_component("81", "71", layout="61"), active=False),
    ]

    steps = steps_of("dashboard", a_dashboard(tiles=tiles, layouts=layouts))

    reads = [step for step in steps.values() if isinstance(step, FindStep)]
    assert [(str(read.id), read.request.target) for read in reads] == [
        ("dashboard:42/dashboard_layout:60#find", Ref("dashboard_layout", "60")),
        ("dashboard:42/dashboard_layout:61#find", Ref("dashboard_layout", "61")),
    ]
    assert [sought.source.id for sought in reads[0].seeks] == ["80", "82"]
    assert set(names(reads[0].after)) == {
        "dashboard:42/dashboard_element:70#create",
        "dashboard:42/dashboard_element:72#create",
    }
    placed = steps["dashboard:42/dashboard_layout_component:81#update"]
    assert str(reads[1].id) in names(placed.needs)
    assert "dashboard:42/dashboard_element:71#create" in names(placed.needs)
    assert not any(
        step.kind == "dashboard_layout_component" and step.request.method == "POST"
        for step in steps.values()
    )


def test_an_update_sends_changed_fields_whole_and_a_changed_query_as_its_id():
    tile = a_tile(
        "70", query=a_query(), result_maker={"filterables": [{"model": "shop"}], "id": "1"}
    )
    raw = a_dashboard(tiles=[tile], description="About money", query_timezone="UTC")
    entry = PartAction(
        key="70", live_id="7000", changes=changes("query.sorts", "result_maker.filterables[0].view")
    )
    action = updating(
        "dashboard",
        raw,
        "4200",
        changes=changes("description"),
        parts={"elements": Parts(update=(entry,), live={"7000": "d"})},
    )

    steps = steps_of("dashboard", raw, action)

    assert steps["dashboard:42#update"].request.body == {"description": "About money"}
    assert steps["dashboard:42#update"].live == Ref("dashboard", "4200")
    patched = steps["dashboard:42/dashboard_element:70#update"]
    assert patched.request.body == {"result_maker": {"filterables": [{"model": "shop"}]}}
    assert patched.request.slots == {"query_id": Ref.parse(ORDERS)}
    assert names(patched.after) == ("dashboard:42#update",)
    assert isinstance(patched, UpdateStep)


def test_an_emptied_reference_is_sent_as_null():
    raw = a_dashboard(tiles=[a_tile("70", look_id=None, filter_id=None)])
    entry = PartAction(key="70", live_id="7000", changes=changes("look_id"))
    parts = {"elements": Parts(update=(entry,))}

    steps = steps_of("dashboard", raw, updating("dashboard", raw, "4200", parts=parts))

    (step,) = steps.values()
    assert step.request.body == {"look_id": None}


def test_a_merge_query_without_its_definition_is_named_by_its_own_id():
    """LookerVault's backups hold the id alone: good enough on the same instance."""
    raw = a_dashboard(tiles=[a_tile("70", merge_result_id="m1")])

    steps = steps_of("dashboard", raw)

    tile = steps["dashboard:42/dashboard_element:70#create"]
    assert tile.request.slots["merge_result_id"] == Ref("merge_query", "m1")
    assert not any(is_shared(step) for step in steps.values())


def test_the_layout_component_of_a_moved_tile_is_found_anew():
    layouts = [a_layout("60"), a_layout("61", a_component("80", "70", layout="61"), active=False)]
    raw = a_dashboard(tiles=[a_tile("70", layout="61")], layouts=layouts)
    kept = tuple(PartAction(key=key, live_id=f"{key}00") for key in ("60", "61"))
    moved = PartAction(key="70", live_id="7000", changes=changes("dashboard_layout_id"))
    placed = PartAction(key="80", live_id="8000", changes=changes("dashboard_layout_id"))
    action = updating(
        "dashboard",
        raw,
        "4200",
        parts={
            "layouts": Parts(keep=kept),
            "elements": Parts(update=(moved,)),
            "components": Parts(update=(placed,)),
        },
    )

    steps = steps_of("dashboard", raw, action)

    assert list(steps) == [
        "dashboard:42/dashboard_element:70#update",
        "dashboard:42/dashboard_layout:61#find",
        "dashboard:42/dashboard_layout_component:80#update",
    ]
    assert names(steps["dashboard:42/dashboard_layout:61#find"].after) == (
        "dashboard:42/dashboard_element:70#update",
    )


def test_deletes_come_last_but_make_room_where_names_are_unique():
    raw = a_dashboard(filters=[a_filter("5")], tiles=[a_tile("70")])
    action = updating(
        "dashboard",
        raw,
        "4200",
        parts={
            "filters": Parts(create=(PartAction(key="5"),), delete=(PartAction(live_id="55"),)),
            "layouts": Parts(
                keep=(PartAction(key="60", live_id="600"),), delete=(PartAction(live_id="66"),)
            ),
            "elements": Parts(create=(PartAction(key="70"),), delete=(PartAction(live_id="77"),)),
        },
    )

    steps = steps_of("dashboard", raw, action)

    new_filter = steps["dashboard:42/dashboard_filter:5#create"]
    assert "dashboard:42/dashboard_filter:55#delete" in names(new_filter.after)
    tile = "dashboard:42/dashboard_element:70#create"
    gone = "dashboard:42/dashboard_element:77#delete"
    assert tile in names(steps[gone].after)
    assert gone in names(steps["dashboard:42/dashboard_layout:66#delete"].after)
    assert steps[gone].live == Ref("dashboard_element", "77")


def test_dropped_and_deferred_values_are_not_in_the_first_requests():
    tile = a_tile("70", body_text="see /dashboards/43", title_text="Hello")
    raw = a_dashboard(tiles=[tile], slug="abc", user_id="3")
    action = creating(
        "dashboard",
        raw,
        references=(
            PlanReference(path="slug", from_="abc"),
            PlanReference(path="user_id", from_="user:3"),
            PlanReference(
                path="dashboard_layout_id", from_="dashboard_layout:60", part="elements/70"
            ),
        ),
        deferred=("elements/70:body_text",),
    )
    node = normalise("dashboard", raw)

    first = {str(step.id): step for step in expand(action, node)}
    later = expand_deferred(action, node)

    assert "slug" not in (first["dashboard:42#create"].request.body or {})
    assert "user_id" not in first["dashboard:42#create"].request.slots
    tile_step = first["dashboard:42/dashboard_element:70#create"]
    assert "body_text" not in (tile_step.request.body or {})
    assert tile_step.request.links == ("title_text",)
    assert set(tile_step.request.slots) == {"dashboard_id"}
    (fix,) = later
    assert str(fix.id) == "dashboard:42/dashboard_element:70#fix"
    assert fix.request.body == {"body_text": "see /dashboards/43"}
    assert fix.request.links == ("body_text",)


def test_a_blocked_tile_and_its_layout_component_have_no_steps():
    raw = tiled(2)
    action = creating("dashboard", raw)
    parts = dict(action.parts)
    parts["elements"] = Parts(create=(PartAction(key="70"),), blocked=(PartAction(key="71"),))
    parts["components"] = Parts(create=(PartAction(key="80"),))

    steps = steps_of("dashboard", raw, msgspec.structs.replace(action, parts=parts))

    assert not [id_ for id_ in steps if ":71#" in id_ or ":81#" in id_]


def test_a_delete_of_an_item_needs_no_backup():
    action = deleting("look", a_look(), "99")

    (step,) = expand(action, None)

    assert isinstance(step, DeleteStep)
    assert (str(step.id), step.request.method, step.live) == (
        "look:9#delete",
        "DELETE",
        Ref("look", "99"),
    )


@pytest.mark.parametrize("action", ["skip", "blocked"])
def test_an_action_that_writes_nothing_has_no_steps(action: Verb):
    planned = an_action(action, "look:9")

    assert expand(planned, normalise("look", a_look())) == ()


@st.composite
def dashboards(draw: st.DrawFn) -> dict[str, Any]:
    tabs = draw(st.integers(1, 3))
    layouts = [[] for _ in range(tabs)]
    tiles: list[dict[str, Any]] = []
    for number in range(draw(st.integers(0, 8))):
        tab = draw(st.integers(0, tabs - 1))
        view = draw(st.sampled_from(["orders", "users", ""]))
        query = a_query(f"9{number}", view) if view else None
        tiles.append(a_tile(str(70 + number), layout=str(60 + tab), query=query))
        place = a_component(str(80 + number), str(70 + number), row=draw(st.integers(0, 9)))
        place["dashboard_layout_id"] = str(60 + tab)
        if number and draw(st.booleans()):
            place["group_id"] = str(80 + draw(st.integers(0, number - 1)))
        layouts[tab].append(place)
    return a_dashboard(
        filters=[a_filter(str(5 + n), f"F{n}") for n in range(draw(st.integers(0, 3)))],
        tiles=tiles,
        layouts=[a_layout(str(60 + n), *places, active=n == 0) for n, places in enumerate(layouts)],
    )


@given(raw=dashboards())
def test_every_part_is_written_once_and_nothing_waits_for_itself(raw: dict[str, Any]):
    node = normalise("dashboard", raw)
    steps = {str(step.id): step for step in expand(creating("dashboard", raw), node)}

    written = [step.source for step in steps.values() if isinstance(step, WritingStep)]
    assert sorted(written) == sorted({part.ref for part in node.with_parts()})
    done: set[str] = set()
    while ready := [
        id_
        for id_, step in steps.items()
        if id_ not in done and {*names(step.needs), *names(step.after)} <= done
    ]:
        done.update(ready)
    assert done == set(steps)
    assert list(steps.values()) == list(expand(creating("dashboard", raw), node))
