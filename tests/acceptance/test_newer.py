"""A newer Looker: fields that nobody here has heard of are kept in backups, and harm nothing."""

import contextlib
import sqlite3
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lookervault_plan.content.table.kinds import CODES
from lookervault_plan.sandbox.json_fields import Row
from lookervault_plan.sandbox.looker import Looker
from tests.acceptance.command_line import Workdir
from tests.acceptance.conftest import Serve
from tests.acceptance.damage import Site
from tests.acceptance.whole import ACROSS, DAMAGES, Whole, allowed, make_company

INVENTED = "invented_in_2031"
#: in every object of a reply
FIELDS: Row = {INVENTED: {"by": "somebody", "list": [1, None]}, "a_new_id": "77"}


@contextlib.contextmanager
def newer(looker: Looker) -> Generator[None]:
    """Let the instance be of a version that has more fields."""
    looker.instance.newer_fields = FIELDS
    try:
        yield
    finally:
        looker.instance.newer_fields = {}


def test_unknown_fields_survive_in_a_backup_and_never_fail_a_plan(workdir: Workdir, serve: Serve):
    source, destination = serve(7), serve(8)
    make_company(source.looker, 50)
    backup = workdir.path / "newer.db"

    with newer(source.looker):
        workdir.run(source, "backup", "--db-path", backup)
        assert workdir.plan(source, backup).counts == {}
    assert all(INVENTED in blob for blob in blobs(backup))

    # A version that does not know them drops them without a word, as Looker does.
    destination.looker.instance.strict = False
    _ = workdir.restore(destination, backup, *ACROSS)
    sent = [write.body for write in destination.writes()]
    assert not any(isinstance(body, dict) and INVENTED in body for body in sent)
    wanted, made = Whole.of(source.looker.call), Whole.of(destination.looker.call)
    assert wanted.differences(made, same_instance=False) == []
    assert workdir.plan(destination, backup, *ACROSS).counts == {}


@pytest.mark.parametrize("first", [0, 1])
def test_a_newer_looker_is_mended_like_any_other(workdir: Workdir, serve: Serve, first: int):
    source = serve(7)
    make_company(source.looker, 50)
    before, backup = Whole.of(source.looker.call), workdir.path / "newer.db"
    site = Site(source.looker.call, before.content)

    with newer(source.looker):
        workdir.run(source, "backup", "--db-path", backup)
    done = [made for do in DAMAGES[first::2] if (made := do(site, 3))]
    with newer(source.looker):
        _ = workdir.restore(source, backup, *allowed(done))
        assert workdir.plan(source, backup).counts == {}

    after = Whole.of(source.looker.call)
    assert before.differences(after, same_instance=True) == []


def blobs(path: Path) -> Iterator[dict[str, Any]]:
    kinds = {CODES[name] for name in CODES}
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT content_type, content_data FROM content_items")
        for type_, blob in found.fetchall():
            assert type_ in kinds
            yield msgspec.msgpack.decode(blob)
