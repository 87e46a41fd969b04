"""Read the ids that replies reveal, and build the journal's row of a finished step."""

from collections.abc import Iterable, Iterator, Mapping

from lookervault_plan.content.json_path import get
from lookervault_plan.content.node import Json, LiveId, Raw, SourceRef
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.execution.ids import Workspace
from lookervault_plan.execution.replies import reveals_id
from lookervault_plan.state.rows import IdMapping, PartMapping, StepOutcome
from lookervault_plan.steps.step import (
    CreateQueryStep,
    CreateStep,
    FindStep,
    ReplaceListStep,
    Step,
    WritingStep,
)


def revealed_ids(step: Step, reply_json: Json, workspace: Workspace) -> dict[SourceRef, LiveId]:
    """Return the destination ids that a reply names, by source reference.

    Remembers in `workspace` the objects that the reply shows.
    """
    if isinstance(step, FindStep):
        return _listed_parts(step, reply_json, workspace)
    known: dict[SourceRef, LiveId] = {}
    if not isinstance(reply_json, Mapping) or not isinstance(step, CreateStep | CreateQueryStep):
        return known
    if reveals_id(step):
        known[step.source] = LiveId(str(reply_json[KINDS[step.kind].id_field]))
        if KINDS[step.kind].item.reply_fields:
            workspace.reply_objects[step.source] = reply_json
    if isinstance(step, CreateStep):
        known |= _also_created(step, reply_json, workspace)
    return known


def _also_created(
    step: CreateStep, reply_json: Raw, workspace: Workspace
) -> dict[SourceRef, LiveId]:
    """Return the ids of items and parts that Looker made together with the new object."""
    known: dict[SourceRef, LiveId] = {}
    for path, ref in step.also_created.items():
        # A new user gets a folder of his own even if the plan uses his former one.
        if (id_ := get(reply_json, path)) and not workspace.is_planned(ref):
            known[ref] = LiveId(str(id_))
    for one in step.adopts:
        parts = objects_of(reply_json.get(one.path))
        flagged = [raw for raw in parts if one.flag and raw.get(one.flag)]
        for raw in (flagged or parts)[:1]:
            known[one.source] = LiveId(str(raw[KINDS[one.source.kind].id_field]))
            workspace.reply_objects[one.source] = raw
    return known


def _listed_parts(
    step: FindStep, reply_json: Json, workspace: Workspace
) -> dict[SourceRef, LiveId]:
    """Return the ids of the parts sought; keep the others for the step that deletes them."""
    known: dict[SourceRef, LiveId] = {}
    for ref, raw in _found(step, reply_json, workspace):
        known[ref] = LiveId(str(raw[KINDS[ref.kind].id_field]))
        workspace.reply_objects[ref] = raw
    if step.leftovers is not None:
        found = set(known.values())
        ids = (LiveId(str(raw[KINDS[step.kind].id_field])) for raw in objects_of(reply_json))
        workspace.leftovers[step.leftovers] = [id_ for id_ in ids if id_ not in found]
    return known


def outcome_of(
    step: Step,
    workspace: Workspace,
    known: Mapping[SourceRef, LiveId],
    *,
    at: str,
    attempts: int,
    skipped: bool,
) -> StepOutcome:
    """Return the journal's row of a step that succeeded, with the ids it is known by."""
    ids = dict(known)
    if isinstance(step, WritingStep | CreateQueryStep):
        found = workspace.resolve(step.source)
        if found is not None:
            _ = ids.setdefault(step.source, found)
    return StepOutcome(
        step=str(step.id),
        outcome="skipped" if skipped else "done",
        at=at,
        attempts=attempts,
        revealed={ref.address: id_ for ref, id_ in known.items()},
        mappings=tuple(
            IdMapping(ref.kind, ref.id, id_)
            for ref, id_ in ids.items()
            if KINDS[ref.kind].is_item and workspace.is_bound(ref)
        ),
        parts=(
            *_assigned(step, workspace),
            # Queries belong to no item: each is known by its own address.
            *(
                PartMapping(
                    workspace.address if KINDS[ref.kind].is_part else ref.address,
                    ref.kind,
                    ref.id,
                    id_,
                )
                for ref, id_ in ids.items()
                if KINDS[ref.kind].is_part or KINDS[ref.kind].content_addressed
            ),
        ),
    )


def _assigned(step: Step, workspace: Workspace) -> Iterator[PartMapping]:
    """Record the assignments that one request has written together."""
    if isinstance(step, ReplaceListStep):
        for ref in step.request.slots.values():
            if id_ := workspace.resolve(ref):
                yield PartMapping(workspace.address, step.kind, ref.id, id_)


def _found(
    step: FindStep, reply_json: Json, workspace: Workspace
) -> Iterable[tuple[SourceRef, Raw]]:
    parts = objects_of(reply_json)
    for one in step.seeks:
        owner = workspace.resolve(one.owner)
        for raw in parts:
            is_equal = all(raw.get(name) == value for name, value in one.values.items())
            if owner is not None and str(raw.get(one.owner_field)) == owner and is_equal:
                yield one.source, raw
                break


def objects_of(value: Json) -> list[Raw]:
    """Return the objects of a list; none of anything else."""
    if isinstance(value, str) or not isinstance(value, (list, tuple)):
        return []
    return [entry for entry in value if isinstance(entry, Mapping)]
