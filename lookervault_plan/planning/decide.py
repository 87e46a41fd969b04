"""Decide on every selected item: create, update, skip or block it.

For each item, first what needs no comparison (`_decide`): built-in and ambiguous items, taken
names. Then `_compare` runs three steps that return values: `_translate` puts destination ids into
the desired node, `_difference` compares it with its live twin, `_assemble` makes the action.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from lookervault_plan.content.folder_paths import FOLDER, PARENT
from lookervault_plan.content.identity import LiveIdentity
from lookervault_plan.content.json_path import find
from lookervault_plan.content.lay_over import adds_follow_up
from lookervault_plan.content.missing_secrets import lacks_secrets
from lookervault_plan.content.node import (
    Address,
    DesiredNode,
    Json,
    LiveId,
    LiveNode,
    LiveRef,
    Node,
    Ref,
    SourceRef,
    digests_of,
    same_id,
)
from lookervault_plan.content.table.kinds import ITEM_KINDS, KINDS, LISTED, IfMissing
from lookervault_plan.content.table.rows.lookml import MODEL
from lookervault_plan.content.validate import invalid_item, problems
from lookervault_plan.errors import Diagnostic
from lookervault_plan.plan_file import (
    BUILT_IN,
    HAND_EDITS_KEPT,
    LINK,
    NOT_MANAGED,
    NOT_THERE,
    ONLY_USED,
    Action,
    Blocked,
    Change,
    ContentWriting,
    Create,
    Parts,
    PlanReference,
    Skip,
    Update,
    Writing,
)
from lookervault_plan.planning.compare.diff import compare
from lookervault_plan.planning.compare.parts import PartsPlan, listed_targets, plan_parts
from lookervault_plan.planning.compare.unchanged import is_as_applied, is_identical
from lookervault_plan.planning.compare.unknown_fields import unknown_keys
from lookervault_plan.planning.compare.unwritten import (
    Unwritten,
    ignored_differences,
    incomparable,
    kept_in_queries,
    may_leave_unwritten,
    unwritten,
)
from lookervault_plan.planning.context import Context
from lookervault_plan.planning.inputs import Decisions, Inputs, Subject, path_of
from lookervault_plan.planning.load_pairs import Pair, batches, load_pairs
from lookervault_plan.planning.match.twins import Ambiguous, Match, NoTwin, Twin
from lookervault_plan.planning.order.moves import Moves
from lookervault_plan.planning.order.name_conflicts import (
    Conflicts,
    TakenName,
    find_conflicts,
    with_waits,
)
from lookervault_plan.planning.order.topological import in_order
from lookervault_plan.planning.per_item import PerItem
from lookervault_plan.planning.references.explores import Explores
from lookervault_plan.planning.references.listed_parts import (
    remaps_of_listed,
    translate_listed_parts,
)
from lookervault_plan.planning.references.missing import (
    explore_warnings,
    missing_external_names,
)
from lookervault_plan.planning.references.outside_needs import (
    OutsideNeeds,
    fields_used,
    mentioned,
    outside_needs,
)
from lookervault_plan.planning.references.queries import Queries, is_query
from lookervault_plan.planning.references.resolve import Live, Missing, New, References, Target
from lookervault_plan.planning.references.text_links import NewTargets, TextLinks, wait_or_defer
from lookervault_plan.planning.references.used_remaps import (
    remaps_in_use,
    replaced_pairs,
    unbound_items,
)
from lookervault_plan.planning.report import explain
from lookervault_plan.planning.report.call_estimate import (
    CallEstimate,
    NeededQueries,
    preset_paths,
    without_preset_values,
)
from lookervault_plan.planning.report.contents import Contents, with_memberships
from lookervault_plan.planning.report.disabled_owners import Owners
from lookervault_plan.planning.report.explain import Explainer
from lookervault_plan.planning.report.grid import grid_of
from lookervault_plan.planning.report.memberships_left_out import (
    MembershipLeftOut,
    MembershipsLeftOut,
)
from lookervault_plan.planning.report.names import Names
from lookervault_plan.planning.report.notes import (
    NoteWriter,
    UnwrittenOf,
    kinds_not_listed,
    unmanaged_items,
)
from lookervault_plan.planning.three_way import (
    Divergence,
    divergence_since,
    merge,
    moved_in_destination,
    moved_in_source,
    with_origins,
    with_origins_of_parts,
)

__all__ = ["Decisions", "Inputs", "decide"]

K = TypeVar("K")
V = TypeVar("V")

_RANKS = {kind: rank for rank, kind in enumerate(ITEM_KINDS)}


def decide(inputs: Inputs) -> Decisions:
    """Choose one action for each selected item, in dependency order.

    Taken names show only when every item is decided. Block the items that want them, and decide
    again on the items that need those, and on items that link to one that is not created after all.
    """
    decider = _Decider(inputs)
    decider.decide_all(inputs.selected)
    while True:
        named = inputs.not_managed.named_as_live(inputs.desired, inputs.live, inputs.matches.by_ref)
        conflicts = find_conflicts(
            decider.actions, named, inputs.live, inputs.matches, decider.context.resolve
        )
        if conflicts.blocked:
            decider.block_taken(conflicts.blocked)
        elif wrong := decider.references.take_wrong():
            decider.decide_again(wrong)
        else:
            return decider.finish(conflicts)


class _Translated(msgspec.Struct, frozen=True):
    """A desired item with destination ids in its texts and lists."""

    item: DesiredNode
    links: TextLinks
    #: Listed parts without a target.
    missing: tuple[PlanReference, ...]
    #: Items whose new parts are listed.
    needs: frozenset[Address]


class _Difference(msgspec.Struct, frozen=True):
    """The difference between a desired item and its live twin, or all of a new item."""

    changes: tuple[Change, ...]
    parts: PartsPlan
    #: References with missing targets.
    references: tuple[PlanReference, ...]
    #: Actions that must be done first.
    needs: frozenset[Address]
    #: New targets of links and soft references.
    new_targets: NewTargets
    #: Changes of the item's own fields that hand edits block.
    blocking: tuple[Change, ...] = ()
    #: True: hand edits stay.
    keeps_hand_edits: bool = False


class _Decider:
    """Decides items on demand: an item needs the decisions on the targets of its references."""

    def __init__(self, inputs: Inputs) -> None:
        self.inputs = inputs
        #: Items whose names are taken.
        self.taken: dict[SourceRef, TakenName] = {}
        self.actions: dict[SourceRef, Action] = {}
        #: Items that are loaded and not decided yet.
        self._ahead: dict[SourceRef, Pair | Diagnostic] = {}
        self.explain = Explainer(inputs)
        self.owners = Owners(inputs)
        self.moves = Moves(inputs)
        self.references = References(inputs, self.actions, self.action)
        self.explores = Explores(
            inputs.explores, makes_model=self._makes_model, sees_all=inputs.sees_all
        )
        self._models = {
            item.name: ref for ref, item in inputs.desired.items() if ref.kind == MODEL.name
        }
        self.context = Context(
            inputs,
            self.references.resolve,
            self.references.resolve_soft,
            Queries(
                same_instance=inputs.same_instance,
                known=inputs.known_queries,
                refused=self.explores.refused,
            ),
            claimed=frozenset(
                found.live for found in inputs.matches.by_ref.values() if isinstance(found, Twin)
            ),
        )
        self.estimate = CallEstimate(self.context)
        self.names = Names(inputs)
        self.contents = Contents(self.context, self.names)
        #: item -> targets of those of its parts that other items list
        self.listed_targets: dict[SourceRef, Mapping[SourceRef, Target]] = {}
        self.memberships = MembershipsLeftOut(inputs)
        deciding = self.references.deciding
        self.diagnostics = PerItem[Diagnostic](deciding)
        #: (listed part, its live id)
        self.listed_live = PerItem[tuple[SourceRef, LiveId]](deciding)
        #: (action, new targets that it can wait for)
        self.new_targets = PerItem[tuple[Address, NewTargets]](deciding)
        #: (missing explore, action that needs it)
        self.missing_explores = PerItem[tuple[str, Address]](deciding)
        self.not_sending = PerItem[str](deciding)
        self.needs = PerItem[OutsideNeeds](deciding)
        #: (action, queries that it needs)
        self.queries = PerItem[tuple[Address, NeededQueries]](deciding)
        #: (new item, its references that Looker sets by itself)
        self.preset = PerItem[tuple[Address, frozenset[str]]](deciding)
        #: differences that are not written
        self.unwritten = PerItem[UnwrittenOf](deciding)
        #: ((kind, key) of a value that no request can send, item that holds it)
        self.unknown_fields = PerItem[tuple[tuple[str, str], Subject]](deciding)
        #: memberships that differ and whose owners are not selected
        self.memberships_left_out = PerItem[MembershipLeftOut](deciding)
        self._findings: tuple[PerItem[Any], ...] = (
            *(self.diagnostics, self.listed_live, self.new_targets, self.missing_explores),
            *(self.not_sending, self.needs, self.queries, self.unwritten, self.unknown_fields),
            *(self.memberships_left_out, self.preset),
        )
        self._explores_to_check = inputs.explores if inputs.check_fields else None
        #: kind, email -> the live person
        self.live_people = {
            (item.kind, *(str(item.keys.get(name) or "") for name in row.natural_keys[0])): item.ref
            for item in inputs.live.values()
            if (row := KINDS[item.kind].item).can_sign_in
        }
        self.live_slugs = {
            (item.kind, slug)
            for item in inputs.live.values()
            if (name := KINDS[item.kind].item.slug_field) and (slug := item.keys.get(name))
        }

    def decide_all(self, refs: Collection[SourceRef]) -> None:
        """Decide these items, in batches of one kind."""
        for kind in ITEM_KINDS:
            of_kind = [ref for ref in refs if ref.kind == kind]
            for batch in batches(of_kind, self.inputs.batch_key):
                self._load_ahead(batch)
                for ref in batch:
                    _ = self.action(ref)

    def block_taken(self, taken: Mapping[SourceRef, TakenName]) -> None:
        """Block the items whose names are taken, and decide anew on those that need them."""
        self.taken.update(taken)
        self.decide_again(self.references.dependents(taken))

    def decide_again(self, concerned: Collection[SourceRef]) -> None:
        """Forget the decisions on these items, and decide anew."""
        for ref in concerned:
            for decided in (self.actions, self.listed_targets):
                _ = decided.pop(ref, None)
            for findings in self._findings:
                findings.forget(ref)
        self.decide_all(concerned)

    def action(self, ref: SourceRef) -> Action:
        """Give the action of an item, deciding it now if need be."""
        if ref not in self.actions:
            if ref not in self._ahead:
                self._load_ahead([ref])
            if ref in self._ahead:
                with self.references.deciding_on(ref):
                    self.actions[ref] = self._decide(ref, self._ahead.pop(ref))
        return self.actions[ref]

    def _load_ahead(self, refs: Iterable[SourceRef]) -> None:
        """Load items that are decided next. Decide those that need not be loaded."""
        twins: dict[SourceRef, LiveRef | None] = {}
        for ref in refs:
            if ref not in self.actions:
                with self.references.deciding_on(ref):
                    subject, found = self._subject(ref)
                    action = self._without_loading(subject, found)
                if action:
                    self.actions[ref] = action
                else:
                    twins[ref] = found.live if isinstance(found, Twin) else None
        self._ahead.update(load_pairs(twins, self.inputs))

    def _decide(self, ref: SourceRef, loaded: Pair | Diagnostic) -> Action:
        subject, _ = self._subject(ref)
        if isinstance(loaded, Diagnostic):
            return self._blocked(subject, loaded.summary, loaded)
        for noting in (self.inputs.access, self.inputs.lists, self.owners):
            noting.note(loaded.desired, loaded.live)
        return self._compare(subject, loaded)

    def _subject(self, ref: SourceRef) -> tuple[Subject, Match]:
        """Describe an item, and say what it matches."""
        identity = self.inputs.desired[ref]
        subject = Subject(
            address=ref.address,
            type=ref.kind,
            name=identity.name,
            path=path_of(identity, self.inputs),
        )
        found = self.inputs.matches.by_ref.get(ref, NoTwin())
        if isinstance(found, Twin):
            self.references.used.add(ref)
            subject = replace(subject, destination_id=found.live.id, matched_by=found.matched_by)
        return subject, found

    def _without_loading(self, subject: Subject, found: Match) -> Action | None:
        """Decide what needs no comparison: built-in and ambiguous items, and taken names."""
        ref = subject.ref
        is_readable = ref not in self.inputs.unreadable
        if skip := self._untouched(subject, found, is_readable=is_readable):
            return skip
        if isinstance(found, Ambiguous):
            diagnostic = self.explain.ambiguous(subject, found)
            return self._blocked(subject, f"ambiguous: {found.why}", diagnostic)
        if (
            is_readable
            and isinstance(found, Twin)
            and (reason := self._why_left_alone(ref, found.live))
        ):
            if reason != ONLY_USED:
                self._note_sign_in(subject, found)
            return subject.skip(reason)
        return self._taken(subject, found)

    def _untouched(self, subject: Subject, found: Match, *, is_readable: bool) -> Skip | None:
        """Skip an item that no plan writes, whatever the destination has."""
        if rule := self.inputs.not_managed.rule_of(subject.ref):
            return subject.skip(f"{NOT_MANAGED}: [ignore] {rule}")
        row, why = KINDS[subject.type], self.inputs.desired[subject.ref].built_in
        if not is_readable or not (why or not (row.creatable or row.updatable)):
            return None
        reason = f"{BUILT_IN}, {why}" if why else "reference-only"
        self._note_sign_in(subject, found)
        if isinstance(found, NoTwin):
            reason = f"{reason}, {NOT_THERE}"
        return subject.skip(reason)

    def _taken(self, subject: Subject, found: Match) -> Blocked | None:
        """Block an item whose email or name something else has."""
        if holder := self._living_person(subject.ref, found):
            diagnostic = self.explain.taken_email(subject, holder)
            return self._blocked(subject, diagnostic.summary, diagnostic)
        if taken := self.taken.get(subject.ref):
            diagnostic = self.explain.taken_name(subject, taken)
            return self._blocked(subject, f"its {taken.names[-1]} is taken", diagnostic)
        return None

    def _living_person(self, ref: SourceRef, found: Match) -> LiveRef | None:
        """Find somebody else who lives under a person's email. None: nobody does, or may be meant.

        An email of `remaps.yml` finds a person on another instance; on the same one he is another.
        """
        if not KINDS[ref.kind].item.can_sign_in:
            return None
        names = KINDS[ref.kind].item.natural_keys[0]
        if isinstance(found, Twin):
            is_by_key = found.matched_by in names
            is_other = self.inputs.same_instance and ref in self.inputs.readdressed
            if is_by_key and is_other:
                return found.live
            if not self.inputs.live[found.live].built_in:
                return None
        keys = [str(self.inputs.desired[ref].keys.get(name) or "") for name in names]
        return self.live_people.get((ref.kind, *keys)) if all(keys) else None

    def _why_left_alone(self, ref: SourceRef, live: LiveRef) -> str:
        """Say why a live twin is not compared; "" if it is."""
        why, row = self.inputs.live[live].built_in, KINDS[ref.kind].item
        if why and (
            why != row.lacks_follow_up
            or any(map(self.inputs.load_live(live).raw.get, row.substitutes))
        ):
            return f"{BUILT_IN}, {why}"
        is_only_used = (
            not self.inputs.same_instance and ref in self.inputs.brought and row.is_managed_apart
        )
        return ONLY_USED if is_only_used else ""

    def _blocked(self, subject: Subject, reason: str, diagnostic: Diagnostic) -> Blocked:
        self.diagnostics.append(diagnostic)
        return subject.blocked(reason)

    # --- translate, compare, assemble ---------------------------------------------------------

    def _compare(self, subject: Subject, pair: Pair) -> Action:
        self.contents.note(pair.desired)
        digests = (pair.digest, pair.live_digest)
        subject = replace(subject, content_digest=pair.digest)
        is_applied = self.inputs.applied.get(subject.address) == digests
        pair = replace(pair, desired=_without_unseen(pair.desired, pair.live))
        self.memberships_left_out += self.memberships.of(pair.desired, pair.live)
        if pair.live is not None:
            pair = replace(pair, desired=self._managed(subject, pair.desired, pair.live))
        desired, live = pair.desired, pair.live
        if (
            live is not None
            and is_applied
            and not (self._keeps_parts(desired.kind) and _has_surplus(desired, live))
            and not any(adds_follow_up(desired, live, path) for path in desired.fields)
            and is_as_applied(desired, live, self.context)
        ):
            self._note_listed(desired, live, pair.live_content)
            self._note_unwritten(subject, desired, live)
            return subject.skip("unchanged")
        if live is None and (
            blocked := self._unacceptable(subject, desired) or self._refused_here(subject, desired)
        ):
            return blocked
        if blocked := self._missing_targets(subject, desired, live) or self._moved(subject, live):
            return blocked
        translated = self._translate(desired, is_new=live is None)
        if live is not None and self._is_identical(translated, live):
            self._note_unwritten(subject, desired, live)
            return subject.skip("unchanged", pair.live_digest)
        difference = self._difference(subject, pair, translated)
        if live is not None:
            self._note_unwritten(subject, desired, live, difference.parts.twins)
        else:
            self._note_unknown_fields(subject, desired, None, {})
        self.diagnostics += self.explain.surplus(subject, difference.parts.parts)
        self.diagnostics += self.explain.lost_names(subject, difference.parts.lost_names)
        if skip := self._skip(subject, pair, difference):
            return skip
        if difference.new_targets:
            self.new_targets.append((subject.address, difference.new_targets))
        self.not_sending += _not_sending(desired)
        self.needs.append(outside_needs(desired, self._explores_to_check))
        self.diagnostics += self.owners.disabled(subject, desired, live)
        self.missing_explores += (
            (name, subject.address) for name in self.explores.missing_of(desired)
        )
        self.diagnostics += self.explain.left_out(subject, translated.missing)
        self.diagnostics += self.explain.unplaced(subject, desired, difference.parts.unplaced)
        if live is None or any(lacks_secrets(desired, each.path) for each in difference.changes):
            self.diagnostics += self.explain.secrets(subject, desired)
        return self._assemble(subject, pair, difference)

    def _managed(self, subject: Subject, desired: DesiredNode, live: LiveNode) -> DesiredNode:
        """Leave out what is not managed of an item, and note where that differs."""
        managed = self.inputs.not_managed.managed(desired)
        if managed is not desired:
            found = ignored_differences(desired, managed, live, self.context)
            self.unwritten += (UnwrittenOf(subject, None, each) for each in found)
        return managed

    def _keeps_parts(self, kind: str) -> bool:
        """Say whether live parts without a desired one may stay."""
        return self.inputs.keeps_surplus or kind in self.inputs.not_managed.add_only

    def _unacceptable(self, subject: Subject, desired: DesiredNode) -> Blocked | None:
        """Block a new item that Looker would refuse to create."""
        found = [*problems(desired.kind, desired.raw)] if self.inputs.validates else []
        if not found:
            return None
        diagnostic = invalid_item(desired.ref, found)
        return self._blocked(subject, diagnostic.summary, diagnostic)

    def _refused_here(self, subject: Subject, desired: DesiredNode) -> Blocked | None:
        """Block a new item that this Looker refuses and others take, as `doctor --probe` found."""
        if owner := self.owners.refused(desired):
            diagnostic = self.explain.disabled_owner(subject, owner)
        elif models := self._unknown_models(desired):
            diagnostic = self.explain.unknown_models(subject, models)
        else:
            return None
        return self._blocked(subject, diagnostic.summary, diagnostic)

    def _unknown_models(self, desired: DesiredNode) -> list[str]:
        """List the names of models that an item lists and that neither exist nor are created."""
        if not self.inputs.behaviour.refuses_unknown_models:
            return []
        known = {item.name for item in self.inputs.live.values() if item.kind == MODEL.name}
        return [
            str(name)
            for named in KINDS[desired.kind].portable_names
            if named.kind == MODEL.name and named.paths[0].endswith("[]")
            for _, name in find(desired.raw, named.paths[0])
            if name not in known and not self._makes_model(str(name))
        ]

    def _divergence(self, pair: Pair, live: LiveNode) -> Divergence | None:
        """Compare both sides with the item as they last agreed on it. None: that is not known."""
        agreed = self.inputs.load_base(pair.desired.ref)
        if agreed is None:
            return None
        node = _without_unseen(self.inputs.not_managed.managed(agreed.node), live)
        translated = self._translate(node, is_new=False, is_noted=False)
        found = compare(translated.item, live, self.context)
        parts = plan_parts(
            node, live, self.context, translated.links.translate, live_digests=pair.live_content
        )
        destination = moved_in_destination(
            node.kind, (*found.changes, *parts.changes), parts.parts, ignored=agreed.not_stored
        )
        return divergence_since(node, moved_in_source(node, pair.desired), destination, parts.twins)

    def _three_ways(
        self, kind: str, difference: _Difference, divergence: Divergence
    ) -> _Difference:
        """Mark the changes with their origins. Elsewhere, treat hand edits as the options say."""
        own = difference.parts
        changes, marked = with_origins(kind, difference.changes, own.parts, divergence)
        if self.inputs.same_instance:
            return replace(difference, changes=changes, parts=replace(own, parts=marked))
        merged = merge(kind, changes, marked, self.inputs.hand_edits)
        return replace(
            difference,
            changes=merged.changes,
            parts=replace(own, parts=merged.parts),
            blocking=merged.blocking,
            keeps_hand_edits=merged.keeps_hand_edits,
        )

    def _translate(
        self, desired: DesiredNode, *, is_new: bool, is_noted: bool = True
    ) -> _Translated:
        links = TextLinks(desired, self.inputs.instances, self.context.resolve_soft)
        listing = translate_listed_parts(
            links.translate(desired),
            targets_of=self._listed_targets,
            is_written=self._is_written,
            is_new=is_new,
        )
        if is_noted:
            self.listed_live += listing.live.items()
        return _Translated(listing.item, links, listing.missing, listing.needs)

    def _is_written(self, ref: SourceRef) -> bool:
        self.references.depend_on(ref)
        return ref in self.inputs.selected and isinstance(self.action(ref), Writing)

    def _is_identical(self, translated: _Translated, live: LiveNode) -> bool:
        """Compare without pairing parts. Their ids differ if earlier runs are remembered."""
        item, translate = translated.item, translated.links.translate
        is_remembered = item.address in self.inputs.remembered
        if is_remembered or not is_identical(item, live, self.context, translate):
            return False
        self.listed_targets[item.ref] = {
            part.ref: Live(same_id(part.ref).id)
            for nodes in item.parts.values()
            for part in nodes
            if part.kind in LISTED
        }
        return True

    def _difference(self, subject: Subject, pair: Pair, translated: _Translated) -> _Difference:
        desired, live, links = pair.desired, pair.live, translated.links
        own = compare(translated.item, live, self.context).changes if live else ()
        parts = plan_parts(
            desired, live, self.context, links.translate, live_digests=pair.live_content
        )
        divergence = self._divergence(pair, live) if live and (own or parts.differs) else None
        if divergence and divergence.removed_in_source:
            parts = plan_parts(
                desired,
                live,
                self.context,
                links.translate,
                live_digests=pair.live_content,
                removed_in_source=divergence.removed_in_source,
            )
        self.listed_targets[desired.ref] = parts.listed
        new_targets: dict[str, set[SourceRef]] = {
            path: set(refs) for path, refs in links.new_targets.items()
        }
        for path, address in parts.soft_needs.items():
            new_targets.setdefault(path, set()).add(Ref.parse(address))
        if live is None:
            changes = parts.changes
            missing = tuple(self._left_out_of_create(subject, translated.item))
            paths = list(desired.refs)
        else:
            changes = (*own, *parts.changes)
            missing = tuple(self._left_out_if_recreated(translated.item))
            paths = [change.path for change in changes]
        needs: set[Address] = set()
        if live is not None and desired.kind == FOLDER and PARENT in paths:
            needs.update(self.moves.waits(desired.ref))
        for path, address, is_soft in self._new_targets(desired, paths):
            if is_soft:
                new_targets.setdefault(path, set()).add(Ref.parse(address))
            else:
                needs.add(Address(address))
        links_left = (PlanReference(path=LINK, from_=ref.address) for ref in sorted(links.missing))
        difference = _Difference(
            changes,
            parts,
            (*parts.references, *translated.missing, *links_left, *missing),
            frozenset({*parts.needs, *translated.needs, *needs}),
            new_targets,
        )
        return self._three_ways(desired.kind, difference, divergence) if divergence else difference

    def _moved(self, subject: Subject, live: LiveNode | None) -> Blocked | None:
        """Block the move of a folder into one that lies in it and stays there."""
        if live is None or not self.moves.lies_in_itself(subject.ref):
            return None
        diagnostic = self.explain.moved_into_itself(subject)
        return self._blocked(subject, diagnostic.summary, diagnostic)

    def _skip(self, subject: Subject, pair: Pair, difference: _Difference) -> Skip | Blocked | None:
        """Skip an item that has no changes, or that was modified in the destination.

        Block it if hand edits stand in its way.
        """
        if difference.blocking:
            diagnostic = self.explain.conflict(subject, difference.blocking)
            return self._blocked(subject, diagnostic.summary, diagnostic)
        parts, live_digest = difference.parts, pair.live_digest
        if pair.live is None or live_digest is None:
            return None
        if not _writes(difference):
            left_alone = {
                name: Parts(blocked=part.blocked, surplus=part.surplus)
                for name, part in parts.parts.items()
                if part.blocked or part.surplus
            }
            reason = HAND_EDITS_KEPT if difference.keeps_hand_edits else "unchanged"
            return replace(subject.skip(reason, live_digest), parts=left_alone)
        if self.inputs.is_modified(pair.desired, pair.live, live_digest):
            return subject.skip("modified-in-destination", live_digest)
        return None

    def _assemble(self, subject: Subject, pair: Pair, difference: _Difference) -> Create | Update:
        desired, live, parts = pair.desired, pair.live, difference.parts.parts
        if live is None:
            parts = {name: replace(part, live={}) for name, part in parts.items()}
        calls, queries = self.estimate.calls(desired, live, parts, patched=bool(difference.changes))
        self.queries.append((subject.address, queries))
        create = Create(
            address=subject.address,
            type=subject.type,
            name=subject.name,
            path=subject.path,
            depends_on=tuple(sorted(difference.needs)),
            calls=calls,
            changes=self.contents.of_item(desired, live, difference.changes),
            parts=with_origins_of_parts(self.contents.of_parts(desired, live, parts)),
            references=tuple(map(self._with_name, difference.references)),
            grid=grid_of(desired, live, parts, difference.parts.twins),
            content_digest=pair.digest,
        )
        if live is None or pair.live_digest is None:
            if paths := preset_paths(desired, self.inputs.desired[desired.ref]):
                self.preset.append((subject.address, paths))
            return create
        return Update(
            address=create.address,
            type=create.type,
            name=create.name,
            path=create.path,
            destination_id=live.id,
            matched_by=subject.matched_by or "",
            depends_on=create.depends_on,
            calls=create.calls,
            changes=create.changes,
            parts=create.parts,
            references=create.references,
            grid=create.grid,
            content_digest=create.content_digest,
            live_digest=pair.live_digest,
            completes=self.inputs.completes(desired.ref, live.ref),
            keeps_hand_edits=difference.keeps_hand_edits,
        )

    def _with_name(self, reference: PlanReference) -> PlanReference:
        """Name the target of a reference, if the backup has it."""
        if ":" not in reference.from_:
            return reference
        return replace(reference, name=self.names.desired(Ref.parse(reference.from_)) or UNSET)

    # --- what is not written ------------------------------------------------------------------

    def _note_sign_in(self, subject: Subject, found: Match) -> None:
        """Note that a person whom no plan writes may sign in on one side only."""
        path = KINDS[subject.type].item.sign_in_off_field
        if path is None or not isinstance(found, Twin) or found.live not in self.inputs.live:
            return
        desired = self.inputs.load_desired(subject.ref)
        if isinstance(desired, Diagnostic) or path not in desired.fields:
            return
        live = self.inputs.load_live(found.live)
        want, have = desired.fields[path], live.fields.get(path)
        if want != have:
            why = desired.built_in or live.built_in or "it is built in"
            self.unwritten.append(
                UnwrittenOf(subject, None, Unwritten(desired, path, want, have, why))
            )

    def _note_unwritten(
        self,
        subject: Subject,
        desired: DesiredNode,
        live: LiveNode,
        twins: Mapping[SourceRef, LiveId] | None = None,
    ) -> None:
        """Note the differences of an item and its parts that are not written.

        `twins` maps desired parts to live ids. None: the item is unchanged, so that parts have
        the ids of the last apply, or equal ones.
        """
        self._note_unknown_fields(subject, desired, live, twins)
        found = [*unwritten(desired, live, self.context, _overridden(desired, desired))]
        if twins is not None:
            found += incomparable(desired, live, self.context)
        found += kept_in_queries(desired, live, self.context)
        self.unwritten += (UnwrittenOf(subject, None, each) for each in found)
        remembered = self.inputs.remembered.get(desired.address, {})
        for name, nodes in desired.parts.items():
            if not any(may_leave_unwritten(node.kind) for node in nodes):
                continue
            by_id = {node.id: node for node in live.parts.get(name, ())}
            for node in nodes:
                known = remembered.get((node.kind, node.id), same_id(node.ref).id)
                twin = by_id.get(known if twins is None else twins.get(node.ref, LiveId("")))
                if twin is None:
                    continue
                of_part = [*unwritten(node, twin, self.context, _overridden(desired, node))]
                if twins is not None:
                    of_part += incomparable(node, twin, self.context)
                of_part += kept_in_queries(node, twin, self.context)
                self.unwritten += (UnwrittenOf(subject, name, each) for each in of_part)

    def _note_unknown_fields(
        self,
        subject: Subject,
        desired: DesiredNode,
        live: LiveNode | None,
        twins: Mapping[SourceRef, LiveId] | None,
    ) -> None:
        """Note the values of an item and its parts that no request can send.

        `twins` is as in `_note_unwritten`. Parts that the plan blocks count as well.
        """
        remembered = self.inputs.remembered.get(desired.address, {})
        live_parts = {part.ref: part for part in live.with_parts()} if live is not None else {}
        for node in desired.with_parts():
            if twins is None:
                live_id = remembered.get((node.kind, node.id), same_id(node.ref).id)
            else:
                live_id = twins.get(node.ref, LiveId(""))
            twin = live if node is desired else live_parts.get(Ref(node.kind, live_id))
            for found in unknown_keys(node.kind, node.raw, twin.raw if twin else None):
                self.unknown_fields.append((found, subject))

    # --- references -----------------------------------------------------------------------------

    def _listed_targets(self, ref: SourceRef) -> Mapping[SourceRef, Target]:
        """Give the targets of the parts of an item that other items list, selected or not."""
        self.references.depend_on(ref)
        if ref not in self.listed_targets:
            found = self.inputs.matches.by_ref.get(ref)
            desired = self.inputs.load_desired(ref) if ref in self.inputs.desired else None
            live = self.inputs.load_live(found.live) if isinstance(found, Twin) else None
            if isinstance(desired, Node) and live is not None:
                self._note_listed(desired, live, digests_of(live).content)
            else:
                self.listed_targets[ref] = {}
        return self.listed_targets[ref]

    def _note_listed(
        self, desired: DesiredNode, live: LiveNode, live_digests: Mapping[LiveRef, str]
    ) -> None:
        """Note the targets of the parts that other items list, since the item is let go."""
        self.listed_targets[desired.ref] = listed_targets(desired, live, self.context, live_digests)

    def _new_targets(
        self, desired: DesiredNode, paths: Iterable[str]
    ) -> Iterator[tuple[str, str, bool]]:
        """List (path, address, is soft) of the references to items that the plan creates."""
        row = KINDS[desired.kind]
        for path in paths:
            ref = desired.refs.get(path)
            if ref is None:
                continue
            target = self.context.resolver_of(desired, path)(ref)
            if isinstance(target, New):
                yield path, target.address, row.reference(path).if_missing is IfMissing.DROP

    def _missing_targets(
        self, subject: Subject, desired: DesiredNode, live: LiveNode | None
    ) -> Blocked | None:
        """Block an item if the target of a hard reference, or an external thing, is missing."""
        missing = [
            (path, ref)
            for path, ref in desired.refs.items()
            if ref is not None and self._is_missing(desired, live, path, ref)
        ]
        if not missing:
            names = missing_external_names(desired, self.inputs.outside)
            if not names:
                return None
            return self._blocked(subject, names, self.explain.missing_external(subject, names))
        needs: list[str] = []
        for path, ref in missing:
            explore = self._missing_explore(desired, path)
            needs.append(f"explore {explore}" if explore else ref.address)
            if explore:
                self.diagnostics.append(self.explain.explore(subject, explore))
            elif is_query(desired, path):
                self.diagnostics.append(self.explain.query(subject, ref))
            elif not isinstance(self.actions.get(ref), Blocked):
                # A blocked target shows this item in the tree of its own diagnostic.
                in_cycle = ref in self.references.deciding
                self.diagnostics.append(self.explain.missing(subject, path, ref, in_cycle=in_cycle))
        return subject.blocked(
            f"needs {', '.join(needs)}",
            tuple(PlanReference(path=path, from_=ref.address) for path, ref in missing),
        )

    def _missing_explore(self, desired: DesiredNode, path: str) -> str:
        """Name the explore that the query at `path` lacks; "" if it can be created, or is none."""
        return (
            self.context.queries.missing_explore(desired, path) if is_query(desired, path) else ""
        )

    def _makes_model(self, name: str) -> bool:
        """Say whether the plan creates the LookML model of this name."""
        ref = self._models.get(name)
        if ref is None or ref not in self.inputs.selected:
            return False
        self.references.depend_on(ref)
        return isinstance(self.action(ref), Create)

    def _is_missing(
        self, desired: DesiredNode, live: LiveNode | None, path: str, ref: SourceRef
    ) -> bool:
        """Say whether the reference is hard and its target is missing."""
        if not KINDS[desired.kind].reference(path).is_hard:
            return False
        if not is_query(desired, path):
            return isinstance(self.context.resolve(ref), Missing)
        queries = self.context.queries
        if live is not None and queries.equal(desired, live, path) is not False:
            return False
        return isinstance(queries.target(desired, path, ref), Missing)

    def _left_out_of_create(
        self, subject: Subject, desired: DesiredNode
    ) -> Iterator[PlanReference]:
        """List the references and the slug that a new item can't have."""
        row = KINDS[desired.kind]
        for path, ref in desired.refs.items():
            if ref is None or is_query(desired, path):
                continue
            if isinstance(self.context.resolver_of(desired, path)(ref), Missing):
                self.diagnostics.append(self.explain.dropped(subject, path, ref))
                yield PlanReference(path=path, from_=ref.address)
        slug = desired.fields.get(row.item.slug_field) if row.item.slug_field else None
        if row.item.slug_field and slug and (desired.kind, str(slug)) in self.live_slugs:
            self.diagnostics.append(self.explain.slug(subject, str(slug)))
            yield PlanReference(path=row.item.slug_field, from_=str(slug))

    def _left_out_if_recreated(self, desired: DesiredNode) -> Iterator[PlanReference]:
        """List the soft references that the item would lose if apply had to recreate it."""
        row = KINDS[desired.kind]
        for path, ref in desired.refs.items() if self.inputs.recreates else ():
            if ref is None or is_query(desired, path) or row.reference(path).is_hard:
                continue
            if isinstance(self.context.resolve_soft(ref), Missing):
                yield PlanReference(path=path, from_=ref.address)

    # --- once every item is decided -------------------------------------------------------------

    def finish(self, conflicts: Conflicts) -> Decisions:
        """Order the actions, defer values that close a cycle, and list the remaps in use."""
        # Selected or not, apply must know that their ids are still to come.
        for ref in sorted(self.references.made_along):
            _ = self.action(ref)
        refs = sorted(self.actions, key=lambda ref: (_RANKS[ref.kind], ref))
        queries = list(self.queries.in_order(refs))
        creates = _first_creates(queries)
        by_address = {
            action.address: with_waits(_with_creates(action, creates), conflicts)
            for action in self.actions.values()
        }
        preset = dict(self.preset.in_order(refs))
        by_address = wait_or_defer(by_address, dict(self.new_targets.in_order(refs)))
        actions = in_order(
            {
                address: without_preset_values(action, preset)
                for address, action in by_address.items()
            }
        )
        unmanaged = unmanaged_items(self.inputs)
        not_managed = [
            each
            for each in actions
            if isinstance(each, Skip) and each.reason.startswith(NOT_MANAGED)
        ]
        known_queries = {key: remap for _, needed in queries for key, remap in needed.known.items()}
        listed_live = dict(self.listed_live.in_order(refs))
        remaps = remaps_in_use(
            self.references.used,
            self.inputs,
            more=(*known_queries.values(), *remaps_of_listed(listed_live)),
        )
        needs = list(self.needs.in_order(refs))
        diagnostics = (
            *self.inputs.matches.diagnostics,
            *self.diagnostics.in_order(refs),
            *explain.only_used(actions),
            *replaced_pairs(self.inputs),
            *explore_warnings(_grouped(self.missing_explores.in_order(refs)), self.explores.doubt),
            *self._notes(refs, actions, unmanaged, not_managed),
        )
        return Decisions(
            with_memberships(actions),
            remaps,
            tuple(explain.with_trees(diagnostics, actions)),
            frozenset(self.references.used),
            frozenset(self.not_sending.in_order(refs)),
            mentioned(needs),
            fields_used(needs),
            {kind: len(items) for kind, items in unmanaged.items()},
            unbound_items(self.inputs),
            dict(Counter(each.type for each in not_managed)),
        )

    def _notes(
        self,
        refs: Sequence[SourceRef],
        actions: Sequence[Action],
        unmanaged: Mapping[str, Sequence[LiveIdentity]],
        not_managed: Sequence[Skip],
    ) -> Iterator[Diagnostic]:
        notes = NoteWriter(self.inputs)
        yield from notes.unwritten(list(self.unwritten.in_order(refs)))
        yield from notes.unknown_fields(_grouped(self.unknown_fields.in_order(refs)))
        yield from notes.memberships(self.memberships_left_out.in_order(refs))
        yield from notes.unmanaged(unmanaged)
        yield from notes.not_listed(kinds_not_listed(self.inputs))
        yield from notes.not_managed(not_managed)
        yield from notes.to_invite(actions)


def _first_creates(needed: Iterable[tuple[Address, NeededQueries]]) -> Mapping[Address, int]:
    """Count the queries that each action is the first to create."""
    counted: set[str] = set()
    creates: dict[Address, int] = {}
    for address, queries in needed:
        creates[address] = len(queries.new.keys() - counted)
        counted.update(queries.new)
    return creates


def _with_creates(action: Action, creates: Mapping[Address, int]) -> Action:
    """Add the creates of queries to the requests of an action."""
    more = creates.get(action.address, 0)
    if not more or not isinstance(action, ContentWriting):
        return action
    return replace(action, calls=action.calls + more)


def _grouped(pairs: Iterable[tuple[K, V]]) -> Mapping[K, list[V]]:
    groups: dict[K, list[V]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return groups


def _overridden(item: DesiredNode, node: DesiredNode) -> Mapping[str, Json]:
    """Map the overridden fields of an item, or of one of its parts, to the backup's own values."""
    return item.overridden.get(node.ref, {}) if item.overridden else {}


def _without_unseen(desired: DesiredNode, live: LiveNode | None) -> DesiredNode:
    """Leave out the collections that Looker does not show of the live twin."""
    if live is None or not live.unseen:
        return desired
    seen = {name: parts for name, parts in desired.parts.items() if name not in live.unseen}
    return replace(desired, parts=seen)


def _has_surplus(desired: DesiredNode, live: LiveNode) -> bool:
    """Say whether the live item has more parts of some kind than the desired one."""
    return any(len(live.parts.get(name, ())) > len(parts) for name, parts in desired.parts.items())


def _not_sending(item: DesiredNode) -> Iterator[str]:
    """Name the item and the parts of it that would send, and don't as the backup has them."""
    if _is_not_sending(item):
        yield item.address
    for name, nodes in item.parts.items():
        yield from (f"{item.address}/{name}/{node.id}" for node in nodes if _is_not_sending(node))


def _is_not_sending(node: DesiredNode) -> bool:
    switch = KINDS[node.kind].send_switch
    return switch is not None and node.fields.get(switch.path) == switch.off_value


def _writes(difference: _Difference) -> bool:
    return bool(difference.changes) or difference.parts.writes
