"""One odd value in a backup concerns its own item, and what needs that item, alone."""

import copy
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from lookervault_plan.backup.reader import open_backup
from lookervault_plan.content.identity import identify
from lookervault_plan.content.node import Ref
from lookervault_plan.content.normalise import normalise
from lookervault_plan.content.table.kinds import CODES
from lookervault_plan.planning.decide import Inputs, decide
from lookervault_plan.planning.match.twins import Known, match
from lookervault_plan.workflows.backup_items import BackupItems
from lookervault_plan.workflows.item_checks import check_each, checked_loader
from lookervault_plan.workflows.selectable_items import CatalogueBuilder
from tests.planning.objects import (
    CREATED,
    SHARED,
    a_component,
    a_dashboard,
    a_folder,
    a_group,
    a_look,
    a_query,
    a_tile,
    a_user,
)

Item = tuple[str, dict[str, Any]]

ALERT = {
    "id": "5",
    "dashboard_element_id": "70",
    "owner_id": "3",
    "comparison_type": "GREATER_THAN",
    "threshold": 5,
    "cron": "0 6 * * *",
    "field": {"title": "Count", "name": "orders.count"},
    "destinations": [{"destination_type": "EMAIL", "email_address": "a@example.com"}],
}
SCHEDULE = {
    "id": "8",
    "name": "Daily",
    "dashboard_id": "42",
    "user_id": "3",
    "crontab": "0 6 * * *",
    "scheduled_plan_destination": [{"format": "pdf", "type": "email", "address": "a@example.com"}],
}
GOOD: tuple[Item, ...] = (
    ("lookml_model", {"name": "ecommerce", "project_name": "shop", "explores": []}),
    ("permission_set", {"id": "1", "name": "Viewer", "permissions": ["access_data"]}),
    ("model_set", {"id": "1", "name": "Shop", "models": ["ecommerce"]}),
    (
        "role",
        {
            "id": "1",
            "name": "Viewers",
            "permission_set": {"id": "1"},
            "model_set": {"id": "1"},
            "role_users": [{"user_id": "3"}],
            "role_groups": [{"group_id": "4"}],
        },
    ),
    ("user", a_user("3", "ann@example.com", first_name="Ann", personal_folder_id="30")),
    ("group", a_group("4", group_users=[{"user_id": "3"}])),
    ("folder", SHARED),
    (
        "folder",
        a_folder(
            content_metadata_id="77",
            access={
                "id": "77",
                "inherits": False,
                "entries": [{"id": "1", "content_metadata_id": "77", "permission_type": "view",
                             "group_id": "4"}],
            },
        ),
    ),
    ("folder", a_folder("8", "EMEA", "7")),
    ("look", a_look(user_id="3")),
    (
        "dashboard",
        a_dashboard(
            tiles=[
                a_tile(query_id="900", query=a_query(filters={"a": "b"}, sorts=["orders.count"])),
                a_tile("71", "Shown look", look_id="9"),
                a_tile("72", None, type="text", body_text="see /looks/9"),
            ],
            components=[a_component("c70", "70"), a_component("c71", "71", 4)],
            filters=[{"id": "1", "name": "State", "title": "State", "type": "string_filter"}],
            alerts=[ALERT],
            user_id="3",
            appearance={"page_side_margins": 1},
        ),
    ),
    ("dashboard", a_dashboard("43", "Other", "8")),
    (
        "board",
        {
            "id": "2",
            "title": "Start",
            "user_id": "3",
            "created_at": CREATED,
            "board_sections": [
                {"id": "20", "title": "First", "item_order": ["21"],
                 "board_items": [{"id": "21", "board_section_id": "20", "dashboard_id": "42"}]}
            ],
            "section_order": ["20"],
        },
    ),
    ("scheduled_plan", SCHEDULE),
)  # fmt: skip
#: Item -> those that need it, directly or by way of others; also those that it holds people of.
NEEDED_BY: Mapping[str, frozenset[str]] = {
    "user:3": frozenset({"role:1", "group:4", "look:9", "dashboard:42", "board:2", "folder:7"}),
    "group:4": frozenset({"role:1", "folder:7"}),
    "lookml_model:ecommerce": frozenset({"model_set:1", "role:1"}),
    "permission_set:1": frozenset({"role:1"}),
    "model_set:1": frozenset({"role:1"}),
    "look:9": frozenset({"dashboard:42"}),
    "folder:8": frozenset({"dashboard:43"}),
}
NEEDS_ALL = {"folder:1", "folder:7"}
SCHEDULED = {"user:3", "dashboard:42", "look:9"}
BOARDED = {"dashboard:42", "look:9", "user:3"}


def affected_by(address: str) -> set[str]:
    """Addresses whose plan may differ with the item."""
    found = {address, *NEEDED_BY.get(address, ())}
    if address in NEEDS_ALL:
        content = {"folder", "dashboard", "look", "board", "scheduled_plan"}
        found |= {name for name in names(GOOD) if name.partition(":")[0] in content}
    found |= {"scheduled_plan:8"} if address in SCHEDULED else set()
    if address.partition(":")[0] in {"group", "role"}:  # a new user is shown with both
        found |= {name for name in names(GOOD) if name.startswith("user:")}
    return found | ({"board:2"} if address in BOARDED else set())


def names(items: tuple[Item, ...]) -> list[str]:
    return [f"{kind}:{raw.get('id') or raw.get('name')}" for kind, raw in items]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=4)
    | st.binary(max_size=3)
    | st.builds(lambda: msgspec.msgpack.Ext(5, b"a")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3) | st.sampled_from(["id", "model"]), inner, max_size=3)
    ),
    max_leaves=4,
)


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of each value inside a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, each in inner if isinstance(value, (dict, list)) else ():
        yield (*at, key)
        yield from places(each, (*at, key)) if isinstance(each, (dict, list)) else ()


PLACES = [(index, at) for index, (_, raw) in enumerate(GOOD) for at in places(raw)]


def replaced(index: int, at: tuple[Any, ...], value: Any) -> tuple[Item, ...]:
    items = copy.deepcopy(GOOD)
    spot: Any = items[index][1]
    for key in at[:-1]:
        spot = spot[key]
    spot[at[-1]] = value
    return items


def planned(
    items: tuple[Item, ...], live: tuple[Item, ...], *, is_ours: bool
) -> tuple[dict[str, Any], set[str]]:
    """Plan the items against live ones. Return the actions, and what validation has errors for."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "backup.db"
        columns = "id, content_type, name, created_at, updated_at, synced_at, deleted_at"
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(
                f"CREATE TABLE content_items ({columns}, content_data);"
                + ("CREATE TABLE backup_info (key, value);" if is_ours else "")
            )
            connection.executemany(
                "INSERT INTO content_items VALUES (?, ?, '', '', '', '', NULL, ?)",
                [
                    (name.partition(":")[2], CODES[kind], msgspec.msgpack.encode(raw))
                    for name, (kind, raw) in zip(names(GOOD), items, strict=True)
                ],
            )
            connection.commit()
        with open_backup(path) as backup:
            # LookerVault's files are read whole, ours by selections alone.
            desired = BackupItems(backup, on_item=None if is_ours else CatalogueBuilder().add)
            theirs = {Ref(kind, str(raw.get("id") or raw["name"])): raw for kind, raw in live}
            identities = {ref: identify(ref.kind, raw) for ref, raw in theirs.items()}
            is_same = len(live) > 1
            inputs = Inputs(
                desired=desired.identities,
                live=identities,
                selected=set(desired.identities),
                matches=match(desired.identities, identities, Known(same_instance=is_same)),
                load_desired=checked_loader(desired),
                load_live=lambda ref: normalise(ref.kind, theirs[ref]),
                unreadable=desired.unreadable,
                validates=True,
                same_instance=is_same,
            )
            decided = {
                str(action.address): msgspec.to_builtins(action) | {"verb": action.verb}
                for action in decide(inputs).actions
            }
            wrong = {each.address or "" for each in check_each(desired) if each.severity == "error"}
            return decided, wrong


ELSEWHERE = (("folder", SHARED),)


@cache
def planned_usually(*, is_there: bool, is_ours: bool) -> tuple[dict[str, Any], set[str]]:
    return planned(GOOD, GOOD if is_there else ELSEWHERE, is_ours=is_ours)


def check(
    index: int, at: tuple[Any, ...], value: Any, live: tuple[Item, ...], *, is_ours: bool
) -> None:
    usual, good = planned_usually(is_there=live is GOOD, is_ours=is_ours)
    assert good == set()
    odd = names(GOOD)[index]

    actions, wrong = planned(replaced(index, at, value), live, is_ours=is_ours)

    others = [name for name in usual if name not in affected_by(odd)]
    assert {name: actions.get(name) for name in others} == {name: usual[name] for name in others}
    # A folder may have been moved into itself.
    assert wrong <= {odd, *(("folder:7", "folder:8") if at[-1] == "parent_id" else ())}
    if wrong and live == ELSEWHERE:
        assert actions[odd]["verb"] == "blocked"
    blocked = {name for name, action in actions.items() if action["verb"] == "blocked"}
    roots = {name for name in blocked if not actions[name].get("references")}
    assert roots <= wrong


@given(place=st.sampled_from(PLACES), value=JSON, is_ours=st.booleans())
def test_an_odd_value_blocks_its_own_item_alone(
    place: tuple[int, tuple[Any, ...]], value: Any, *, is_ours: bool
):
    check(*place, value, ELSEWHERE, is_ours=is_ours)


@given(place=st.sampled_from(PLACES), value=JSON, is_ours=st.booleans())
def test_an_odd_value_is_planned_on_its_own_instance_without_a_crash(
    place: tuple[int, tuple[Any, ...]], value: Any, *, is_ours: bool
):
    check(*place, value, GOOD, is_ours=is_ours)


def test_folders_that_lie_in_each_other_are_named_and_blocked():
    items = replaced(names(GOOD).index("folder:7"), ("parent_id",), "8")

    actions, wrong = planned(items, ELSEWHERE, is_ours=True)

    assert wrong == {"folder:7", "folder:8"}
    assert {actions[name]["verb"] for name in ("folder:7", "folder:8", "dashboard:42")} == {
        "blocked"
    }
    assert actions["user:3"]["verb"] == "create"
