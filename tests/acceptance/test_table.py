"""Every row of the table counts: without any one of its writable fields a restore is not equal.

Each field and each reference is taken out of its row in turn. Then a company that uses all of them
is restored, and the judge must see that something is wrong.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from lookervault_plan.content import normalise
from lookervault_plan.content.table import kinds
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.sandbox.looker import Looker
from lookervault_plan.sandbox.server import Sandbox
from tests.acceptance import judge
from tests.acceptance.command_line import Workdir
from tests.acceptance.companies import Maker, copy_people, make_dense, overlap_ids
from tests.acceptance.judge import Reading

CHECKED = (
    "folder",
    "look",
    "dashboard",
    "dashboard_filter",
    "dashboard_layout",
    "dashboard_element",
    "dashboard_layout_component",
    "query",
    "merge_query",
)
FIELDS = [(name, field.path) for name in CHECKED for field in KINDS[name].fields]
REFERENCES = [(name, ref.path) for name in CHECKED for ref in KINDS[name].refs]
#: What no company can use, since no API makes it.
UNUSED = {("dashboard_element", "result_maker.sql_query_id")}


@dataclass(repr=False)
class Exam:
    """A source with its backup, an empty destination, and a place to start from again."""

    source: Sandbox
    destination: Sandbox
    folder: Path
    backup: Path
    before: Reading

    def differences(self) -> list[str]:
        """What is wrong after a restore into an empty instance, or into the damaged one."""
        try:
            return self.elsewhere() or self.at_home()
        except AssertionError as error:  # an exit code
            return [str(error)]

    def elsewhere(self) -> list[str]:
        self.reset(self.destination, "empty.msgpack", seed=3)
        self.workdir().restore_at_once(self.destination, self.backup)
        after = judge.read(self.destination.looker.call)
        return judge.differences(self.before, after)

    def at_home(self) -> list[str]:
        """With items in the trash, and a tile gone that shows an image of this instance."""
        self.reset(self.source, "full.msgpack", seed=4)
        maker = Maker(self.source.looker.call)
        for kind, rows in (("dashboards", self.before.dashboards), ("looks", self.before.looks)):
            maker.change(f"/{kind}/{rows[0]['id']}", {"deleted": True})
        for tile in self.before.parts("dashboard_elements"):
            if tile["image_id"]:
                maker.one("DELETE", f"/dashboard_elements/{tile['id']}")
        self.workdir().restore_at_once(self.source, self.backup, "--allow", "updates-share")
        after = judge.read(self.source.looker.call)
        return judge.differences(self.before, after, same_instance=True)

    def reset(self, sandbox: Sandbox, file: str, *, seed: int) -> None:
        fresh = Looker(seed=seed, load=self.folder / file)
        fresh.instance.base_url = sandbox.url
        sandbox.looker.store, sandbox.looker.instance = fresh.store, fresh.instance

    def workdir(self) -> Workdir:
        """A new one: nothing is remembered."""
        for file in (self.folder / ".lookervault-plan").glob("*"):
            file.unlink()
        return Workdir(self.folder)


@pytest.fixture(scope="module")
def exam(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exam]:
    folder = tmp_path_factory.mktemp("exam")
    # An even seed lists tabs as they were made: the first of them is not the active one.
    with Sandbox(seed=4) as source, Sandbox(seed=3) as destination:
        for seed, sandbox in ((4, source), (3, destination)):
            overlap_ids(sandbox.looker, seed)
        make_dense(source.looker.call, host=source.url)
        copy_people(source.looker.call, destination.looker.call)
        source.looker.save(folder / "full.msgpack")
        destination.looker.save(folder / "empty.msgpack")
        yield Exam(
            source=source,
            destination=destination,
            folder=folder,
            backup=Workdir(folder).backup(source),
            before=judge.read(source.looker.call),
        )


def test_with_the_whole_table_nothing_is_wrong(exam: Exam):
    assert exam.elsewhere() == []
    assert exam.at_home() == []


@pytest.mark.parametrize(("kind", "path"), FIELDS)
def test_no_field_is_superfluous(exam: Exam, monkeypatch: pytest.MonkeyPatch, kind: str, path: str):
    row = KINDS[kind]
    kept = tuple(field for field in row.fields if field.path != path)
    put_row(monkeypatch, msgspec.structs.replace(row, fields=kept))

    assert exam.differences()


@pytest.mark.parametrize(("kind", "path"), [one for one in REFERENCES if one not in UNUSED])
def test_no_reference_is_superfluous(
    exam: Exam, monkeypatch: pytest.MonkeyPatch, kind: str, path: str
):
    row = KINDS[kind]
    kept = tuple(ref for ref in row.refs if ref.path != path)
    put_row(monkeypatch, msgspec.structs.replace(row, refs=kept))

    assert exam.differences()


def put_row(monkeypatch: pytest.MonkeyPatch, row: kinds.Kind) -> None:
    """Replace a row, also where something was worked out from it beforehand."""
    monkeypatch.setitem(as_dict(KINDS), row.name, row)
    canons = tuple(
        entry
        for entry in normalise._CANONS[row.name]
        if entry[0] in {field.path for field in row.fields}
    )
    monkeypatch.setitem(as_dict(normalise._CANONS), row.name, canons)


def as_dict(mapping: Mapping[Any, Any]) -> dict[Any, Any]:
    return cast("dict[Any, Any]", mapping)
