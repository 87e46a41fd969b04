"""`schema`: print the JSON Schema of a format."""

from typing import Literal

from lookervault_plan.cli.options import COMMON, Common

Name = Literal["plan", "events", "selectors", "remaps"]


def schema(name: Name, /, *, common: Common = COMMON) -> int:
    """Print the JSON Schema of a format.

    The same documents are in the directory schemas of the project.

    Parameters
    ----------
    name
        plan: the file that `plan --out` writes. events: a line of `apply --json`. selectors: the
        file that names selections. remaps: the file that says what is called otherwise.
    common
        Shared options.

    """
    from lookervault_plan.cli.run.schema import schema as run

    return run(name, common=common)
