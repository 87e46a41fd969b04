"""An access list that becomes an item's own: Looker copies what it inherited (A 3.5).

What the copies are is known only when they are there. They are read once; those that are wanted
stay, the others are deleted, and what is missing is added.
"""

from collections.abc import Iterator, Sequence

import msgspec

from lookervault_plan.content.node import Node, Ref
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.plan_file import ContentWriting, Create, Parts
from lookervault_plan.steps.builder import Composer
from lookervault_plan.steps.step import Sought, Step


def steps_over_copies(write: Composer, item: Node, action: ContentWriting) -> tuple[Step, ...]:
    """The steps for parts of which Looker makes some that no plan can know; else none."""
    for collection in KINDS[item.kind].item.collections:
        row = KINDS[collection.kind]
        nodes = item.parts.get(collection.name)
        if not row.is_access_entry or nodes is None:
            continue
        owner = next((part for part in item.walk() if part.kind == row.refs[0].kind), None)
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
        return tuple(_steps(write, owner, found, collection.kind, is_patched=is_patched))
    return ()


def _steps(
    write: Composer, owner: Node, nodes: Sequence[Node], kind: str, *, is_patched: bool
) -> Iterator[Step]:
    row = KINDS[kind]
    scope = row.refs[0].path
    patch = (write.id(owner.ref, "update"),) if is_patched else ()
    find, sweep = write.id(owner.ref, "find"), f"{write.action.address}/{kind}#delete"
    yield Step(
        id=find,
        kind=kind,
        operation="find",
        method="GET",
        path=row.path,
        target=owner.ref,
        query={scope: "{0}"},
        needs=(*write.needed((owner.ref,)), *patch),
        seeks=tuple(_sought(node, scope) for node in nodes),
        rest=sweep,
    )
    yield Step(
        id=sweep,
        kind=kind,
        operation="delete",
        method="DELETE",
        path=row.path,
        needs=(find,),
    )
    for node in nodes:
        step = write.create(node)
        yield msgspec.structs.replace(
            step, needs=(*step.needs, find), after=(sweep,), unless_found=True
        )


def _sought(node: Node, scope: str) -> Sought:
    """What Looker's copy of a wanted entry is told by: whom it is for, and what it says."""
    by, end = next(
        (path, ref) for path, ref in node.refs.items() if ref is not None and path != scope
    )
    return Sought(node.ref, by, Ref(end.kind, end.id), dict(node.fields))
