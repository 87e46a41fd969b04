"""The report of an apply: the model that every format of it shows."""

from collections import Counter
from collections.abc import Mapping
from typing import Literal

import msgspec

from lookervault_plan.render.summary_lines import apply_headline

#: `not tried`: an item that it depends on failed. `left over`: the apply stopped before it.
Result = Literal["done", "failed", "not tried", "blocked", "stale", "left over"]


class ItemReport(msgspec.Struct, frozen=True, kw_only=True):
    """An item of the plan and its result."""

    address: str
    action: str
    name: str
    path: tuple[str, ...] = ()
    result: Result
    #: Why the result is not `done`. Empty if unknown or done.
    reason: str = ""


class ApplyReport(msgspec.Struct, frozen=True, kw_only=True):
    """The report of one apply. Its JSON has these fields."""

    session: str
    plan_id: str
    backup: str
    destination: str
    #: Counts of items, as in Terraform's summary line.
    imported: int
    added: int
    changed: int
    destroyed: int
    is_complete: bool
    #: API calls made.
    calls: int
    items: tuple[ItemReport, ...]
    #: Values that Looker did not keep as they were sent.
    not_stored: tuple[str, ...] = ()
    #: Finished items with links that still point to the source, since their targets failed.
    unlinked: tuple[str, ...] = ()

    @property
    def further_lists(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The lists below the items, each with its title; empty lists are left out."""
        lists = (
            ("Not taken by Looker as it was sent", self.not_stored),
            ("Done, with links left as they were to what has failed", self.unlinked),
        )
        return tuple((title, lines) for title, lines in lists if lines)

    @property
    def headline(self) -> str:
        return apply_headline(
            imported=self.imported,
            added=self.added,
            changed=self.changed,
            destroyed=self.destroyed,
            is_complete=self.is_complete,
        )

    @property
    def facts(self) -> tuple[str, ...]:
        """Lines on the apply as a whole."""
        return (
            f"Destination: {self.destination}",
            f"Backup: {self.backup}",
            f"Session: {self.session}",
            f"Plan: {self.plan_id[:12]}",
            f"API calls: {self.calls:,}",
        )

    @property
    def unfinished(self) -> tuple[ItemReport, ...]:
        """Items with any result but `done`."""
        return tuple(item for item in self.items if item.result != "done")

    @property
    def counts(self) -> Mapping[str, int]:
        """Count the items with each result."""
        return Counter(item.result for item in self.items)
