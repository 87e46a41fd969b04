"""What the walk is over: a unit for each action, and one for what an action writes later."""

from collections.abc import Callable, Iterator

from lookervault_plan.content.node import Address, Node, Ref
from lookervault_plan.content.table.kinds import KINDS, IfMissing
from lookervault_plan.content.text_links import Instances, links
from lookervault_plan.errors import Diagnostic
from lookervault_plan.execution.resume import History
from lookervault_plan.execution.walk import Unit
from lookervault_plan.plan_file import Action, ContentWriting, Plan, parts_of
from lookervault_plan.steps.builder import deferred_paths

#: `dashboard:42#fix` is the unit that writes the deferred values of `dashboard:42`
FIX = "#fix"


def units_of(
    plan: Plan,
    history: History,
    load: Callable[[Ref], Node | Diagnostic],
    instances: Instances,
) -> list[Unit]:
    """Every action that writes and is not done, in the plan's order."""
    units: list[Unit] = []
    for action in plan.writing:
        if history.actions.get(action.address) == "done":
            continue
        units.append(Unit(action.address, action.depends_on, length_of(action)))
        if isinstance(action, ContentWriting) and action.deferred:
            node = load(Ref.parse(action.address))
            ends = _ends(action, node, instances) if isinstance(node, Node) else iter(())
            others = (each.until for each in action.interim)
            needs = (action.address, *(ref.address for ref in ends), *others)
            units.append(Unit(f"{action.address}{FIX}", tuple(dict.fromkeys(needs))))
    return units


def only_links(action: ContentWriting, node: Node, end: Address, instances: Instances) -> bool:
    """Whether an item can do without `end`: its texts link to it, or a soft reference does."""
    if end == action.address or any(each.until == end for each in action.interim):
        return False
    soft: set[Ref] = set()
    hard: set[Ref] = set()
    for each in node.walk():
        row = KINDS[each.kind]
        for path, ref in each.refs.items():
            if ref is not None:
                (soft if row.reference(path).if_missing is IfMissing.DROP else hard).add(ref)
        for field in row.fields:
            if field.holds_links:
                soft.update(links(each.fields.get(field.path), instances))
    ref = Ref.parse(end)
    return ref in soft and ref not in hard


def length_of(action: Action) -> int:
    """The longest chain of steps of an action, as the plan shows it.

    Parts of a serial kind come one after the other, those of another kind all at once.
    """
    length = 1
    for collection in KINDS[action.type].item.collections:
        parts = parts_of(action).get(collection.name)
        if parts is None:
            continue
        created = len(parts.create)
        length += created if KINDS[collection.kind].part.created_in_order else bool(created)
        length += bool(parts.update) + bool(parts.delete)
    return length


def _ends(action: ContentWriting, node: Node, instances: Instances) -> Iterator[Ref]:
    """What the deferred values point to."""
    for owner, paths in deferred_paths(action).items():
        name, _, key = owner.partition("/")
        nodes = node.parts.get(name, ()) if owner else (node,)
        for part in nodes:
            if owner and part.id != key:
                continue
            for path in paths:
                if ref := part.refs.get(path):
                    yield ref
                yield from links(part.fields.get(path), instances)
