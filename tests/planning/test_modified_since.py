"""Live items changed since the last apply, or since the backup: `--skip-if-modified`."""

from typing import Any

import pytest

from lookervault_plan.content.node import Node, Ref, tree_digest
from lookervault_plan.content.normalise import normalise
from lookervault_plan.planning.compare.modified_since import Modified, moment
from tests.planning.objects import (
    SHARED,
    a_folder,
    a_look,
    by_address,
    plan_of,
)

MORNING, NOON = "2025-03-01T08:00:00.000+00:00", "2025-03-01T12:00:00.000+00:00"


def a_node(updated_at: str | None, **more: Any) -> Node:
    return normalise("look", a_look(updated_at=updated_at, **more))


class Check(Modified):
    """The check as a plan makes it, with the digest of the live item."""

    def __call__(self, desired: Node, live: Node, live_digest: str = "") -> bool:
        return super().__call__(desired, live, live_digest or tree_digest(live))


def modified(**more: Any) -> Check:
    how: dict[str, Any] = {"same_instance": True, "applied": {}, "synced_at": lambda _: None}
    return Check(**how | more)


def test_what_was_applied_before_is_compared_with_that_apply_whatever_its_dates():
    live = a_node(NOON)
    applied = {"look:9": ("desired", tree_digest(live))}
    is_modified = modified(applied=applied)

    assert not is_modified(a_node(MORNING), live)
    assert is_modified(a_node(NOON), a_node(MORNING, description="by hand"))


def test_on_the_same_instance_the_backup_s_own_date_of_the_item_decides():
    is_modified = modified(synced_at=lambda _: NOON)

    assert is_modified(a_node(MORNING), a_node(NOON))
    assert not is_modified(a_node(NOON), a_node(NOON))
    assert not is_modified(a_node(NOON), a_node(MORNING))


def test_on_another_instance_the_time_of_the_backup_decides():
    asked: list[Ref] = []

    def synced_at(ref: Ref) -> str:
        asked.append(ref)
        return MORNING

    is_modified = modified(same_instance=False, synced_at=synced_at)

    assert is_modified(a_node(NOON), a_node(NOON))
    assert not is_modified(a_node(NOON), a_node(MORNING))
    assert set(asked) == {Ref("look", "9")}


def test_without_the_backup_s_date_of_the_item_the_time_of_the_backup_decides():
    assert modified(synced_at=lambda _: MORNING)(a_node(None), a_node(NOON))
    assert not modified(synced_at=lambda _: None)(a_node(None), a_node(NOON))


def test_types_that_looker_does_not_date_are_named_and_not_skipped():
    is_modified = modified()

    assert not is_modified(a_node(MORNING), a_node(None))
    assert not is_modified(a_node(MORNING), a_node("yesterday"))

    (warning,) = is_modified.warnings()
    assert warning.code == "modified.no-date"
    assert "look" in warning.summary


def test_a_backup_time_without_an_offset_counts_as_14_hours_early_and_is_told():
    is_modified = modified(same_instance=False, synced_at=lambda _: "2025-03-02T01:00:00")

    assert is_modified(a_node(None), a_node(NOON))
    assert not is_modified(a_node(None), a_node(MORNING))

    (warning,) = is_modified.warnings()
    assert warning.code == "modified.naive-time"


def test_nothing_to_warn_of_gives_no_warning():
    is_modified = modified(synced_at=lambda _: MORNING, same_instance=False)
    _ = is_modified(a_node(None), a_node(NOON))

    assert list(is_modified.warnings()) == []


@pytest.mark.parametrize("value", [None, 7, "", "yesterday"])
def test_what_is_no_time_is_unknown(value: Any):
    assert moment(value) is None


def test_a_time_without_an_offset_is_utc():
    assert moment("2025-03-01T12:00:00") == moment(NOON)


def test_an_item_modified_in_the_destination_is_skipped_and_says_so():
    folders = [SHARED, a_folder()]
    decisions = plan_of(
        {"folder": folders, "look": [a_look(description="new")]},
        {"folder": folders, "look": [a_look()]},
        same_instance=True,
        is_modified=lambda _desired, _live, _digest: True,
    )

    action = by_address(decisions)["look:9"]
    assert (action.verb, action.reason) == ("skip", "modified-in-destination")


def test_items_whose_backup_has_no_time_are_named_and_not_skipped():
    is_modified = modified(same_instance=False)

    assert not is_modified(a_node(None), a_node(NOON))

    (warning,) = is_modified.warnings()
    assert (warning.code, warning.detail) == ("modified.no-backup-time", "not skipped: look:9")
