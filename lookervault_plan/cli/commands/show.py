"""`show`: a saved plan for people and for tools."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from lookervault_plan.cli.options import COMMON, Common
from lookervault_plan.cli.reports import Format


def show(
    plan_file: Path,
    /,
    *,
    format_: Annotated[Format, Parameter(name="--format", alias="-f")] = "text",
    out: Annotated[Path | None, Parameter(alias="-o", metavar="FILE")] = None,
    common: Common = COMMON,
) -> int:
    """Show a saved plan.

    Needs neither the backup nor Looker. The Markdown fits into a comment on a pull request.

    Parameters
    ----------
    plan_file
        The file that `plan --out` wrote.
    format_
        How to show it. --json is the same as --format json.
    out
        Write it to this file, not to the screen.
    common
        Shared options.

    """
    from lookervault_plan.cli.files import check_writable, write_whole  # noqa: PLC0415
    from lookervault_plan.cli.plans import read_plan, show_plan  # noqa: PLC0415
    from lookervault_plan.cli.reports import rendered  # noqa: PLC0415
    from lookervault_plan.cli.screen import Screen  # noqa: PLC0415

    plan = read_plan(plan_file)
    chosen = "json" if common.json else format_
    screen = Screen(common)
    if out is not None:
        check_writable(out)
        write_whole(out, rendered(plan, chosen, verbose=common.verbose).encode())
    elif chosen == "text":
        show_plan(screen, plan)
    else:
        screen.write(rendered(plan, chosen))
    return 0
