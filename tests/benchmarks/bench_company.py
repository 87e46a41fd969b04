"""A whole company, at scale: restored elsewhere, damaged at random, mended; judged on raw JSON.

`python -m tests.benchmarks company 3000` says how many items the backup is to hold, about. Both
instances are processes of `lookervault-plan sandbox serve`, and all is done by the command line.
"""

import sqlite3
import tempfile
import time
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

from lookervault_plan.sandbox.looker import Looker
from tests.acceptance.command_line import Workdir
from tests.acceptance.damage import Site, unexpected
from tests.acceptance.remote import Served, free_port
from tests.acceptance.whole import ACROSS, Whole, allowed, damaged, make_company, repairs

ITEMS = 3_000


def check(items: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        with timed("made"):
            looker = Looker(seed=7)
            looker.instance.base_url = f"http://127.0.0.1:{port}"
            make_company(looker, items)
            looker.save(folder / "company.msgpack")
        with (
            Served(seed=7, load=folder / "company.msgpack", port=port) as source,
            Served(seed=8) as destination,
        ):
            workdir, whole = Workdir(folder), Whole.of(source.call)
            with timed("backed up", source):
                backup = folder / "backup.db"
                workdir.run(source, "backup", "--db-path", backup)
            print(f"{count(backup)} items in the backup", flush=True)
            restore(workdir, backup, whole, source, destination)
            mend(workdir, backup, whole, source, count=items // 10)


def restore(
    workdir: Workdir, backup: Path, whole: Whole, source: Served, destination: Served
) -> None:
    with timed("planned against its own instance", source):
        assert workdir.plan(source, backup).counts == {}
    with timed("planned against an empty one", destination):
        planned = workdir.plan(destination, backup, *ACROSS)
    wanted = planned.document["summary"]["calls"]
    with timed("applied", destination):
        workdir.apply(destination, planned)
        made = destination.requests
    print(f"the plan said {wanted} requests, apply made {len(made)}", flush=True)
    assert [request for request in made if request.status >= 400] == []
    assert destination.overlaps == []
    with timed("planned again", destination):
        assert workdir.plan(destination, backup, *ACROSS).counts == {}
    with timed("judged"):
        found = whole.differences(Whole.of(destination.call), same_instance=False)
    assert found == [], found[:10]


def mend(workdir: Workdir, backup: Path, whole: Whole, source: Served, *, count: int) -> None:
    site = Site(source.call, whole.content)
    with timed(f"damaged {count} times"):
        done = damaged(site, count, seed=1)
        assert len(done) == count
    with timed("planned the repair", source):
        planned = workdir.plan(source, backup, *allowed(done))
    wanted = planned.document["summary"]["calls"]
    with timed("mended", source):
        workdir.apply(source, planned)
        made = source.requests
        writes = source.writes()
    print(f"the plan said {wanted} requests, apply made {len(made)}", flush=True)
    print(f"{len(writes)} writes for {count} damages", flush=True)
    found = unexpected(writes, repairs(done))
    assert found == [], found[:10]
    with timed("planned again", source):
        assert workdir.plan(source, backup).counts == {}
    with timed("judged"):
        found = whole.differences(Whole.of(source.call), same_instance=True)
    assert found == [], found[:10]


@contextmanager
def timed(what: str, sandbox: Served | None = None) -> Generator[None]:
    if sandbox is not None:
        sandbox.clear_requests()
    begun = time.perf_counter()
    yield
    requests = f", {len(sandbox.requests)} requests" if sandbox is not None else ""
    print(f"{what}: {time.perf_counter() - begun:.1f} s{requests}", flush=True)


def count(backup: Path) -> int:
    with closing(sqlite3.connect(backup)) as connection:
        return connection.execute("SELECT count(*) FROM content_items").fetchone()[0]


def main(items: int = ITEMS) -> None:
    check(items)
