"""Write diagnostics: why an item can't be applied as it is, and what helps."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

import msgspec

from lookervault_plan.content.folder_paths import Path, join_path, paths_of
from lookervault_plan.content.identity import DesiredIdentity, Identity, LiveIdentity
from lookervault_plan.content.json_path import head
from lookervault_plan.content.missing_secrets import missing_secrets
from lookervault_plan.content.node import DesiredNode, Id, LiveId, LiveRef, Ref, SourceRef
from lookervault_plan.content.table.kinds import KINDS, singular
from lookervault_plan.errors import Diagnostic
from lookervault_plan.plan_file import (
    ONLY_USED,
    Action,
    Blocked,
    Change,
    PartAction,
    Parts,
    PlanReference,
    Skip,
)
from lookervault_plan.planning.compare.parts import LostNames
from lookervault_plan.planning.context import described
from lookervault_plan.planning.inputs import Inputs, Subject, folder_of
from lookervault_plan.planning.match.twins import Ambiguous, NoTwin
from lookervault_plan.planning.order.name_conflicts import TakenName
from lookervault_plan.planning.three_way import conflict_reason
from lookervault_plan.planning.words import counted, quoted
from lookervault_plan.remaps.document import yaml_line

#: items below a blocked one that are named; further ones are counted
_SHOWN = 20
_UNKNOWN_ID = "id in the destination"


class Explainer:
    """Writes diagnostics with the names, folders and dates of both sides."""

    def __init__(self, inputs: Inputs) -> None:
        self._inputs = inputs

    def ambiguous(self, base: Subject, found: Ambiguous) -> Diagnostic:
        """List the candidates with their differences, and the line for remaps.yml that decides."""
        item = self._inputs.desired[Ref(base.type, base.ref.id)]
        detail = [f"in the backup:      {self._described(item, self._desired_paths)}"]
        detail += (f"in the destination: {self.describe_live(ref)}" for ref in found.candidates)
        first, *others = found.candidates
        return Diagnostic(
            code="match.ambiguous",
            address=base.address,
            summary=f"{quoted(base.name)} can't be matched for sure: {found.why}",
            detail="\n".join(detail),
            fix="choose one in remaps.yml:\n"
            + remap_lines(base.type, base.ref.id, first.id, *(ref.id for ref in others)),
        )

    def left_out(self, base: Subject, lost: Sequence[PlanReference]) -> Iterator[Diagnostic]:
        """Name the listed parts of another item that the destination lacks."""
        if lost:
            yield Diagnostic(
                severity="warning",
                code="value.left-out",
                address=base.address,
                summary=f"{head(lost[0].path)} of {quoted(base.name)} can't be kept: "
                "what it lists is neither in the destination nor in this plan",
                detail=", ".join(each.from_ for each in lost),
            )

    def unplaced(
        self, base: Subject, desired: DesiredNode, parts: Collection[SourceRef]
    ) -> Iterator[Diagnostic]:
        """Name new tiles whose place in a further layout is left out."""
        names = [node.name or node.id for node in desired.with_parts() if node.ref in parts]
        if names:
            yield Diagnostic(
                severity="note",
                code="note.left-out",
                address=base.address,
                summary="places in a layout that is not shown are left out of "
                f"{quoted(base.name)}: Looker places a new tile in one layout only",
                detail=", ".join(names),
            )

    def surplus(self, base: Subject, parts: Mapping[str, Parts]) -> Iterator[Diagnostic]:
        """Count the live parts that stay: others made them, or the config file keeps them."""
        made_there: list[_Kept] = []
        add_only: list[_Kept] = []
        for collection in KINDS[base.type].item.collections:
            if collection.name not in parts or not parts[collection.name].surplus:
                continue
            is_add_only = self._inputs.not_managed.is_add_only(base.type, collection.name)
            noun = collection.noun or singular(collection.name)
            kept = add_only if is_add_only else made_there
            surplus = parts[collection.name].surplus
            yield from (_staying_for(base, noun, one) for one in surplus if one.reason)
            if others := tuple(one for one in surplus if not one.reason):
                kept.append((noun, others))
        yield from _staying(base, made_there, " made in the destination {stay}")
        yield from _staying(
            base, add_only, " {stay} that the backup lacks: [collections] removes none"
        )

    def lost_names(self, base: Subject, lost: Sequence[LostNames]) -> Iterator[Diagnostic]:
        """Name the filters that a tile or filter listens to and its dashboard lacks."""
        for each in lost:
            collection = next(
                one for one in KINDS[base.type].item.collections if one.name == each.collection
            )
            part = f"{collection.noun or singular(each.collection)} {quoted(each.part.name)}"
            names = ", ".join(map(quoted, each.names))
            yield Diagnostic(
                severity="warning",
                code="value.left-out" if each.is_left_out else "filter.missing",
                address=base.address,
                summary=f"{part} of {quoted(base.name)} listens to {names}, "
                "and there is no such filter",
                detail="that listener is left out, and the rest is written"
                if each.is_left_out
                else "it is written all the same",
                fix="add the filter in the source, or let nothing listen to it, "
                "and make a new backup",
            )

    def conflict(self, base: Subject, changes: Sequence[Change]) -> Diagnostic:
        """Show both values of fields that hand edits block, and how to go on."""
        reason = conflict_reason(changes)
        return Diagnostic(
            code="hand-edits.conflict",
            address=base.address,
            summary=f"{quoted(base.name)} is left as it is: {reason}",
            detail="\n".join(
                f"{each.path}: {_value(each.before)} in the destination, "
                f"{_value(each.after)} in the backup"
                for each in changes
            ),
            fix="plan again with --prefer source or --prefer destination, "
            "or change one of the two so that they agree",
        )

    def secrets(self, base: Subject, desired: DesiredNode) -> Iterator[Diagnostic]:
        """Say which secrets an item needs. It is disabled, since no backup holds them."""
        if found := missing_secrets(desired.kind, desired.raw):
            yield Diagnostic(
                severity="warning",
                code="secrets.missing",
                address=base.address,
                summary=f"{quoted(base.name)} is disabled: it needs secrets that no backup holds",
                detail="\n".join(found),
                fix="enter them in Looker, and turn it on there",
            )

    def disabled_owner(self, base: Subject, owner: str) -> Diagnostic:
        """Say that this Looker refuses a schedule whose owner is disabled."""
        return Diagnostic(
            code="owner.refused",
            address=base.address,
            summary=f"{quoted(base.name)} can't be created: its owner {owner} is disabled",
            detail="this Looker refuses such schedules, as `lookervault-plan doctor` found out",
            fix="enable the owner in Looker, or name another one under `owners:` in remaps.yml",
        )

    def unknown_models(self, base: Subject, models: Sequence[str]) -> Diagnostic:
        """Say that this Looker refuses a set with models that it lacks."""
        return Diagnostic(
            code="model.refused",
            address=base.address,
            summary=f"{quoted(base.name)} can't be created: the destination lacks the "
            f"{'model' if len(models) == 1 else 'models'} {', '.join(models)}",
            detail="this Looker refuses such sets, as `lookervault-plan doctor` found out",
            fix="deploy the LookML, or map the names under `models:` in remaps.yml",
        )

    def taken_email(self, base: Subject, holder: LiveRef) -> Diagnostic:
        """Say who else lives under a person's email."""
        who = described(base.ref, self._inputs.desired.get(base.ref))
        other = described(holder, self._inputs.live.get(holder))
        return Diagnostic(
            code="email.taken",
            address=base.address,
            summary=f"{base.name} can't be applied as {who}: {other} has that email",
            detail="an email can belong to one user only",
            fix="fix `emails:` in remaps.yml, or leave this person out with --exclude",
        )

    def taken_name(self, base: Subject, taken: TakenName) -> Diagnostic:
        """Say which item keeps the name, or wants the same one."""
        what = taken.names[-1]
        if taken.rivals:
            rivals = [self._named(ref) for ref in taken.rivals]
            return Diagnostic(
                code=f"{what}.shared",
                address=base.address,
                summary=f"{quoted(base.name)} can't be applied: "
                f"another item of the backup is to have the same {what} in the same place",
                detail="\n".join(rivals),
                fix="leave one of them out with --exclude, or send it elsewhere in remaps.yml",
            )
        holder = taken.holder or Ref(base.type, LiveId(""))
        fix = (
            f"rename {holder.address} in the destination, or, if it is the same item, "
            f"say so in remaps.yml:\n{remap_lines(base.type, base.ref.id, holder.id)}"
        )
        if taken.owner is not None and taken.owner not in self._inputs.selected:
            fix = f"select {taken.owner.address} too, which may give it up; or {fix}"
        return Diagnostic(
            code=f"{what}.taken",
            address=base.address,
            summary=f"{quoted(base.name)} can't be applied: "
            f"{holder.address} has that {what} in the same place, and keeps it",
            detail=f"in the destination: {self.describe_live(holder)}",
            fix=fix,
        )

    def query(self, base: Subject, ref: SourceRef) -> Diagnostic:
        """Say that the backup has only the id of a query."""
        return Diagnostic(
            code="query.missing",
            address=base.address,
            summary=f"the backup does not hold the query of {quoted(base.name)}",
            detail=f"it only names {ref.address}, and no dashboard in the backup shows it",
            fix="make a new backup with `lookervault-plan backup`, which holds queries",
        )

    def explore(self, base: Subject, name: str) -> Diagnostic:
        """Say that Looker will refuse the item's query, since its explore is missing."""
        return Diagnostic(
            code="explore.missing",
            address=base.address,
            summary=f"{quoted(base.name)} can't be applied: the destination has no explore {name}",
            fix="deploy the LookML project to the destination first, "
            "or name another explore in remaps.yml",
        )

    def missing(self, base: Subject, path: str, ref: SourceRef, *, in_cycle: bool) -> Diagnostic:
        """Say why the target of a hard reference is missing."""
        if in_cycle:
            why, fix = "it depends on itself", "break the cycle in the source, then back up again"
        else:
            why, fix = self._why_missing(base, ref)
        return Diagnostic(
            code="reference.missing",
            address=base.address,
            summary=f"{quoted(base.name)} can't be applied: {why}",
            detail=f"{path} points to {ref.address}",
            fix=fix,
        )

    def moved_into_itself(self, base: Subject) -> Diagnostic:
        """Say that a folder's new parent lies in that folder."""
        return Diagnostic(
            code="folder.into-itself",
            address=base.address,
            summary=f"{quoted(base.name)} can't be moved: in the destination its parent lies in it",
            detail="Looker moves no folder into one of its own subfolders",
            fix="select the folders above it as well, or move them in the destination first",
        )

    def missing_external(self, base: Subject, what: str) -> Diagnostic:
        """Say which external thing must exist first."""
        return Diagnostic(
            code="outside.missing",
            address=base.address,
            summary=f"{quoted(base.name)} can't be applied: {what}",
            fix="make it in the destination first, or name another one in remaps.yml",
        )

    def dropped(self, base: Subject, path: str, ref: SourceRef) -> Diagnostic:
        """Say that a soft reference is left out, since its target is missing."""
        return Diagnostic(
            severity="warning",
            code="reference.dropped",
            address=base.address,
            summary=f"{path} of {quoted(base.name)} is left out: "
            f"the destination lacks {self._named(ref)}",
            fix=_map_it(ref),
        )

    def slug(self, base: Subject, slug: str) -> Diagnostic:
        return Diagnostic(
            severity="warning",
            code="slug.taken",
            address=base.address,
            summary=f"{quoted(base.name)} gets a new URL: its slug {slug} is taken",
            detail="something else in the destination, or in its trash, has it",
        )

    def describe_live(self, ref: LiveRef) -> str:
        """Describe a live item with all that tells it from others."""
        item = self._inputs.live[ref]
        return ", ".join((self._described(item, self._live_paths), *self._more(item)))

    # --- pieces -----------------------------------------------------------------------------

    def _why_missing(self, base: Subject, ref: SourceRef) -> tuple[str, str]:
        inputs = self._inputs
        item, found = inputs.desired.get(ref), inputs.matches.by_ref.get(ref)
        if item is None and ref in inputs.places:
            why = f"the destination has no folder {ref.id}"
            return why, "create it there, or fix `folders:` in remaps.yml"
        if item is None:
            return f"neither the backup nor the destination has {ref.address}", _map_it(ref)
        name = self._named(ref)
        if isinstance(found, Ambiguous):
            return f"it can't be told which one {name} is: {found.why}", _map_it(ref)
        if item.built_in or not KINDS[ref.kind].creatable:
            return self._why_not_made(item)
        why = f"the destination lacks {name}, and it is not selected"
        return why, f"select it too: +{base.address}"

    def _why_not_made(self, item: DesiredIdentity) -> tuple[str, str]:
        """Explain that no plan creates the item."""
        name, ref = self._named(item.ref), item.ref
        if owner := self._owners.get(ref):
            why = f"{name} comes with {self._named(owner.ref)}, whom the destination lacks"
            is_left_out = owner.ref not in self._inputs.selected and not owner.built_in
            fix = f"select {owner.address} too" if is_left_out else "create that user there"
            return why, f"{fix}; or map the address under `emails:`; or {_map_it(ref)}"
        why = item.built_in or "it is only referred to"
        return f"the destination lacks {name}, and no plan makes it: {why}", _map_it(ref)

    def _named(self, ref: SourceRef) -> str:
        """`user:3 'Ann' (ann@example.com)`."""
        item = self._inputs.desired.get(ref)
        if item is None or not item.name:
            return ref.address
        email = item.keys.get("email")
        return f"{ref.address} {quoted(item.name)}" + (f" ({email})" if email else "")

    def _described(self, item: Identity[Id], paths: Mapping[Ref[Id], Path]) -> str:
        folder = folder_of(item)
        where = paths.get(folder) if folder else None
        place = f" in {join_path(where)}" if where else ""
        created = f", created {item.created_at}" if item.created_at else ""
        return f"{item.address} {quoted(item.name)}{place}{created}"

    def _more(self, item: LiveIdentity) -> Iterator[str]:
        if item.updated_at:
            yield f"updated {item.updated_at}"
        try:
            node = self._inputs.load_live(item.ref)
        except KeyError:
            return
        row = KINDS[item.kind]
        for reference in row.refs:
            owner = node.refs.get(reference.path) if reference.policy == "owners" else None
            if owner:
                user = self._inputs.live.get(owner)
                email = user.keys.get("email") if user else None
                yield f"owner {email or owner.address}"
        if row.item.slug_field and (slug := item.keys.get(row.item.slug_field)):
            yield f"{row.item.slug_field} {slug}"
        if item.trashed:
            yield "in the trash"

    @cached_property
    def _live_paths(self) -> Mapping[LiveRef, Path]:
        return paths_of(self._inputs.live.values())

    @cached_property
    def _desired_paths(self) -> Mapping[SourceRef, Path]:
        return paths_of(self._inputs.desired.values())

    @cached_property
    def _owners(self) -> Mapping[SourceRef, DesiredIdentity]:
        """Map items that Looker creates with another, missing one to that one."""
        return {
            Ref(kind, item.also_created[path]): item
            for item in self._inputs.desired.values()
            if isinstance(self._inputs.matches.by_ref.get(item.ref), NoTwin)
            for path, kind in KINDS[item.kind].item.also_creates.items()
            if path in item.also_created
        }


#: The noun of a collection, and the live parts of it that stay.
_Kept = tuple[str, Sequence[PartAction]]


def _staying_for(base: Subject, noun: str, part: PartAction) -> Diagnostic:
    """Say that a live part stays for the sake of another one."""
    return Diagnostic(
        severity="note",
        code="note.surplus",
        address=base.address,
        summary=f"{noun} {quoted(part.title or part.live_id or '')} stays: {part.reason}",
    )


def _staying(base: Subject, kept: Sequence[_Kept], text: str) -> Iterator[Diagnostic]:
    if kept:
        words = " and ".join(counted(len(entries), noun) for noun, entries in kept)
        verb = "stays" if sum(len(entries) for _, entries in kept) == 1 else "stay"
        yield Diagnostic(
            severity="note",
            code="note.surplus",
            address=base.address,
            summary=words + text.format(stay=verb),
            detail="\n".join(
                f"{noun} {entry.title or entry.live_id}"
                for noun, entries in kept
                for entry in entries
            ),
        )


def only_used(actions: Iterable[Action]) -> Iterator[Diagnostic]:
    """Say how many live items were not compared, since the selection only uses them."""
    used = [each for each in actions if isinstance(each, Skip) and each.reason == ONLY_USED]
    if used:
        yield Diagnostic(
            severity="note",
            code="note.left-out",
            summary=f"{counted(len(used), 'item')} that the selection only uses "
            f"{'was' if len(used) == 1 else 'were'} not compared",
            detail="\n".join(f"{each.address} {quoted(each.name)}" for each in used),
        )


def remap_lines(type_: str, source_id: str, first: str, *others: str) -> str:
    """Write lines to paste into remaps.yml, with further candidates as comments."""
    lines = [f"{type_}:", f"  {yaml_line(source_id, first)}"]
    lines += (f"  # or {yaml_line(source_id, other)}" for other in others)
    return "\n".join(lines)


def _map_it(ref: SourceRef) -> str:
    return "map it in remaps.yml:\n" + remap_lines(ref.kind, ref.id, f"<{_UNKNOWN_ID}>")


def with_trees(
    diagnostics: Iterable[Diagnostic], actions: Iterable[Action]
) -> Iterator[Diagnostic]:
    """Add to each cause the tree of the items that it blocks."""
    blocked = {action.address: action for action in actions if isinstance(action, Blocked)}
    needed_by: dict[str, list[Blocked]] = defaultdict(list)
    for action in blocked.values():
        for reference in action.references:
            needed_by[reference.from_].append(action)
    explained: set[str | None] = set()
    for diagnostic in diagnostics:
        address = diagnostic.address
        is_root = diagnostic.severity == "error" and address in blocked and address not in explained
        explained.add(address)
        lines = list(_branches(address or "", needed_by)) if is_root else []
        if lines:
            more = [f"  and {len(lines) - _SHOWN} more"] if lines[_SHOWN:] else []
            tree = "\n".join(("what needs it is blocked with it:", *lines[:_SHOWN], *more))
            detail = f"{diagnostic.detail}\n{tree}" if diagnostic.detail else tree
            yield msgspec.structs.replace(diagnostic, detail=detail)
        else:
            yield diagnostic


def _branches(root: str, needed_by: Mapping[str, Sequence[Blocked]]) -> Iterator[str]:
    seen = {root}
    stack = [(1, action) for action in reversed(needed_by.get(root, ()))]
    while stack:
        depth, action = stack.pop()
        if action.address in seen:
            continue
        seen.add(action.address)
        yield f"{'  ' * depth}{action.address} {quoted(action.name)}"
        stack += [(depth + 1, one) for one in reversed(needed_by.get(action.address, ()))]


def _value(value: object) -> str:
    return msgspec.json.encode(value).decode()
