"""Weeks of nightly backups of a company that changes: any item of any night comes back as it was.

NIGHTS and NIGHT_PAIRS say how many nights there are and how many (item, night) pairs are restored.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

from lookervault_plan.sandbox.company import fill
from lookervault_plan.sandbox.server import Sandbox
from tests.acceptance import judge
from tests.acceptance.command_line import Workdir
from tests.acceptance.companies import overlap_ids
from tests.acceptance.conftest import Serve
from tests.acceptance.damage import Site
from tests.acceptance.whole import ACROSS, DAMAGES

NIGHTS = int(os.environ.get("NIGHTS", "3"))
PAIRS = int(os.environ.get("NIGHT_PAIRS", "3"))
#: Changes and accidents of a day; nights differ in which sorts they see.
CHANGES = 12


def live_through_a_day(source: Sandbox, chance: Random) -> None:
    """Make changes and accidents of random sorts. Looker refuses some, as it would a person."""
    site = Site(source.looker.call, judge.read(source.looker.call))
    for do in chance.choices(DAMAGES, k=CHANGES):
        with suppress(AssertionError):
            _ = do(site, chance.randrange(10**6))


def nightly_backups(
    workdir: Workdir, source: Sandbox, nights: int
) -> tuple[Path, list[judge.Reading]]:
    """Change the company every day, and back it up every night. Return what each night held."""
    backup, held = workdir.path / "nightly.db", list[judge.Reading]()
    for night in range(nights):
        if night:
            live_through_a_day(source, Random(night))
        _ = workdir.run(source, "backup", "--db-path", backup)
        held.append(judge.read(source.looker.call))
    return backup, held


def some_items(held: list[judge.Reading], chance: Random) -> Iterator[tuple[int, str, Any]]:
    """Pick nights, and an item of each: the night, the item's type, its JSON."""
    while True:
        night = chance.randrange(len(held))
        kind = chance.choice(("dashboard", "look"))
        content = held[night]
        rows = content.dashboards if kind == "dashboard" else content.looks
        left = [row for row in rows if not row.get("deleted")]
        if not left:
            continue  # the accidents of many days have left none
        row = chance.choice(left)
        looks = {look["id"] for look in content.looks if not look.get("deleted")}
        if all(_can_be_made(tile, looks) for tile in row.get("dashboard_elements", ())):
            yield night, kind, row


def _can_be_made(tile: Any, looks: set[str]) -> bool:
    """Say whether Looker makes such a tile: not without a query, nor of a look in the trash."""
    sources = (tile.get("query_id"), tile.get("look_id"), tile.get("merge_result_id"))
    is_chart = tile.get("type") == "vis"
    return (not is_chart or any(sources)) and tile.get("look_id") in {None, *looks}


def differences_of(wanted: judge.Reading, made: judge.Reading, kind: str, row: Any) -> list[str]:
    """List what differs in one item."""
    compared = judge.Comparison(wanted, made, judge.Options())
    name = f"{kind} {compared.left.key(row)}"
    return [each for each in compared.differences if each.startswith(name)]


def test_any_item_and_a_whole_night_come_back_as_they_were(workdir: Workdir, serve: Serve):
    source = serve(7)
    overlap_ids(source.looker, 7)
    fill(source.looker.call, seed=3, dashboards=7 + NIGHTS, looks=7 + NIGHTS, folders=6, users=6)
    backup, held = nightly_backups(workdir, source, NIGHTS)
    pairs = some_items(held, Random(5))

    for number in range(PAIRS):
        night, kind, row = next(pairs)
        with Sandbox(seed=50 + number) as destination:
            overlap_ids(destination.looker, 50 + number)
            options = ("--as-of", str(night + 1), "--state", f"state-{number}.db")
            # Access of people who are not selected is blocked, by name.
            chosen = ("--select", f"+{kind}:{row['id']}", "--dlq-ok", *ACROSS)
            _ = workdir.run(destination, "restore", "all", "--db-path", backup, *options, *chosen)

            made = judge.read(destination.looker.call)
        found = differences_of(held[night], made, kind, row)
        assert not found, "\n".join([f"{kind} {row['id']} of night {night + 1}", *found])

    destination = serve(8)
    planned = workdir.plan(destination, backup, *ACROSS, "--as-of", "2")
    # What hangs on a dashboard in the trash, such as its schedule, is blocked.
    workdir.apply(destination, planned, "--dlq-ok")

    assert planned.document["source"]["snapshot"] == 2
    made = judge.read(destination.looker.call)
    whole = judge.differences(held[1], made, same_instance=False)
    assert not whole, "\n".join(whole)
