"""`show`: show a saved plan."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from lookervault_plan.cli.options import (
    COMMON,
    MAX_CHARACTERS,
    OUT_MODE,
    Common,
    Format,
    MaxCharacters,
    OutMode,
)


def show(
    plan_file: Path,
    /,
    *,
    format_: Annotated[Format, Parameter(name="--format", alias="-f")] = "text",
    max_characters: MaxCharacters = MAX_CHARACTERS,
    out: Annotated[Path | None, Parameter(alias="-o", metavar="FILE")] = None,
    out_mode: OutMode = OUT_MODE,
    common: Common = COMMON,
) -> int:
    """Show a saved plan.

    Needs neither the backup nor Looker. The Markdown fits into a comment on a pull request.

    Parameters
    ----------
    plan_file
        The file that `plan --out` wrote.
    format_
        Output format. --json is the same as --format json.
    max_characters
        Limit the length of Markdown.
    out
        Write it to this file, not to the screen.
    out_mode
        Permissions of that file if it is JSON.
    common
        Shared options.

    """
    from lookervault_plan.cli.run.show import show as run

    return run(
        plan_file,
        format_=format_,
        max_characters=max_characters,
        out=out,
        out_mode=int(out_mode, 8),
        common=common,
    )
