"""Write what people read of an action: the content of what is created, and names for ids.

Apply takes nothing from here but the orders of parts, which were decided before.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from msgspec import UNSET
from msgspec.structs import replace

from lookervault_plan.content.json_path import find, get
from lookervault_plan.content.node import (
    DesiredNode,
    Json,
    LiveId,
    LiveNode,
    Node,
    Raw,
    Ref,
    SourceId,
    SourceRef,
)
from lookervault_plan.content.normalise import body_of, empty
from lookervault_plan.content.recipients import recipients
from lookervault_plan.content.table.columns import DefinitionColumns
from lookervault_plan.content.table.kinds import KINDS, Form
from lookervault_plan.plan_file import (
    LISTENS_TO,
    Action,
    Change,
    ContentWriting,
    Create,
    PartAction,
    Parts,
)
from lookervault_plan.planning.compare.diff import new_value, shown
from lookervault_plan.planning.context import Context
from lookervault_plan.planning.references.queries import is_query
from lookervault_plan.planning.references.resolve import Live, New, Resolve
from lookervault_plan.planning.report.names import Names

#: Forms whose values may be large trees: those of parts are not shown.
_TREES = (Form.TREE, Form.JSON)


class Contents:
    """Adds contents and names to the actions of a plan."""

    def __init__(self, context: Context, names: Names) -> None:
        self._context = context
        self._names = names
        #: Set of permissions or models -> the values it has in the backup.
        self._rights: dict[SourceRef, Json] = {}

    def note(self, desired: DesiredNode) -> None:
        """Remember the values of a set, for roles that refer to it."""
        if field := KINDS[desired.kind].item.rights_field:
            self._rights[desired.ref] = desired.fields.get(field)

    def of_item(
        self, desired: DesiredNode, live: LiveNode | None, changes: tuple[Change, ...]
    ) -> tuple[Change, ...]:
        """Name the targets in an item's changes. Put the content of a new item before them."""
        if live is None:
            return (*self._content(desired, is_part=False), *changes)
        return self._with_names(desired, live, changes)

    def of_parts(
        self, desired: DesiredNode, live: LiveNode | None, parts: Mapping[str, Parts]
    ) -> Mapping[str, Parts]:
        """Name the targets in the changes of parts, and add the content of new parts."""
        return {
            name: self._of_collection(name, desired, live, plan) for name, plan in parts.items()
        }

    def _of_collection(
        self, name: str, desired: DesiredNode, live: LiveNode | None, plan: Parts
    ) -> Parts:
        if not (plan.create or plan.update):
            return plan
        nodes = {node.id: node for node in desired.parts.get(name, ())}
        twins = {node.id: node for node in (live.parts.get(name, ()) if live else ())}

        def created(entry: PartAction) -> PartAction:
            node = nodes[entry.key or SourceId("")]
            if KINDS[node.kind].part.place_fields:
                return entry  # the grid shows where
            content = (
                change
                for change in self._content(node, is_part=True)
                if change.after != entry.title or change.path not in KINDS[node.kind].label
            )
            title = self._title(node) or entry.title
            return replace(entry, title=title, changes=(*content, *entry.changes))

        def updated(entry: PartAction) -> PartAction:
            node, twin = nodes[entry.key or SourceId("")], twins[entry.live_id or LiveId("")]
            title = self._title(node) or entry.title
            changes = self._with_names(node, twin, entry.changes)
            return replace(entry, title=title, changes=changes, places=_placed(node))

        return replace(
            plan, create=tuple(map(created, plan.create)), update=tuple(map(updated, plan.update))
        )

    def _title(self, node: DesiredNode) -> str:
        """Name a membership or an access entry by whom it is for; "" for any other part."""
        if not KINDS[node.kind].dropped_with_target:
            return ""
        targets = (ref for ref in node.refs.values() if ref and KINDS[ref.kind].is_item)
        return next((self._names.desired(ref) for ref in targets), "")

    # --- names --------------------------------------------------------------------------------

    def _with_names(
        self, desired: DesiredNode, live: LiveNode, changes: tuple[Change, ...]
    ) -> tuple[Change, ...]:
        return tuple(self._with_name(desired, live, change) for change in changes)

    def _with_name(self, desired: DesiredNode, live: LiveNode, change: Change) -> Change:
        want, have = desired.refs.get(change.path), live.refs.get(change.path)
        if not any(ref and KINDS[ref.kind].is_item for ref in (want, have)):
            return change
        before = self._names.live(have) if have else ""
        after = self._names.desired(want) if want else ""
        return replace(change, before_name=before or UNSET, after_name=after or UNSET)

    # --- content ------------------------------------------------------------------------------

    def _content(self, node: DesiredNode, *, is_part: bool) -> Iterator[Change]:
        """List the values of a new object. Empty ones are left out, as they are to be expected."""
        yield from _values(node, is_part=is_part)
        row = KINDS[node.kind]
        for path, ref in node.refs.items():
            if ref is None:
                continue
            if is_query(node, path):
                if body := body_of(node, path):
                    yield new_value(path.removesuffix("_id"), query_summary(ref.kind, body))
            elif KINDS[ref.kind].is_item and not row.dropped_with_target:
                yield from self._reference(path, ref, self._context.resolver_of(node, path))
        if named := row.part.sibling_names:
            names = [str(name) for _, name in find(node.raw, named.path) if name]
            if names:
                yield Change(path=LISTENS_TO, after=list(dict.fromkeys(names)))

    def _reference(self, path: str, ref: SourceRef, resolve: Resolve) -> Iterator[Change]:
        target = resolve(ref)
        if not isinstance(target, Live | New):
            return
        name = self._names.desired(ref)
        if isinstance(target, Live):
            name = name or self._names.live(Ref(ref.kind, target.id))
        yield Change(
            path=path,
            after=shown(target),
            after_is_unknown=True if isinstance(target, New) else UNSET,
            after_name=name or UNSET,
        )
        yield from self._rights_of(ref)

    def _rights_of(self, ref: SourceRef) -> Iterator[Change]:
        """List the permissions or models of a set that a new role has."""
        field = KINDS[ref.kind].item.rights_field
        if not field or ref not in self._context.inputs.desired:
            return
        if ref not in self._rights:
            item = self._context.inputs.load_desired(ref)
            self._rights[ref] = item.fields.get(field) if isinstance(item, Node) else None
        if values := self._rights[ref]:
            yield new_value(field, values)


def _values(node: DesiredNode, *, is_part: bool) -> Iterator[Change]:
    """List the fields of a new object that have a value. Large values of parts are left out."""
    row = KINDS[node.kind]
    for path, value in node.fields.items():
        field = row.field(path)
        is_default = not value or value == empty(node.kind, path)
        if field.orders_kind or not field.on_create:
            continue
        if is_default and (field.policy is None or value is None):
            continue
        if field.sensitive:
            yield Change(path=path, after=recipients(field, value), sensitive=True)
        elif not (is_part and field.form in _TREES and _is_nested(value)):
            yield new_value(path, value)


def query_summary(kind: str, body: Raw) -> dict[str, Json]:
    """Pick from a query's definition what tells people what it asks for, without empty values.

    The queries of a merge query are listed as `queries`.
    """
    row = KINDS[kind]
    columns = row.columns if isinstance(row.columns, DefinitionColumns) else DefinitionColumns()
    summary: dict[str, Json] = {
        name: value for name, path in columns.summary.items() if (value := get(body, path))
    }
    inner = [
        query_summary(ref.kind, value)
        for ref in row.refs
        for path in ref.body_paths
        for _, value in find(body, path)
        if isinstance(value, Mapping)
    ]
    return {**summary, "queries": inner} if inner else summary


def with_memberships(actions: Iterable[Action]) -> tuple[Action, ...]:
    """Add to each new person the roles and groups that the plan gives them."""
    every = tuple(actions)
    given: dict[SourceRef, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for action in every:
        if not isinstance(action, ContentWriting):
            continue
        for collection in KINDS[action.type].item.collections:
            member = KINDS[collection.kind].target_kind
            parts = action.parts.get(collection.name) if member else None
            if not member or not parts:
                continue
            for entry in parts.create:
                user = Ref(member, entry.key or SourceId(""))
                given[user][f"{action.type}s"].append(action.name)
    return tuple(
        replace(
            action,
            changes=(
                *action.changes,
                *(
                    Change(path=path, after=sorted(names))
                    for path, names in given[Ref.parse(action.address)].items()
                ),
            ),
        )
        if isinstance(action, Create) and KINDS[action.type].item.can_sign_in
        else action
        for action in every
    )


def _placed(node: DesiredNode) -> SourceId | None:
    """Return the key of the part that this one gives a place. None: it places none."""
    row = KINDS[node.kind].part
    path = row.auto_created.owner_ref if row.place_fields and row.auto_created else None
    tile = node.refs.get(path) if path else None
    return tile.id if tile else None


def _is_nested(value: Json) -> bool:
    """Say whether a value is an object, or a list of objects."""
    if isinstance(value, (list, tuple)):
        return any(isinstance(one, (Mapping, list)) for one in value)
    return isinstance(value, Mapping)
