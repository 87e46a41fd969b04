"""Run `mappings`: list, change, import and export remembered ids."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec
from rich.text import Text

from lookervault_plan.cli.clock import now
from lookervault_plan.cli.commands.mappings import Where
from lookervault_plan.cli.input_files import read_remaps
from lookervault_plan.cli.options import Common
from lookervault_plan.cli.output_files import check_writable, write_whole
from lookervault_plan.cli.screen import Screen
from lookervault_plan.cli.state_access import change_state, read_state
from lookervault_plan.cli.type_names import singular
from lookervault_plan.content.node import LiveId, Ref, SourceId, SourceRef
from lookervault_plan.errors import failure, refusal
from lookervault_plan.remaps.document import to_yaml
from lookervault_plan.render.amounts import counted
from lookervault_plan.render.mappings import mappings_text
from lookervault_plan.state.store import State
from lookervault_plan.workflows import mappings as workflow


def list_mappings(types: Sequence[str], *, where: Where, common: Common) -> int:
    """List the mappings of these types, or of all types."""
    with read_state(where.state, where.destination) as state:
        mappings = workflow.list_mappings(
            state, where.source_instance, where.destination, _kinds_of(types)
        )
    Screen(common).answer(mappings, mappings_text(mappings))
    return 0


def get(address: str, *, where: Where, common: Common) -> int:
    """Show the destination's id of an item."""
    ref = _ref_of(address)
    with read_state(where.state, where.destination) as state:
        id_ = workflow.destination_of(state, _instances(state, where), ref)
    facts = {"address": ref.address, "destination_id": id_}
    Screen(common).answer(facts, Text(id_))
    return 0


def set_mapping(address: str, destination_id: str, *, where: Where, common: Common) -> int:
    """Map an item to an id of the destination."""
    ref, id_ = _ref_of(address), LiveId(_checked_id(destination_id))
    with change_state(where.state, where.destination) as state:
        instances = _instances(state, where)
        before = workflow.set_mapping(state, instances, ref, id_, at=now())
    was = f" (it was {before})" if before not in (None, id_) else ""
    facts = {"address": ref.address, "destination_id": id_, "before": before}
    text = f"{ref.address} is {id_} in {instances.destination} now{was}."
    Screen(common).answer(facts, Text(text))
    return 0


def remove(addresses: Sequence[str], *, where: Where, common: Common) -> int:
    """Forget the mappings of these items."""
    if not addresses:
        raise failure(
            "usage", "no mappings to remove were given", fix="name items, as dashboard:42"
        )
    refs = [_ref_of(address) for address in addresses]
    with change_state(where.state, where.destination) as state:
        removed = workflow.remove(state, _instances(state, where), refs)
    Screen(common).answer({"removed": removed}, Text(f"Forgot {_counted(removed)}."))
    return 0


def clear(types: Sequence[str], *, auto_approve: bool, where: Where, common: Common) -> int:
    """Forget the mappings of these types, or of all types. Asks unless `auto_approve` is set."""
    screen, kinds = Screen(common), _kinds_of(types)
    with change_state(where.state, where.destination) as state:
        instances = _instances(state, where)
        source, destination = instances.source, instances.destination
        number = len(workflow.list_mappings(state, source, destination, kinds))
        if number and not auto_approve:
            _ask(screen, f"Forget {_counted(number)} from {source} to {destination}?")
        removed = workflow.clear(state, instances, kinds)
    screen.answer({"removed": removed}, Text(f"Forgot {_counted(removed)}."))
    return 0


def import_file(file: Path, *, where: Where, common: Common) -> int:
    """Remember the ids of a remaps file."""
    remaps = read_remaps(file)
    with change_state(where.state, where.destination) as state:
        done = workflow.import_file(state, _instances(state, where), remaps, at=now())
    text = f"Took over {_counted(done.added + done.changed)}; {done.unchanged} unchanged."
    if done.left_out:
        names = ", ".join(f"{section} ({number})" for section, number in done.left_out.items())
        text += f"\nLeft out, since they are no ids: {names}. `plan --remaps` takes them."
    Screen(common).answer(done, Text(text))
    return 0


def export(
    types: Sequence[str],
    *,
    format_: Literal["yaml", "json"],
    out: Path | None,
    where: Where,
    common: Common,
) -> int:
    """Write the mapped ids as a remaps file, to stdout or to a file."""
    if out is not None:
        check_writable(out)
    with read_state(where.state, where.destination) as state:
        ids = workflow.ids_by_type(state, _instances(state, where), _kinds_of(types))
    if format_ == "json" or (common.json and out is None):
        data = msgspec.json.format(msgspec.json.encode(ids), indent=2) + b"\n"
    else:
        data = to_yaml(ids).encode()
    screen = Screen(common)
    if out is None:
        screen.write(data)
        return 0
    write_whole(out, data)
    number = sum(map(len, ids.values()))
    facts = {"exported": number, "file": str(out)}
    screen.answer(facts, Text(f"Wrote {_counted(number)} to {out}."))
    return 0


def _instances(state: State, where: Where) -> workflow.InstancePair:
    return workflow.find_pair(state, where.source_instance, where.destination)


def _kinds_of(types: Sequence[str]) -> list[str]:
    """Turn names of content types into kinds. Raise PlanError for an unknown one."""
    try:
        return [singular(name) for name in types]
    except ValueError as error:
        what, _, hint = str(error).partition(". ")
        raise failure("usage", what[:1].lower() + what[1:], fix=hint) from error


def _ref_of(address: str) -> SourceRef:
    """Parse `dashboards:42`. Raise PlanError if it is not an address."""
    type_, colon, id_ = address.partition(":")
    if not colon:
        raise failure(
            "usage", f"{address} is not an address", fix="write TYPE:ID, as in dashboard:42"
        )
    (kind,) = _kinds_of([type_])
    return Ref(kind, SourceId(_checked_id(id_)))


def _checked_id(text: str) -> str:
    if not text or any(char.isspace() for char in text):
        raise failure("usage", f"{text!r} is not an ID", fix="IDs contain no spaces")
    return text


def _ask(screen: Screen, question: str) -> None:
    """Ask on the terminal. Raise Refused unless the answer is yes."""
    if screen.common.json or not sys.stdin.isatty():
        raise refusal(
            "mappings.no-consent",
            "clear prompts before it deletes mappings, and there is no terminal",
            fix="pass --auto-approve",
        )
    screen.insist(Text(f"{question}\n  Only 'yes' will be accepted to approve.", "bold"))
    if sys.stdin.readline().strip() != "yes":
        raise refusal("mappings.no-consent", "clear was cancelled: the answer was not yes")


def _counted(number: int) -> str:
    return counted(number, "mapping")
