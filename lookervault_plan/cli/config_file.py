"""Read lookervault-plan.toml: options by command, and the thresholds of guards."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

from lookervault_plan.selectors.suggest import nearest

if TYPE_CHECKING:
    from lookervault_plan.errors import PlanError

FILE = "lookervault-plan.toml"
#: The environment variable that names another file. It sets no option.
FILE_VARIABLE = "LOOKERVAULT_PLAN_CONFIG"

Scalar = str | int | float | bool
#: The value of one option, or the values of one that can be given several times.
Setting = Scalar | tuple[Scalar, ...]


@dataclass(frozen=True, kw_only=True)
class GuardSettings:
    """The table `[guards]`. Shares are fractions: 0.30 is 30 %."""

    updates_share: float | None = None
    updates_share_at_least: int | None = None


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
    guards: GuardSettings = GuardSettings()


def read_config_file(environ: Mapping[str, str]) -> ConfigFile:
    """Read the file that LOOKERVAULT_PLAN_CONFIG names, else the one in the working directory.

    Return an empty ConfigFile if neither exists. Raise PlanError if the file is malformed. Option
    names are not checked here: `option_sources` does that.
    """
    named = environ.get(FILE_VARIABLE, "").strip()
    path = Path(named or FILE)
    if not named and not path.is_file():
        return ConfigFile()
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise malformed(path.name, f"is no TOML: {error}", fix="mend that line") from error
    except OSError as error:
        why = error.strerror or str(error)
        fix = f"check {FILE_VARIABLE}" if named else "check its permissions"
        raise malformed(str(path), f"can't be read: {why}", fix=fix) from error
    return _parse(path.name, document)


def _parse(name: str, document: Mapping[str, object]) -> ConfigFile:
    tables = {
        key: cast("Mapping[str, object]", value)
        for key, value in document.items()
        if isinstance(value, dict)
    }
    guards = tables.pop("guards", {})
    return ConfigFile(
        name=name,
        flat=_settings(name, document),
        tables=dict(_tables(name, tables)),
        guards=_guards(name, guards),
    )


def _tables(
    name: str, tables: Mapping[str, object], above: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Mapping[str, Setting]]]:
    for key, value in tables.items():
        if isinstance(value, dict):
            table = cast("Mapping[str, object]", value)
            yield (*above, key), _settings(name, table)
            yield from _tables(name, table, (*above, key))


def _settings(name: str, table: Mapping[str, object]) -> Mapping[str, Setting]:
    out: dict[str, Setting] = {}
    for key, value in table.items():
        option = key.replace("_", "-")
        if isinstance(value, dict):
            continue
        if option in out:
            raise malformed(name, f"sets {key} twice", fix="keep one of the two")
        if isinstance(value, str | int | float):
            out[option] = value
        elif isinstance(value, list) and all(
            isinstance(one, str | int | float) for one in cast("list[object]", value)
        ):
            out[option] = tuple(cast("list[Scalar]", value))
        else:
            raise malformed(
                name, f"has no plain value for {key}", fix="give a text, a number, true or false"
            )
    return out


def _guards(name: str, table: Mapping[str, object]) -> GuardSettings:
    known = ("updates_share", "updates_share_at_least")
    for key in table:
        if key not in known:
            raise malformed(
                name, f"has an unknown key in [guards]: {key}", fix=hint_for(key, known)
            )
    share, at_least = (table.get(key) for key in known)
    if share is not None and (
        isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1
    ):
        raise malformed(name, "has a malformed updates_share", fix="give a fraction: 0.30 is 30 %")
    if at_least is not None and (
        isinstance(at_least, bool) or not isinstance(at_least, int) or at_least < 0
    ):
        raise malformed(
            name, "has a malformed updates_share_at_least", fix="give a number of items"
        )
    return GuardSettings(updates_share=share, updates_share_at_least=at_least)


def hint_for(word: str, known: Iterable[str]) -> str:
    """Suggest the known name closest to an unknown one."""
    similar = nearest(word, known)
    return f"did you mean {similar}?" if similar else "remove it; `--help` lists the options"


def malformed(name: str, what: str, *, fix: str) -> "PlanError":
    """Make the error for a malformed file."""
    from lookervault_plan.errors import failure  # noqa: PLC0415 — msgspec, 50 ms

    return failure("config.malformed", f"{name} {what}", fix=fix)
