"""The outcome of an apply, and sessions, on a terminal."""

import msgspec
from syrupy.assertion import SnapshotAssertion

from lookervault_plan.content.node import Address
from lookervault_plan.errors import Diagnostic
from lookervault_plan.render.apply.progress import TypeProgress
from lookervault_plan.render.outcome import (
    BrokenContent,
    ContentCheck,
    SessionProgress,
    outcome_text,
    outcome_warnings,
    queue_full_warning,
    status_text,
)
from lookervault_plan.steps.read_back import FieldNotStored
from tests.builders import an_outcome
from tests.render.screen import shown

NOT_STORED = (
    FieldNotStored(address=Address("user:8"), part="", path="locale", sent="de", got="en"),
    FieldNotStored(address=Address("dashboard:42"), part="elements/5", path="", sent={}, got=None),
)


def test_the_headline_of_a_complete_apply_is_terraforms_to_the_byte():
    text = shown(outcome_text(an_outcome(imported=1, added=12, changed=40)))

    assert text == "Apply complete! Resources: 1 imported, 12 added, 40 changed, 0 destroyed.\n"


def test_blocked_and_stale_items_are_counted():
    text = shown(outcome_text(an_outcome(added=12, blocked=2, stale=("look:1",))))

    assert text == (
        "Apply incomplete. Resources: 12 added, 0 changed, 0 destroyed.\nBlocked: 2. Stale: 1.\n"
    )


def test_a_failed_apply_counts_its_items_and_names_the_next_commands(snapshot: SnapshotAssertion):
    assert (
        shown(
            outcome_text(
                an_outcome(added=1200, changed=40, failed=2, blocked=1, not_tried=3, dead_letters=5)
            )
        )
        == snapshot
    )


def test_a_stopped_apply_names_the_command_to_resume():
    text = shown(outcome_text(an_outcome(added=3, left=7)))

    assert text.startswith("Apply incomplete. Resources: 3 added, 0 changed, 0 destroyed.\n")
    assert "  lookervault-plan resume s-1  " in text


def a_session(name: str = "s-1", *, status: str = "interrupted") -> SessionProgress:
    return SessionProgress(
        session=name,
        status=status,
        destination="https://target.looker.example",
        backup="looker.db",
        plan_id="5f1c" * 16,
        started_at="2026-03-01 12:00",
        types=(
            TypeProgress(type="folder", done=10, total=10),
            TypeProgress(type="dashboard", done=3, failed=1, total=1200),
        ),
        dead_letters=1,
        can_resume=True,
    )


def test_one_session_is_shown_in_full(snapshot: SnapshotAssertion):
    assert shown(status_text([a_session()])) == snapshot


def test_several_sessions_are_shown_as_a_table(snapshot: SnapshotAssertion):
    assert shown(status_text([a_session("s-2", status="completed"), a_session()])) == snapshot


def test_without_sessions_the_text_says_so():
    assert shown(status_text([])).startswith("No sessions yet.")


def test_a_session_without_progress_shows_its_facts_alone():
    session = SessionProgress(session="s-1", status="running", destination="x", started_at="now")

    assert shown(status_text([session])) == (
        "Session:     s-1\nStatus:      running\nDestination: x\nStarted:     now\n"
    )


def test_an_outcome_without_trouble_warns_of_nothing():
    assert outcome_warnings(an_outcome(added=12)) == []


def test_stale_items_are_warned_of_with_the_changes_found():
    outcome = msgspec.structs.replace(
        an_outcome(stale=("look:1", "look:2")), stale_details=("look:1: title was changed",)
    )

    (warning,) = outcome_warnings(outcome)

    assert (warning.severity, warning.code) == ("warning", "apply.stale")
    assert warning.summary.endswith(": 2")
    assert warning.detail == "look:1, look:2\nlook:1: title was changed"


def test_values_that_looker_did_not_take_are_warned_of_by_item_part_and_field():
    (warning,) = outcome_warnings(msgspec.structs.replace(an_outcome(), not_stored=NOT_STORED))

    assert warning.code == "apply.not-stored"
    assert warning.detail == "user:8: locale\ndashboard:42 elements/5: all of it"


def test_links_to_failed_items_are_warned_of_by_item():
    unlinked = {"look:2": ("look:9",), "dashboard:1": ("look:9", "look:8")}

    (warning,) = outcome_warnings(msgspec.structs.replace(an_outcome(), unlinked=unlinked))

    assert warning.code == "apply.unlinked"
    assert warning.detail == "dashboard:1: look:9, look:8\nlook:2: look:9"


def test_a_warning_lists_twenty_lines_and_counts_the_rest():
    unlinked = {f"look:{n:02}": ("look:99",) for n in range(23)}

    (warning,) = outcome_warnings(msgspec.structs.replace(an_outcome(), unlinked=unlinked))

    assert warning.summary.endswith(": 23")
    assert warning.detail.splitlines()[19:] == ["look:19: look:99", "… and 3 more"]


def test_a_full_queue_counts_what_failed_and_names_the_command_to_resume():
    outcome = an_outcome(failed=2, not_tried=1, blocked=3, left=40)

    warning = queue_full_warning(outcome, limit=2, resume="lookervault-plan resume s-1")

    assert warning.summary == (
        "stopped: 2 items have failed, 1 item with them, 3 blocked; --max-dlq-size allows 2"
    )
    assert warning.detail == "left: 40 items"
    assert warning.fix.endswith("; `lookervault-plan resume s-1` continues with the rest")


def test_a_queue_that_filled_with_the_last_item_leaves_nothing_to_resume():
    warning = queue_full_warning(an_outcome(failed=1), limit=1, resume="lookervault-plan resume")

    assert warning.summary == "1 item has failed; --max-dlq-size allows 1"
    assert warning.detail == "no items are left"
    assert warning.fix == "`lookervault-plan dlq list` shows what failed"


def test_content_that_does_not_work_is_named():
    broken = (
        BrokenContent(item='dashboard 12 "Sales"', part='tile "Revenue"', messages=("Unknown x",)),
        BrokenContent(item='look 9 "Orders"', messages=("Unknown y", "Unknown z")),
    )

    def warnings(check: ContentCheck) -> list[Diagnostic]:
        return outcome_warnings(msgspec.structs.replace(an_outcome(), content_check=check))

    (two,) = warnings(ContentCheck(folders=2, broken=broken))
    (one,) = warnings(ContentCheck(folders=1, broken=broken[:1]))
    (refused,) = warnings(ContentCheck(folders=1, refused="403 GET /content_validation"))

    assert two.summary == "2 tiles, filters or looks of 2 changed folders do not work"
    assert two.detail.splitlines() == [
        'dashboard 12 "Sales", tile "Revenue": Unknown x',
        'look 9 "Orders": Unknown y; Unknown z',
    ]
    assert one.summary == "1 tile, filter or look of 1 changed folder does not work"
    assert refused.detail == "403 GET /content_validation"
    assert warnings(ContentCheck(folders=3)) == []
