"""`guards`: list the guards of plans."""

from lookervault_plan.cli.options import COMMON, Common


def guards(*, common: Common = COMMON) -> int:
    """List the guards that can stop a plan.

    A guard trips when a plan holds a danger. `apply` refuses such a plan, unless `plan` was given
    `--allow NAME`, or `--allow NAME:KIND` for one kind of danger alone. With --json an array of
    objects goes to stdout.

    Parameters
    ----------
    common
        Shared options.

    """
    from lookervault_plan.cli.run.guards import guards as run

    return run(common=common)
