"""What deciding is given, and what it hands back."""

from collections.abc import Callable, Collection, Mapping

import msgspec

from lookervault_plan.content.folder_paths import FOLDER, Path
from lookervault_plan.content.identity import Identity
from lookervault_plan.content.node import Address, Node, Ref
from lookervault_plan.content.text_links import Instances
from lookervault_plan.errors import Diagnostic
from lookervault_plan.plan_file import Action, Blocked, PlanReference, Remap, Skip
from lookervault_plan.planning.match.twins import Matches


class Inputs(msgspec.Struct, frozen=True, kw_only=True):
    """All that deciding needs: values, and two functions that give an item's node."""

    desired: Mapping[Ref, Identity]
    live: Mapping[Ref, Identity]
    selected: Collection[Ref]
    matches: Matches
    #: the item as the backup has it, or why it can't be read
    load_desired: Callable[[Ref], Node | Diagnostic]
    load_live: Callable[[Ref], Node]
    #: a live item with its access list, even one that is never written; None if it was not read
    load_access: Callable[[Ref], Node | None] = lambda _: None
    same_instance: bool
    owners: bool = False
    #: whether schedules and alerts are to send as they do in the source
    schedules: bool = True
    #: whether apply makes anew what is gone by then
    recreates: bool = False
    instances: Instances = Instances()
    #: live ids of definitions that earlier runs learned, by content key
    known_queries: Mapping[str, str] = {}
    #: address -> (part kind, source id) -> live id
    remembered: Mapping[str, Mapping[tuple[str, str], str]] = {}
    #: address -> (desired digest, live digest) after the last apply
    applied: Mapping[str, tuple[str, str]] = {}
    #: remaps that the state holds already
    stored: Mapping[Ref, str] = {}
    #: explores of the destination as `model::explore`; None if they were not read
    explores: frozenset[str] | None = None
    #: kind of outside things -> their names in the destination; a missing kind is not checked
    outside: Mapping[str, frozenset[str]] = {}
    #: folders that `remaps.yml` wants at a path, and those it only names
    places: Mapping[Ref, Path] = {}
    #: whether a live item is to be left alone, since it was changed on its own: desired, live
    is_modified: Callable[[Node, Node], bool] = lambda _desired, _live: False


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """The item that is being decided, with all that its action says whichever it is."""

    address: Address
    type: str
    name: str
    path: tuple[str, ...]
    #: None if the item has no twin
    destination_id: str | None = None
    matched_by: str | None = None
    #: None before the item is compared
    content_digest: str | None = None

    @property
    def ref(self) -> Ref:
        return Ref.parse(self.address)

    def skip(self, reason: str, live_digest: str | None = None) -> Skip:
        """Leave the item alone."""
        return Skip(
            address=self.address,
            type=self.type,
            name=self.name,
            path=self.path,
            reason=reason,
            destination_id=self.destination_id,
            matched_by=self.matched_by,
            content_digest=self.content_digest,
            live_digest=live_digest,
        )

    def blocked(self, reason: str, references: tuple[PlanReference, ...] = ()) -> Blocked:
        """Say that the item can't be applied."""
        return Blocked(
            address=self.address,
            type=self.type,
            name=self.name,
            path=self.path,
            reason=reason,
            destination_id=self.destination_id,
            matched_by=self.matched_by,
            references=references,
            content_digest=self.content_digest,
        )


class Decisions(msgspec.Struct, frozen=True):
    """The body of a plan."""

    actions: tuple[Action, ...]
    remaps: tuple[Remap, ...]
    diagnostics: tuple[Diagnostic, ...]
    #: what the actions and their references point to
    used: frozenset[Ref] = frozenset()
    #: New items and parts that could send, and don't as planned (see `Limits.silent`).
    silent: frozenset[str] = frozenset()


def folder_of(identity: Identity) -> Ref | None:
    """The folder an item lies in."""
    return next(
        (key for key in identity.keys.values() if isinstance(key, Ref) and key.kind == FOLDER),
        None,
    )


def path_of(identity: Identity, inputs: Inputs) -> tuple[str, ...]:
    """Names of the folders an item lies in, outermost first."""
    names: list[str] = []
    seen: set[Ref] = set()
    folder = folder_of(identity)
    while folder is not None and folder not in seen and folder in inputs.desired:
        seen.add(folder)
        names.append(inputs.desired[folder].name)
        folder = folder_of(inputs.desired[folder])
    above = inputs.places.get(folder, ()) if folder and folder not in seen else ()
    return (*above, *reversed(names))
