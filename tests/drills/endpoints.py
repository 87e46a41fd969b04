"""Two applies that reach every write endpoint of the table, to be disturbed at each of them.

One restores a company to an empty instance, the other repairs a damaged one.
"""

import contextlib
import io
import json
import os
import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from typing import Any
from unittest import mock

from lookervault_plan.cli.app import main
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.sandbox.company import fill
from lookervault_plan.sandbox.faults import Fault
from lookervault_plan.sandbox.looker import Looker
from lookervault_plan.sandbox.server import Sandbox
from tests.acceptance import damage, damage_relations
from tests.acceptance.command_line import Workdir
from tests.acceptance.companies import Maker, link_up, make_dense, overlap_ids
from tests.acceptance.damage import Damage, Site
from tests.acceptance.whole import ACROSS, DAMAGES, Whole, allowed

SIZES = {"dashboards": 4, "looks": 4, "folders": 3, "users": 6, "tiles": 2}
#: Damages that few objects suffer: they choose first.
RARE = (
    *(damage_relations.alert_changed, damage_relations.alert_rewritten),
    *(damage_relations.alert_gone, damage_relations.alert_more),
    *(damage_relations.subgroup_gone, damage_relations.member_more),
    *(damage_relations.section_more, damage_relations.item_more, damage_relations.entry_more),
    *(damage_relations.role_users, damage_relations.role_groups, damage_relations.role_changed),
    *(damage.tile_added, damage.filter_added, damage.tab_added),
)
#: Two instances never make an object in the same second.
SEED_AT_HOME, SEED_ELSEWHERE = 7, 3
#: Seconds before a first retry; all other waits of the program scale with it.
RETRY_SECONDS = "0.005"


@dataclass(frozen=True, order=True)
class Endpoint:
    """A verb and a path, as regular expressions for a `Fault`."""

    method: str
    path: str

    def __str__(self) -> str:
        return f"{self.method} {self.path.strip('^$').replace('[^/]+', '*')}"

    def disturbed(self, fault: Mapping[str, Any], *, count: int | None = None) -> Fault:
        return Fault(method=self.method, path=self.path, count=count, **fault)

    def matches(self, method: str, path: str) -> bool:
        return method == self.method and re.search(self.path, path) is not None


def endpoints() -> list[Endpoint]:
    """List the write endpoints that the rows of the table name."""
    found: set[Endpoint] = set()

    def add(method: str, path: str) -> None:
        found.add(Endpoint(method, f"^{re.sub(r'{[0-9]}', '[^/]+', path)}$"))

    for row in KINDS.values():
        if not row.path:
            continue
        one = f"{row.path}/{{0}}"
        if row.is_assignment:
            add("PUT", row.path)
            continue
        if row.creatable:
            add("POST", row.path)
        if row.updatable and not row.content_addressed:
            add("PUT" if row.updated_by_put else "PATCH", one)
        if row.part.patchable is not None:
            add("PUT", one)
        if row.is_part and row.deletable:
            add("DELETE", one)
    return sorted(found)


#: What happens to a request, and what is seen of it.
FAULTS: Mapping[str, Mapping[str, Any]] = {
    "a 404": {"kind": "error", "status": 404},
    "a 403": {"kind": "error", "status": 403},
    "a 500": {"kind": "error", "status": 500},
    "a reset before": {"kind": "reset_before"},
    "a reset after": {"kind": "reset_after"},
    **{
        f"{body} {'after' if kind.endswith('after') else 'before'}": {"kind": kind, "body": body}
        for kind in ("spoil", "spoil_after")
        for body in ("html", "cut", "null", "empty", "shape")
    },
}
#: Faults that end a step at once, since Looker itself says no.
REFUSALS = ("a 404", "a 403")


@dataclass(repr=False)
class Scene:
    """A plan, the instance that it is for, and what that holds if nothing goes wrong."""

    sandbox: Sandbox
    folder: Path
    backup: Path
    #: What the destination holds before.
    saved: Path
    options: tuple[str, ...]
    wanted: Whole
    same_instance: bool
    plan: Path = Path()
    reached: frozenset[tuple[str, str]] = frozenset()

    def begin(self) -> "Case":
        """Start from the beginning, with a state of its own."""
        fresh = Looker(seed=SEED_AT_HOME if self.same_instance else SEED_ELSEWHERE, load=self.saved)
        fresh.instance.base_url = self.sandbox.url
        self.sandbox.looker.store = fresh.store
        self.sandbox.looker.instance = fresh.instance
        self.sandbox.requests.clear()
        self.sandbox.faults.clear()
        return Case(self, Quick(Path(mkdtemp(dir=self.folder))))


class Quick(Workdir):
    """A directory to run commands in, with short waits."""

    def environment(self, sandbox: Any) -> dict[str, str]:
        own = {"LOOKERVAULT_PLAN_RETRY_SECONDS": RETRY_SECONDS}
        return super().environment(sandbox) | own


@dataclass(repr=False)
class Case:
    """One disturbed run of a scene."""

    scene: Scene
    workdir: Quick

    def apply(self, *options: str) -> Any:
        """Apply the plan; return the last event. Exit codes are 0, or 3 with dead letters."""
        scene = self.scene
        words = ("apply", scene.plan, "--db-path", scene.backup, "--json", "--dlq-ok", *options)
        end = json.loads(self.workdir.run(scene.sandbox, *words).splitlines()[-1])
        assert bool(end["failed"] or end["not_tried"]) == bool(end["dead_letters"])
        return end

    def run_any(self, *words: object) -> int:
        """Run a command in this process; return its exit code, whatever it is."""
        with (
            mock.patch.dict(os.environ, self.workdir.environment(self.scene.sandbox), clear=True),
            contextlib.chdir(self.workdir.path),
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            return main([*map(str, words), "--no-color"])

    def letters(self) -> list[Any]:
        return json.loads(self.workdir.run(self.scene.sandbox, "dlq", "list", "--json"))

    def retry(self) -> None:
        """Try everything in the queue again, without faults."""
        self.scene.sandbox.faults.clear()
        words = ("dlq", "retry", "--auto-approve", "--db-path", self.scene.backup)
        _ = self.workdir.run(self.scene.sandbox, *words, *self.scene.options)

    def link(self) -> None:
        """Plan and apply once more: links to items that failed were left as they were."""
        self.scene.sandbox.faults.clear()
        planned = self.workdir.plan(self.scene.sandbox, self.scene.backup, *self.scene.options)
        self.workdir.apply(self.scene.sandbox, planned)

    def check(self) -> None:
        """Check that all is there once, equal on raw JSON, and that a new plan is empty."""
        scene = self.scene
        scene.sandbox.faults.clear()
        scene.sandbox.wait_until_idle()
        found = Whole.of(scene.sandbox.looker.call)
        differing = scene.wanted.differences(found, same_instance=scene.same_instance)
        assert differing == [], "\n".join(differing[:9])
        assert self.workdir.plan(scene.sandbox, scene.backup).counts == {}


@contextmanager
def scenes(folder: Path) -> Generator[list[Scene]]:
    """Make the source, its backup, the damaged source, and an empty destination."""
    quick = Quick(folder)
    with Sandbox(seed=SEED_AT_HOME) as source, Sandbox(seed=SEED_ELSEWHERE) as empty:
        overlap_ids(source.looker, SEED_AT_HOME)
        fill(source.looker.call, seed=1, **SIZES)
        make_dense(source.looker.call, host=source.looker.instance.base_url)
        link_up(source.looker.call, count=2)
        _enrich(source.looker)
        backup = folder / "backup.db"
        _ = quick.run(source, "backup", "--db-path", backup)
        wanted = Whole.of(source.looker.call)
        damages = _damage(Site(source.looker.call, wanted.content))
        source.looker.save(folder / "damaged.bin")
        empty.looker.save(folder / "empty.bin")
        made = [
            Scene(empty, folder, backup, folder / "empty.bin", ACROSS, wanted, False),
            Scene(
                source,
                folder,
                backup,
                folder / "damaged.bin",
                allowed(damages),
                wanted,
                True,
            ),
        ]
        for scene in made:
            calm = scene.begin()
            scene.plan = calm.workdir.plan(scene.sandbox, backup, *scene.options).file
            end = calm.apply()
            assert end["not_stored"] == []
            writes = scene.sandbox.writes()
            scene.reached = frozenset((each.method, each.path) for each in writes)
            calm.check()
        yield made


def _enrich(looker: Looker) -> None:
    """Add enough of what the company has few of, so that each can be damaged in its own way."""
    maker = Maker(looker.call)
    (alert, *_) = looker.call("GET", "/alerts/search", {"all_owners": True})[1]
    names = ("owner_id", "field", "destinations", "threshold", "cron", "comparison_type")
    body = {name: alert[name] for name in names}
    dashboards = looker.call("GET", "/dashboards/search")[1]
    tiles = [tile["id"] for each in dashboards for tile in each["dashboard_elements"]]
    for number in range(4):
        own = {"custom_title": f"Alert {number}", "dashboard_element_id": tiles[-1 - number]}
        _ = maker.make("/alerts", body | own)
    (role, *_) = (each for each in maker.one("GET", "/roles") if each["name"] != "Admin")
    sets = {name: role[name]["id"] for name in ("permission_set", "model_set")}
    for number in range(2):
        ids = {f"{name}_id": id_ for name, id_ in sets.items()}
        _ = maker.make("/roles", {"name": f"Role to spare {number}", **ids})
    groups = [maker.make("/groups", {"name": f"Spare group {number}"}) for number in range(4)]
    _ = maker.one("POST", f"/groups/{groups[0]}/groups", {"group_id": groups[1]})


def _subgroup_more(site: Site) -> Damage:
    groups = {each["name"]: each["id"] for each in site.rows("/groups")}
    path = f"/groups/{groups['Spare group 2']}/groups"
    _ = site.maker.one("POST", path, {"group_id": groups["Spare group 3"]})
    return Damage(f"a group more in {path}", [], allow=("part-deletes",))


def _damage(site: Site) -> list[Damage]:
    """Do every sort of damage that this company has room for."""
    chance = Random(2)
    done = [_subgroup_more(site)]
    for do in dict.fromkeys((*RARE, *DAMAGES)):
        for _ in range(12):
            if (made := do(site, chance.randrange(10**6))) is not None:
                done.append(made)
                break
    return done
