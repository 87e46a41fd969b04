"""Guards: dangers that a plan holds, as values. Apply refuses a plan with guards."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

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
from lookervault_plan.planning.words import quoted


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
        _with_consent(guard, frozenset(allowed))
        for check in GUARDS.values()
        for guard in check(plan, limits)
    )


def _with_consent(guard: Guard, allowed: frozenset[str]) -> Guard:
    """Mark a guard as allowed: by its name, or by each of its kinds."""
    names = [guard.name]
    if guard.name not in allowed and guard.kinds:
        left = [name for kind in guard.kinds if (name := f"{guard.name}:{kind}") not in allowed]
        names = left if len(left) < len(guard.kinds) else names
    options = " ".join(f"--allow {name}" for name in names)
    return msgspec.structs.replace(
        guard,
        allowed=guard.name in allowed or not names,
        fix=guard.fix or f"plan again with {options} if you mean it",
    )


def _updates_share(plan: Plan, limits: Limits) -> Iterator[Guard]:
    """Trip if the plan updates a large share of the matched items.

    An update that completes an item of an earlier session counts neither way.

    Source:
        octoDNS's rule; 0.30 and 10 are its defaults (octodns/provider/plan.py).
    """
    completed = sum(isinstance(each, Update) and each.completes for each in plan.actions)
    updated = plan.summary.update - completed
    matched = updated + plan.summary.skip
    if matched >= limits.updates_share_at_least and updated > limits.updates_share * matched:
        yield Guard(
            name="updates-share",
            summary=f"the plan updates {updated} of {matched} matched items",
            detail=f"that is {updated / matched:.0%}; the guard allows {limits.updates_share:.0%}",
            fix="narrow it with --select, or plan again with --allow updates-share if you mean it",
        )


def _deletes(plan: Plan, _: Limits) -> Iterator[Guard]:
    gone = [action for action in plan.actions if isinstance(action, Delete)]
    if gone:
        yield Guard(
            name="deletes",
            summary=f"the plan deletes {len(gone)} items",
            detail=_names(map(_item, gone)),
        )


def _part_deletes(plan: Plan, _: Limits) -> Iterator[Guard]:
    """Trip if live parts would go from items that stay. Alerts have a guard of their own."""
    gone: list[str] = []
    kinds: Counter[str] = Counter()
    for action, collection, parts in _collections(plan):
        if isinstance(action, Update) and not (
            _is_of_alerts(collection) or _is_copied_list(action, collection)
        ):
            kinds[collection.danger or collection.name] += len(parts.delete)
            gone += (_part_of(action, collection, part) for part in parts.delete)
    if gone:
        yield Guard(
            name="part-deletes",
            summary=f"{len(gone)} live parts would be removed from items that stay",
            detail=_names(gone),
            kinds={kind: number for kind, number in sorted(kinds.items()) if number},
        )


def _alerts_lost(plan: Plan, _: Limits) -> Iterator[Guard]:
    """Trip if alerts would go, by themselves or with the tiles they are on."""
    lost: list[tuple[int, str]] = []
    for action, collection, parts in _collections(plan):
        for part in parts.delete:
            count = 1 if _is_of_alerts(collection) else part.alerts
            if count:
                lost.append((count, _part_of(action, collection, part)))
    if lost:
        yield Guard(
            name="alerts-lost",
            summary=f"{sum(count for count, _ in lost)} alerts would be lost, "
            "by themselves or with the tiles they are on",
            detail=_names([name for _, name in lost]),
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
    noun = collection.noun or singular(collection.name)
    return f"{noun} {quoted(part.title or part.live_id or '')} of {_item(action)}"


def _item(action: Action) -> str:
    """Name an item: `dashboard:42 "Sales"`."""
    return f"{action.address} {quoted(action.name)}"


def _users_enable(plan: Plan, _: Limits) -> Iterator[Guard]:
    """Trip if a disabled login would work again, or somebody live would get a login."""
    enabled = [
        described_person(action)
        for action in plan.content_writing
        if isinstance(action, Update) and enables(action)
    ]
    if enabled:
        yield Guard(
            name="users-enable",
            summary=f"{len(enabled)} people could sign in who can't now: "
            "they are disabled, or have no login of Looker's own",
            detail=_names(enabled),
        )


def _access_widened(plan: Plan, limits: Limits) -> Iterator[Guard]:
    """Trip if what exists already would be open to more of those who exist already."""
    changes = list(widened(plan, limits.rights))
    if changes:
        yield Guard(
            name="access-widened",
            summary=f"{len(changes)} changes give people more access than they have",
            detail=_names(changes),
        )


def _users_across(plan: Plan, _: Limits) -> Iterator[Guard]:
    made = [action for action in plan.actions if isinstance(action, Create)]
    users = [_item(action) for action in made if KINDS[action.type].item.can_sign_in]
    granted = list(grants(plan))
    if (users or granted) and not plan.options.same_instance:
        yield Guard(
            name="users-across",
            summary=f"{len(users)} users of another instance would be created, "
            f"and {len(granted)} roles granted",
            detail=_names([*users, *granted]),
        )


def _lockout(plan: Plan, limits: Limits) -> Iterator[Guard]:
    found = list(lockouts(plan, limits.rights))
    if found:
        yield Guard(
            name="lockout",
            summary=f"{len(found)} changes take rights away or give too many",
            detail=_names(found),
        )


def _schedules_across(plan: Plan, limits: Limits) -> Iterator[Guard]:
    if plan.options.same_instance or plan.options.schedules != "keep":
        return
    starting = [
        each.name
        for each in _senders(plan)
        if (each.key not in limits.not_sending if each.is_new else each.is_turned_on)
    ]
    if starting:
        yield Guard(
            name="schedules-across",
            summary=f"{len(starting)} schedules or alerts of another instance would start sending",
            detail=_names(starting),
            fix="plan without --schedules keep, or with --allow schedules-across if you mean it",
        )


def _schedules_enable(plan: Plan, _: Limits) -> Iterator[Guard]:
    turned_on = [each.name for each in _senders(plan) if not each.is_new and each.is_turned_on]
    if turned_on:
        yield Guard(
            name="schedules-enable",
            summary=f"{len(turned_on)} disabled schedules or alerts would be turned on",
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


def _not_admin(plan: Plan, limits: Limits) -> Iterator[Guard]:
    if not limits.is_admin and any(isinstance(action, Create) for action in plan.actions):
        yield Guard(
            name="not-admin",
            summary="the API user is no admin and may not see everything",
            detail="what it can't see looks absent, so this plan may create twins of it",
            fix="use an admin's API key, or plan again with --allow not-admin if you mean it",
        )


def _downgrade(plan: Plan, limits: Limits) -> Iterator[Guard]:
    source, destination = limits.source_version, plan.destination.looker_version
    if source and _version(destination) < _version(source):
        yield Guard(
            name="looker-downgrade",
            summary=f"the destination runs Looker {destination}; the backup is of {source}",
            detail="an older Looker may not take every field",
        )


def _calls(plan: Plan, limits: Limits) -> Iterator[Guard]:
    if limits.max_calls is not None and plan.summary.calls > limits.max_calls:
        yield Guard(
            name="calls",
            summary=f"apply would make about {plan.summary.calls} requests",
            detail=f"--max-calls allows {limits.max_calls}",
        )


#: Name of each guard -> its check, in the order in which plans list them. A new guard is a row
#: here; its check yields guards of that name.
GUARDS: Mapping[str, Callable[[Plan, Limits], Iterator[Guard]]] = {
    "updates-share": _updates_share,
    "deletes": _deletes,
    "part-deletes": _part_deletes,
    "alerts-lost": _alerts_lost,
    "users-enable": _users_enable,
    "access-widened": _access_widened,
    "users-across": _users_across,
    "schedules-across": _schedules_across,
    "schedules-enable": _schedules_enable,
    "lockout": _lockout,
    "not-admin": _not_admin,
    "looker-downgrade": _downgrade,
    "calls": _calls,
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
    return {"part-deletes": frozenset(kinds)}


def _names(items: Iterable[str]) -> str:
    names = list(items)
    return ", ".join(names[:10]) + (f" and {len(names) - 10} more" if names[10:] else "")


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(piece) for piece in text.split(".")[:2] if piece.isdigit())
