"""Recipes: which steps an action becomes, and what each waits for."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookervault_plan.content.node import Address, Ref
from lookervault_plan.content.normalise import content_key, normalise
from lookervault_plan.plan_file import Change, PartAction, Parts, PlanReference, Verb
from lookervault_plan.steps.cycles import cycle_in_words, find_cycle
from lookervault_plan.steps.recipes import expand, expand_deferred
from lookervault_plan.steps.step import (
    CreateQueryStep,
    DeferredStep,
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
    assert cycle_in_words((first, second)) == f"its steps wait for each other: {first}, {second}"


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
    assert settled.diff_against is not None
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


def renaming(**renames: tuple[str, str]) -> dict[str, Any]:
    """The steps that rename filters: `f1=("old", "new")`."""
    filters = [a_filter(key[1:], after) for key, (_, after) in renames.items()]
    raw = a_dashboard(filters=filters)
    entries = tuple(
        PartAction(
            key=key[1:],
            live_id=f"{key[1:]}00",
            changes=(Change(path="title", before=before, after=after),),
        )
        for key, (before, after) in renames.items()
        if before
    )
    new = tuple(
        PartAction(key=key[1:], title=after)
        for key, (before, after) in renames.items()
        if not before
    )
    action = updating(
        "dashboard", raw, "4200", parts={"filters": Parts(update=entries, create=new)}
    )
    return {
        id_.partition("/dashboard_filter:")[2]: step
        for id_, step in steps_of("dashboard", raw, action).items()
    }


def waits(steps: dict[str, Any]) -> dict[str, set[str]]:
    short = {id_: names(step.after) for id_, step in steps.items()}
    return {
        id_: {name.partition("/dashboard_filter:")[2] for name in after}
        for id_, after in short.items()
    }


def test_a_filter_waits_for_the_title_that_another_one_gives_up():
    steps = renaming(f1=("A", "B"), f2=("B", "C"))

    assert waits(steps) == {"1#update": {"2#update"}, "2#update": set()}


def test_a_new_filter_waits_for_its_title_too():
    steps = renaming(f1=("A", "B"), f3=("", "A"))

    assert waits(steps) == {"1#update": set(), "3#create": {"1#update"}}


def test_of_two_filters_that_swap_titles_one_takes_an_interim_title():
    steps = renaming(f1=("A", "B"), f2=("B", "A"))

    assert waits(steps) == {
        "1#interim": set(),
        "1#update": {"2#update"},
        "2#update": {"1#interim"},
    }
    assert steps["1#interim"].request.body == {"title": "B [1]"}
    assert steps["1#update"].request.body == {"title": "B"}


def test_a_filter_without_a_new_title_waits_for_nobody():
    raw = a_dashboard(filters=[a_filter("1", "A"), a_filter("2", "B")])
    entries = tuple(PartAction(key=key, live_id=key, changes=changes("row")) for key in ("1", "2"))
    action = updating("dashboard", raw, "4200", parts={"filters": Parts(update=entries)})

    assert [names(step.after) for step in steps_of("dashboard", raw, action).values()] == [(), ()]


def a_user(**more: Any) -> dict[str, Any]:
    email = {"email": "ann@x.example"}
    return {"id": "3", "first_name": "Ann", "credentials_email": email, **more}


def test_a_deferred_value_that_the_reply_to_the_create_shows_is_compared_with_it():
    """Looker makes a new user's personal folder their home folder."""
    raw = a_user(home_folder_id="30", personal_folder_id="30")
    action = creating("user", raw, deferred=("home_folder_id",))

    (fix,) = expand_deferred(action, normalise("user", raw))

    assert str(fix.id) == "user:3#fix"
    assert fix.request.slots == {"home_folder_id": Ref("folder", "30")}
    assert isinstance(fix, DeferredStep)
    assert fix.diff_against is not None
    assert fix.diff_against.refs == {"home_folder_id": Ref("folder", "30")}
    assert fix.diff_against.fields == {}
    assert fix.diff_against.parts == {}


def test_a_deferred_value_that_no_reply_shows_is_always_written():
    raw = a_user(home_folder_id="30")
    both = creating("user", raw, deferred=("home_folder_id", "first_name"))
    tile = creating(
        "dashboard",
        a_dashboard(tiles=[a_tile("70", body_text="/looks/9")]),
        deferred=("elements/70:body_text",),
    )

    (user,) = expand_deferred(both, normalise("user", raw))
    (part,) = expand_deferred(
        tile, normalise("dashboard", a_dashboard(tiles=[a_tile("70", body_text="/looks/9")]))
    )

    assert isinstance(user, DeferredStep)
    assert isinstance(part, DeferredStep)
    assert user.diff_against is None
    assert part.diff_against is None
    assert part.kind == "dashboard_element"


def test_a_deferred_value_of_a_part_that_the_backup_no_longer_holds_is_passed_over():
    raw = a_dashboard(tiles=[a_tile("70", body_text="/looks/9")], description="/looks/8")
    action = creating(
        "dashboard", raw, deferred=("elements/71:body_text", "notabs/1:x", "description")
    )

    assert [str(step.id) for step in expand_deferred(action, normalise("dashboard", raw))] == [
        "dashboard:42#fix"
    ]


def test_the_fix_of_a_link_to_a_new_item_waits_for_nothing_but_its_own():
    raw = a_dashboard(tiles=[a_tile("70", body_text="/looks/9")])
    action = creating("dashboard", raw, deferred=("elements/70:body_text",))

    (fix,) = expand_deferred(action, normalise("dashboard", raw))

    assert fix.request.target == Ref("dashboard_element", "70")
    assert fix.request.method == "PATCH"


def test_a_new_tile_source_is_sent_with_the_settings_that_go_with_it():
    """PATCH of a look_id alone resets `result_maker`, so that is sent again."""
    tile = a_tile("70", look_id="9", result_maker={"filterables": [{"model": "shop"}]})
    raw = a_dashboard(tiles=[tile])

    def patch(path: str) -> Any:
        entry = PartAction(key="70", live_id="7000", changes=changes(path))
        parts = {"elements": Parts(update=(entry,))}
        (step,) = steps_of(
            "dashboard", raw, updating("dashboard", raw, "4200", parts=parts)
        ).values()
        return step.request

    assert patch("look_id").body == {"result_maker": {"filterables": [{"model": "shop"}]}}
    assert patch("look_id").slots == {"look_id": Ref("look", "9")}
    assert patch("title").body == {"title": "Revenue"}


def test_all_users_of_a_role_are_sent_as_one_list_of_those_who_stay_and_the_new_ones():
    raw = {
        "id": "6",
        "name": "Viewer",
        "permission_set": {"id": "1"},
        "model_set": {"id": "1"},
        "role_users": [{"user_id": "3"}, {"user_id": "4"}],
    }
    users = Parts(
        create=(PartAction(key="3"),),
        delete=(PartAction(live_id="99"),),
        live={"40": "d", "99": "d", "50": "d"},
    )
    changed = updating("role", raw, "60", parts={"users": users})
    kept = updating("role", raw, "60", parts={"users": Parts(live={"40": "d"})})

    (step,) = steps_of("role", raw, changed).values()

    assert str(step.id) == "role:6/role_user#update"
    assert (step.request.method, step.request.list_path) == ("PUT", "ids")
    assert step.request.body == {"ids": ["40", "50", None]}
    assert step.request.slots == {"ids[2]": Ref("user", "3")}
    assert steps_of("role", raw, kept) == {}


def an_access(*groups: str, inherits: bool = False) -> dict[str, Any]:
    entries = [
        {"id": f"e{g}", "content_metadata_id": "c1", "permission_type": "view", "group_id": g}
        for g in groups
    ]
    return {"id": "c1", "inherits": inherits, "entries": entries}


def test_a_new_list_of_access_is_read_once_and_only_entries_that_looker_did_not_copy_are_made():
    raw = a_folder() | {"access": an_access("5", "6")}

    steps = steps_of("folder", raw)

    find = steps["folder:7/content_access:c1#find"]
    assert isinstance(find, FindStep)
    assert find.request.query == {"content_metadata_id": "{0}"}
    assert [(one.source.id, one.owner_field, one.owner.address) for one in find.seeks] == [
        ("e5", "group_id", "group:5"),
        ("e6", "group_id", "group:6"),
    ]
    assert names(find.needs)[-1] == "folder:7/content_access:c1#update"
    sweep = "folder:7/access_entry#delete"
    assert str(find.leftovers) == sweep
    for entry in ("e5", "e6"):
        made = steps[f"folder:7/access_entry:{entry}#create"]
        assert made.skip_if_found
        assert str(find.id) in names(made.needs)
        assert names(made.after) == (sweep,)


def test_a_list_of_access_that_stays_as_it_is_gets_its_entries_one_by_one():
    raw = a_folder() | {"access": an_access("5", "6")}
    entries = Parts(create=(PartAction(key="e6"),), delete=(PartAction(live_id="e9"),))
    kept = Parts(keep=(PartAction(key="c1", live_id="c9"),))
    action = updating("folder", raw, "107", parts={"access": kept, "entries": entries})

    assert sorted(steps_of("folder", raw, action)) == [
        "folder:7/access_entry:e6#create",
        "folder:7/access_entry:e9#delete",
    ]


def test_a_folder_whose_backup_has_no_access_list_has_no_steps_for_one():
    assert list(steps_of("folder", a_folder() | {"access": None})) == ["folder:7#create"]


def test_a_field_that_older_versions_ignore_on_create_is_sent_once_more():
    steps = steps_of("user", a_user())

    assert list(steps) == ["user:3#create", "user:3#credentials_email"]
    again = steps["user:3#credentials_email"]
    assert (again.request.method, again.request.body) == ("POST", {"email": "ann@x.example"})
    assert names(again.needs) == ("user:3#create",)


def test_the_order_of_parts_is_written_once_all_of_them_are_there():
    items = [{"id": i, "board_section_id": "30", "dashboard_id": i} for i in ("1", "2", "3")]
    section = {"id": "30", "title": "Part", "board_items": items, "item_order": ["2", "1", "3"]}
    raw = {"id": "4", "title": "Start", "board_sections": [section]}
    order = Change(path="item_order", before=["1"], after=["2", "1"])
    action = updating(
        "board",
        raw,
        "40",
        parts={
            "sections": Parts(update=(PartAction(key="30", live_id="300", changes=(order,)),)),
            "items": Parts(
                create=(PartAction(key="2"),), keep=(PartAction(key="1", live_id="100"),)
            ),
        },
    )

    steps = steps_of("board", raw, action)

    assert list(steps) == ["board:4/board_item:2#create", "board:4/board_section:30#order"]
    written = steps["board:4/board_section:30#order"].request
    assert written.body == {"item_order": [None, None]}
    assert written.slots == {
        "item_order[0]": Ref("board_item", "2"),
        "item_order[1]": Ref("board_item", "1"),
    }
    assert names(steps["board:4/board_section:30#order"].after) == ("board:4/board_item:2#create",)


def an_alert(**more: Any) -> dict[str, Any]:
    return {
        "id": "90",
        "dashboard_element_id": "70",
        "owner_id": "3",
        "cron": "0 6 * * *",
        "threshold": 5,
        "is_disabled": True,
        "comparison_type": "GREATER_THAN",
        **more,
    }


def test_an_alert_whose_change_patch_refuses_is_put_whole_with_the_live_values_to_keep():
    raw = a_dashboard(tiles=[a_tile("70")], alerts=[an_alert()])

    def written(path: str, **kept: Any) -> Any:
        entry = PartAction(key="90", live_id="900", changes=changes(path), kept=kept)
        tile = PartAction(key="70", live_id="7000")
        parts = {"elements": Parts(keep=(tile,)), "alerts": Parts(update=(entry,))}
        steps = steps_of("dashboard", raw, updating("dashboard", raw, "4200", parts=parts))
        return steps["dashboard:42/alert:90#update"].request

    whole = written("cron", is_disabled=False, owner_id="103")
    part = written("threshold", is_disabled=False)

    assert whole.method == "PUT"
    assert (whole.body["cron"], whole.body["is_disabled"]) == ("0 6 * * *", False)
    assert whole.body["owner_id"] == "103"
    assert "owner_id" not in whole.slots
    assert whole.slots["dashboard_element_id"] == Ref("dashboard_element", "70")
    assert (part.method, part.body, part.slots) == ("PATCH", {"threshold": 5}, {})


def test_tabs_of_a_schedule_that_are_lost_are_left_out_of_its_list():
    raw = {
        "id": "6",
        "name": "Daily",
        "user_id": "3",
        "dashboard_id": "42",
        "tab_ids": ["60", "61", "62"],
    }
    lost = PlanReference(path="tab_ids[1]", from_="dashboard_layout:61")

    (step,) = steps_of(
        "scheduled_plan", raw, creating("scheduled_plan", raw, references=(lost,))
    ).values()

    assert step.request.body["tab_ids"] == [None, None]
    assert step.request.slots["tab_ids[0]"] == Ref("dashboard_layout", "60")
    assert step.request.slots["tab_ids[1]"] == Ref("dashboard_layout", "62")


def test_a_reference_whose_target_is_known_is_not_left_out():
    raw = a_dashboard(user_id="3")
    known = PlanReference(path="user_id", from_="user:3", to="user:103")

    (step, *_) = steps_of(
        "dashboard", raw, creating("dashboard", raw, references=(known,))
    ).values()

    assert step.request.slots["user_id"] == Ref("user", "3")
