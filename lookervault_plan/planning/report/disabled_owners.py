"""Warn of schedules and alerts that will not send, since their owner can't sign in."""

from collections.abc import Iterator

from lookervault_plan.content.identity import Identity
from lookervault_plan.content.node import DesiredNode, LiveNode, LiveRef, Node, Ref, SourceRef
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.errors import Diagnostic
from lookervault_plan.planning.inputs import Inputs, Subject
from lookervault_plan.planning.match.twins import Twin
from lookervault_plan.planning.words import quoted


class Owners:
    """Looks up the owners of what sends."""

    def __init__(self, inputs: Inputs) -> None:
        self._inputs = inputs
        #: Whether each person that was loaded is disabled.
        self._desired_off: dict[SourceRef, bool] = {}
        self._live_off: dict[LiveRef, bool] = {}

    def note(self, desired: DesiredNode, live: LiveNode | None) -> None:
        """Remember whether a person is disabled, so that nobody is loaded for each schedule."""
        if flag := KINDS[desired.kind].item.sign_in_off_field:
            self._desired_off[desired.ref] = bool(desired.fields.get(flag))
            if live is not None:
                self._live_off[live.ref] = bool(live.fields.get(flag))

    def disabled(
        self, subject: Subject, desired: DesiredNode, live: LiveNode | None
    ) -> Iterator[Diagnostic]:
        """Warn of the item, and of its parts, that are to send and whose owner is disabled."""
        for node in desired.with_parts():
            switch = KINDS[node.kind].send_switch
            if switch is None or node.fields.get(switch.path, switch.off_value) == switch.off_value:
                continue
            for owner in self._owners(node, live if node is desired else None):
                name = node.name or subject.name
                yield Diagnostic(
                    severity="warning",
                    code="owner.disabled",
                    address=subject.address,
                    summary=f"{quoted(name)} will not send: its owner {owner} is disabled",
                    fix="enable the owner, or give it another one",
                )

    def refused(self, desired: DesiredNode) -> str:
        """Name the disabled owner because of whom Looker refuses a new item; "" if it takes it."""
        if not self._inputs.behaviour.refuses_disabled_owners:
            return ""
        if KINDS[desired.kind].send_switch is None:
            return ""
        return next(self._owners(desired, None), "")

    def _owners(self, node: DesiredNode, live: LiveNode | None) -> Iterator[str]:
        """Name the owners of a node who will be disabled when the plan is done."""
        for path, ref in node.refs.items():
            row = KINDS[node.kind].reference(path)
            flag = KINDS[row.kind].item.sign_in_off_field
            if row.policy != "owners" or flag is None:
                continue
            is_given = node.ref in self._inputs.reassigned
            if live is not None and not self._inputs.owners and not is_given:
                owner = live.refs.get(path)
                if owner and owner in self._inputs.live and self._is_off(owner, flag):
                    yield _named(owner, self._inputs.live.get(owner))
            elif ref and self._will_be_off(ref, flag):
                yield _named(ref, self._inputs.desired.get(ref))

    def _will_be_off(self, ref: SourceRef, flag: str) -> bool:
        """Say whether a desired user is disabled: as planned if selected, else as it is live."""
        inputs = self._inputs
        found, item = inputs.matches.by_ref.get(ref), inputs.desired.get(ref)
        if ref in inputs.selected and item is not None and not item.built_in:
            if ref not in self._desired_off:
                desired = inputs.load_desired(ref)
                is_off = isinstance(desired, Node) and bool(desired.fields.get(flag))
                self._desired_off[ref] = is_off
            return self._desired_off[ref]
        return (
            isinstance(found, Twin) and found.live in inputs.live and self._is_off(found.live, flag)
        )

    def _is_off(self, live: LiveRef, flag: str) -> bool:
        if live not in self._live_off:
            self._live_off[live] = bool(self._inputs.load_live(live).fields.get(flag))
        return self._live_off[live]


def _named(ref: Ref[str], item: Identity[str] | None) -> str:
    if item is None or not item.name:
        return ref.address
    email = item.keys.get("email")
    return f"{quoted(item.name)}" + (f" ({email})" if email else "")
