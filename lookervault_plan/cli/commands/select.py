"""`select`: list the items of a backup that a selection picks."""

from typing import Annotated

from cyclopts import Parameter

from lookervault_plan.cli.options import (
    CHOOSING,
    COMMON,
    DEFAULT_STATE,
    LOOKER,
    SELECTION,
    AsOf,
    BackupFile,
    ChoosingOptions,
    Common,
    LookerOptions,
    StateFile,
)


def select(
    *selection: Annotated[str, Parameter(show_default=False)],
    db_path: BackupFile,
    select: Annotated[tuple[str, ...], SELECTION] = (),
    state: StateFile = DEFAULT_STATE,
    source_instance: Annotated[str | None, Parameter(metavar="URL")] = None,
    as_of: AsOf = None,
    choosing: ChoosingOptions = CHOOSING,
    looker: LookerOptions = LOOKER,
    common: Common = COMMON,
) -> int:
    """List the items that a selection matches.

    Without touching Looker, unless a criterion asks for its state. Each item is listed with the
    criterion that picked it; with --json as an array of objects.

    Parameters
    ----------
    selection
        As in "folder:Shared/Finance/** +dashboard:42". A space is
        union, a comma intersection; a plus before or behind a
        criterion adds what the items need, or what needs them.
        Methods: type, id, folder, title, name, slug, owner, model,
        explore, board, updated_after, updated_before, group, role,
        state, result, selector.
    select
        The same, as `plan` takes it; can be given several times.
    db_path
        The backup: a file written by `lookervault-plan backup` or by LookerVault.
    state
        What earlier runs did, for `result:`; it is only read.
    source_instance
        The instance that the backup comes from, where the backup does not say or says it wrong.
    as_of
        What the backup held then, as for `plan`.
    choosing, looker, common
        Shared options.

    """
    from lookervault_plan.cli.run.select import select as run

    return run(
        (*selection, *select),
        db_path=db_path,
        state=state,
        source_instance=source_instance,
        as_of=as_of,
        choosing=choosing,
        looker=looker,
        common=common,
    )
