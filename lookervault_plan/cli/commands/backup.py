"""`backup`: save an instance's content to a file."""

from typing import Annotated

from cyclopts import Parameter

from lookervault_plan.cli.options import COMMON, LOOKER, BackupFile, Common, LookerOptions


def known_type(_: object, name: object) -> None:
    """Accept the name of a content type, singular or plural."""
    from lookervault_plan.cli.type_names import singular

    _ = singular(str(name))


def backup(
    *types: Annotated[str, Parameter(validator=known_type)],
    db_path: BackupFile,
    resume: bool = False,
    looker: LookerOptions = LOOKER,
    common: Common = COMMON,
) -> int:
    """Save an instance's content to a file.

    The file is a SQLite database that LookerVault can open too. It holds what a restore needs, and
    no secrets.

    Parameters
    ----------
    types
        Content types, as in `dashboards looks`; all of them if left out.
    db_path
        The file to write. One that is there already is brought up to date.
    resume
        Go on with a backup that was interrupted.
    looker, common
        Shared options.

    """
    from lookervault_plan.cli.run.backup import backup as run

    return run(
        types,
        db_path=db_path,
        resume=resume,
        looker=looker,
        common=common,
    )
