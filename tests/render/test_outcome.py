"""Diagnostics, the end of an apply, and sessions on a terminal."""

from syrupy.assertion import SnapshotAssertion

from lookervault_plan.errors import Diagnostic
from lookervault_plan.render.apply.progress import TypeProgress
from lookervault_plan.render.diagnostics import diagnostic_text
from lookervault_plan.render.outcome import SessionProgress, outcome_text, status_text
from tests.builders import a_diagnostic, an_outcome
from tests.render.screen import shown


def test_a_diagnostic_is_one_block(snapshot: SnapshotAssertion):
    assert shown(diagnostic_text(a_diagnostic(severity="error"))) == snapshot


def test_a_diagnostic_keeps_its_lines_and_loses_its_controls():
    text = shown(
        diagnostic_text(
            a_diagnostic("a [b]", detail="one\n\n  \x1b[2Jtwo", fix="first\nthen", address=None)
        )
    )

    assert text == (
        "╷\n│ Warning: a [b]\n│\n│ one\n│\n│   \\x1b[2Jtwo\n│\n│ Fix: first\n│ then\n╵\n"
    )


def test_a_complete_apply_is_terraforms_to_the_byte():
    text = shown(outcome_text(an_outcome(imported=1, added=12, changed=40)))

    assert text == "Apply complete! Resources: 1 imported, 12 added, 40 changed, 0 destroyed.\n"


def test_what_was_blocked_or_stale_is_counted():
    text = shown(outcome_text(an_outcome(added=12, blocked=2, stale=("look:1",))))

    assert text == (
        "Apply incomplete. Resources: 12 added, 0 changed, 0 destroyed.\nBlocked: 2. Stale: 1.\n"
    )


def test_a_failed_apply_says_what_is_left(snapshot: SnapshotAssertion):
    assert (
        shown(
            outcome_text(
                an_outcome(added=1200, changed=40, failed=2, blocked=1, not_tried=3, dead_letters=5)
            )
        )
        == snapshot
    )


def test_a_stopped_apply_says_how_to_go_on():
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


def test_one_session_in_full(snapshot: SnapshotAssertion):
    assert shown(status_text([a_session()])) == snapshot


def test_several_sessions_as_a_table(snapshot: SnapshotAssertion):
    assert shown(status_text([a_session("s-2", status="completed"), a_session()])) == snapshot


def test_no_session_yet():
    assert shown(status_text([])).startswith("No sessions yet.")


def test_a_session_that_did_nothing_yet():
    session = SessionProgress(session="s-1", status="running", destination="x", started_at="now")

    assert shown(status_text([session])) == (
        "Session:     s-1\nStatus:      running\nDestination: x\nStarted:     now\n"
    )


def test_a_bare_diagnostic_is_short():
    text = shown(diagnostic_text(Diagnostic(code="x", summary="no such file")))

    assert text == "╷\n│ Error: no such file\n╵\n"
