"""`demo`: back up, plan, apply and repair on two simulated Lookers."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from lookervault_plan.cli.options import COMMON, Common


def demo(
    *, folder: Annotated[Path | None, Parameter(metavar="DIR")] = None, common: Common = COMMON
) -> int:
    """Try the whole workflow on two simulated Lookers.

    Two instances of a small company are started: dev has a release that prod lacks. dev is backed
    up, and a plan brings the release to prod. Then some content of prod is damaged, and a second
    plan repairs it. Each command is printed before it runs; the files stay.

    Parameters
    ----------
    folder
        Where backup, plans, pages and the state go; a new temporary folder if not given.
    common
        Shared options.

    """
    from lookervault_plan.cli.run.demo import demo as run

    return run(folder=folder, common=common)
