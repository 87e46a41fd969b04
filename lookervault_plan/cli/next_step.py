"""Say where a plan is saved, and which command comes next: apply, or plan again with consent."""

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import cast

from rich.text import Text

from lookervault_plan.cli import follow_up
from lookervault_plan.cli.options import PlanningOptions
from lookervault_plan.plan_file import Plan


def is_refused(plan: Plan) -> bool:
    """Say whether apply refuses a plan because of its guards."""
    return not all(guard.allowed for guard in plan.guards)


def plan_again(
    refused: Plan,
    *,
    db_path: Path,
    out: Path | None,
    reports: Sequence[str],
    planning: PlanningOptions,
) -> str:
    """Write the command that makes the plan again and allows all of its guards."""
    words: list[object] = ["plan", "--db-path", db_path, *(("--out", out) if out else ())]
    words += [word for report in reports for word in ("--report", report)]
    words += _typed(planning)
    allowed = [*planning.allow, *(guard.name for guard in refused.guards if not guard.allowed)]
    words += [word for name in dict.fromkeys(allowed) for word in ("--allow", name)]
    return follow_up.command(*words)


def next_step_text(path: Path | None, saved: Plan, again: str = "") -> Text:
    """Name the file of a plan and the next command. `again` plans again and allows all guards.

    The command stays on one line, so that it can be copied.
    """
    place = f"\nThe plan is saved in {path}." if path else "\nThe plan is not saved."
    text, command = place, ""
    if is_refused(saved):
        names = ", ".join(guard.name for guard in saved.guards if not guard.allowed)
        how = "plan again with:" if again else "plan again with --allow for each of them."
        text = (
            f"{place} apply will refuse it because of {names}.\nIf you accept these changes, {how}"
        )
        command = again
    elif saved.changes_anything and path is not None:
        text = f"{place} To apply exactly these changes, run:"
        command = follow_up.command("apply", path)
    shown = Text(text, no_wrap=True, overflow="ignore")
    return shown.append(f"\n  {command}", "cyan") if command else shown


def _typed(planning: PlanningOptions) -> list[str]:
    """Write the planning options that differ from their defaults, but for those of consent."""
    words: list[str] = []
    for field in fields(planning):
        value = cast("object", getattr(planning, field.name))
        if field.name == "allow" or value == field.default:
            continue
        name = f"--{field.name.replace('_', '-')}"
        if isinstance(value, bool):
            words.append(name if value else f"--no-{name[2:]}")
        else:
            values = cast("tuple[object, ...]", value) if isinstance(value, tuple) else (value,)
            words += [word for one in values for word in (name, str(one))]
    return words
