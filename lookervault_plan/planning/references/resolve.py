"""What a reference of the backup means in the destination, as far as it is decided."""

from collections.abc import Callable, Mapping

from lookervault_plan.content.identity import makers
from lookervault_plan.content.node import Ref
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.plan_file import Action, Create
from lookervault_plan.planning.inputs import Inputs
from lookervault_plan.planning.match.twins import NoTwin, Twin
from lookervault_plan.planning.references.targets import Live, Lost, New, Target


class Meaning:
    """Translates references; `used` notes those that lead to something live."""

    def __init__(
        self, inputs: Inputs, actions: Mapping[Ref, Action], decide: Callable[[Ref], Action]
    ) -> None:
        """`actions` are those decided so far; `decide` gives any other one."""
        self._inputs = inputs
        self._actions = actions
        self._decide = decide
        #: items that are being decided: each needs the next one
        self.deciding: list[Ref] = []
        self.used: set[Ref] = set()
        #: item that Looker makes together with another -> that other one
        self._brought = makers(item for item in inputs.desired.values() if not item.built_in)

    def resolve(self, ref: Ref) -> Target:
        """What a hard reference of a desired item means in the destination."""
        inputs = self._inputs
        match inputs.matches.by_ref.get(ref):
            case Twin(live):
                self.used.add(ref)
                return Live(live.id)
            case NoTwin() if self._is_new(self._brought.get(ref)):
                return New(self._brought[ref].address)
            case NoTwin() if ref in inputs.selected and ref not in self.deciding:
                return New(ref.address) if isinstance(self._decide(ref), Create) else Lost(ref)
            case None if inputs.same_instance and (ref in inputs.live or not KINDS[ref.kind].path):
                return Live(ref.id)
            case _:
                return Lost(ref)

    def resolve_soft(self, ref: Ref) -> Target:
        """As `resolve`, but without deciding the other item first: links may form cycles."""
        if not isinstance(self._inputs.matches.by_ref.get(ref), NoTwin):
            return self.resolve(ref)
        maker = self._brought.get(ref, ref)
        return New(maker.address) if self._is_new(maker) else Lost(ref)

    def policy(self, name: str) -> bool:
        """Whether an optional comparison was asked for."""
        return {"owners": self._inputs.owners, "schedules": self._inputs.schedules}[name]

    def _is_new(self, ref: Ref | None) -> bool:
        """Whether the plan creates it, as far as that is decided."""
        if ref is None or ref not in self._inputs.selected or not KINDS[ref.kind].creatable:
            return False
        if not isinstance(self._inputs.matches.by_ref.get(ref), NoTwin):
            return False
        done = self._actions.get(ref)
        if done is not None:
            return isinstance(done, Create)
        return self._inputs.desired[ref].built_in is None
