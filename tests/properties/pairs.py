"""Pairs of a backup and an instance that differ at random, and plans of one against the other."""

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from typing import Any

import msgspec

from lookervault_plan.sandbox.company import fill
from lookervault_plan.sandbox.looker import Looker
from lookervault_plan.sandbox.server import Sandbox
from tests.acceptance import damage, damage_relations, judge
from tests.acceptance.companies import link_up, make_dense
from tests.acceptance.damage import Site
from tests.cases import build
from tests.cases.expectations import Ran
from tests.cases.test_cases import run

Json = Any
Tables = dict[str, dict[str, dict[str, Json]]]
#: Where the backup says that it is from, if it is from another instance.
ELSEWHERE = "https://elsewhere.example.com"
GUARDS = (
    *("updates-share", "part-deletes", "alerts-lost", "users-enable", "access-widened"),
    *("users-across", "schedules-across", "schedules-enable", "lockout", "not-admin"),
)
ALLOWED = tuple(word for guard in GUARDS for word in ("--allow", guard))
VALUES = ("", None, [], {}, "Other", 7, True, ["x"], {"x": 1})


@dataclass(repr=False)
class World:
    """An instance that can be put back to its first state, and a backup of that state."""

    sandbox: Sandbox
    folder: Path
    #: Items of the backup, as `build.write_backup` takes them.
    items: list[dict[str, Json]]

    def __repr__(self) -> str:
        return "the instance"

    @classmethod
    def make(cls, sandbox: Sandbox, folder: Path, *, seed: int = 1) -> "World":
        """Fill an instance with a few items of every type, and back it up."""
        call = sandbox.looker.call
        fill(call, seed=seed, dashboards=3, looks=3, folders=3, users=4)
        make_dense(call, host=sandbox.url)
        link_up(call, count=2)
        sandbox.looker.save(folder / "first.msgpack")
        ran = run(sandbox, folder, ["backup", "--db-path", "first.db"])
        assert ran.exit_code == 0, ran.said
        return cls(sandbox, folder, list(items_of(folder / "first.db")))

    def reset(self) -> Site:
        """Put the instance back to its first state."""
        fresh = Looker(seed=self.sandbox.looker.instance.seed, load=self.folder / "first.msgpack")
        fresh.instance.base_url = self.sandbox.url
        fresh.instance.strict = False  # Looker ignores what it does not know
        self.sandbox.looker.store = fresh.store
        self.sandbox.looker.instance = fresh.instance
        self.sandbox.requests.clear()
        return Site(self.sandbox.looker.call, judge.read(self.sandbox.looker.call))

    def tables(self) -> Tables:
        """Copy all that the instance holds, as rows by table and id."""
        tables = self.sandbox.looker.store.tables
        return {
            name: deepcopy({id_: dict(row) for id_, row in rows.items()})
            for name, rows in tables.items()
        }

    def planned(
        self, items: Sequence[dict[str, Json]], *, same_instance: bool, dialect: str = "ours"
    ) -> "Trial":
        """Plan a backup of these items. In LookerVault's dialect null means "not returned"."""
        folder = Path(mkdtemp(dir=self.folder))
        source = self.sandbox.url if same_instance else ELSEWHERE
        backup = {
            "dialect": dialect,
            "source_instance": source,
            "looker_version": "26.12.3",
            "items": items if dialect == "ours" else list(map(_as_lookervault, items)),
        }
        build.write_backup(backup, folder / "backup.db")
        trial = Trial(self, folder)
        words = ("plan", "--db-path", "backup.db", "--out", "plan.json", *ALLOWED)
        trial.ran = trial.run(*words, *(() if dialect == "ours" else ("--source-instance", source)))
        assert trial.ran.exit_code == 0, trial.ran.said
        return trial


@dataclass
class Trial:
    """One plan in a folder of its own."""

    world: World
    folder: Path
    ran: Ran = None  # pyright: ignore[reportAssignmentType]

    def run(self, *command: str) -> Ran:
        return run(self.world.sandbox, self.folder, list(command))

    def journaled(self) -> set[str]:
        """Read the steps that apply has begun."""
        state = self.folder / ".lookervault-plan" / "state.db"
        if not state.exists():
            return set()
        with closing(sqlite3.connect(state)) as connection:
            rows = connection.execute("SELECT step FROM journal_steps WHERE kind != 'action'")
            return {step for (step,) in rows}

    @property
    def plan(self) -> Json:
        return json.loads((self.folder / "plan.json").read_bytes())


def _as_lookervault(item: dict[str, Json]) -> dict[str, Json]:
    """Leave out what LookerVault does not extract: alerts, access lists and memberships."""
    gone = ("alerts", "access", "group_users", "group_groups", "role_users", "role_groups")
    blob = {name: value for name, value in item["blob"].items() if name not in gone}
    return {**item, "blob": blob}


def items_of(path: Path) -> Iterator[dict[str, Json]]:
    """Read the items of a backup with the standard library."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT id, content_type, content_data FROM content_items")
        for id_, number, blob in rows:
            yield {
                "id": id_,
                "type": build.TYPES[number - 1],
                "blob": msgspec.msgpack.decode(blob),
            }


# --- edits of the backup -------------------------------------------------------------------------

Edit = Callable[[list[dict[str, Json]], Random], None]
#: Keys that no backup lacks or that say who an item is.
IDENTITY = frozenset({"id", "created_at", "email", "name", "folder_id", "parent_id"})
#: Objects whose keys are content or say nothing.
MAPS = frozenset({"filters", "can", "filter_config"})


def objects_in(value: Json, key: str = "") -> Iterator[dict[str, Json]]:
    """Yield each object in a value, itself first."""
    if isinstance(value, dict):
        yield value
        for name, each in value.items():
            if name not in MAPS:
                yield from objects_in(each, name)
    elif isinstance(value, list):
        for each in value:
            yield from objects_in(each, key)


def any_object(items: list[dict[str, Json]], random: Random) -> dict[str, Json]:
    """Pick an object of any depth: in an item picked by its type first, as types differ in size."""
    kind = random.choice(sorted({item["type"] for item in items}))
    item = random.choice([item for item in items if item["type"] == kind])
    return random.choice([one for one in objects_in(item["blob"]) if one])


def drop_key(items: list[dict[str, Json]], random: Random) -> None:
    found = any_object(items, random)
    if keys := sorted(found.keys() - IDENTITY):
        del found[random.choice(keys)]


def add_key(items: list[dict[str, Json]], random: Random) -> None:
    any_object(items, random)[random.choice(("brand_new", "modern"))] = random.choice(VALUES[4:])


def empty_value(items: list[dict[str, Json]], random: Random) -> None:
    found = any_object(items, random)
    if keys := sorted(found.keys() - IDENTITY):
        found[random.choice(keys)] = random.choice(VALUES[:4])


def change_value(items: list[dict[str, Json]], random: Random) -> None:
    found = any_object(items, random)
    keys = sorted(found.keys() - {"id", "created_at"})
    scalars = [name for name in keys if isinstance(found[name], (str, int, bool))]
    if scalars:
        name = random.choice(scalars)
        value = found[name]
        if isinstance(value, bool):
            found[name] = not value
        else:
            found[name] = value + 1 if isinstance(value, int) else f"{value}1"


def rename(items: list[dict[str, Json]], random: Random) -> None:
    item = random.choice(items)
    for name in ("title", "name", "first_name"):
        if isinstance(item["blob"].get(name), str):
            item["blob"][name] += " renamed"


def readdress(items: list[dict[str, Json]], random: Random) -> None:
    """Give somebody another email, as after a marriage."""
    people = [item["blob"] for item in items if item["type"] == "user" and item["blob"]["email"]]
    if people:
        one = random.choice(people)
        one["email"] = one["credentials_email"]["email"] = f"new-{one['email']}"


def delete_item(items: list[dict[str, Json]], random: Random) -> None:
    if len(items) > 1:
        items.remove(random.choice(items))


def lists_in(items: list[dict[str, Json]], random: Random) -> list[Json] | None:
    found = [
        value
        for value in any_object(items, random).values()
        if isinstance(value, list) and value and isinstance(value[0], dict)
    ]
    return random.choice(found) if found else None


def delete_member(items: list[dict[str, Json]], random: Random) -> None:
    if (found := lists_in(items, random)) is not None:
        del found[random.randrange(len(found))]


def add_member(items: list[dict[str, Json]], random: Random) -> None:
    """Copy a member of a list of objects, under another id and title."""
    if (found := lists_in(items, random)) is not None:
        new = deepcopy(random.choice(found))
        found.append(_renewed(new, random))


def add_item(items: list[dict[str, Json]], random: Random) -> None:
    new = deepcopy(random.choice(items))
    new["blob"] = _renewed(new["blob"], random)
    new["id"] = new["blob"].get("id")
    items.append(new)


def _renewed(raw: dict[str, Json], random: Random) -> dict[str, Json]:
    changed = {name: f"{raw[name]} too" for name in ("title", "name") if raw.get(name)}
    changed |= {"id": str(random.randrange(800_000, 900_000))} if "id" in raw else {}
    return {**raw, **changed, **({"slug": None} if "slug" in raw else {})}


EDITS: tuple[Edit, ...] = (
    drop_key,
    add_key,
    empty_value,
    change_value,
    rename,
    readdress,
    delete_item,
    delete_member,
    add_member,
    add_item,
)
#: What other hands do to the instance.
DOINGS = (*damage.ALL, *damage_relations.ALL)
