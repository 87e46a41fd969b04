"""Show what `doctor` has found: whose key it is, and a row for each content type."""

from collections.abc import Iterator
from typing import Literal

import msgspec
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from lookervault_plan.render.safe_text import visible

Answer = Literal["yes", "no", "unknown"]


class KindReport(msgspec.Struct, frozen=True, kw_only=True):
    """What the key can do with one content type."""

    type: str
    #: How many items the key sees. None: it can't list them.
    listed: int | None
    #: Whether an item can be read with all its parts.
    read_whole: Answer
    #: Whether items can be changed.
    written: Answer
    #: What Looker refused, as `403 GET /groups/{id}/users`.
    refused: tuple[str, ...] = ()
    #: Permissions that would help.
    needs: tuple[str, ...] = ()
    #: Requests that a backup and a plan without changes send for this type.
    backup_calls: int = 0
    plan_calls: int = 0


class Examination(msgspec.Struct, frozen=True, kw_only=True):
    """What `doctor` has found."""

    instance: str
    looker_version: str
    #: Name of the API key's user. Empty: Looker does not say.
    user: str
    user_id: str
    #: True: the key sees everything.
    is_admin: bool
    #: Permissions of the user's roles. Empty: the user may not see them.
    permissions: tuple[str, ...]
    kinds: tuple[KindReport, ...]
    #: Endpoints that this Looker does not have, or hides from this key.
    missing_endpoints: tuple[str, ...]
    backup_calls: int
    plan_calls: int
    #: Requests that the examination has sent.
    calls: int

    @property
    def is_complete(self) -> bool:
        """Whether a backup with this key holds everything."""
        return self.is_admin and all(
            each.listed is not None and each.read_whole != "no" for each in self.kinds
        )


_SIGNS = {"yes": ("yes", "green"), "no": ("no", "bold red"), "unknown": ("unknown", "yellow")}


def examination_text(found: Examination) -> RenderableType:
    """Show the facts, the table, and what a key with more rights would help."""
    return Group(*_blocks(found))


def _blocks(found: Examination) -> Iterator[RenderableType]:
    rights = "admin" if found.is_admin else f"{len(found.permissions)} permissions, not admin"
    yield Text(f"{visible(found.instance)}, Looker {visible(found.looker_version)}", "bold")
    yield Text(f"API key of {visible(found.user or 'an unknown user')} ({rights})")
    yield Text()
    yield _table(found)
    yield Text()
    yield Text(
        f"A backup takes about {found.backup_calls:,} API calls, a plan without changes about "
        f"{found.plan_calls:,}. This examination took {found.calls:,}."
    )
    if found.missing_endpoints:
        yield Text(f"Missing, or hidden from this key: {', '.join(found.missing_endpoints)}")
    yield Text()
    yield from _verdict(found)


def _table(found: Examination) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("Type")
    table.add_column("Listed", justify="right")
    for title in ("Read whole", "Written", "Refused"):
        table.add_column(title, no_wrap=title != "Refused")
    for each in found.kinds:
        table.add_row(
            each.type,
            "no" if each.listed is None else f"{each.listed:,}",
            Text(*_SIGNS[each.read_whole]),
            Text(*_SIGNS[each.written]),
            Text(", ".join(map(visible, each.refused))),
        )
    return table


def _verdict(found: Examination) -> Iterator[Text]:
    if found.is_complete:
        yield Text("This key sees everything: a backup with it is complete.", "green")
        return
    lost = [each.type for each in found.kinds if each.listed is None or each.read_whole == "no"]
    if lost:
        yield Text(f"A backup with this key lacks parts of: {', '.join(lost)}.", "bold red")
    if not found.is_admin:
        yield Text(
            "Content that the key can't see is hidden, and looks absent to a plan. "
            "Use the key of an admin.",
            "yellow",
        )
    if needs := sorted({name for each in found.kinds for name in each.needs}):
        yield Text(f"Permissions that would help: {', '.join(needs)}.")
