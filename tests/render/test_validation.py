"""The stages of `validate` on a terminal."""

from rich.console import Group

from lookervault_plan.render.validation import Stage, stages_text
from tests.builders import a_diagnostic
from tests.render.screen import shown


def text_of(*stages: Stage, verbose: bool = False) -> str:
    return shown(Group(*stages_text(stages, verbose=verbose)))


def test_each_stage_shows_its_verdict_and_its_facts():
    text = text_of(
        Stage(name="preflight", title="Preflight", facts=["looker.db can be \x1b[2Jread"]),
        Stage(name="items", title="Items", diagnostics=[a_diagnostic(severity="error")]),
        Stage(name="api", title="API", is_skipped=True),
    )

    lines = text.splitlines()
    assert lines[:3] == ["✓ Preflight", "    looker.db can be \\x1b[2Jread", "✗ Items"]
    assert lines[3] == "╷"
    assert lines[-1] == "- API: skipped"


def test_a_stage_with_warnings_alone_is_valid():
    stage = Stage(name="items", title="Items", diagnostics=[a_diagnostic(severity="warning")])

    assert stage.is_valid
    assert text_of(stage).startswith("✓ Items\n╷\n│ Warning: ")


def test_a_stage_shows_twenty_diagnostics_and_counts_the_rest():
    stage = Stage(
        name="items", title="Items", diagnostics=[a_diagnostic(f"row {n}") for n in range(23)]
    )

    assert text_of(stage).count("╷") == 20
    assert text_of(stage).endswith("    … and 3 more; -v shows all\n")
    assert text_of(stage, verbose=True).count("╷") == 23
