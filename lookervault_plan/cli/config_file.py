"""Read lookervault-plan.toml: options by command and environment, guards, what is not managed."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

from lookervault_plan.cli.toml_positions import Position, positions
from lookervault_plan.selectors.suggest import nearest

if TYPE_CHECKING:
    from lookervault_plan.errors import PlanError

FILE = "lookervault-plan.toml"
#: The environment variable that names another file. It sets no option.
FILE_VARIABLE = "LOOKERVAULT_PLAN_CONFIG"

#: Far more than any such file has.
MAX_CHARACTERS = 1_000_000
#: Keys or values in each other, more of them than anybody writes.
_NESTED = re.compile(r"(?:[\w-]+\s*\.\s*){20}|(?:[\[{]\s*){20}")

Scalar = str | int | float | bool
#: The value of one option, or the values of one that can be given several times.
Setting = Scalar | tuple[Scalar, ...]

#: Tables that hold no options of a command.
OTHER_TABLES = ("guards", "environments", "collections", "ignore")
#: The value of a key in [collections]: members are added, and none is removed.
ADD_ONLY = "add-only"


@dataclass(frozen=True, kw_only=True)
class GuardSettings:
    """The table `[guards]`. Shares are fractions: 0.30 is 30 %."""

    updates_share: float | None = None
    updates_share_at_least: int | None = None


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong with the file, and what to do about it."""

    what: str
    fix: str
    #: None: the place is not known.
    place: Position | None = None


@dataclass(frozen=True, kw_only=True)
class ConfigFile:
    """The content of lookervault-plan.toml. Option names are spelled with dashes."""

    name: str = FILE
    #: Options outside any table: they count for every command.
    flat: Mapping[str, Setting] = field(default_factory=dict[str, Setting])
    #: Options by command, as in `("sandbox", "serve")`.
    tables: Mapping[tuple[str, ...], Mapping[str, Setting]] = field(
        default_factory=dict[tuple[str, ...], Mapping[str, Setting]]
    )
    #: Options by environment: they count for every command that runs with `--env NAME`.
    environments: Mapping[str, Mapping[str, Setting]] = field(
        default_factory=dict[str, Mapping[str, Setting]]
    )
    guards: GuardSettings = GuardSettings()
    #: Collection, such as `group.users` -> how it is managed.
    collections: Mapping[str, str] = field(default_factory=dict[str, str])
    #: Content type or criterion -> fields that are left alone, or `*`.
    ignore: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    #: Values of the wrong form.
    problems: tuple[Problem, ...] = ()
    #: Path of a key or table -> its place.
    places: Mapping[tuple[str, ...], Position] = field(
        default_factory=dict[tuple[str, ...], Position]
    )

    def place_of(self, *path: str) -> Position | None:
        """Find a key, spelled with dashes or underscores. None: it is not known where it is."""
        *above, key = path
        for spelling in (key, key.replace("-", "_")):
            if found := self.places.get((*above, spelling)):
                return found
        return None

    def error(self, problem: Problem) -> "PlanError":
        """Make the error for one problem."""
        from lookervault_plan.errors import failure  # noqa: PLC0415 — msgspec, 50 ms

        place = problem.place
        where = f", line {place.line}, column {place.column}" if place else ""
        return failure("config.malformed", f"{self.name}{where}: {problem.what}", fix=problem.fix)


def read_config_file(environ: Mapping[str, str]) -> ConfigFile:
    """Read the file that LOOKERVAULT_PLAN_CONFIG names, else the one in the working directory.

    Return an empty ConfigFile if neither exists. Raise PlanError if the file is no TOML. Other
    problems are in `ConfigFile.problems`; names of options are checked by `config_check`.
    """
    named = environ.get(FILE_VARIABLE, "").strip()
    path = Path(named or FILE)
    if not named and not path.is_file():
        return ConfigFile()
    unread = ConfigFile(name=path.name)
    try:
        text = path.read_text(encoding="utf-8-sig")
        if len(text) > MAX_CHARACTERS or _NESTED.search(text):
            raise unread.error(
                Problem(what="it is too large or nested too deeply", fix="mend the file")
            )
        document = tomllib.loads(text)
    except RecursionError as error:
        raise unread.error(Problem(what="it is nested too deeply", fix="mend the file")) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise unread.error(
            Problem(what=f"this is no TOML: {error}", fix="fix that line")
        ) from error
    except OSError as error:
        why = error.strerror or str(error)
        fix = f"check {FILE_VARIABLE}" if named else "check its permissions"
        unread = ConfigFile(name=str(path))
        raise unread.error(Problem(what=f"it can't be read: {why}", fix=fix)) from error
    return _Reader(path.name, text).read(document)


class _Reader:
    """Reads the tables of a file, and collects what is wrong with their values."""

    def __init__(self, name: str, text: str) -> None:
        self._empty = ConfigFile(name=name, places=positions(text))
        self._problems: list[Problem] = []

    def read(self, document: Mapping[str, object]) -> ConfigFile:
        tables = {
            key: cast("Mapping[str, object]", value)
            for key, value in document.items()
            if isinstance(value, dict)
        }
        others = {name: tables.pop(name, {}) for name in OTHER_TABLES}
        self._refuse_scalars(document)
        return ConfigFile(
            name=self._empty.name,
            flat=self._settings(
                {key: value for key, value in document.items() if key not in OTHER_TABLES}
            ),
            tables=dict(self._tables(tables)),
            environments=self._environments(others["environments"]),
            guards=self._guards(others["guards"]),
            collections=self._collections(others["collections"]),
            ignore=self._ignore(others["ignore"]),
            problems=tuple(self._problems),
            places=self._empty.places,
        )

    def _refuse_scalars(self, document: Mapping[str, object]) -> None:
        for name in OTHER_TABLES:
            if name in document and not isinstance(document[name], dict):
                self._add(f"{name} is a table", f"write [{name}] on a line of its own", name)

    def _tables(
        self, tables: Mapping[str, object], above: tuple[str, ...] = ()
    ) -> Iterator[tuple[tuple[str, ...], Mapping[str, Setting]]]:
        for key, value in tables.items():
            if isinstance(value, dict):
                table = cast("Mapping[str, object]", value)
                yield (*above, key), self._settings(table, *above, key)
                yield from self._tables(table, (*above, key))

    def _settings(self, table: Mapping[str, object], *above: str) -> Mapping[str, Setting]:
        out: dict[str, Setting] = {}
        for key, value in table.items():
            option = key.replace("_", "-")
            if isinstance(value, dict):
                continue
            if option in out:
                self._add(f"{key} is set twice", "keep one of the two", *above, key)
            elif isinstance(value, str | int | float):
                out[option] = value
            elif isinstance(value, list) and all(
                isinstance(one, str | int | float) for one in cast("list[object]", value)
            ):
                out[option] = tuple(cast("list[Scalar]", value))
            else:
                self._add(
                    f"{key} has no plain value", "give a text, a number, true or false", *above, key
                )
        return out

    def _environments(self, table: Mapping[str, object]) -> Mapping[str, Mapping[str, Setting]]:
        found: dict[str, Mapping[str, Setting]] = {}
        for name, value in table.items():
            if not isinstance(value, dict):
                self._add(
                    f"{name} is set outside of an environment",
                    "put it under a name, as in [environments.prod]",
                    "environments",
                    name,
                )
                continue
            settings = cast("Mapping[str, object]", value)
            found[name] = self._settings(settings, "environments", name)
            for key in (key for key, inner in settings.items() if isinstance(inner, dict)):
                self._add(
                    f"{key} is a table in [environments.{name}]",
                    "an environment holds plain values only",
                    "environments",
                    name,
                    key,
                )
        return found

    def _guards(self, table: Mapping[str, object]) -> GuardSettings:
        known = ("updates_share", "updates_share_at_least")
        for key in table:
            if key not in known:
                self._add(f"unknown key in [guards]: {key}", hint_for(key, known), "guards", key)
        share, at_least = (table.get(key) for key in known)
        if share is not None and (
            isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1
        ):
            fix = "give a fraction: 0.30 is 30 %"
            self._add("updates_share is malformed", fix, "guards", known[0])
            share = None
        if at_least is not None and (
            isinstance(at_least, bool) or not isinstance(at_least, int) or at_least < 0
        ):
            fix = "give a number of items"
            self._add("updates_share_at_least is malformed", fix, "guards", known[1])
            at_least = None
        return GuardSettings(updates_share=share, updates_share_at_least=at_least)

    def _collections(self, table: Mapping[str, object]) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for key, value in table.items():
            if value == ADD_ONLY:
                found[key] = ADD_ONLY
            else:
                self._add(
                    f"unknown way to manage {key}: {value}",
                    f'write "{key}" = "{ADD_ONLY}", or remove the line',
                    "collections",
                    key,
                )
        return found

    def _ignore(self, table: Mapping[str, object]) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for key, value in table.items():
            fields = cast("list[object]", value) if isinstance(value, list) else []
            if fields and all(isinstance(one, str) and one for one in fields):
                found[key] = tuple(map(str, fields))
            else:
                self._add(
                    f"{key} lists no fields",
                    f'give names of fields in a list, or all: "{key}" = ["*"]',
                    "ignore",
                    key,
                )
        return found

    def _add(self, what: str, fix: str, *path: str) -> None:
        self._problems.append(Problem(what=what, fix=fix, place=self._empty.place_of(*path)))


def hint_for(word: str, known: Iterable[str]) -> str:
    """Suggest the known name closest to an unknown one."""
    similar = nearest(word, known)
    return f"did you mean {similar}?" if similar else "remove it; `--help` lists the options"
