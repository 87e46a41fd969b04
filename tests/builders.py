"""Values for tests: every argument has a default, so that a test shows only what matters."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import UNSET

from lookervault_plan.content.node import Address
from lookervault_plan.errors import Diagnostic
from lookervault_plan.plan_file import (
    Action,
    Blocked,
    Change,
    Counts,
    Create,
    Delete,
    Destination,
    Guard,
    Options,
    PartAction,
    Parts,
    Plan,
    PlanReference,
    Remap,
    Selection,
    Skip,
    Source,
    Summary,
    Update,
    Verb,
    Writing,
    parts_of,
)
from lookervault_plan.render.outcome import Outcome


def an_action(
    action: Verb = "create",
    address: str = "dashboard:42",
    *,
    name: str = "Revenue",
    path: Sequence[str] = ("Shared", "Finance"),
    destination_id: str | None = None,
    matched_by: str | None = None,
    reason: str | None = None,
    depends_on: Sequence[str] = (),
    deferred: Sequence[str] = (),
    calls: int = 1,
    changes: Sequence[Change] = (),
    parts: Mapping[str, Parts] | None = None,
    references: Sequence[PlanReference] = (),
) -> Action:
    """An action of any kind; arguments that it has no field for are left out."""
    id_, type_ = Address(address), address.partition(":")[0]
    known_id = destination_id or address.partition(":")[2]
    match action:
        case "create":
            return Create(
                address=id_,
                type=type_,
                name=name,
                path=tuple(path),
                depends_on=tuple(map(Address, depends_on)),
                deferred=tuple(deferred),
                calls=calls,
                changes=tuple(changes),
                parts=parts or {},
                references=tuple(references),
                content_digest="c" * 32,
            )
        case "update":
            return Update(
                address=id_,
                type=type_,
                name=name,
                path=tuple(path),
                destination_id=known_id,
                matched_by=matched_by or "id",
                depends_on=tuple(map(Address, depends_on)),
                deferred=tuple(deferred),
                calls=calls,
                changes=tuple(changes),
                parts=parts or {},
                references=tuple(references),
                content_digest="c" * 32,
                live_digest="d" * 32,
            )
        case "skip":
            return Skip(
                address=id_,
                type=type_,
                name=name,
                path=tuple(path),
                reason=reason or "unchanged",
                destination_id=destination_id,
                matched_by=matched_by,
                parts=parts or {},
            )
        case "delete":
            return Delete(
                address=id_,
                type=type_,
                name=name,
                path=tuple(path),
                destination_id=known_id,
                matched_by=matched_by,
                depends_on=tuple(map(Address, depends_on)),
                calls=calls,
                live_digest="d" * 32,
            )
        case "blocked":
            return Blocked(
                address=id_,
                type=type_,
                name=name,
                path=tuple(path),
                reason=reason or "",
                destination_id=destination_id,
                matched_by=matched_by,
                references=tuple(references),
            )


def a_change(
    path: str = "title",
    before: object = "Old",
    after: object = "New",
    *,
    sensitive: bool = False,
    after_is_unknown: bool = False,
) -> Change:
    return Change(
        path=path,
        before=before,
        after=after,
        sensitive=sensitive,
        after_is_unknown=after_is_unknown or UNSET,
    )


def a_part(
    key: str | None = "7",
    title: str = "Revenue by month",
    *,
    live_id: str | None = None,
    changes: Sequence[Change] = (),
    reason: str = "",
) -> PartAction:
    return PartAction(key=key, title=title, live_id=live_id, changes=tuple(changes), reason=reason)


def some_parts(
    *,
    create: Sequence[PartAction] = (),
    update: Sequence[PartAction] = (),
    delete: Sequence[PartAction] = (),
    keep: Sequence[PartAction] = (),
    blocked: Sequence[PartAction] = (),
) -> Parts:
    return Parts(
        create=tuple(create),
        update=tuple(update),
        delete=tuple(delete),
        keep=tuple(keep),
        blocked=tuple(blocked),
    )


def a_reference(
    path: str = "folder_id",
    from_: str = "folder:12",
    to: str | None = None,
    *,
    part: str | None = None,
) -> PlanReference:
    return PlanReference(path=path, from_=from_, to=to, part=part)


def a_remap(
    type_: str = "user",
    source_id: str = "7",
    destination_id: str = "107",
    *,
    matched_by: str = "email",
    name: str = "Ada",
    new: bool = True,
) -> Remap:
    return Remap(
        type=type_,
        source_id=source_id,
        destination_id=destination_id,
        matched_by=matched_by,
        name=name,
        new=new,
    )


def a_guard(
    name: str = "updates-share",
    summary: str = "the plan updates 40 of 60 matched items",
    *,
    detail: str = "that is 67%; the guard allows 30%",
    fix: str = "narrow it with --select, or plan again with --allow updates-share to accept this",
    allowed: bool = False,
) -> Guard:
    return Guard(name=name, summary=summary, detail=detail, fix=fix, allowed=allowed)


def a_diagnostic(
    summary: str = "the destination has no explore sales::orders",
    *,
    severity: Literal["error", "warning", "note"] = "warning",
    code: str = "explore.missing",
    address: str | None = "dashboard:42",
    detail: str = "The tile is restored, but shows an error until the explore exists.",
    fix: str = "deploy the LookML project first",
) -> Diagnostic:
    return Diagnostic(
        severity=severity,
        code=code,
        summary=summary,
        address=address,
        detail=detail,
        fix=fix,
    )


def a_plan(
    actions: Sequence[Action] = (),
    *,
    remaps: Sequence[Remap] = (),
    guards: Sequence[Guard] = (),
    diagnostics: Sequence[Diagnostic] = (),
    summary: Summary | None = None,
    source: Source | None = None,
    destination: Destination | None = None,
    selection: Selection | None = None,
    options: Options | None = None,
    plan_id: str = "5f1c" + "0" * 60,
    created_at: str = "2026-03-01T12:00:00Z",
    tool_version: str = "0.1.0",
) -> Plan:
    """A plan over these actions; its summary counts them unless one is given."""
    return Plan(
        plan_id=plan_id,
        created_at=created_at,
        tool_version=tool_version,
        source=source
        or Source(
            instance="https://source.looker.example",
            backup="looker.db",
            fingerprint="ab" * 32,
            schema_version=4,
            synced_at="2026-02-28T22:00:00Z",
        ),
        destination=destination
        or Destination(instance="https://target.looker.example", looker_version="26.2.12"),
        selection=selection or Selection(),
        options=options or Options(schedules="disable"),
        summary=summary or _summary_of(actions, [remap for remap in remaps if remap.new]),
        guards=tuple(guards),
        actions=tuple(actions),
        remaps=tuple(remaps),
        diagnostics=tuple(diagnostics),
    )


def _summary_of(actions: Sequence[Action], remaps: Sequence[Remap]) -> Summary:
    types = [action.type for action in actions] + [remap.type for remap in remaps]
    all_of_it = _counts_of(actions, len(remaps))
    return Summary(
        create=all_of_it.create,
        update=all_of_it.update,
        skip=all_of_it.skip,
        delete=all_of_it.delete,
        blocked=all_of_it.blocked,
        remap=all_of_it.remap,
        calls=all_of_it.calls,
        by_type={
            name: _counts_of(
                [action for action in actions if action.type == name],
                sum(remap.type == name for remap in remaps),
            )
            for name in sorted(set(types))
        },
    )


def _counts_of(actions: Sequence[Action], remap: int) -> Counts:
    counts = Counter(action.verb for action in actions)
    lost = sum(len(parts.blocked) for action in actions for parts in parts_of(action).values())
    return Counts(
        create=counts["create"],
        update=counts["update"],
        skip=counts["skip"],
        delete=counts["delete"],
        blocked=counts["blocked"] + lost,
        remap=remap,
        calls=sum(action.calls for action in actions if isinstance(action, Writing)),
    )


def an_outcome(
    *,
    imported: int = 0,
    added: int = 0,
    changed: int = 0,
    failed: int = 0,
    blocked: int = 0,
    not_tried: int = 0,
    left: int = 0,
    dead_letters: int = 0,
    dlq_is_full: bool = False,
    stale: tuple[str, ...] = (),
    session: str = "s-1",
) -> Outcome:
    return Outcome(
        session=session,
        imported=imported,
        added=added,
        changed=changed,
        destroyed=0,
        failed=failed,
        blocked=blocked,
        not_tried=not_tried,
        left=left,
        calls=0,
        dlq_is_full=dlq_is_full,
        dead_letters=dead_letters,
        stale=stale,
        stale_details=(),
        not_stored=(),
    )
