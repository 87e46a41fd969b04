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
from lookervault_plan.sandbox.looker import Looker
from tests.acceptance.conftest import Serve
from tests.acceptance.damage import Site
from tests.acceptance.drive import Desk
from tests.acceptance.whole import ACROSS, DAMAGES, Whole, allowed, make_company

INVENTED = "invented_in_2031"
#: objects inside others; the rest are maps of the user's own making, or taken whole
INSIDE = frozenset(
    {
        "board_items", "board_sections", "certification_metadata", "credentials_email",
        "dashboard_elements", "dashboard_filters", "dashboard_layout_components",
        "dashboard_layouts", "destinations", "explores", "field", "folder", "look", "model_set",
        "permission_set", "query", "result_maker", "scheduled_plan_destination", "source_queries",
        "user",
    }
)  # fmt: skip


@contextlib.contextmanager
def newer(looker: Looker) -> Generator[None]:
    """All that it says has a field more."""
    answer = looker.answer

    def answered(*words: Any, **named: Any) -> Any:
        status, reply, total = answer(*words, **named)
        if status == 200 and reply is not None:
            reply = with_more(msgspec.json.decode(msgspec.json.encode(reply)))
        return status, reply, total

    looker.answer = answered
    try:
        yield
    finally:
        del looker.answer


def with_more(value: Any) -> Any:
    if isinstance(value, list):
        return [with_more(one) for one in value]
    if not isinstance(value, dict):
        return value
    inside = {key: with_more(one) if key in INSIDE else one for key, one in value.items()}
    return {**inside, INVENTED: {"by": "somebody", "list": [1, None]}, "a_new_id": "77"}


def test_unknown_fields_survive_in_a_backup_and_never_fail_a_plan(desk: Desk, serve: Serve):
    source, destination = serve(7), serve(8)
    make_company(source.looker, 50)
    backup = desk.path / "newer.db"

    with newer(source.looker):
        desk.run(source, "backup", "--db-path", backup)
        assert desk.plan(source, backup).counts == {}
    assert all(INVENTED in blob for blob in blobs(backup))

    # To a version that does not know them they are not sent: the sandbox refuses what it is not
    # told of.
    _ = desk.restore(destination, backup, *ACROSS)
    wanted, made = Whole.of(source.looker.call), Whole.of(destination.looker.call)
    assert wanted.differences(made, same_instance=False) == []
    assert desk.plan(destination, backup, *ACROSS).counts == {}


@pytest.mark.parametrize("first", [0, 1])
def test_a_newer_looker_is_mended_like_any_other(desk: Desk, serve: Serve, first: int):
    source = serve(7)
    make_company(source.looker, 50)
    before, backup = Whole.of(source.looker.call), desk.path / "newer.db"
    site = Site(source.looker.call, before.content)

    with newer(source.looker):
        desk.run(source, "backup", "--db-path", backup)
    done = [made for do in DAMAGES[first::2] if (made := do(site, 3))]
    with newer(source.looker):
        _ = desk.restore(source, backup, *allowed(done))
        assert desk.plan(source, backup).counts == {}

    after = Whole.of(source.looker.call)
    assert before.differences(after, same_instance=True) == []


def blobs(path: Path) -> Iterator[dict[str, Any]]:
    kinds = {CODES[name] for name in CODES}
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT content_type, content_data FROM content_items")
        for type_, blob in found.fetchall():
            assert type_ in kinds
            yield msgspec.msgpack.decode(blob)
