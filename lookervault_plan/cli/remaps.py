"""`remaps.yml`, from where it lies."""

from pathlib import Path

from lookervault_plan.errors import failure
from lookervault_plan.remaps.document import Remaps


def read_remaps(path: Path | None) -> Remaps:
    """The file; nothing without one. Raises PlanError with the place of what is wrong."""
    if path is None:
        return Remaps()
    from lookervault_plan.remaps.read import parse  # noqa: PLC0415 — PyYAML

    try:
        data = path.read_bytes()
    except OSError as error:
        why = error.strerror or str(error)
        raise failure(
            "remaps.unreadable", f"{path} can't be read: {why}", fix="check the path"
        ) from error
    return parse(data, path.name)
