"""Steps for an access list that stops inheriting.

Looker copies the inherited entries into the item's own list (looker-api.md 3.5), and no plan can
know their ids. One read lists them; copies that the backup wants stay, the others are deleted, and
missing entries are created.
"""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from lookervault_plan.content.node import DesiredNode, Ref
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.plan_file import ContentWriting, Create, Parts
from lookervault_plan.steps.builder import StepBuilder
from lookervault_plan.steps.step import (
    DeleteLeftoversStep,
    FindStep,
    PartOfOwner,
    RequestTemplate,
    Step,
)
from lookervault_plan.steps.step_id import StepId


def steps_over_copies(
    build: StepBuilder, item: DesiredNode, action: ContentWriting
) -> tuple[Step, ...]:
    """Return the steps for parts that Looker copies; empty if it copies none for this action."""
    for collection in KINDS[item.kind].item.collections:
        row = KINDS[collection.kind]
        nodes = item.parts.get(collection.name)
        if not row.is_access_entry or nodes is None:
            continue
        owner = next((part for part in item.with_parts() if part.kind == row.refs[0].kind), None)
        name = next(
            each.name for each in KINDS[item.kind].item.collections if each.kind == row.refs[0].kind
        )
        changed = action.parts.get(name, Parts())
        if owner is None or not (isinstance(action, Create) or changed.update):
            continue
        planned = action.parts.get(collection.name, Parts())
        wanted = {entry.key for entry in planned.create}
        is_patched = bool(changed.create or changed.update)
        found = [node for node in nodes if node.id in wanted]
        return tuple(_steps(build, owner, found, collection.kind, is_patched=is_patched))
    return ()


def _steps(
    build: StepBuilder,
    owner: DesiredNode,
    nodes: Sequence[DesiredNode],
    kind: str,
    *,
    is_patched: bool,
) -> Iterator[Step]:
    row = KINDS[kind]
    scope = row.refs[0].path
    patch = (build.id(owner.ref, "update"),) if is_patched else ()
    find = build.id(owner.ref, "find")
    sweep = StepId.of_collection(build.action.address, kind, "delete")
    yield FindStep(
        id=find,
        kind=kind,
        request=RequestTemplate(
            method="GET", path=row.path, target=owner.ref, query={scope: "{0}"}
        ),
        needs=(*build.needed((owner.ref,)), *patch),
        seeks=tuple(_copy_of(node, scope) for node in nodes),
        leftovers=sweep,
    )
    yield DeleteLeftoversStep(
        id=sweep,
        kind=kind,
        request=RequestTemplate(method="DELETE", path=row.path),
        needs=(find,),
    )
    for node in nodes:
        step = build.create(node)
        yield replace(step, needs=(*step.needs, find), after=(sweep,), skip_if_found=True)


def _copy_of(node: DesiredNode, scope: str) -> PartOfOwner:
    """Describe Looker's copy of a wanted entry: the user or group it is for, and its values."""
    by, end = next(
        (path, ref) for path, ref in node.refs.items() if ref is not None and path != scope
    )
    return PartOfOwner(node.ref, by, Ref(end.kind, end.id), dict(node.fields))
