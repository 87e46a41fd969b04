"""Decide what becomes of every selected item, and put the plan's body together."""

from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import replace

from lookervault_plan.content.node import Address, Node, Ref, tree_digest
from lookervault_plan.content.overrides import is_secret
from lookervault_plan.content.table.kinds import ITEM_KINDS, KINDS, LISTED, IfMissing
from lookervault_plan.errors import Diagnostic
from lookervault_plan.plan_file import (
    LINK,
    Action,
    Blocked,
    Change,
    ContentWriting,
    Create,
    Parts,
    PlanReference,
    Update,
    Writing,
)
from lookervault_plan.planning.compare.diff import compare
from lookervault_plan.planning.compare.parts import PartsPlan, Translate, plan_parts
from lookervault_plan.planning.compare.same import Sameness
from lookervault_plan.planning.compare.unchanged import is_current
from lookervault_plan.planning.inputs import Decisions, Inputs, Subject, path_of
from lookervault_plan.planning.match.twins import Ambiguous, NoTwin, Twin
from lookervault_plan.planning.order import name_conflicts as conflicts
from lookervault_plan.planning.order.name_conflicts import Conflicts, Held
from lookervault_plan.planning.order.topological import in_order
from lookervault_plan.planning.references.listed_parts import Listed
from lookervault_plan.planning.references.mentions import Mentions
from lookervault_plan.planning.references.missing import lacking as outside_lacking
from lookervault_plan.planning.references.resolve import Meaning
from lookervault_plan.planning.references.targets import Live, Lost, New, Queries, Target, is_query
from lookervault_plan.planning.references.text_links import Texts
from lookervault_plan.planning.references.used_remaps import remaps_in_use
from lookervault_plan.planning.report import explain
from lookervault_plan.planning.report.call_estimate import Counter, without_shown
from lookervault_plan.planning.report.copied_entries import Copies
from lookervault_plan.planning.report.explain import Explainer

__all__ = ["Decisions", "Inputs", "decide"]


def decide(inputs: Inputs) -> Decisions:
    """Choose one action for each selected item, in dependency order.

    Names that are taken show only when all is decided; what is blocked by that is decided anew,
    since others may need it.
    """
    held: dict[Ref, Held] = {}
    while True:
        builder = _Builder(inputs, held)
        for kind in ITEM_KINDS:
            for ref in sorted(ref for ref in inputs.selected if ref.kind == kind):
                _ = builder.action(ref)
        found = builder.conflicts()
        if not found.blocked:
            return builder.finish(found)
        held |= found.blocked


class _Builder:
    def __init__(self, inputs: Inputs, held: Mapping[Ref, Held]) -> None:
        self.inputs: Inputs = inputs
        self.held: Mapping[Ref, Held] = held
        self.actions: dict[Ref, Action] = {}
        self.diagnostics: list[Diagnostic] = list(inputs.matches.diagnostics)
        self.meaning = Meaning(inputs, self.actions, self.action)
        self.resolve = self.meaning.resolve
        self.mentions = Mentions(inputs.explores)
        self.explain = Explainer(inputs)
        self.texts = Texts(inputs.instances, self.meaning.resolve_soft)
        self.queries = Queries(same_instance=inputs.same_instance, known=inputs.known_queries)
        self.counter = Counter(self.queries)
        self.copies = Copies(inputs, self.resolve)
        self.listed = Listed(
            self._parts_of,
            lambda ref: ref in inputs.selected and isinstance(self.action(ref), Writing),
        )
        #: item -> what becomes of those of its parts that others list
        self.parts: dict[Ref, Mapping[Ref, Target]] = {}
        self.quiet: set[str] = set()
        self.slugs = {
            (item.kind, slug)
            for item in inputs.live.values()
            if (name := KINDS[item.kind].item.slug_field) and (slug := item.keys.get(name))
        }

    # --- what becomes of an item ------------------------------------------------------------

    def action(self, ref: Ref) -> Action:
        """The one action of an item; decides what it needs first."""
        if ref not in self.actions:
            self.meaning.deciding.append(ref)
            made = self._decide(ref)
            _ = self.meaning.deciding.pop()
            self.actions[ref] = made
        return self.actions[ref]

    def _decide(self, ref: Ref) -> Action:
        identity = self.inputs.desired[ref]
        row = KINDS[ref.kind]
        base = Subject(
            address=ref.address,
            type=ref.kind,
            name=identity.name,
            path=path_of(identity, self.inputs),
        )
        found = self.inputs.matches.by_ref.get(ref, NoTwin())
        if isinstance(found, Twin):
            self.meaning.used.add(ref)
            base = replace(base, destination_id=found.live.id, matched_by=found.matched_by)
        if identity.built_in or not (row.creatable or row.updatable):
            reason = "built-in" if identity.built_in else "reference-only"
            if isinstance(found, NoTwin):
                reason = f"{reason}, not in the destination"
            return base.skip(reason)
        if isinstance(found, Ambiguous):
            told = self.explain.ambiguous(base, found)
            return self._blocked(base, f"ambiguous: {found.why}", told)
        if isinstance(found, Twin) and self.inputs.live[found.live].built_in:
            return base.skip("built-in")
        if held := self.held.get(ref):
            told = self.explain.held(base, held)
            return self._blocked(base, f"its {held.names[-1]} is taken", told)
        desired = self.inputs.load_desired(ref)
        if isinstance(desired, Diagnostic):
            return self._blocked(base, desired.summary, desired)
        live = self.inputs.load_live(found.live) if isinstance(found, Twin) else None
        return self._compare(base, desired, live)

    def _blocked(self, base: Subject, reason: str, told: Diagnostic) -> Action:
        self.diagnostics.append(told)
        return base.blocked(reason)

    def _compare(self, base: Subject, desired: Node, live: Node | None) -> Action:
        content, live_digest = tree_digest(desired), tree_digest(live) if live else None
        base = replace(base, content_digest=content)
        is_applied = self.inputs.applied.get(base.address) == (content, live_digest)
        is_current = live is not None and is_applied and self._is_current(desired, live)
        early = base.skip("unchanged") if is_current else self._missing(base, desired, live)
        if early is not None:
            return early
        translated = self.texts.translate(base.address, "")(desired, self.resolve)
        translated, lost, listed = self.listed.translate(translated, is_new=live is None)
        translate = self.texts.translate_part(base.address, desired)
        if live is not None and self._is_same(translated, live, translate):
            self.texts.forget(base.address)
            return replace(base.skip("unchanged"), live_digest=live_digest)
        planned = self._plan_parts(desired, live, translate)
        self.parts[desired.ref] = planned.listed
        self.quiet.update(_quiet(desired))
        references = [
            *planned.references,
            *lost,
            *(
                PlanReference(path=LINK, from_=ref.address)
                for ref in sorted(self.texts.dangling.pop(base.address, ()))
            ),
        ]
        needs = {*planned.needs, *listed}
        for where, address in planned.soft.items():
            self.texts.soft[base.address][where].add(Ref.parse(address))
        if live is None:
            changes = planned.changes
            references += self._references(base, translated)
            needs.update(self._needs(base, desired, desired.refs))
        else:
            found = compare(
                translated,
                live,
                resolve=self.resolve,
                queries=self.queries,
                policy=self.meaning.policy,
                soft=self.meaning.resolve_soft,
            )
            changes = (*found.changes, *planned.changes)
            references += self._lost_if_created(translated)
            needs.update(self._needs(base, desired, [change.path for change in changes]))
        changed = changes or any(
            part.create or part.update or part.delete for part in planned.parts.values()
        )
        if live is not None and not changed:
            blocked = {
                name: Parts(blocked=part.blocked)
                for name, part in planned.parts.items()
                if part.blocked
            }
            self.texts.forget(base.address)
            return replace(base.skip("unchanged"), parts=blocked, live_digest=live_digest)
        if live is not None and self.inputs.is_modified(desired, live):
            self.texts.forget(base.address)
            return replace(base.skip("modified-in-destination"), live_digest=live_digest)
        parts = {
            name: part if live else replace(part, live={}) for name, part in planned.parts.items()
        }
        self.mentions.note(base.address, desired)
        self.diagnostics += self.explain.left_out(base, lost)
        if live is None or any(is_secret(desired, change.path) for change in changes):
            self.diagnostics += self.explain.secrets(base, desired)
        return _writing(
            base,
            live_digest,
            depends_on=tuple(sorted(needs)),
            changes=changes,
            parts=parts,
            references=tuple(references),
            calls=self.counter.calls(desired, live, parts, patched=bool(changes))
            + self.copies.calls(desired, live, parts),
        )

    def _plan_parts(self, desired: Node, live: Node | None, translate: Translate) -> PartsPlan:
        return plan_parts(
            desired,
            live,
            remembered=self.inputs.remembered.get(desired.address, {}),
            same_instance=self.inputs.same_instance,
            resolve=self.resolve,
            translate=translate,
            queries=self.queries,
            policy=self.meaning.policy,
            soft=self.meaning.resolve_soft,
            lacking=lambda part: outside_lacking(part, self.inputs.outside),
            names=self._name,
            recreates=self.inputs.recreates,
            has_already=lambda name, edge: live is not None and self._has_already(live, name, edge),
        )

    def _parts_of(self, ref: Ref) -> Mapping[Ref, Target]:
        """What becomes of the parts of an item, decided on, selected or not."""
        if ref not in self.parts:
            found = self.inputs.matches.by_ref.get(ref)
            desired = self.inputs.load_desired(ref) if ref in self.inputs.desired else None
            live = self.inputs.load_live(found.live) if isinstance(found, Twin) else None
            self.parts[ref] = (
                self._plan_parts(desired, live, lambda part, _: part).listed
                if isinstance(desired, Node) and live is not None
                else {}
            )
        return self.parts[ref]

    def _name(self, ref: Ref, live: bool) -> str:  # noqa: FBT001
        found = (self.inputs.live if live else self.inputs.desired).get(ref)
        return found.name if found else ref.id

    def _has_already(self, owner: Node, name: str, edge: Node) -> bool:
        """Whether the other end says so: a user has a role through a group, too."""
        listed_by = next(
            each.listed_by for each in KINDS[owner.kind].item.collections if each.name == name
        )
        for ref in edge.refs.values():
            target = self.resolve(ref) if ref else None
            if listed_by and ref and isinstance(target, Live):
                held = self.inputs.load_live(Ref(ref.kind, target.id)).raw.get(listed_by.field)
                return isinstance(held, list) and owner.id in map(str, held)
        return False

    def _needs(self, base: Subject, desired: Node, paths: Iterable[str]) -> Iterable[Address]:
        """What must be there before these references are written; soft ones are noted as such."""
        row = KINDS[desired.kind]
        for path in paths:
            ref = desired.refs.get(path)
            if ref is None:
                continue
            if row.reference(path).if_missing is IfMissing.DROP:
                if isinstance(target := self.meaning.resolve_soft(ref), New):
                    self.texts.soft[base.address][path].add(Ref.parse(target.address))
            elif isinstance(target := self.resolve(ref), New):
                yield Address(target.address)

    def _is_same(self, desired: Node, live: Node, translate: Translate) -> bool:
        """Whether there is nothing to do, seen at a glance: parts have not got other ids."""
        how = Sameness(self.resolve, self.meaning.resolve_soft, self.queries, self.meaning.policy)
        if desired.address in self.inputs.remembered or not how.of_items(desired, live, translate):
            return False
        self.parts[desired.ref] = {
            part.ref: Live(part.id)
            for nodes in desired.parts.values()
            for part in nodes
            if part.kind in LISTED
        }
        return True

    def _is_current(self, desired: Node, live: Node) -> bool:
        return is_current(
            desired,
            live,
            resolve=self.resolve,
            resolve_link=self.meaning.resolve_soft,
            policy=self.meaning.policy,
            instances=self.inputs.instances,
            stored=self.inputs.stored,
        )

    # --- what stands in the way -------------------------------------------------------------

    def _missing(self, base: Subject, desired: Node, live: Node | None) -> Action | None:
        """The blocked action of an item with a hard reference that leads nowhere."""
        row = KINDS[desired.kind]
        lost: list[tuple[str, Ref]] = []
        for path, ref in desired.refs.items():
            if ref is None or not row.reference(path).is_hard:
                continue
            if is_query(desired, path):
                if live is not None and self.queries.equal(desired, live, path) is not False:
                    continue
                target = self.queries.target(desired, path, ref)
            else:
                target = self.resolve(ref)
            if isinstance(target, Lost):
                lost.append((path, ref))
        if not lost:
            lacking = outside_lacking(desired, self.inputs.outside)
            return (
                self._blocked(base, lacking, self.explain.lacking(base, lacking))
                if (lacking)
                else None
            )
        for path, ref in lost:
            action = self.actions.get(ref)
            if is_query(desired, path):
                self.diagnostics.append(self.explain.query(base, ref))
            elif not isinstance(action, Blocked):  # else it stands in that one's tree
                in_cycle = ref in self.meaning.deciding
                told = self.explain.missing(base, path, ref, in_cycle=in_cycle)
                self.diagnostics.append(told)
        return base.blocked(
            "needs " + ", ".join(ref.address for _, ref in lost),
            tuple(PlanReference(path=path, from_=ref.address) for path, ref in lost),
        )

    def _references(self, base: Subject, desired: Node) -> Iterable[PlanReference]:
        """References of a create that are worth telling: those that are dropped."""
        row = KINDS[desired.kind]
        for path, ref in desired.refs.items():
            if ref is None or is_query(desired, path):
                continue
            soft = row.reference(path).if_missing is IfMissing.DROP
            if isinstance(self.meaning.resolve_soft(ref) if soft else self.resolve(ref), Lost):
                self.diagnostics.append(self.explain.dropped(base, path, ref))
                yield PlanReference(path=path, from_=ref.address)
        slug = desired.fields.get(row.item.slug_field) if row.item.slug_field else None
        if row.item.slug_field and slug and (desired.kind, str(slug)) in self.slugs:
            self.diagnostics.append(self.explain.slug(base, str(slug)))
            yield PlanReference(path=row.item.slug_field, from_=str(slug))

    def _lost_if_created(self, desired: Node) -> Iterable[PlanReference]:
        """Soft references that the item would lose if apply had to make it anew."""
        row = KINDS[desired.kind]
        for path, ref in desired.refs.items() if self.inputs.recreates else ():
            if ref is None or is_query(desired, path) or row.reference(path).is_hard:
                continue
            if isinstance(self.meaning.resolve_soft(ref), Lost):
                yield PlanReference(path=path, from_=ref.address)

    # --- closing ----------------------------------------------------------------------------

    def conflicts(self) -> Conflicts:
        inputs = self.inputs
        return conflicts.find(
            self.actions, inputs.desired, inputs.live, inputs.matches, self.resolve
        )

    def finish(self, found: Conflicts) -> Decisions:
        """Order the actions, defer what closes a cycle, list the remaps in use."""
        by_address = {
            action.address: conflicts.settled(action, found) for action in self.actions.values()
        }
        self.texts.settle(by_address)
        actions = in_order(
            {
                address: without_shown(action, self.inputs.desired, self.inputs.load_desired)
                for address, action in by_address.items()
            }
        )
        self.diagnostics += self.mentions.warnings()
        return Decisions(
            actions,
            remaps_in_use(
                self.meaning.used,
                self.inputs,
                more=(*self.counter.used.values(), *self.listed.remaps()),
            ),
            tuple(explain.with_trees(self.diagnostics, actions)),
            frozenset(self.meaning.used),
            frozenset(self.quiet),
        )


def _writing(
    base: Subject,
    live_digest: str | None,
    *,
    depends_on: tuple[Address, ...],
    calls: int,
    changes: tuple[Change, ...],
    parts: Mapping[str, Parts],
    references: tuple[PlanReference, ...],
) -> ContentWriting:
    if live_digest is None:
        return Create(
            address=base.address,
            type=base.type,
            name=base.name,
            path=base.path,
            depends_on=depends_on,
            calls=calls,
            changes=changes,
            parts=parts,
            references=references,
            content_digest=base.content_digest or "",
        )
    return Update(
        address=base.address,
        type=base.type,
        name=base.name,
        path=base.path,
        depends_on=depends_on,
        calls=calls,
        changes=changes,
        parts=parts,
        references=references,
        content_digest=base.content_digest or "",
        destination_id=base.destination_id or "",
        matched_by=base.matched_by or "",
        live_digest=live_digest,
    )


def _quiet(item: Node) -> Iterator[str]:
    """What of an item could send by itself, and does not as it is."""
    if _is_quiet(item):
        yield item.address
    for name, nodes in item.parts.items():
        yield from (f"{item.address}/{name}/{node.id}" for node in nodes if _is_quiet(node))


def _is_quiet(node: Node) -> bool:
    switch = KINDS[node.kind].send_switch
    return switch is not None and node.fields.get(switch.path) == switch.off_value
