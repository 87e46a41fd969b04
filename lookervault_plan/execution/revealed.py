"""What a reply reveals, and what the journal keeps of it."""

from collections.abc import Iterable, Mapping

from lookervault_plan.content.json_path import get
from lookervault_plan.content.node import Json, Raw, Ref
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.execution.ids import Workspace
from lookervault_plan.state.rows import IdMapping, PartMapping, StepOutcome
from lookervault_plan.steps.step import Step


def revealed(step: Step, shown: Json, space: Workspace) -> dict[Ref, str]:
    """Every id that the reply names, by what the backup calls it; parts shown are remembered."""
    if step.seeks or step.rest:
        return _sought(step, shown, space)
    known: dict[Ref, str] = {}
    if not isinstance(shown, Mapping):
        return known
    if step.reveals and step.source is not None:
        known[step.source] = str(shown[KINDS[step.kind].id_field])
        if KINDS[step.kind].item.reply_fields:
            space.shown[step.source] = shown
    for path, ref in step.brings.items():
        if id_ := get(shown, path):
            known[ref] = str(id_)
    for one in step.adopts:
        parts = objects_of(shown.get(one.path))
        flagged = [raw for raw in parts if one.first and raw.get(one.first)]
        for raw in (flagged or parts)[:1]:
            known[one.source] = str(raw[KINDS[one.source.kind].id_field])
            space.shown[one.source] = raw
    return known


def _sought(step: Step, shown: Json, space: Workspace) -> dict[Ref, str]:
    """What a read was for; the rest of what it shows is kept for the step that deletes it."""
    known: dict[Ref, str] = {}
    for ref, raw in _found(step, shown, space):
        known[ref] = str(raw[KINDS[ref.kind].id_field])
        space.shown[ref] = raw
    if step.rest:
        found = set(known.values())
        ids = (str(raw[KINDS[step.kind].id_field]) for raw in objects_of(shown))
        space.rest[step.rest] = [id_ for id_ in ids if id_ not in found]
    return known


def outcome_of(
    step: Step,
    space: Workspace,
    known: Mapping[Ref, str],
    *,
    at: str,
    attempts: int,
    skipped: bool,
) -> StepOutcome:
    """The journal's row of a step that went well, mappings of items and parts included."""
    ids = dict(known)
    if step.source is not None and step.operation != "delete":
        found = space.resolve(step.source)
        if found is not None:
            _ = ids.setdefault(step.source, found)
    return StepOutcome(
        step=step.id,
        outcome="skipped" if skipped else "done",
        at=at,
        attempts=attempts,
        revealed={ref.address: id_ for ref, id_ in known.items()},
        mappings=tuple(
            IdMapping(ref.kind, ref.id, id_) for ref, id_ in ids.items() if KINDS[ref.kind].is_item
        ),
        parts=tuple(
            # Queries belong to no item: each is known by its own address.
            PartMapping(
                space.address if KINDS[ref.kind].is_part else ref.address, ref.kind, ref.id, id_
            )
            for ref, id_ in ids.items()
            if KINDS[ref.kind].is_part or KINDS[ref.kind].content_addressed
        ),
    )


def _found(step: Step, shown: Json, space: Workspace) -> Iterable[tuple[Ref, Raw]]:
    parts = objects_of(shown)
    for one in step.seeks:
        owner = space.resolve(one.owner)
        for raw in parts:
            is_alike = all(raw.get(name) == value for name, value in one.like.items())
            if owner is not None and str(raw.get(one.by)) == owner and is_alike:
                yield one.source, raw
                break


def objects_of(value: Json) -> list[Raw]:
    """The objects of a list; of anything else, none."""
    if isinstance(value, str) or not isinstance(value, (list, tuple)):
        return []
    return [entry for entry in value if isinstance(entry, Mapping)]
