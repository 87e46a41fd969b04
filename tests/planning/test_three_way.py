"""Three ways, without any reading: origins by field and part, and what is kept or blocked."""

from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.structs import replace

from lookervault_plan.content.node import SOURCE, DesiredNode, LiveId, Ref, SourceId
from lookervault_plan.content.normalise import normalise
from lookervault_plan.plan_file import Change, PartAction, Parts
from lookervault_plan.planning.three_way import (
    HandEditPolicy,
    conflict_reason,
    divergence_since,
    merge,
    moved_in_destination,
    moved_in_source,
    reverted_hand_edits,
    with_origins,
    with_origins_of_parts,
)

TITLES = st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(("x", "y", "z")))
FIELDS = st.fixed_dictionaries(
    {"title": st.sampled_from("xyz"), "description": st.sampled_from("xyz")}
)


def dashboard(tiles: dict[str, str], **fields: object) -> DesiredNode:
    """A dashboard with tiles, id -> title."""
    raw = {
        "id": "1",
        **fields,
        "dashboard_elements": [
            {"id": id_, "type": "text", "title_text": title} for id_, title in tiles.items()
        ],
    }
    return normalise("dashboard", cast("Any", raw), SOURCE)


def difference(want: DesiredNode, have: DesiredNode) -> tuple[tuple[Change, ...], dict[str, Parts]]:
    """What brings `have` to `want`; live ids are the source's with an `l` before them."""
    changes = tuple(
        Change(path=path, before=have.fields.get(path), after=value)
        for path, value in want.fields.items()
        if value != have.fields.get(path)
    )
    wanted = {each.id: each for each in want.parts["elements"]}
    live = {each.id: each for each in have.parts["elements"]}
    parts = Parts(
        create=tuple(PartAction(key=id_) for id_ in wanted if id_ not in live),
        update=tuple(
            PartAction(
                key=id_,
                live_id=LiveId(f"l{id_}"),
                changes=(Change(path="title_text", after=each.fields["title_text"]),),
            )
            for id_, each in wanted.items()
            if id_ in live and live[id_].fields != each.fields
        ),
        delete=tuple(PartAction(live_id=LiveId(f"l{id_}")) for id_ in live if id_ not in wanted),
    )
    return changes, {"elements": parts}


def three_ways(base: DesiredNode, source: DesiredNode, live: DesiredNode):
    changes, parts = difference(source, live)
    back, back_parts = difference(base, live)
    twins = {
        each.ref: LiveId(f"l{each.id}")
        for each in base.parts["elements"]
        if each.id in {one.id for one in live.parts["elements"]}
    }
    moved = moved_in_destination("dashboard", back, back_parts, ignored={})
    return with_origins(
        "dashboard",
        changes,
        parts,
        divergence_since(base, moved_in_source(base, source), moved, twins),
    )


def applied(live: DesiredNode, source: DesiredNode, changes: Any, parts: Any) -> Any:
    """The destination after the changes: its fields, and its tiles by id."""
    fields = dict(live.fields) | {each.path: each.after for each in changes}
    tiles = {each.id: each.fields["title_text"] for each in live.parts["elements"]}
    wanted = {each.id: each.fields["title_text"] for each in source.parts["elements"]}
    plan = parts.get("elements", Parts())
    for entry in (*plan.create, *plan.update):
        tiles[entry.key] = wanted[entry.key]
    for entry in plan.delete:
        tiles.pop(SourceId(str(entry.live_id)[1:]), None)
    return fields, tiles


@given(TITLES, FIELDS, TITLES, FIELDS)
def test_what_the_source_alone_has_changed_is_written_whole(tiles, fields, new_tiles, new_fields):
    base, source = dashboard(tiles, **fields), dashboard(new_tiles, **new_fields)

    changes, parts = three_ways(base, source, base)
    merged = merge("dashboard", changes, parts, HandEditPolicy(hand_edits="keep"))

    assert {each.origin for each in changes} <= {"source"}
    assert applied(base, source, merged.changes, merged.parts) == applied(source, source, (), {})
    assert not merged.keeps_hand_edits


@given(TITLES, FIELDS, TITLES, FIELDS)
def test_what_the_destination_alone_has_changed_stays(tiles, fields, new_tiles, new_fields):
    base, live = dashboard(tiles, **fields), dashboard(new_tiles, **new_fields)

    changes, parts = three_ways(base, base, live)
    kept = merge("dashboard", changes, parts, HandEditPolicy(hand_edits="keep"))
    reverted = merge("dashboard", changes, parts, HandEditPolicy())

    elements = kept.parts.get("elements", Parts())
    assert (kept.changes, elements.create, elements.update) == ((), (), ())
    assert (reverted.changes, reverted.parts.get("elements", Parts())) == (
        changes,
        parts["elements"],
    )


@given(st.tuples(TITLES, TITLES, TITLES), st.tuples(FIELDS, FIELDS, FIELDS))
def test_both_sides_keep_what_only_they_have_changed(all_tiles, all_fields):
    tiles, dev_tiles, prod_tiles = all_tiles
    fields, dev_fields, prod_fields = all_fields
    base = dashboard(tiles, **fields)
    source, live = dashboard(dev_tiles, **dev_fields), dashboard(prod_tiles, **prod_fields)

    changes, parts = three_ways(base, source, live)
    merged = merge(
        "dashboard", changes, parts, HandEditPolicy(hand_edits="keep", prefer="destination")
    )

    result, tiles_left = applied(live, source, merged.changes, merged.parts)
    for name in fields:
        moved_here = prod_fields[name] != fields[name]
        assert result[name] == (prod_fields if moved_here else dev_fields)[name]
    for id_ in tiles:
        was, here = tiles[id_], prod_tiles.get(id_)
        if here != was:  # moved or removed by hand
            assert tiles_left.get(SourceId(id_)) == here
        else:
            assert tiles_left.get(SourceId(id_)) == dev_tiles.get(id_)


@given(st.tuples(TITLES, TITLES, TITLES), st.tuples(FIELDS, FIELDS, FIELDS))
def test_a_conflict_is_never_written_without_a_preference(all_tiles, all_fields):
    tiles, dev_tiles, prod_tiles = all_tiles
    fields, dev_fields, prod_fields = all_fields
    base = dashboard(tiles, **fields)
    source, live = dashboard(dev_tiles, **dev_fields), dashboard(prod_tiles, **prod_fields)

    changes, parts = three_ways(base, source, live)
    merged = merge("dashboard", changes, parts, HandEditPolicy())
    wins = merge("dashboard", changes, parts, HandEditPolicy(prefer="source"))

    both = [each for each in changes if each.origin == "both"]
    assert merged.blocking == tuple(both)
    assert all(each.origin != "both" for each in merged.changes)
    for entry in merged.parts.get("elements", Parts()).update:
        assert {each.origin for each in entry.changes} == {"destination"} or "both" not in {
            each.origin for each in entry.changes
        }
    assert applied(live, source, wins.changes, wins.parts) == applied(live, source, changes, parts)


def an_entry(key: str, origin: Any = UNSET, **more: Any) -> PartAction:
    return PartAction(key=SourceId(key), origin=origin, **more)


def test_the_place_of_a_tile_that_is_left_out_is_left_out_too():
    parts = {
        "elements": Parts(create=(an_entry("1", "destination"),)),
        "components": Parts(create=(an_entry("7", "source", places=SourceId("1")),)),
    }

    merged = merge("dashboard", (), parts, HandEditPolicy(hand_edits="keep"))

    assert merged.parts == {}
    assert merged.keeps_hand_edits


def test_a_part_that_is_written_whole_is_blocked_if_one_of_its_values_stays():
    changes = (
        Change(path="threshold", origin="source"),
        Change(path="cron", origin="destination"),
    )
    parts = {"alerts": Parts(update=(an_entry("1", changes=changes),))}

    merged = merge("dashboard", (), parts, HandEditPolicy(hand_edits="keep"))

    (blocked,) = merged.parts["alerts"].blocked
    assert blocked.reason == "the destination has changed cron since the last apply"


def test_a_new_part_that_both_sides_have_touched_is_blocked_or_left_out():
    parts = {"elements": Parts(create=(an_entry("1", "both"),))}

    blocked = merge("dashboard", (), parts, HandEditPolicy())
    left_out = merge("dashboard", (), parts, HandEditPolicy(prefer="destination"))

    assert [each.key for each in blocked.parts["elements"].blocked] == ["1"]
    assert left_out.parts == {}


def test_a_part_that_stays_is_known_to_the_steps_once():
    change = Change(path="title_text", origin="destination")
    entry = an_entry("1", live_id=LiveId("9"), changes=(change,))
    known = replace(entry, changes=())
    policy = HandEditPolicy(hand_edits="keep")

    for keep in ((), (known,)):
        merged = merge("dashboard", (), {"elements": Parts(update=(entry,), keep=keep)}, policy)
        assert merged.parts["elements"].keep == (known,)


def test_what_looker_did_not_store_is_no_hand_edit():
    changes = (Change(path="description"), Change(path="title"))
    entry = an_entry("7", changes=(Change(path="note_text"), Change(path="title")))

    moved = moved_in_destination(
        "dashboard",
        changes,
        {"elements": Parts(update=(entry, PartAction(live_id=LiveId("1"))))},
        ignored={":title": "x", "dashboard_element:7:title": "y"},
    )

    assert moved.fields == {"description"}
    assert moved.parts == {("elements", "7"): {"note_text"}}


def test_the_content_of_a_new_tile_has_its_origin():
    change = Change(path="title")
    parts = {"elements": Parts(create=(an_entry("1", "source", changes=(change,)), an_entry("2")))}

    first, second = with_origins_of_parts(parts)["elements"].create

    assert [each.origin for each in first.changes] == ["source"]
    assert second == an_entry("2")


def test_reverted_hand_edits_are_listed_once_each():
    by_hand = Change(path="title", origin="destination")
    parts = {
        "elements": Parts(
            create=(an_entry("1", "destination"), an_entry("2", "source")),
            update=(an_entry("3", changes=(by_hand, by_hand)), an_entry("4")),
        )
    }

    found = [(name, part and part.key) for name, part in reverted_hand_edits((by_hand,), parts)]

    assert found == [("", None), ("elements", "1"), ("elements", "3")]
    assert [*reverted_hand_edits((), {})] == []


@pytest.mark.parametrize(
    ("changes", "origin", "reason"),
    [
        ((), "both", "source and destination have both changed it since the last apply"),
        ((), "destination", "the destination has changed it since the last apply"),
    ],
)
def test_a_reason_names_who(changes, origin, reason):
    assert conflict_reason(changes, origin) == reason


def test_a_live_part_without_a_pair_in_the_base_was_made_there():
    base = dashboard({})
    _, parts = three_ways(base, base, dashboard({"1": "x"}))

    assert [each.origin for each in parts["elements"].delete] == ["destination"]
    assert Ref("dashboard_element", "1").kind
