"""Write notes: differences that a plan compared and does not write, left out, or can't see."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from lookervault_plan.content.identity import Identity, LiveIdentity
from lookervault_plan.content.node import Address, Json, LiveRef, Ref, SourceId, SourceRef
from lookervault_plan.content.redact import SENSITIVE, without_secrets_at
from lookervault_plan.content.table.kinds import ITEM_KINDS, KINDS, singular
from lookervault_plan.errors import Diagnostic
from lookervault_plan.plan_file import Action, Create, Skip
from lookervault_plan.planning.compare.unwritten import Unwritten
from lookervault_plan.planning.inputs import Inputs, Subject
from lookervault_plan.planning.match.twins import Ambiguous, Twin
from lookervault_plan.planning.report.memberships_left_out import MembershipLeftOut
from lookervault_plan.planning.words import counted, quoted

#: Longer values are cut, in characters.
_VALUE_LENGTH = 120
#: Items that a note names in its detail; further ones are counted.
_NAMED = 500


class UnwrittenOf(msgspec.Struct, frozen=True):
    """An unwritten difference, and the item that it belongs to."""

    subject: Subject
    #: Collection of the part that differs. None: the item itself differs.
    collection: str | None
    difference: Unwritten


class NoteWriter:
    """Writes notes with the names of both sides."""

    def __init__(self, inputs: Inputs) -> None:
        self._inputs = inputs

    def unwritten(self, found: Sequence[UnwrittenOf]) -> Iterator[Diagnostic]:
        """Write a note for each difference; equal ones of several items share one."""
        alike: dict[tuple[str, ...], list[UnwrittenOf]] = defaultdict(list)
        for each in found:
            one = each.difference
            values = ("", "") if one.is_unknown else self._values(one)
            alike[one.node.kind, one.path, *values, one.why, str(one.is_missing)].append(each)
        for same in alike.values():
            yield self._shared(same) if len(same) > 1 else self._single(same[0])

    def unknown_fields(
        self, found: Mapping[tuple[str, str], Sequence[Subject]]
    ) -> Iterator[Diagnostic]:
        """Write a note for each field that can't be sent, naming the items that hold a value."""
        for (kind, key), holders in sorted(found.items()):
            addresses = list(dict.fromkeys(f"{one.address} {quoted(one.name)}" for one in holders))
            yield _note(
                "note.not-written",
                f"{key} of {counted(len(holders), kind)} is not written: "
                "lookervault-plan does not know this field, so it can't send it",
                address=holders[0].address if not addresses[1:] else None,
                detail=_listed(addresses) if addresses[1:] else "",
            )

    def _single(self, each: UnwrittenOf) -> Diagnostic:
        name = _named_part(each)
        code, text = self._text(each.difference, f"{each.difference.path} of {name}")
        return _note(code, text, address=each.subject.address)

    def _shared(self, same: Sequence[UnwrittenOf]) -> Diagnostic:
        one = same[0].difference
        code, text = self._text(one, f"{one.path} of {counted(len(same), one.node.kind)}")
        names = [f"{each.subject.address}: {_named_part(each)}" for each in same]
        return _note(code, text, detail=_listed(names))

    def _text(self, one: Unwritten, what: str) -> tuple[str, str]:
        if one.is_unknown:
            return (
                "note.not-seen",
                f"{what} can't be compared: {one.why}",
            )
        if one.is_missing:
            target = one.desired if isinstance(one.desired, Ref) else Ref("", SourceId(""))
            lacking = f"the destination lacks {self.named(target)}"
            return "note.left-out", f"{what} is left as it is: {lacking}"
        want, have = self._values(one)
        sides = f"{want} in the backup, {have} in the destination"
        return "note.not-written", f"{what} differs and is not written: {sides}; {one.why}"

    def _values(self, one: Unwritten) -> tuple[str, str]:
        if one.sensitive:
            return SENSITIVE, SENSITIVE
        want, have = one.desired, one.live
        return (
            self.named(want) if isinstance(want, Ref) else _value(one.path, want),
            self.live_named(have) if isinstance(have, Ref) else _value(one.path, have),
        )

    def named(self, ref: SourceRef) -> str:
        """Name a desired item for people: `user "Ann" (ann@example.com)`, or its address."""
        return _named(ref, self._inputs.desired.get(ref))

    def live_named(self, ref: LiveRef) -> str:
        """Name a live item for people, as `named` does a desired one."""
        return _named(ref, self._inputs.live.get(ref))

    def memberships(self, found: Iterable[MembershipLeftOut]) -> Iterator[Diagnostic]:
        """Write a note for each owner that is not selected and whose members differ."""
        by_owner: dict[tuple[SourceRef | None, LiveRef | None, str], list[SourceRef]] = defaultdict(
            list
        )
        for each in found:
            by_owner[each.owner, each.live_owner, each.member.kind].append(each.member)
        for (desired, live, kind), members in by_owner.items():
            if live is not None:
                owner, only, ref = self.live_named(live), "destination", live
            else:
                ref = desired or Ref("", SourceId(""))
                owner, only = self.named(ref), "backup"
            names = [self.named(member) for member in members]
            who = names[0] if len(names) == 1 else counted(len(names), kind)
            yield _note(
                "note.left-out",
                f"{owner} has {who} in the {only} alone; that is not written, "
                f"since {_noun(ref.kind)} {ref.id} is not selected",
                address=members[0].address if len(names) == 1 else None,
                detail=_listed(names) if len(names) > 1 else "",
            )

    def unmanaged(self, found: Mapping[str, Sequence[LiveIdentity]]) -> Iterator[Diagnostic]:
        """Count the items that only the destination has; the detail names them."""
        if found:
            kinds = ", ".join(counted(len(items), kind) for kind, items in found.items())
            names = [
                f"{item.address} {quoted(item.name)}" for items in found.values() for item in items
            ]
            yield _note(
                "note.unmanaged",
                f"only the destination has {kinds}",
                detail=_listed(names),
            )

    def not_managed(self, skipped: Sequence[Skip]) -> Iterator[Diagnostic]:
        """Count the items that the config file leaves alone, by rule; the detail names them."""
        by_rule: dict[str, list[Skip]] = defaultdict(list)
        for each in skipped:
            by_rule[each.reason].append(each)
        for reason, items in by_rule.items():
            kinds = Counter(each.type for each in items)
            counts = ", ".join(counted(kinds[kind], kind) for kind in ITEM_KINDS if kind in kinds)
            yield _note(
                "note.not-managed",
                f"{counts} {'is' if len(items) == 1 else 'are'} {reason}",
                detail=_listed([f"{each.address} {quoted(each.name)}" for each in items]),
            )

    def to_invite(self, actions: Iterable[Action]) -> Iterator[Diagnostic]:
        """List the people that the plan creates. Looker mails them nothing by itself."""
        for kind in ITEM_KINDS:
            created = [
                self.named(Ref.parse(action.address))
                for action in actions
                if isinstance(action, Create) and action.type == kind
            ]
            if created and KINDS[kind].item.can_sign_in:
                yield _note(
                    "note.to-invite",
                    f"to invite: {counted(len(created), f'new {kind}')}; "
                    "Looker mails them nothing until somebody sends them an invitation",
                    detail=_listed(created),
                )

    def not_listed(self, kinds: Iterable[str]) -> Iterator[Diagnostic]:
        """Say of which types only the items that the selection needs were looked up."""
        if names := [f"{_noun(kind)}s" for kind in kinds]:
            yield _note(
                "note.not-seen",
                f"other {' and '.join(names)} of the destination were not compared: "
                "few items are selected, so they were looked up by themselves",
            )


def unmanaged_items(inputs: Inputs) -> Mapping[str, Sequence[LiveIdentity]]:
    """Find the live items of the selected types that only the destination has, by type."""
    accounted: set[LiveRef] = set()
    for found in inputs.matches.by_ref.values():
        match found:
            case Twin(live):
                accounted.add(live)
            case Ambiguous(candidates):
                accounted.update(candidates)
            case _:
                pass
    kinds = {ref.kind for ref in inputs.selected} & inputs.listed
    by_kind: dict[str, list[LiveIdentity]] = {kind: [] for kind in ITEM_KINDS if kind in kinds}
    for ref, item in inputs.live.items():
        is_own = ref.kind in kinds and not item.built_in and not item.trashed
        if is_own and ref not in accounted:
            by_kind[ref.kind].append(item)
    return {
        kind: sorted(items, key=lambda item: item.ref) for kind, items in by_kind.items() if items
    }


def kinds_not_listed(inputs: Inputs) -> list[str]:
    """Name the selected types of which the destination's items were not all read."""
    kinds = {ref.kind for ref in inputs.selected} - inputs.listed
    return [kind for kind in ITEM_KINDS if kind in kinds and KINDS[kind].item.listing]


def _named_part(each: UnwrittenOf) -> str:
    if each.collection is None:
        return quoted(each.subject.name)
    node = each.difference.node
    return (
        f"{singular(each.collection)} {quoted(node.name or node.id)} of {quoted(each.subject.name)}"
    )


def _named(ref: Ref[str], item: Identity[str] | None) -> str:
    if item is None or not item.name:
        return ref.address
    email = item.keys.get("email")
    return f"{_noun(ref.kind)} {quoted(item.name)}" + (f" ({email})" if email else "")


def _value(path: str, value: Json) -> str:
    clean = without_secrets_at(path, value)
    text = SENSITIVE if clean == SENSITIVE else msgspec.json.encode(clean).decode()
    return text if len(text) <= _VALUE_LENGTH else f"{text[:_VALUE_LENGTH]}…"


def _noun(kind: str) -> str:
    return kind.replace("_", " ")


def _listed(names: Sequence[str]) -> str:
    more = [f"and {len(names) - _NAMED:,} more"] if names[_NAMED:] else []
    return "\n".join([*names[:_NAMED], *more])


def _note(
    code: str, summary: str, *, address: Address | None = None, detail: str = ""
) -> Diagnostic:
    return Diagnostic(severity="note", code=code, summary=summary, address=address, detail=detail)
