"""Items that neither side has changed since the last apply, and whose targets have."""

from typing import Any

from lookervault_plan.content.node import Ref, tree_digest
from lookervault_plan.content.normalise import normalise
from lookervault_plan.content.text_links import Instances
from tests.planning.objects import (
    SHARED,
    a_dashboard,
    a_folder,
    a_look,
    a_user,
    by_address,
    plan_of,
)

FOLDERS = [SHARED, a_folder("7", "Sales")]
LIVE_FOLDERS = [SHARED, a_folder("70", "Sales"), a_folder("80", "Other")]
USERS = [a_user("3", "ann@x.example")]
LIVE_USERS = [a_user("30", "ann@x.example"), a_user("40", "bob@x.example")]


def planned(
    kind: str,
    mine: dict[str, Any],
    live: dict[str, Any],
    more_content: dict[str, list[dict]] | None = None,
    more_live: dict[str, list[dict]] | None = None,
    **more: Any,
) -> Any:
    """Decide on an item whose digests are those of the last apply."""
    digests = tree_digest(normalise(kind, mine)), tree_digest(normalise(kind, live))
    ref = Ref(kind, mine["id"])
    decisions = plan_of(
        {"folder": FOLDERS, "user": USERS, **(more_content or {}), kind: [mine]},
        {"folder": LIVE_FOLDERS, "user": LIVE_USERS, **(more_live or {}), kind: [live]},
        applied={ref.address: digests},
        state={ref: live["id"], **more.pop("state", {})},
        **more,
    )
    return by_address(decisions)[ref.address]


def test_an_item_applied_before_is_unchanged_even_if_looker_took_it_otherwise():
    mine, live = a_look(description="as sent"), a_look("90", folder="70", description="as taken")

    assert planned("look", mine, live).verb == "skip"


def test_a_folder_that_is_mapped_elsewhere_since_moves_the_item():
    mine, live = a_look(), a_look("90", folder="70")

    action = planned("look", mine, live, remaps={Ref("folder", "7"): "80"})

    assert [(c.path, c.before, c.after) for c in action.changes] == [("folder_id", "70", "80")]


def test_an_owner_counts_only_if_owners_are_compared_and_it_is_mapped_to_another_id():
    mine, live = a_look(user_id="3"), a_look("90", folder="70", user_id="40")
    stored = {Ref("user", "3"): "30"}

    # Looker gave the look to Bob when it was applied, and nothing has changed since.
    assert planned("look", mine, live, owners=True, state=stored).verb == "skip"
    assert planned("look", mine, live, owners=False, state={Ref("user", "3"): "50"}).verb == "skip"
    changed = planned(
        "look", mine, live, owners=True, state=stored, remaps={Ref("user", "3"): "40"}
    )
    assert changed.verb == "skip"
    moved = planned(
        "look",
        mine,
        live | {"user_id": "30"},
        owners=True,
        state=stored,
        remaps={Ref("user", "3"): "40"},
    )
    assert [(c.path, c.before, c.after) for c in moved.changes] == [("user_id", "30", "40")]


INSTANCES = Instances(source=frozenset({"https://dev"}), destination="https://prod")


def linking(live_link: str, **more: Any) -> Any:
    mine = a_dashboard(description="see https://dev/looks/9")
    live = a_dashboard("8", folder="70", description=f"see {live_link}")
    looks = {"look": [a_look()]}
    live_looks = {"look": [a_look("90", folder="70"), a_look("91", "Else", folder="70")]}
    return planned("dashboard", mine, live, looks, live_looks, instances=INSTANCES, **more)


def test_a_link_to_the_same_look_is_unchanged_whoever_s_address_it_has():
    assert linking("https://prod/looks/90").verb == "skip"
    assert linking("/looks/90").verb == "skip"


def test_a_link_whose_look_is_mapped_elsewhere_since_is_rewritten():
    action = linking("https://prod/looks/90", remaps={Ref("look", "9"): "91"})

    (change,) = action.changes
    assert (change.path, change.after) == ("description", "see https://prod/looks/91")


def test_a_link_to_a_look_that_is_created_again_is_rewritten():
    mine = a_dashboard(description="see /looks/9")
    live = a_dashboard("8", folder="70", description="see /looks/90")

    action = planned("dashboard", mine, live, {"look": [a_look()]})

    assert action.depends_on == ("look:9",)
    assert [change.path for change in action.changes] == ["description"]


def test_a_link_to_a_look_that_nobody_has_changes_nothing():
    mine = a_dashboard(description="see /looks/9")
    live = a_dashboard("8", folder="70", description="see /looks/9")

    assert planned("dashboard", mine, live).verb == "skip"
