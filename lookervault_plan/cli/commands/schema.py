"""`schema`: the formats that others may rely on, as JSON Schema."""

from collections.abc import Callable, Mapping
from typing import Literal, get_args

from lookervault_plan.cli.options import COMMON, Common

Name = Literal["plan", "events", "selectors", "remaps"]
NAMES: tuple[str, ...] = get_args(Name)


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
    from lookervault_plan.cli.screen import Screen  # noqa: PLC0415

    Screen(common).write(document(name))
    return 0


def document(name: str) -> bytes:
    """The schema as it is printed, and as it lies in schemas/."""
    import msgspec  # noqa: PLC0415

    encoded = msgspec.json.encode(_SCHEMAS[name](), order="sorted")
    return msgspec.json.format(encoded, indent=2) + b"\n"


def _plan() -> dict[str, object]:
    from lookervault_plan import plan_file  # noqa: PLC0415

    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Plan file of lookervault-plan",
        **plan_file.schema(),
    }


def _events() -> dict[str, object]:
    from lookervault_plan.cli.envelope import schema as of_events  # noqa: PLC0415

    return of_events()


def _selectors() -> dict[str, object]:
    from lookervault_plan.selectors.document import schema as of_selectors  # noqa: PLC0415

    return of_selectors()


def _remaps() -> dict[str, object]:
    from lookervault_plan.remaps.sections import schema as of_remaps  # noqa: PLC0415

    return of_remaps()


_SCHEMAS: Mapping[str, Callable[[], dict[str, object]]] = {
    "plan": _plan,
    "events": _events,
    "selectors": _selectors,
    "remaps": _remaps,
}
