"""Guards: dangers that a plan holds, as values. Apply refuses a plan with guards."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec
from msgspec import UNSET, UnsetType

from lookervault_plan.content.node import Address
from lookervault_plan.content.table.kinds import KINDS, Collection, Field, singular
from lookervault_plan.plan_file import (
    Action,
    Change,
    ContentWriting,
    Create,
    Delete,
    Guard,
    PartAction,
    Parts,
    Plan,
    Update,
)
from lookervault_plan.planning.judge.rights import (
    Rights,
    described_person,
    enables,
    grants,
    lockouts,
    widened,
)
from lookervault_plan.planning.three_way import reverted_hand_edits
from lookervault_plan.planning.words import counted, quoted


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What the guards allow; shares are fractions (0.30 is 30 %)."""

    updates_share: float = 0.30
    updates_share_at_least: int = 10
    max_calls: int | None = None
    is_admin: bool = True
    #: Looker version that the backup is from. None: the backup does not say.
    source_version: str | None = None
    rights: Rights = Rights()
    #: New items and parts that could send, and don't as planned: `scheduled_plan:7`,
    #: `dashboard:42/alerts/3`.
    not_sending: frozenset[str] = frozenset()


def judge(plan: Plan, limits: Limits, allowed: Sequence[str] = ()) -> tuple[Guard, ...]:
    """List the guards that trip, in a fixed order, and mark the `allowed` ones."""
    return tuple(
        _with_consent(name, trip, frozenset(allowed))
        for name, rule in GUARDS.items()
        for trip in rule.check(plan, limits)
    )


class Trip(msgspec.Struct, frozen=True, kw_only=True):
    """A danger that a check found. Its guard's name is the one in `GUARDS`."""

    summary: str
    detail: str = ""
    #: What avoids the danger, if anything but consent does.
    instead: str = ""
    #: As in `Guard.kinds`.
    kinds: Mapping[str, int] | UnsetType = UNSET


def _with_consent(name: str, trip: Trip, allowed: frozenset[str]) -> Guard:
    """Make a guard, and mark it as allowed: by its name, or by each of its kinds."""
    names = [name]
    if name not in allowed and trip.kinds:
        left = [kind for each in trip.kinds if (kind := f"{name}:{each}") not in allowed]
        names = left if len(left) < len(trip.kinds) else names
    options = " ".join(f"--allow {each}" for each in names)
    consent = f"plan again with {options} to accept this"
    return Guard(
        name=name,
        summary=trip.summary,
        detail=trip.detail,
        fix=f"{trip.instead}, or {consent}" if trip.instead else consent,
        allowed=name in allowed or not names,
        kinds=trip.kinds,
    )


def _updates_share(plan: Plan, limits: Limits) -> Iterator[Trip]:
    """Trip if the plan updates a large share of the matched items.

    An update that completes an item of an earlier session counts neither way.

    Source:
        octoDNS's rule; 0.30 and 10 are its defaults (octodns/provider/plan.py).
    """
    completed = sum(isinstance(each, Update) and each.completes for each in plan.actions)
    updated = plan.summary.update - completed
    matched = updated + plan.summary.skip
    if matched >= limits.updates_share_at_least and updated > limits.updates_share * matched:
        yield Trip(
            summary=f"{updated:,} of {matched:,} matched items would be updated",
            detail=f"that is {updated / matched:.0%}; the limit is {limits.updates_share:.0%}",
            instead="select less with --select",
        )


def _deletes(plan: Plan, _: Limits) -> Iterator[Trip]:
    gone = [action for action in plan.actions if isinstance(action, Delete)]
    if gone:
        yield Trip(
            summary=f"{counted(len(gone), 'item')} would be deleted",
            detail=_names(map(_item, gone)),
        )


def _part_deletes(plan: Plan, _: Limits) -> Iterator[Trip]:
    """Trip if live parts would go from items that stay. Alerts have a guard of their own."""
    gone: list[str] = []
    kinds: Counter[str] = Counter()
    nouns: Counter[str] = Counter()
    owners: dict[Address, str] = {}
    for action, collection, parts in _collections(plan):
        if isinstance(action, Update) and not (
            _is_of_alerts(collection) or _is_copied_list(action, collection)
        ):
            kinds[collection.danger or collection.name] += len(parts.delete)
            nouns[_noun(collection)] += len(parts.delete)
            owners |= {action.address: action.type} if parts.delete else {}
            gone += (_part_of(action, collection, part) for part in parts.delete)
    if gone:
        yield Trip(
            summary=f"{_listed(nouns)} would be deleted from {_existing([*owners.values()])}",
            detail=_names(gone),
            kinds={kind: number for kind, number in sorted(kinds.items()) if number},
        )


def _alerts_lost(plan: Plan, _: Limits) -> Iterator[Trip]:
    """Trip if alerts would go, by themselves or with the tiles they are on."""
    lost: list[tuple[int, str]] = []
    for action, collection, parts in _collections(plan):
        for part in parts.delete:
            count = 1 if _is_of_alerts(collection) else part.alerts
            if count:
                lost.append((count, _part_of(action, collection, part)))
    if lost:
        number = sum(count for count, _ in lost)
        yield Trip(
            summary=f"{number:,} alert{_s(number)} would be deleted, "
            "alone or with the tiles they belong to",
            detail=_names([name for _, name in lost]),
        )


def _hand_edits(plan: Plan, _: Limits) -> Iterator[Trip]:
    """Trip if what people have changed in another instance since the last apply would be undone."""
    undone: list[str] = []
    kinds: Counter[str] = Counter()
    for action in plan.content_writing:
        if plan.options.same_instance or not isinstance(action, Update):
            continue
        of_kind = {each.name: each for each in KINDS[action.type].item.collections}
        for name, part in reverted_hand_edits(action.changes, action.parts):
            collection = of_kind.get(name)
            if collection and part and part.origin and KINDS[collection.kind].part.place_fields:
                continue  # the place goes with the tile, which counts
            kinds[(collection.danger or name) if collection else "fields"] += 1
            undone.append(
                _part_of(action, collection, part) if collection and part else _item(action)
            )
    if undone:
        yield Trip(
            summary=f"{counted(len(undone), 'hand edit')} would be reverted",
            detail=_names(undone),
            kinds=dict(sorted(kinds.items())),
        )


def _collections(plan: Plan) -> Iterator[tuple[ContentWriting, Collection, Parts]]:
    for action in plan.content_writing:
        for collection in KINDS[action.type].item.collections:
            if collection.name in action.parts:
                yield action, collection, action.parts[collection.name]


def _is_copied_list(action: Update, collection: Collection) -> bool:
    """Whether the entries that go are copies Looker made for an item of an earlier session."""
    return action.completes and KINDS[collection.kind].is_access_entry


def _is_of_alerts(collection: Collection) -> bool:
    return KINDS[collection.kind].send_switch is not None


def _part_of(action: ContentWriting, collection: Collection, part: PartAction) -> str:
    """Name a part: `tile "Revenue" of dashboard "Sales"`."""
    return f"{_noun(collection)} {quoted(part.title or part.live_id or '')} of {_item(action)}"


def _s(number: int) -> str:
    """Return the ending of a plural."""
    return "" if number == 1 else "s"


def _noun(collection: Collection) -> str:
    return collection.noun or singular(collection.name)


def _listed(nouns: Mapping[str, int]) -> str:
    """Count parts by kind: `1 tile and 2 members`."""
    words = [counted(number, noun) for noun, number in nouns.items() if number]
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def _existing(types: Sequence[str]) -> str:
    """Count the items that lose parts: `an existing dashboard`, `3 existing items`."""
    nouns = {each.replace("_", " ") for each in types}
    if len(types) == 1:
        return f"an existing {nouns.pop()}"
    return counted(len(types), f"existing {nouns.pop() if len(nouns) == 1 else 'item'}")


def _item(action: Action) -> str:
    """Name an item: `dashboard:42 "Sales"`."""
    return f"{action.address} {quoted(action.name)}"


def _users_enable(plan: Plan, _: Limits) -> Iterator[Trip]:
    """Trip if a disabled login would work again, or somebody live would get a login."""
    enabled = [
        described_person(action)
        for action in plan.content_writing
        if isinstance(action, Update) and enables(action)
    ]
    if enabled:
        yield Trip(
            summary=f"{len(enabled):,} user{_s(len(enabled))} who can't sign in now could do so: "
            "disabled, or without an email login",
            detail=_names(enabled),
        )


def _access_widened(plan: Plan, limits: Limits) -> Iterator[Trip]:
    """Trip if what exists already would be open to more of those who exist already."""
    changes = list(widened(plan, limits.rights))
    if changes:
        yield Trip(
            summary=f"{counted(len(changes), 'change')} would give people more access "
            "than they have now",
            detail=_names(changes),
        )


def _users_across(plan: Plan, _: Limits) -> Iterator[Trip]:
    made = [action for action in plan.actions if isinstance(action, Create)]
    users = [_item(action) for action in made if KINDS[action.type].item.can_sign_in]
    granted = list(grants(plan))
    if (users or granted) and not plan.options.same_instance:
        yield Trip(
            summary=f"{len(users):,} user{_s(len(users))} of another instance would be created, "
            f"and {len(granted):,} role{_s(len(granted))} granted",
            detail=_names([*users, *granted]),
        )


def _lockout(plan: Plan, limits: Limits) -> Iterator[Trip]:
    found = list(lockouts(plan, limits.rights))
    if found:
        yield Trip(
            summary=f"{counted(len(found), 'change')} could lock somebody out, "
            "or open content to everybody",
            detail=_names(found),
        )


def _schedules_across(plan: Plan, limits: Limits) -> Iterator[Trip]:
    if plan.options.same_instance or plan.options.schedules != "keep":
        return
    starting = [
        each.name
        for each in _senders(plan)
        if (each.key not in limits.not_sending if each.is_new else each.is_turned_on)
    ]
    if starting:
        yield Trip(
            summary=f"{counted(len(starting), 'schedule or alert', 'schedules or alerts')} "
            "of another instance would start sending",
            detail=_names(starting),
            instead="plan again without --schedules keep",
        )


def _schedules_enable(plan: Plan, _: Limits) -> Iterator[Trip]:
    turned_on = [each.name for each in _senders(plan) if not each.is_new and each.is_turned_on]
    if turned_on:
        yield Trip(
            summary=counted(
                len(turned_on), "disabled schedule or alert", "disabled schedules or alerts"
            )
            + " would be turned on",
            detail=_names(turned_on),
        )


class Sender(msgspec.Struct, frozen=True):
    """A schedule or alert that the plan writes, item or part."""

    #: Key as in `Limits.not_sending`.
    key: str
    name: str
    is_new: bool
    switch: Field
    changes: tuple[Change, ...]

    @property
    def is_turned_on(self) -> bool:
        return any(
            change.path == self.switch.path and change.after != self.switch.off_value
            for change in self.changes
        )


def _senders(plan: Plan) -> Iterator[Sender]:
    for action in plan.content_writing:
        row = KINDS[action.type]
        if row.send_switch:
            yield Sender(
                action.address,
                _item(action),
                isinstance(action, Create),
                row.send_switch,
                action.changes,
            )
        for collection in row.item.collections:
            switch, parts = KINDS[collection.kind].send_switch, action.parts.get(collection.name)
            if switch and parts:
                for part in (*parts.create, *parts.update):
                    name = _part_of(action, collection, part)
                    yield Sender(
                        f"{action.address}/{collection.name}/{part.key}",
                        name,
                        part in parts.create,
                        switch,
                        part.changes,
                    )


def _not_admin(plan: Plan, limits: Limits) -> Iterator[Trip]:
    if not limits.is_admin and any(isinstance(action, Create) for action in plan.actions):
        yield Trip(
            summary="the API user is not an admin and may not see everything",
            detail="what it can't see looks missing, so this plan may create duplicates",
            instead="use an admin's API key",
        )


def _downgrade(plan: Plan, limits: Limits) -> Iterator[Trip]:
    source, destination = limits.source_version, plan.destination.looker_version
    if source and destination and _version(destination) < _version(source):
        yield Trip(
            summary=f"the destination runs Looker {destination}, older than the backup's {source}",
            detail="an older Looker may not accept every field",
        )


def _calls(plan: Plan, limits: Limits) -> Iterator[Trip]:
    if limits.max_calls is not None and plan.summary.calls > limits.max_calls:
        yield Trip(
            summary=f"apply would make about {plan.summary.calls:,} API calls",
            detail=f"--max-calls allows {limits.max_calls:,}",
        )


class GuardRule(msgspec.Struct, frozen=True):
    """When a guard trips, in words and as a check."""

    #: Follows "trips when".
    when: str
    check: Callable[[Plan, Limits], Iterator[Trip]]


#: Name of each guard -> its rule, in the order in which plans list them. A new guard is a row
#: here; its check yields a `Trip` for each danger.
GUARDS: Mapping[str, GuardRule] = {
    "updates-share": GuardRule(
        "more than 30 % of the matched items would be updated, with at least 10 matched "
        "(set both in lookervault-plan.toml)",
        _updates_share,
    ),
    "deletes": GuardRule("an item would be deleted", _deletes),
    "part-deletes": GuardRule(
        "a tile, filter, member, access entry or other part would be deleted from an existing item",
        _part_deletes,
    ),
    "alerts-lost": GuardRule(
        "an alert would be deleted, alone or with the tile it belongs to", _alerts_lost
    ),
    "hand-edits": GuardRule(
        "what people have changed in the destination since the last apply would be reverted "
        "(on another instance than the backup's)",
        _hand_edits,
    ),
    "users-enable": GuardRule(
        "a disabled user, or one without an email login, could sign in", _users_enable
    ),
    "access-widened": GuardRule(
        "an existing user or group would get more access to existing content: an access entry, "
        "a permission, a model, a role, or a group with roles",
        _access_widened,
    ),
    "users-across": GuardRule(
        "users of another instance would be created, or roles granted on another instance",
        _users_across,
    ),
    "schedules-across": GuardRule(
        "schedules or alerts of another instance would start sending (with --schedules keep)",
        _schedules_across,
    ),
    "schedules-enable": GuardRule(
        "a disabled schedule or alert would be turned on", _schedules_enable
    ),
    "lockout": GuardRule(
        "the API user or an admin would lose rights, somebody would become an admin, "
        "or content would be opened to All Users",
        _lockout,
    ),
    "not-admin": GuardRule(
        "the plan creates items with an API key that may not see everything, "
        "so that they may exist already",
        _not_admin,
    ),
    "looker-downgrade": GuardRule(
        "the destination runs an older Looker than the backup's instance", _downgrade
    ),
    "calls": GuardRule("apply would make more API calls than --max-calls allows", _calls),
}
GUARD_NAMES = tuple(GUARDS)


def kinds_of_guards() -> Mapping[str, frozenset[str]]:
    """Map each guard that has kinds to their names, as in `part-deletes:tiles`."""
    kinds = {
        collection.danger or collection.name
        for row in KINDS.values()
        for collection in row.item.collections
        if KINDS[collection.kind].deletable and not _is_of_alerts(collection)
    }
    changed = {
        collection.danger or collection.name
        for row in KINDS.values()
        for collection in row.item.collections
    }
    return {"part-deletes": frozenset(kinds), "hand-edits": frozenset({"fields", *changed})}


def _names(items: Iterable[str]) -> str:
    names = list(items)
    return ", ".join(names[:10]) + (f" and {len(names) - 10} more" if names[10:] else "")


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(piece) for piece in text.split(".")[:2] if piece.isdigit())
