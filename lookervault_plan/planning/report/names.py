"""Name the targets of references, as people know them: folders by path, people by email."""

from collections.abc import Mapping
from functools import cached_property

from lookervault_plan.content.folder_paths import Path, join_path, paths_of
from lookervault_plan.content.identity import Identity
from lookervault_plan.content.node import Id, LiveRef, SourceRef
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.planning.inputs import Inputs


class Names:
    """Names of the items of both sides; "" for an item that a side lacks."""

    def __init__(self, inputs: Inputs) -> None:
        self._inputs = inputs

    def desired(self, ref: SourceRef) -> str:
        """Name an item of the backup: `Shared/Finance`, `Ann Lee (ann@example.com)`."""
        return _name(self._inputs.desired.get(ref), self._desired_paths.get(ref))

    def live(self, ref: LiveRef) -> str:
        """Name an item of the destination, as `desired` does one of the backup."""
        return _name(self._inputs.live.get(ref), self._live_paths.get(ref))

    @cached_property
    def _desired_paths(self) -> Mapping[SourceRef, Path]:
        return paths_of(self._inputs.desired.values())

    @cached_property
    def _live_paths(self) -> Mapping[LiveRef, Path]:
        return paths_of(self._inputs.live.values())


def _name(item: Identity[Id] | None, path: Path | None) -> str:
    if item is None:
        return ""
    if path:
        return join_path(path)
    email = item.keys.get("email") if KINDS[item.kind].item.can_sign_in else None
    return f"{item.name} ({email})" if email and email != item.name else item.name
