"""Access lists that stop inheriting: Looker copies entries, and the plan counts the requests.

A new list costs one read, one delete for each copy that is not wanted, and one create for each
entry that was not copied.
"""

from typing import Any

from lookervault_plan.content.node import Ref
from lookervault_plan.content.normalise import normalise
from tests.planning.objects import (
    SHARED,
    a_folder,
    a_group,
    a_user,
    by_address,
    plan_of,
)

GROUPS = [a_group("5", "A"), a_group("6", "B")]
USERS = [a_user("3", "ann@x.example")]


def access(id_: str, *entries: tuple[str, str], inherits: bool = False) -> dict[str, Any]:
    """An access list with entries (group, permission)."""
    return {
        "id": id_,
        "inherits": inherits,
        "entries": [
            {
                "id": f"{id_}-{group}",
                "content_metadata_id": id_,
                "permission_type": permission,
                "group_id": group,
            }
            for group, permission in entries
        ],
    }


def calls_of(folder: dict, *above: dict, live: list[dict] | None = None, **more: Any) -> int:
    """The requests of the last folder's action."""
    there = [SHARED, *above] if live is None else live
    loaded = {raw["id"]: raw for raw in there}
    decisions = plan_of(
        {"folder": [SHARED, *above, folder], "group": GROUPS, "user": USERS},
        {"folder": there, "group": GROUPS, "user": USERS},
        load_access=lambda ref: normalise(ref.kind, loaded[ref.id]) if ref.id in loaded else None,
        **more,
    )
    return by_address(decisions)[f"folder:{folder['id']}"].calls


INHERITING = access("c9", inherits=True)


def test_a_folder_that_inherits_is_one_request():
    assert calls_of(a_folder("9", "N", "1", access=INHERITING)) == 1


def test_entries_that_looker_copies_from_the_folder_above_are_not_created():
    above = a_folder("8", "Above", "1", access=access("c8", ("5", "view"), ("6", "edit")))

    same = a_folder("9", "N", "8", access=access("c9", ("5", "view"), ("6", "edit")))
    one_more = a_folder("9", "N", "8", access=access("c9", ("5", "view")))
    other = a_folder("9", "N", "8", access=access("c9", ("5", "edit"), ("6", "edit")))

    # the folder, its list, the read
    assert calls_of(same, above) == 3
    # ... and the delete of a copy
    assert calls_of(one_more, above) == 4
    # ... and a delete and a create for another permission
    assert calls_of(other, above) == 5


def test_entries_of_the_folder_above_the_one_above_are_copied_too():
    top = a_folder("7", "Top", "1", access=access("c7", ("5", "view")))
    middle = a_folder("8", "Middle", "7", access=access("c8", inherits=True))
    middle["access"].pop("entries")

    folder = a_folder("9", "N", "8", access=access("c9", ("5", "view")))

    assert calls_of(folder, top, middle) == 3


def test_entries_that_only_the_destination_knows_are_copied():
    """The folder above is in the backup without a list, and in the destination with one."""
    above, live_above = a_folder("8", "Above", "1"), a_folder("80", "Above", "1")
    live_above["access"] = access("c80", ("5", "view"), ("6", "view"))
    folder = a_folder("9", "N", "8", access=access("c9", ("5", "view")))

    assert calls_of(folder, above, live=[SHARED, live_above]) == 4


def test_a_live_folder_that_inherits_has_the_entries_of_the_one_above_it():
    above, live_above = a_folder("8", "Above", "1"), a_folder("80", "Above", "70")
    top = a_folder("70", "Top", "1", access=access("c70", ("6", "view")))
    folder = a_folder("9", "N", "8", access=access("c9", ("5", "view")))

    calls = calls_of(
        folder,
        above,
        live=[SHARED, top, live_above],
        remaps={Ref("folder", "8"): "80"},
    )

    assert calls == 5  # the folder, its list, the read, a delete and a create


def test_what_nobody_has_read_copies_nothing_as_far_as_is_known():
    above = a_folder("8", "Above", "1")
    folder = a_folder("9", "N", "8", access=access("c9", ("5", "view")))

    assert calls_of(folder, above, live=[SHARED]) == 4


def test_the_owner_of_a_personal_folder_has_an_entry_from_its_birth():
    users_root = a_folder("2", "Users", None, is_users_root=True)
    ann = a_user("4", "bob@x.example", personal_folder_id="30")
    personal = a_folder("30", "Bob", "2", is_personal=True)
    folder = a_folder("9", "N", "30", access=access("c9", ("5", "view")))

    decisions = plan_of(
        {"folder": [SHARED, users_root, personal, folder], "group": GROUPS, "user": [ann]},
        {"folder": [SHARED, users_root], "group": GROUPS},
    )

    # the folder, its list, the read, the delete of Bob's copy, and an entry
    assert by_address(decisions)["folder:9"].calls == 5


def test_a_new_board_has_entries_for_its_owner_and_for_all_users():
    board = {
        "id": "3",
        "title": "Start",
        "user_id": "3",
        "access": access("c3", ("5", "view")),
    }
    everybody = [*GROUPS, a_group("1", "All Users")]

    decisions = plan_of(
        {"board": [board], "group": GROUPS, "user": USERS},
        {"group": everybody, "user": USERS},
    )

    # the board, the read, deletes of both, and the create; Looker's list stops inheriting itself
    assert by_address(decisions)["board:3"].calls == 5


def test_an_entry_for_someone_who_can_t_be_named_is_not_counted():
    raw = access("c9", ("5", "view"), ("404", "view"))

    assert calls_of(a_folder("9", "N", "1", access=raw)) == 4


def test_a_live_folder_below_none_with_a_list_has_no_entries_to_copy():
    above, live_above = a_folder("8", "Above", "1"), a_folder("80", "Above", "1")
    top = a_folder("1", "Shared", None, is_shared_root=True, created_at=None)
    folder = a_folder("9", "N", "8", access=access("c9", ("5", "view")))

    # the folder, its list, the read, and the entry
    assert calls_of(folder, above, live=[top, live_above]) == 4


def test_a_live_folder_whose_list_changes_its_inheriting_is_counted_like_a_new_one():
    above = a_folder("8", "Above", "1", access=access("c8", ("6", "view")))
    mine = a_folder("9", "N", "8", access=access("c9", ("5", "view")))
    live = a_folder("9", "N", "8", access=INHERITING)

    # the list, the read, the delete of the copy, and the entry
    assert calls_of(mine, above, live=[SHARED, above, live], same_instance=True) == 4


def test_a_live_folder_whose_list_stays_is_counted_entry_by_entry():
    mine = a_folder("9", "N", "1", access=access("c9", ("5", "view")))
    live = a_folder("9", "N", "1", access=access("c9", ("6", "view")))

    assert calls_of(mine, live=[SHARED, live], same_instance=True) == 2


def test_an_entry_for_nobody_has_no_address():
    raw = access("c9")
    raw["entries"] = [{"id": "e1", "content_metadata_id": "c9", "permission_type": "view"}]
    decisions = plan_of(
        {"folder": [SHARED, a_folder("9", "N", "1", access=raw)]}, {"folder": [SHARED]}
    )

    (entry,) = by_address(decisions)["folder:9"].parts["entries"].create
    assert (entry.title, entry.to) == ("", None)


def test_a_list_below_a_folder_that_nobody_holds_copies_nothing():
    """The folder above is remapped to one that no reading has shown."""
    folder = a_folder("9", "N", "8", access=access("c9", ("5", "view")))

    decisions = plan_of(
        {"folder": [SHARED, folder], "group": GROUPS},
        {"folder": [SHARED], "group": GROUPS},
        same_instance=True,
    )

    assert by_address(decisions)["folder:9"].verb == "blocked"


def test_an_entry_is_for_its_group_whichever_id_it_had():
    """Looker can't change whom an entry is for."""
    mine = a_folder("9", "N", "1", access=access("c9", ("6", "view")))
    live = a_folder("9", "N", "1", access=access("c9", ("5", "view")))
    mine["access"]["entries"][0]["id"] = live["access"]["entries"][0]["id"]

    decisions = plan_of(
        {"folder": [SHARED, mine], "group": GROUPS},
        {"folder": [SHARED, live], "group": GROUPS},
        same_instance=True,
    )

    entries = by_address(decisions)["folder:9"].parts["entries"]
    assert [entry.to for entry in entries.create] == ["group:6"]
    assert [entry.to for entry in entries.delete] == ["group:5"]
    assert entries.update == ()
