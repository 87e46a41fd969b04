"""The inputs of deciding, and its result."""

from collections.abc import Callable, Collection, Mapping, Sequence

import msgspec

from lookervault_plan.content.folder_paths import FOLDER, Path
from lookervault_plan.content.identity import DesiredIdentity, Identity, LiveIdentity
from lookervault_plan.content.mentions import Mentioned
from lookervault_plan.content.node import (
    Address,
    DesiredNode,
    Id,
    Json,
    LiveId,
    LiveNode,
    LiveRef,
    Ref,
    SourceId,
    SourceRef,
)
from lookervault_plan.content.text_links import Instances
from lookervault_plan.errors import Diagnostic
from lookervault_plan.plan_file import Action, Blocked, PlanReference, Remap, Skip
from lookervault_plan.planning.access_summaries import AccessSummaries
from lookervault_plan.planning.live_lists import LiveLists
from lookervault_plan.planning.looker_behaviour import USUAL, LookerBehaviour
from lookervault_plan.planning.match.twins import Matches
from lookervault_plan.planning.not_managed import NotManaged
from lookervault_plan.planning.three_way import HandEditPolicy


class Inputs(msgspec.Struct, frozen=True, kw_only=True):
    """Both sides in short, how they match, and functions that load whole items."""

    desired: Mapping[SourceRef, DesiredIdentity]
    live: Mapping[LiveRef, LiveIdentity]
    selected: Collection[SourceRef]
    matches: Matches
    #: Selected items that are picked by no criterion themselves: others need them.
    brought: Collection[SourceRef] = ()
    #: Load a desired item, or say why it can't be read.
    load_desired: Callable[[SourceRef], DesiredNode | Diagnostic]
    load_live: Callable[[LiveRef], LiveNode]
    #: Add what Looker's lists leave out to live items. Return those that were lacking something.
    complete: Callable[[Sequence[LiveRef]], Collection[LiveRef]] = lambda _: ()
    #: Key of a desired item. Items of a kind with equal keys are completed by one request.
    batch_key: Callable[[SourceRef], str] = lambda ref: ref.id
    #: True: block items and parts that Looker would refuse.
    validates: bool = False
    #: Desired items known to be unreadable; any other may turn out to be when it is loaded.
    unreadable: Collection[SourceRef] = frozenset()
    #: Kinds whose live items were all read.
    listed: frozenset[str] = frozenset()
    #: Load a live item with its access list, even if no plan writes it. None: it was not read.
    load_access: Callable[[LiveRef], LiveNode | None] = lambda _: None
    same_instance: bool
    owners: bool = False
    #: True: live parts that no session of ours made stay.
    keeps_surplus: bool = False
    #: True: schedules and alerts send as they do in the source.
    schedules: bool = True
    #: True: apply recreates items that are gone by then.
    recreates: bool = False
    instances: Instances = Instances()
    #: Live ids of queries that earlier runs learned, by content key.
    known_queries: Mapping[str, LiveId] = {}
    #: address -> (part kind, source id) -> live id
    remembered: Mapping[str, Mapping[tuple[str, SourceId], LiveId]] = {}
    #: Items that an earlier session created and did not finish.
    half_made: Collection[str] = frozenset()
    #: The same for parts that went the other way, from the destination to the source. They pair
    #: parts; no session made the live ones.
    paired_before: Mapping[str, Mapping[tuple[str, SourceId], LiveId]] = {}
    #: address -> (desired digest, live digest) after the last apply
    applied: Mapping[str, tuple[str, str]] = {}
    #: Remaps that the state holds.
    stored: Mapping[SourceRef, LiveId] = {}
    #: Explores of the destination as `model::explore`. None: they were not read.
    explores: frozenset[str] | None = None
    #: True: collect the explore fields that written queries ask for.
    check_fields: bool = False
    #: Say whether the API user sees everything, as an admin does.
    sees_all: Callable[[], bool] = lambda: True
    #: Kind of external thing -> names in the destination. A missing kind is not checked.
    outside: Mapping[str, frozenset[str]] = {}
    #: Folders that `remaps.yml` places at a path, or names.
    places: Mapping[SourceRef, Path] = {}
    #: People whose email `remaps.yml` changes.
    readdressed: Collection[SourceRef] = frozenset()
    #: Items and parts that get another owner by `remaps.yml`. Filled while items are loaded.
    reassigned: Collection[SourceRef] = frozenset()
    #: Folders that `remaps.yml` places elsewhere, with all below them.
    relocated: Collection[SourceRef] = frozenset()
    #: How the destination behaves where the facts are not sure.
    behaviour: LookerBehaviour = USUAL
    #: What [collections] and [ignore] of the config file leave alone.
    not_managed: NotManaged = NotManaged()
    #: Say whether the live item was changed in the destination, given its tree digest too.
    is_modified: Callable[[DesiredNode, LiveNode, str], bool] = lambda _desired, _live, _digest: (
        False
    )
    #: Load an item as it was last agreed with the destination. None: never, or not known.
    load_base: Callable[[SourceRef], "Agreed | None"] = lambda _: None
    hand_edits: HandEditPolicy = HandEditPolicy()
    #: Filled while deciding.
    access: AccessSummaries = msgspec.field(default_factory=AccessSummaries)
    lists: LiveLists = msgspec.field(default_factory=LiveLists)

    def completes(self, ref: SourceRef, live: LiveRef) -> bool:
        """Say whether an update completes an item that an earlier session created."""
        return ref.address in self.half_made and self.stored.get(ref) == live.id


class Agreed(msgspec.Struct, frozen=True):
    """An item of the backup as it was last agreed with the destination."""

    node: DesiredNode
    #: `part kind:source id:path` -> what Looker held instead of what it was sent.
    not_stored: Mapping[str, Json] = {}


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """The item being decided, with the fields that its action has whichever it is."""

    address: Address
    type: str
    name: str
    path: tuple[str, ...]
    #: None if the item has no twin
    destination_id: LiveId | None = None
    matched_by: str | None = None
    #: None before the item is compared
    content_digest: str | None = None

    @property
    def ref(self) -> SourceRef:
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
    #: Resolved references to live items.
    used: frozenset[SourceRef] = frozenset()
    #: New items and parts that could send, and don't as planned (see `Limits.not_sending`).
    not_sending: frozenset[str] = frozenset()
    #: Outside thing (key of EXTERNAL, name) -> what of the written items mentions it.
    mentioned: Mapping[Mentioned, tuple[str, ...]] = {}
    #: Explore of the destination -> field -> which written queries ask for it.
    fields_used: Mapping[str, Mapping[str, tuple[str, ...]]] = {}
    #: Type -> live items that only the destination has.
    unmanaged: Mapping[str, int] = {}
    #: Items whose live ids are not remembered (see `Options.unbound`).
    unbound: tuple[Address, ...] = ()
    #: Type -> items that [ignore] of the config file leaves alone.
    not_managed: Mapping[str, int] = {}


def folder_of(identity: Identity[Id]) -> Ref[Id] | None:
    """Give the folder that holds an item."""
    return next(
        (key for key in identity.keys.values() if isinstance(key, Ref) and key.kind == FOLDER),
        None,
    )


def path_of(identity: DesiredIdentity, inputs: Inputs) -> tuple[str, ...]:
    """Name the folders that hold an item, outermost first."""
    names: list[str] = []
    seen: set[SourceRef] = set()
    folder = folder_of(identity)
    while folder is not None and folder not in seen and folder in inputs.desired:
        seen.add(folder)
        names.append(inputs.desired[folder].name)
        folder = folder_of(inputs.desired[folder])
    above = inputs.places.get(folder, ()) if folder and folder not in seen else ()
    return (*above, *reversed(names))
