"""A damaged instance, restored from its own backup: exactly the writes that mend it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from lookervault_plan.sandbox.company import fill
from lookervault_plan.sandbox.looker import Looker
from lookervault_plan.sandbox.server import Sandbox
from tests.acceptance import damage, judge
from tests.acceptance.command_line import Planned, Workdir
from tests.acceptance.companies import Maker, link_up, overlap_ids
from tests.acceptance.damage import Damage, Do, Site, unexpected
from tests.acceptance.judge import Reading
from tests.acceptance.patch_recorder import PatchRecorder


@dataclass(repr=False)
class Repairable:
    """An instance with a backup, to damage and repair again and again."""

    sandbox: Sandbox
    folder: Path
    backup: Path
    undamaged: Path
    before: Reading

    def __repr__(self) -> str:
        return "the instance"

    def reset(self) -> Site:
        """Undo all damage without a restore."""
        fresh = Looker(seed=7, load=self.undamaged)
        fresh.instance.base_url = self.sandbox.url
        self.sandbox.looker.store = fresh.store
        self.sandbox.looker.instance = fresh.instance
        self.sandbox.looker.overlaps.clear()
        self.sandbox.requests.clear()
        return Site(self.sandbox.looker.call, self.before)

    def repair(self, damages: Sequence[Damage]) -> Planned:
        """Restore from the backup; check that it makes the expected writes and no others."""
        workdir = Workdir(Path(mkdtemp(dir=self.folder)))
        guards = {guard for one in damages for guard in one.allow}
        allowed = [
            word for guard in sorted({*guards, "updates-share"}) for word in ("--allow", guard)
        ]
        planned = workdir.plan(self.sandbox, self.backup, *allowed)
        assert guards <= {guard["name"] for guard in planned.document["guards"]}

        with PatchRecorder(self.sandbox.looker) as patches:
            workdir.apply(self.sandbox, planned)

        what = [one.what for one in damages]
        writes = self.sandbox.writes()
        after = judge.read(self.sandbox.looker.call)
        assert unexpected(writes, [write for one in damages for write in one.repair]) == [], what
        assert patches.redundant == [], what
        assert [request for request in writes if request.status >= 400] == [], what
        assert self.sandbox.looker.overlaps == []
        assert judge.differences(self.before, after, same_instance=True) == [], what
        assert workdir.plan(self.sandbox, self.backup).counts == {}, what
        return planned


@pytest.fixture(scope="module")
def repairable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repairable]:
    folder = tmp_path_factory.mktemp("repairable")
    with Sandbox(seed=7) as sandbox:
        overlap_ids(sandbox.looker, 7)
        fill(sandbox.looker.call, seed=1, dashboards=13, looks=12, folders=8, users=4)
        link_up(sandbox.looker.call, count=4)
        sandbox.looker.save(folder / "undamaged.msgpack")
        yield Repairable(
            sandbox=sandbox,
            folder=folder,
            backup=Workdir(folder).backup(sandbox),
            undamaged=folder / "undamaged.msgpack",
            before=judge.read(sandbox.looker.call),
        )


def test_what_is_not_damaged_is_not_written(repairable: Repairable):
    _ = repairable.reset()

    planned = repairable.repair([])

    assert planned.counts == {}


@pytest.mark.parametrize("do", damage.ALL, ids=lambda do: do.__name__)
def test_one_damage(repairable: Repairable, do: Do):
    site = repairable.reset()
    done = do(site, 3)
    assert done is not None

    _ = repairable.repair([done])


@pytest.mark.parametrize("first", [0, 7, 14])
def test_all_settings_of_dashboards(repairable: Repairable, first: int):
    """On some that have them all set, and on some that have none."""
    site = repairable.reset()
    done = [damage.dashboard_changed(site, number) for number in range(first, first + 9)]

    _ = repairable.repair([one for one in done if one])


many = st.lists(st.tuples(st.sampled_from(damage.ALL), st.integers(0, 40)), min_size=2, max_size=6)


@settings(
    max_examples=8,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # each try costs a second or two
)
@given(many)
def test_any_damage(repairable: Repairable, doings: Sequence[tuple[Do, int]]):
    site = repairable.reset()
    done = [damage_ for do, number in doings if (damage_ := do(site, number))]

    _ = repairable.repair(done)


def test_a_deleted_folder_is_made_anew_with_its_content(repairable: Repairable):
    site = repairable.reset()
    folder = next(row for row in site.folders() if row["name"] == "Finance")
    inside = {folder["id"]}
    while more := {row["id"] for row in site.folders() if row["parent_id"] in inside} - inside:
        inside |= more
    Maker(site.call).one("DELETE", f"/folders/{folder['id']}")
    workdir = Workdir(Path(mkdtemp(dir=repairable.folder)))

    _ = workdir.restore(repairable.sandbox, repairable.backup, "--allow", "updates-share")

    created = Counter(sent.path for sent in repairable.sandbox.writes() if sent.method == "POST")
    assert created["/folders"] == len(inside)
    for path, rows in (("/dashboards", site.reading.dashboards), ("/looks", site.reading.looks)):
        assert created[path] == len([row for row in rows if row["folder_id"] in inside]) > 0
    after = judge.read(repairable.sandbox.looker.call)
    assert judge.differences(repairable.before, after, same_instance=True) == []
    assert workdir.plan(repairable.sandbox, repairable.backup).counts == {}


def test_what_links_to_a_dashboard_made_anew_follows_it(repairable: Repairable):
    site = repairable.reset()
    texts = " ".join(row["description"] or "" for row in site.reading.dashboards)
    linked = next(row for row in site.reading.dashboards if f"/dashboards/{row['id']}," in texts)
    Maker(site.call).one("DELETE", f"/dashboards/{linked['id']}")
    workdir = Workdir(Path(mkdtemp(dir=repairable.folder)))

    _ = workdir.restore(repairable.sandbox, repairable.backup)

    after = judge.read(repairable.sandbox.looker.call)
    assert judge.differences(repairable.before, after, same_instance=True) == []
    assert workdir.plan(repairable.sandbox, repairable.backup).counts == {}


def test_a_tile_that_looker_places_right_needs_no_patch_of_its_place(repairable: Repairable):
    """On a dashboard where nobody moved the tiles."""
    maker = Maker(repairable.reset().call)
    folder = next(row["id"] for row in repairable.before.folders if row["name"] == "Finance")
    dashboard = maker.make("/dashboards", {"title": "As Looker likes it", "folder_id": folder})
    tiles = [
        maker.make(
            "/dashboard_elements", {"dashboard_id": dashboard, "type": "text", "body_text": text}
        )
        for text in ("one", "two", "three")
    ]
    workdir = Workdir(Path(mkdtemp(dir=repairable.folder)))
    backup = workdir.backup(repairable.sandbox)
    before = judge.read(repairable.sandbox.looker.call)
    maker.one("DELETE", f"/dashboard_elements/{tiles[-1]}")
    repairable.sandbox.requests.clear()

    _ = workdir.restore(repairable.sandbox, backup)

    assert [(one.method, one.path) for one in repairable.sandbox.writes()] == [
        ("POST", "/dashboard_elements")
    ]
    after = judge.read(repairable.sandbox.looker.call)
    assert judge.differences(before, after, same_instance=True) == []


@pytest.mark.parametrize("kind", ["dashboards", "looks", "folders"])
def test_names_that_were_swapped_are_swapped_back(repairable: Repairable, kind: str):
    """Looker refuses a name that is still taken, so one of the two has to step aside."""
    site = repairable.reset()
    maker = Maker(site.call)
    name = "name" if kind == "folders" else "title"
    place = "parent_id" if kind == "folders" else "folder_id"
    candidates = site.folders() if kind == "folders" else getattr(repairable.before, kind)
    rows = next(
        pair
        for row in candidates
        if len(pair := [one for one in candidates if one[place] == row[place]][:2]) > 1
    )
    for row, title in ((rows[0], "aside"), (rows[1], rows[0][name]), (rows[0], rows[1][name])):
        maker.change(f"/{kind}/{row['id']}", {name: title})
    workdir = Workdir(Path(mkdtemp(dir=repairable.folder)))

    planned = workdir.restore(repairable.sandbox, repairable.backup)

    after = judge.read(repairable.sandbox.looker.call)
    assert judge.differences(repairable.before, after, same_instance=True) == []
    assert planned.counts == {"update": 2}
    assert workdir.plan(repairable.sandbox, repairable.backup).counts == {}


def test_owners_are_put_back_only_if_asked_for(repairable: Repairable):
    site = repairable.reset()
    row = next(row for row in site.reading.dashboards)
    other = next(user["id"] for user in site.reading.users if user["id"] != row["user_id"])
    Maker(site.call).change(f"/dashboards/{row['id']}", {"user_id": other})
    workdir = Workdir(Path(mkdtemp(dir=repairable.folder)))
    repairable.sandbox.requests.clear()

    assert workdir.plan(repairable.sandbox, repairable.backup).counts == {}
    planned = workdir.plan(repairable.sandbox, repairable.backup, "--owners")
    assert planned.counts == {"update": 1}
    workdir.apply(repairable.sandbox, planned)

    assert [(one.path, one.body) for one in repairable.sandbox.writes()] == [
        (f"/dashboards/{row['id']}", {"user_id": row["user_id"]})
    ]
