"""`mappings`: list, change, import and export remembered ids."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Group, Parameter

from lookervault_plan.cli.help_text import paragraphs
from lookervault_plan.cli.options import COMMON, DEFAULT_STATE, Common, StateFile

app = App(
    name="mappings",
    help="Manage source-to-destination ID mappings.",
    group_parameters=Group("Options", sort_key=0),
)

Types = Annotated[str, Parameter(metavar="TYPE")]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Where:
    """Options that say between which instances, and in which state."""

    source_instance: Annotated[str | None, Parameter(metavar="URL")] = None
    """The source, or the fingerprint of a backup of unknown origin; left out, the only one that
    the state knows."""

    destination: Annotated[str | None, Parameter(metavar="URL")] = None
    """The destination; left out, the only one that the state knows."""

    state: StateFile = DEFAULT_STATE
    """The database that keeps the mappings."""


WHERE = Where()


def list_(*types: Types, where: Where = WHERE, common: Common = COMMON) -> int:
    """List mappings.

    Parameters
    ----------
    types
        Only these content types, singular or plural.
    where, common
        Shared options.

    """
    from lookervault_plan.cli.run.mappings import list_mappings as run

    return run(types, where=where, common=common)


def get(address: str, /, *, where: Where = WHERE, common: Common = COMMON) -> int:
    """Show the mapping of an item.

    Parameters
    ----------
    address
        The item as the source calls it: dashboard:42.
    where, common
        Shared options.

    """
    from lookervault_plan.cli.run.mappings import get as run

    return run(address, where=where, common=common)


def set_(
    address: str, destination_id: str, /, *, where: Where = WHERE, common: Common = COMMON
) -> int:
    """Map an item of the source to an item of the destination.

    What was known of its parts under another id is forgotten.

    Parameters
    ----------
    address
        The item as the source calls it: dashboard:42.
    destination_id
        Its id in the destination.
    where, common
        Shared options.

    """
    from lookervault_plan.cli.run.mappings import set_mapping as run

    return run(address, destination_id, where=where, common=common)


def remove(*addresses: str, where: Where = WHERE, common: Common = COMMON) -> int:
    """Delete the mapping of an item.

    Parameters
    ----------
    addresses
        Items as the source calls them: dashboard:42.
    where, common
        Shared options.

    """
    from lookervault_plan.cli.run.mappings import remove as run

    return run(addresses, where=where, common=common)


def clear(
    *types: Types, auto_approve: bool = False, where: Where = WHERE, common: Common = COMMON
) -> int:
    """Delete all mappings between two instances.

    The next plan matches anew, by ids and natural keys. What was renamed or moved on one side
    only is not found again that way.

    Parameters
    ----------
    types
        Only these content types, singular or plural.
    auto_approve
        Don't ask. Never read from a file.
    where, common
        Shared options.

    """
    from lookervault_plan.cli.run.mappings import clear as run

    return run(types, auto_approve=auto_approve, where=where, common=common)


def import_(file: Path, /, *, where: Where = WHERE, common: Common = COMMON) -> int:
    """Import mappings from a remaps file, YAML or JSON.

    Its emails, folders, models, explores and connections are no ids: they are left out, and
    belong to `plan --remaps`.

    Parameters
    ----------
    file
        As `mappings export` writes it.
    where, common
        Shared options.

    """
    from lookervault_plan.cli.run.mappings import import_file as run

    return run(file, where=where, common=common)


def export(
    *types: Types,
    format_: Annotated[Literal["yaml", "json"], Parameter(name="--format", alias="-f")] = "yaml",
    out: Annotated[Path | None, Parameter(alias="-o", metavar="FILE")] = None,
    where: Where = WHERE,
    common: Common = COMMON,
) -> int:
    """Export mappings as a remaps file.

    Parameters
    ----------
    types
        Only these content types, singular or plural.
    format_
        How to write it. On stdout, --json is the same as --format json.
    out
        Write to this file.
    where, common
        Shared options.

    """
    from lookervault_plan.cli.run.mappings import export as run

    return run(types, format_=format_, out=out, where=where, common=common)


for _function, _name in (
    (list_, "list"),
    (get, "get"),
    (set_, "set"),
    (remove, "remove"),
    (clear, "clear"),
    (import_, "import"),
    (export, "export"),
):
    _ = app.command(_function, name=_name, help=paragraphs(_function))
