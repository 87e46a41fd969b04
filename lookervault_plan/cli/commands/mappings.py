"""`mappings`: which id of the source is which of the destination."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Group, Parameter

from lookervault_plan.cli.docstring import paragraphs
from lookervault_plan.cli.options import COMMON, DEFAULT_STATE, Common, StateFile

if TYPE_CHECKING:
    from lookervault_plan.cli.screen import Screen
    from lookervault_plan.content.node import Ref

app = App(
    name="mappings",
    help="Which id of the source is which of the destination.",
    group_parameters=Group("Options", sort_key=0),
)

Types = Annotated[str, Parameter(metavar="TYPE")]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Where:
    """Whose mappings, and where they are."""

    source_instance: Annotated[str | None, Parameter(metavar="URL")] = None
    """The source, or the fingerprint of a backup of unknown origin; left out, the only one that
    the state knows."""

    destination: Annotated[str | None, Parameter(metavar="URL")] = None
    """The destination; left out, the only one that the state knows."""

    state: StateFile = DEFAULT_STATE
    """The database that keeps the mappings."""


WHERE = Where()


def list_(*types: Types, where: Where = WHERE, common: Common = COMMON) -> int:
    """List the mapped ids.

    Parameters
    ----------
    types
        Only these content types, singular or plural.
    where, common
        Shared options.

    """
    import msgspec  # noqa: PLC0415

    from lookervault_plan.cli.screen import Screen  # noqa: PLC0415
    from lookervault_plan.render.mappings import mappings_text  # noqa: PLC0415
    from lookervault_plan.state.store import open_state  # noqa: PLC0415
    from lookervault_plan.workflows.mappings import listed  # noqa: PLC0415

    with open_state(where.state, readonly=True) as remembered:
        found = listed(remembered, where.source_instance, where.destination, _singular(types))
    screen = Screen(common)
    if common.json:
        screen.write(msgspec.json.encode(found) + b"\n")
    else:
        screen.show(mappings_text(found))
    return 0


def get(address: str, /, *, where: Where = WHERE, common: Common = COMMON) -> int:
    """Show what the destination calls an item.

    Parameters
    ----------
    address
        The item as the source calls it: dashboard:42.
    where, common
        Shared options.

    """
    from lookervault_plan.cli.screen import Screen  # noqa: PLC0415
    from lookervault_plan.state.store import open_state  # noqa: PLC0415
    from lookervault_plan.workflows.mappings import between, destination_of  # noqa: PLC0415

    ref = _item(address)
    with open_state(where.state, readonly=True) as remembered:
        pair = between(remembered, where.source_instance, where.destination)
        found = destination_of(remembered, pair, ref)
    _tell(Screen(common), {"address": ref.address, "destination_id": found}, found)
    return 0


def set_(
    address: str, destination_id: str, /, *, where: Where = WHERE, common: Common = COMMON
) -> int:
    """Say which item of the destination an item of the source is.

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
    from lookervault_plan.cli.connect import now  # noqa: PLC0415
    from lookervault_plan.cli.screen import Screen  # noqa: PLC0415
    from lookervault_plan.state.store import open_state  # noqa: PLC0415
    from lookervault_plan.workflows.mappings import between, set_one  # noqa: PLC0415

    ref, id_ = _item(address), _id(destination_id)
    with open_state(where.state) as remembered:
        pair = between(remembered, where.source_instance, where.destination)
        before = set_one(remembered, pair, ref, id_, at=now())
    was = f" (it was {before})" if before not in (None, id_) else ""
    facts = {"address": ref.address, "destination_id": id_, "before": before}
    _tell(Screen(common), facts, f"{ref.address} is {id_} in {pair.destination} now{was}.")
    return 0


def remove(*addresses: str, where: Where = WHERE, common: Common = COMMON) -> int:
    """Forget which item of the destination an item of the source is.

    Parameters
    ----------
    addresses
        Items as the source calls them: dashboard:42.
    where, common
        Shared options.

    """
    from lookervault_plan.cli.screen import Screen  # noqa: PLC0415
    from lookervault_plan.errors import failure  # noqa: PLC0415
    from lookervault_plan.state.store import open_state  # noqa: PLC0415
    from lookervault_plan.workflows import mappings as work  # noqa: PLC0415

    if not addresses:
        raise failure("usage", "nothing says what to remove", fix="name items, as dashboard:42")
    refs = [_item(address) for address in addresses]
    with open_state(where.state) as remembered:
        pair = work.between(remembered, where.source_instance, where.destination)
        gone = work.remove(remembered, pair, refs)
    _tell(Screen(common), {"removed": gone}, f"Forgot {_counted(gone)}.")
    return 0


def clear(
    *types: Types, auto_approve: bool = False, where: Where = WHERE, common: Common = COMMON
) -> int:
    """Forget all mappings between two instances.

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
    from lookervault_plan.cli.screen import Screen  # noqa: PLC0415
    from lookervault_plan.state.store import open_state  # noqa: PLC0415
    from lookervault_plan.workflows import mappings as work  # noqa: PLC0415

    screen, wanted = Screen(common), _singular(types)
    with open_state(where.state) as remembered:
        pair = work.between(remembered, where.source_instance, where.destination)
        number = len(work.listed(remembered, pair.source, pair.destination, wanted))
        if number and not auto_approve:
            _ask(screen, f"Forget {_counted(number)} from {pair.source} to {pair.destination}?")
        gone = work.clear(remembered, pair, wanted)
    _tell(screen, {"removed": gone}, f"Forgot {_counted(gone)}.")
    return 0


def import_(file: Path, /, *, where: Where = WHERE, common: Common = COMMON) -> int:
    """Take over the ids of a remaps file, YAML or JSON.

    Its emails, folders, models, explores and connections are no ids: they are left out, and
    belong to `plan --remaps`.

    Parameters
    ----------
    file
        As `mappings export` writes it.
    where, common
        Shared options.

    """
    import msgspec  # noqa: PLC0415

    from lookervault_plan.cli.connect import now  # noqa: PLC0415
    from lookervault_plan.cli.remaps import read_remaps  # noqa: PLC0415
    from lookervault_plan.cli.screen import Screen  # noqa: PLC0415
    from lookervault_plan.state.store import open_state  # noqa: PLC0415
    from lookervault_plan.workflows.mappings import between, import_file  # noqa: PLC0415

    remaps = read_remaps(file)
    with open_state(where.state) as remembered:
        pair = between(remembered, where.source_instance, where.destination)
        done = import_file(remembered, pair, remaps, at=now())
    text = f"Took over {_counted(done.added + done.changed)}; {done.unchanged} unchanged."
    if done.left_out:
        names = ", ".join(f"{section} ({number})" for section, number in done.left_out.items())
        text += f"\nLeft out, since they are no ids: {names}. `plan --remaps` takes them."
    _tell(Screen(common), msgspec.structs.asdict(done), text)
    return 0


def export(
    *types: Types,
    format_: Annotated[Literal["yaml", "json"], Parameter(name="--format", alias="-f")] = "yaml",
    out: Annotated[Path | None, Parameter(alias="-o", metavar="FILE")] = None,
    where: Where = WHERE,
    common: Common = COMMON,
) -> int:
    """Write the mapped ids as a remaps file.

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
    import msgspec  # noqa: PLC0415

    from lookervault_plan.cli.files import check_writable, write_whole  # noqa: PLC0415
    from lookervault_plan.cli.screen import Screen  # noqa: PLC0415
    from lookervault_plan.remaps.document import lay_out  # noqa: PLC0415
    from lookervault_plan.state.store import open_state  # noqa: PLC0415
    from lookervault_plan.workflows.mappings import between, exported  # noqa: PLC0415

    if out is not None:
        check_writable(out)
    with open_state(where.state, readonly=True) as remembered:
        pair = between(remembered, where.source_instance, where.destination)
        found = exported(remembered, pair, _singular(types))
    if format_ == "json" or (common.json and out is None):
        data = msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n"
    else:
        data = lay_out(found).encode()
    screen = Screen(common)
    if out is None:
        screen.write(data)
        return 0
    write_whole(out, data)
    number = sum(map(len, found.values()))
    _tell(screen, {"exported": number, "file": str(out)}, f"Wrote {_counted(number)} to {out}.")
    return 0


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


def _singular(types: Iterable[str]) -> list[str]:
    """Content types as the table has them; raises PlanError for what is none."""
    from lookervault_plan.cli.types import singular  # noqa: PLC0415
    from lookervault_plan.errors import failure  # noqa: PLC0415

    try:
        return [singular(name) for name in types]
    except ValueError as error:
        what, _, hint = str(error).partition(". ")
        raise failure("usage", what[:1].lower() + what[1:], fix=hint) from error


def _item(address: str) -> "Ref":
    """`dashboards:42` as what it names; raises PlanError for what is no address."""
    from lookervault_plan.content.node import Ref  # noqa: PLC0415
    from lookervault_plan.errors import failure  # noqa: PLC0415

    type_, colon, id_ = address.partition(":")
    if not colon:
        raise failure("usage", f"{address} is no address", fix="write type and id: dashboard:42")
    (kind,) = _singular([type_])
    return Ref(kind, _id(id_))


def _id(text: str) -> str:
    from lookervault_plan.errors import failure  # noqa: PLC0415

    if not text or any(char.isspace() for char in text):
        raise failure("usage", f"{text!r} is no id", fix="an id has no spaces")
    return text


def _ask(screen: "Screen", question: str) -> None:
    """Raise Refused without a yes."""
    from rich.text import Text  # noqa: PLC0415

    from lookervault_plan.errors import refusal  # noqa: PLC0415

    if screen.common.json or not sys.stdin.isatty():
        raise refusal(
            "mappings.no-consent",
            "clear asks before it forgets, and there is nobody to ask",
            fix="pass --auto-approve",
        )
    screen.insist(Text(f"{question}\n  Only 'yes' will be accepted to approve.", "bold"))
    if sys.stdin.readline().strip() != "yes":
        raise refusal("mappings.no-consent", "clear was cancelled: the answer was not yes")


def _counted(number: int) -> str:
    from lookervault_plan.render.amounts import counted  # noqa: PLC0415

    return counted(number, "mapping")


def _tell(screen: "Screen", facts: object, text: str) -> None:
    import msgspec  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    if screen.common.json:
        screen.write(msgspec.json.encode(facts) + b"\n")
    else:
        screen.show(Text(text))
