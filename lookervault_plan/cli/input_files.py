"""Read the files that options name: saved plans, remaps, selectors; and find a plan's backup."""

from pathlib import Path

from lookervault_plan.errors import failure, refusal
from lookervault_plan.plan_file import Plan, decode
from lookervault_plan.remaps import parse_file as remaps_file
from lookervault_plan.remaps.document import Remaps
from lookervault_plan.selectors.parse_file import Selectors, parse_file


def read_plan(path: Path) -> Plan:
    """Read a saved plan.

    Raise PlanError if it is missing, edited, of another version, or names a path as its backup.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise failure(
            "plan.missing",
            f"there is no plan file {path}",
            fix="make one with `lookervault-plan plan --db-path FILE --out " + f"{path}`",
        ) from None
    except OSError as error:
        why = error.strerror or str(error)
        raise failure(
            "plan.unreadable", f"{path} can't be read: {why}", fix="check the path"
        ) from error
    plan = decode(data, name=path.name)
    if _is_path(plan.source.backup):
        raise refusal(
            "plan.backup",
            f"{path.name} names a path as its backup, not a file name: {plan.source.backup}",
            detail="a plan can't choose from where a file is read",
            fix="make a new plan with `lookervault-plan plan`",
        )
    return plan


def _is_path(name: str) -> bool:
    return name in {"", ".", ".."} or "/" in name or "\\" in name or "\0" in name


def read_remaps(path: Path | None) -> Remaps:
    """Read `remaps.yml`; no path means no remaps. Raise PlanError with the line of an error."""
    if path is None:
        return Remaps()
    try:
        data = path.read_bytes()
    except OSError as error:
        why = error.strerror or str(error)
        raise failure(
            "remaps.unreadable", f"{path} can't be read: {why}", fix="check the path"
        ) from error
    return remaps_file.parse(data, path.name)


def read_selectors(path: Path) -> Selectors:
    """Read a file of selectors. Raise PlanError with the line of an error."""
    try:
        data = path.read_bytes()
    except OSError as error:
        why = error.strerror or str(error)
        raise failure(
            "selector.unreadable", f"{path} can't be read: {why}", fix="check --selectors"
        ) from error
    return parse_file(data, str(path))


def find_backup(name: str, folders: list[Path], given: Path | None) -> Path:
    """Return the backup that is given, else the first file of that name in the folders."""
    if given is not None:
        return given
    for folder in folders:
        if (path := folder / name).is_file():
            return path
    looked = " and in ".join(dict.fromkeys(str(folder.resolve()) for folder in folders))
    raise failure(
        "backup.missing",
        f"the backup {name} that the plan was made from is not found",
        detail=f"looked for in {looked}",
        fix="pass it with --db-path",
    )
