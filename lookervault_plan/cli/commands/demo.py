"""`demo`: back up, plan, apply and repair on two simulated Lookers."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from lookervault_plan.cli.options import COMMON, Common


def demo(
    *, folder: Annotated[Path | None, Parameter(metavar="DIR")] = None, common: Common = COMMON
) -> int:
    """Try the whole workflow on two simulated Lookers.

    Two instances are started; the first gets a company's content. It is backed up, planned
    against the second, applied, and planned again. Then some content is damaged and repaired.
    Each command is printed before it runs; the files stay.

    Parameters
    ----------
    folder
        Where backup.db, plan.json and the state go; a new temporary folder if not given.
    common
        Shared options.

    """
    from lookervault_plan.cli.run.demo import demo as run

    return run(folder=folder, common=common)
