"""`backup`: an instance's content, in a file."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich.text import Text

from lookervault_plan.cli.options import COMMON, LOOKER, BackupFile, Common, LookerOptions

if TYPE_CHECKING:
    from lookervault_plan.workflows.backup import BackupResult


def known_type(_: object, name: object) -> None:
    """Accept a content type, singular or plural."""
    from lookervault_plan.cli.types import singular  # noqa: PLC0415

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
    import msgspec  # noqa: PLC0415

    from lookervault_plan.cli.app import tool_version  # noqa: PLC0415
    from lookervault_plan.cli.connect import connected, new_session, now  # noqa: PLC0415
    from lookervault_plan.cli.screen import Screen  # noqa: PLC0415
    from lookervault_plan.cli.signals import resumable  # noqa: PLC0415
    from lookervault_plan.cli.types import singular  # noqa: PLC0415
    from lookervault_plan.workflows.backup import BackupRequest, take_backup  # noqa: PLC0415

    screen = Screen(common)
    request = BackupRequest(
        session=new_session(),
        now=now,
        tool_version=tool_version(),
        types=tuple(dict.fromkeys(map(singular, types))),
        resume=resume,
    )
    again = f"lookervault-plan backup --db-path {shlex.quote(str(db_path))} --resume"
    with (
        resumable(again),
        connected(looker, screen) as client,
        screen.counting(f"Reading {client.connection.base_url}") as tell,
    ):
        result = take_backup(client, db_path, request, tell)
    if common.json:
        screen.write(msgspec.json.encode(result) + b"\n")
    else:
        screen.show(backup_text(result, db_path, verbose=common.verbose))
    return 0


def backup_text(result: "BackupResult", path: Path, *, verbose: bool = False) -> Text:
    """What is in the file now, in a line or two."""
    counts = result.counts
    changes = [
        f"{number:,} {word}"
        for word, number in (
            ("new", counts.new),
            ("changed", counts.changed),
            ("unchanged", counts.unchanged),
            ("gone", counts.gone),
        )
        if number
    ]
    text = Text(
        f"Backup complete! {counts.total:,} items of {result.instance} in {path}",
        "bold",
        no_wrap=True,
        overflow="ignore",
    )
    _ = text.append(f"\n{', '.join(changes)}." if changes else "", "not bold")
    if verbose:
        lines = [f"\n  {name:<18}{number:>8,}" for name, number in result.by_type.items()]
        _ = text.append("".join(lines), "not bold dim")
    return text
