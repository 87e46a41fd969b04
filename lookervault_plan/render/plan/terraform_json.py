"""A plan in the JSON of `terraform show -json`, as conftest and tf-summarize read it.

Items that are left as they are, or blocked, are left out. A live twin that the state does not know
yet is `importing`.
"""

from collections.abc import Iterator, Mapping
from typing import cast

import msgspec

from lookervault_plan.content.node import Json
from lookervault_plan.content.redact import scrub_texts
from lookervault_plan.plan_file import (
    Blocked,
    Change,
    Create,
    Delete,
    PartAction,
    Parts,
    Plan,
    Remap,
    Update,
    Writing,
    parts_of,
)

#: The version of Terraform's format; readers take every version from 0.1 to below 2.0.
_FORMAT_VERSION = "1.2"
_PROVIDER = "lookervault-plan"
_ACTIONS: Mapping[type[Writing], str] = {Create: "create", Update: "update", Delete: "delete"}

#: A value of the document that is filled in step by step.
_Tree = dict[str, object]


class _Sides:
    """The values of an item before and after, and which of them are unknown or sensitive."""

    def __init__(self) -> None:
        self.before: _Tree = {}
        self.after: _Tree = {}
        self.after_unknown: _Tree = {}
        self.before_sensitive: _Tree = {}
        self.after_sensitive: _Tree = {}

    def add(self, change: Change) -> None:
        """Add the two sides of one change."""
        if change.before is not None:
            _put(self.before, change.path, change.before)
            if change.sensitive:
                _put(self.before_sensitive, change.path, value=True)
        if change.after_is_unknown:
            _put(self.after_unknown, change.path, value=True)
        elif change.after is not None:
            _put(self.after, change.path, change.after)
            if change.sensitive:
                _put(self.after_sensitive, change.path, value=True)

    def add_parts(self, collection: str, parts: Parts) -> None:
        """List the parts that change, on the sides that have them."""
        before = [_part(part, "before") for part in (*parts.update, *parts.delete)]
        after = [_part(part, "after") for part in (*parts.create, *parts.update)]
        if before:
            self.before[collection] = before
        if after:
            self.after[collection] = after


def plan_terraform_json(plan: Plan) -> str:
    """Write the plan as Terraform's JSON."""
    document: _Tree = {
        "format_version": _FORMAT_VERSION,
        "terraform_version": plan.tool_version,
        "timestamp": plan.created_at,
        "applyable": all(guard.allowed for guard in plan.guards),
        "complete": not any(isinstance(action, Blocked) for action in plan.actions),
        "errored": False,
        "resource_changes": list(_resource_changes(plan)),
        "output_changes": {},
    }
    clean = scrub_texts(cast("Json", msgspec.to_builtins(document)))
    return msgspec.json.format(msgspec.json.encode(clean), indent=2).decode() + "\n"


def plan_gitlab(plan: Plan) -> str:
    """Write the counts that GitLab shows in a merge request (`artifacts:reports:terraform`)."""
    counts = plan.summary
    document = {"create": counts.create, "update": counts.update, "delete": counts.delete}
    return msgspec.json.encode(document).decode() + "\n"


def _resource_changes(plan: Plan) -> Iterator[_Tree]:
    imports = {f"{remap.type}:{remap.source_id}": remap for remap in plan.remaps if remap.new}
    for action in plan.writing:
        yield _resource(
            action.type,
            action.source_id,
            _change(action, imports.pop(action.address, None)),
        )
    for remap in imports.values():
        values: _Tree = {"name": remap.name}
        change: _Tree = {"actions": ["no-op"], "before": values, "after": values}
        yield _resource(
            remap.type, remap.source_id, {**change, **_flags(_Sides())} | _import(remap)
        )


def _resource(type_: str, id_: str, change: _Tree) -> _Tree:
    return {
        "address": f"{type_}.{id_}",
        "mode": "managed",
        "type": type_,
        "name": id_,
        "provider_name": _PROVIDER,
        "change": change,
    }


def _change(action: Writing, remap: Remap | None) -> _Tree:
    sides = _Sides()
    if not isinstance(action, Delete):
        for change in action.changes:
            sides.add(change)
    for collection, parts in parts_of(action).items():
        sides.add_parts(collection, parts)
    for tree, is_there in (
        (sides.before, not isinstance(action, Create)),
        (sides.after, not isinstance(action, Delete)),
    ):
        if is_there:
            _ = tree.setdefault("path", "/".join(action.path))
            if "title" not in tree:
                _ = tree.setdefault("name", action.name)
    if not isinstance(action, Create):
        sides.before["id"] = sides.after["id"] = action.destination_id
    else:
        sides.after_unknown["id"] = True
    return {
        "actions": [_ACTIONS[type(action)]],
        "before": None if isinstance(action, Create) else sides.before,
        "after": None if isinstance(action, Delete) else sides.after,
        **_flags(sides),
        **(_import(remap) if remap else {}),
    }


def _flags(sides: _Sides) -> _Tree:
    return {
        "after_unknown": sides.after_unknown,
        "before_sensitive": sides.before_sensitive,
        "after_sensitive": sides.after_sensitive,
    }


def _import(remap: Remap) -> _Tree:
    return {"importing": {"id": remap.destination_id}}


def _part(part: PartAction, side: str) -> _Tree:
    """Write one side of a part: its title, its alerts, and the values that change."""
    values: _Tree = {"title": part.title}
    if part.key is not None:
        values["key"] = part.key
    if part.alerts:
        values["alerts"] = part.alerts
    for change in part.changes:
        value = change.before if side == "before" else change.after
        if value is not None:
            _put(values, change.path, value)
    return values


def _put(tree: _Tree, path: str, value: object) -> None:
    """Set a value at a dotted path. A name with an index is a key of its own."""
    *above, last = path.split(".")
    for name in above:
        inner = tree.setdefault(name, {})
        if not isinstance(inner, dict):
            break
        tree = cast("_Tree", inner)
    tree[last] = value
