"""A diagnostic on a terminal."""

from syrupy.assertion import SnapshotAssertion

from lookervault_plan.errors import Diagnostic
from lookervault_plan.render.diagnostics import diagnostic_text
from tests.builders import a_diagnostic
from tests.render.screen import shown


def test_a_diagnostic_is_shown_in_one_frame(snapshot: SnapshotAssertion):
    assert shown(diagnostic_text(a_diagnostic(severity="error"))) == snapshot


def test_a_diagnostic_keeps_its_lines_and_escapes_control_characters():
    text = shown(
        diagnostic_text(
            a_diagnostic("a [b]", detail="one\n\n  \x1b[2Jtwo", fix="first\nthen", address=None)
        )
    )

    assert text == (
        "╷\n│ Warning: a [b]\n│\n│ one\n│\n│   \\x1b[2Jtwo\n│\n│ Fix: first\n│ then\n╵\n"
    )


def test_a_diagnostic_with_a_summary_alone_is_one_line():
    text = shown(diagnostic_text(Diagnostic(code="x", summary="no such file")))

    assert text == "╷\n│ Error: no such file\n╵\n"
