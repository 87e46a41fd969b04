"""`version`: print the program's version."""

from lookervault_plan.cli.options import COMMON, Common


def version(*, common: Common = COMMON) -> int:
    """Print the version of this program.

    With --json as an object that also names the version of Python, for reports of bugs.

    Parameters
    ----------
    common
        Shared options.

    """
    from lookervault_plan.cli.run.version import version as run

    return run(common)
