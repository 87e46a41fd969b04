"""Run `show`: show a saved plan."""

from pathlib import Path

from lookervault_plan.cli.input_files import read_plan
from lookervault_plan.cli.options import Common
from lookervault_plan.cli.output_files import check_writable, write_whole
from lookervault_plan.cli.report_files import WHOLE_FORMATS, Format, plan_document
from lookervault_plan.cli.run.plan import show_plan
from lookervault_plan.cli.screen import Screen


def show(
    plan_file: Path,
    *,
    format_: Format,
    max_characters: int,
    out: Path | None,
    out_mode: int,
    common: Common,
) -> int:
    """Show a plan on stdout, or write it to a file, in one of the formats."""
    plan = read_plan(plan_file)
    chosen = "json" if common.json else format_
    screen = Screen(common)
    if out is not None:
        check_writable(out)
        shown = plan_document(
            plan, chosen, verbose=common.verbose, max_characters=max_characters
        ).encode()
        write_whole(out, shown, mode=out_mode if chosen in WHOLE_FORMATS else None)
    elif chosen == "text":
        show_plan(screen, plan)
    else:
        screen.write(plan_document(plan, chosen, max_characters=max_characters))
    return 0
