"""`apply` and `resume`: check the plan, then carry out exactly what it says."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from lookervault_plan import plan_file
from lookervault_plan.backup.reader import Backup
from lookervault_plan.content.node import Address, LiveId, Ref, SourceRef
from lookervault_plan.errors import refusal
from lookervault_plan.execution.engine import Environment, RunResult, RunSettings, run
from lookervault_plan.execution.events import Event
from lookervault_plan.execution.history import History
from lookervault_plan.execution.ids import resolver
from lookervault_plan.execution.walk import Stop
from lookervault_plan.looker.client import Client
from lookervault_plan.looker.live_items import LiveItems
from lookervault_plan.looker.live_reader import LiveReader
from lookervault_plan.plan_file import Plan, Remap, Update, reason_of
from lookervault_plan.state.journal import Journal
from lookervault_plan.state.rows import Applied, IdMapping, Session
from lookervault_plan.state.store import State
from lookervault_plan.steps.read_back import FieldNotStored, Verified, read_back
from lookervault_plan.workflows.agreed_items import remember_agreed
from lookervault_plan.workflows.apply_options import ApplyOptions
from lookervault_plan.workflows.apply_outcome import ApplyResult, outcome_of, status_of
from lookervault_plan.workflows.backup_items import BackupItems
from lookervault_plan.workflows.content_check import check_content
from lookervault_plan.workflows.destination_options import overrides_of
from lookervault_plan.workflows.lock import destination_lock
from lookervault_plan.workflows.plan import destination_key, links_of
from lookervault_plan.workflows.preconditions import (
    PlanWithoutStale,
    find_stale,
    overwritten_items,
    stale_refusal,
    without_stale,
)
from lookervault_plan.workflows.recreate_missing import (
    missing_item_search,
    recreate_gone,
    with_begun_creates,
)
from lookervault_plan.workflows.resume import check_not_lost


class CheckedPlan(NamedTuple):
    """A plan that may be carried out, with the backup and the live items it was checked against."""

    plan: Plan
    desired: BackupItems
    reader: LiveReader
    live_before: LiveItems
    without_stale: PlanWithoutStale


def apply_plan(
    plan: Plan,
    *,
    backup: Backup,
    client: Client,
    state: State,
    options: ApplyOptions,
    on_event: Callable[[Event], None] = lambda _: None,
    on_resume: Callable[[Mapping[Address, bool]], None] = lambda _: None,
    stop: Stop | None = None,
) -> ApplyResult:
    """Carry out a plan, or the rest of it if a session of it was interrupted.

    `on_resume` gets the items that earlier runs of the session ended, and whether each was done.

    Raises:
        Refused: the plan was edited, is stale, has a tripped guard or was applied before; the
            destination is locked; or the backup or the destination is not the plan's.
    """
    check_plan(plan, backup, client, state, plan_is_saved=options.plan_is_saved)
    with destination_lock(state, plan.destination.instance, options) as check_lock:
        client.before_write = check_lock
        if state.lease is not None:  # a write has to be over when the lease ends
            client.limit_writes(state.lease.write_seconds)
        earlier = earlier_session(plan, state)
        history = History(state.steps(earlier.id) if earlier else ())
        checked = check_unchanged(plan, history, backup, client, skip_stale=options.skip_stale)
        if earlier is None:
            session = _begin(plan, checked.plan.remaps, state, options)
        else:
            session = earlier
            state.set_session_status(session.id, "running")
            on_resume({address: how != "failed" for address, how in history.actions.items()})
        return _carry_out(
            checked,
            session,
            client=client,
            state=state,
            options=options,
            on_event=on_event,
            stop=stop,
        )


def check_plan(
    plan: Plan, backup: Backup, client: Client, state: State, *, plan_is_saved: bool = True
) -> None:
    """Refuse a plan that was edited or applied, has tripped guards, or belongs elsewhere."""
    plan_file.check_normal_form(plan)
    _check_guards(plan, is_saved=plan_is_saved)
    check_backup(plan, backup)
    _check_items(plan, backup)
    _ = earlier_session(plan, state)
    check_destination(plan, client)


def earlier_session(plan: Plan, state: State) -> Session | None:
    """Return the session that has begun this plan, if any.

    Raise Refused if it has completed the plan, and PlanError if it can't be gone on with.
    """
    earlier = next(iter(state.sessions(plan_id=plan.plan_id)), None)
    if earlier is not None and earlier.status == "completed":
        raise refusal(
            "plan.used",
            "this plan has already been applied",
            detail=f"session {earlier.id}, completed at {earlier.completed_at}",
            fix="make a new plan",
        )
    if earlier is not None:
        check_not_lost(earlier)
    return earlier


def check_backup(plan: Plan, backup: Backup) -> None:
    """Refuse a backup whose content is not what the plan was made from."""
    if backup.fingerprint != plan.source.fingerprint:
        raise refusal(
            "plan.backup",
            f"{backup.name} is not the backup this plan was made from, or it has changed since",
            detail=f"the plan wants fingerprint {plan.source.fingerprint[:16]}…, "
            f"the file has {backup.fingerprint[:16]}…",
            fix=f"pass the right one with --db-path (it was called {plan.source.backup}), "
            "or make a new plan",
        )


def _check_items(plan: Plan, backup: Backup) -> None:
    """Refuse a plan that writes an item which its own backup lacks: nobody planned that."""
    for action in plan.content_writing:
        ref = Ref.parse(action.address)
        if backup.row(ref.kind, ref.id) is None:
            raise refusal(
                "plan.forged",
                f"the plan writes {action.address}, which its backup {backup.name} lacks",
                address=action.address,
                fix="make a new plan with `lookervault-plan plan`",
            )


def check_destination(plan: Plan, client: Client) -> None:
    """Refuse another instance than the plan's."""
    here = destination_key(client, client.versions())
    if here != plan.destination.instance:
        raise refusal(
            "plan.destination",
            f"this plan is for {plan.destination.instance}, but the connection leads to {here}",
            fix="use the connection settings the plan was made with, or plan against this instance",
        )


def _check_guards(plan: Plan, *, is_saved: bool) -> None:
    tripped = [guard for guard in plan.guards if not guard.allowed]
    if tripped:
        again = "make a new plan with" if is_saved else "run the same command again with"
        raise refusal(
            "plan.guard",
            "; ".join(f"{guard.name}: {guard.summary}" for guard in tripped),
            detail="; ".join(guard.detail for guard in tripped if guard.detail),
            fix=f"{again} "
            + " ".join(f"--allow {guard.name}" for guard in tripped)
            + " to accept this",
        )


def _begin(plan: Plan, remaps: Sequence[Remap], state: State, options: ApplyOptions) -> Session:
    session = Session(
        id=options.session,
        started_at=options.now(),
        total_items=len(plan.writing),
        source_instance=plan.source.instance,
        destination_instance=plan.destination.instance,
        plan_id=plan.plan_id,
        fingerprint=plan.source.fingerprint,
        backup_path=options.backup_path,
        config=options.asked,
    )
    state.create_session(session, plan_file.encode(plan))
    state.import_mappings(
        session.source,
        session.destination_instance,
        (
            IdMapping(remap.type, remap.source_id, remap.destination_id)
            for remap in remaps
            if remap.new
        ),
        at=session.started_at,
        session=session.id,
    )
    return session


def _carry_out(
    checked: CheckedPlan,
    session: Session,
    *,
    client: Client,
    state: State,
    options: ApplyOptions,
    on_event: Callable[[Event], None],
    stop: Stop | None,
) -> ApplyResult:
    plan, desired, reader = checked.plan, checked.desired, checked.reader
    with Journal(state, session.id, options.checkpoint_interval) as journal:
        result = run(
            plan,
            Environment(
                looker=client,
                limiter=client.limiter,
                journal=journal,
                load=desired.node,
                corrupt=desired.corrupt_bytes,
                live_before=checked.live_before.raw,
                look_again=missing_item_search(plan, reader),
                now=options.now,
                on_event=on_event,
            ),
            RunSettings(
                session=session.id,
                workers=options.workers,
                policy=client.policy,
                max_dead_letters=options.max_dlq_size,
                checkpoint_interval=options.checkpoint_interval,
                unanswered_seconds=options.unanswered_seconds,
                broken_connection_seconds=options.broken_connection_seconds,
                instances=links_of(plan),
            ),
            stop,
        )
    plan = result.plan
    not_stored = (
        _verify(
            plan,
            session,
            result,
            state=state,
            reader=reader,
            desired=desired,
            at=options.now(),
        )
        if options.verify
        else ()
    )
    _discard_old_letters(plan, session, result, state)
    status = status_of(plan, result, checked.without_stale.addresses)
    state.set_session_status(
        session.id,
        status,
        completed_at=options.now() if status in {"completed", "incomplete"} else None,
        success_count=result.count("done"),
        error_count=result.count("failed"),
    )
    check = (
        check_content(
            client,
            [Ref.parse(address) for address, how in result.outcomes.items() if how == "done"],
            load=desired.node,
            resolve=result.ids.resolve,
        )
        if options.check_content
        else None
    )
    outcome = outcome_of(
        plan,
        session,
        result,
        content_check=check,
        calls=client.calls,
        dead_letters=state.count_dead_letters(session.id),
        not_stored=not_stored,
        stale=checked.without_stale,
    )
    return ApplyResult(outcome, result.error)


def check_unchanged(
    plan: Plan, history: History, backup: Backup, client: Client, *, skip_stale: bool
) -> CheckedPlan:
    """Re-read the live items that the plan overwrites, and check that none has changed.

    Items that an earlier run of the session has begun are not checked. Raise Refused if an item is
    stale; with `skip_stale`, leave it out instead.
    """
    desired = BackupItems(backup, plan.options.renames)
    desired.overrides = overrides_of(plan.options)
    reader = LiveReader(client, desired.separate_fields)
    plan = with_begun_creates(plan, history, desired.node)
    actions = plan.writing
    untouched = [action for action in actions if action.address not in history.begun]
    before = reader.read_items(overwritten_items(actions))
    found = find_stale(plan, untouched, before, history=history, reader=reader, load=desired.node)
    plan, found = recreate_gone(plan, found, before, history, reader=reader, load=desired.node)
    if found and not skip_stale:
        raise stale_refusal(found)
    rest = without_stale(plan, found, history.begun)
    return CheckedPlan(rest.plan, desired, reader, before, rest)


def _verify(
    plan: Plan,
    session: Session,
    result: RunResult,
    *,
    state: State,
    reader: LiveReader,
    desired: BackupItems,
    at: str,
) -> tuple[FieldNotStored, ...]:
    """Read back the written items, and remember their digests for the next plan."""
    done = [address for address, how in result.outcomes.items() if how == "done"]
    parts = state.part_mappings(session.source, session.destination_instance)

    def ids_of(address: Address) -> Mapping[SourceRef, LiveId]:
        return {Ref(kind, key): id_ for (kind, key), id_ in parts.get(address, {}).items()}

    def look(addresses: Sequence[Address]) -> Iterator[Verified]:
        return read_back(
            plan,
            addresses,
            resolve=result.ids.resolve,
            load=desired.node,
            items=reader.read_items,
            resolve_in=lambda action: resolver(result.ids, action, ids_of(action.address)),
            instances=links_of(plan),
        )

    verified = {each.address: each for each in look(done)}
    odd = [each.address for each in verified.values() if each.not_stored]
    second = {each.address: each for each in look(odd)} if odd else {}
    # An item that reads different is remembered as Looker's doing only if Looker has answered each
    # write itself and two reads agree. Else the next plan writes it again.
    unsure = {
        address
        for address, each in second.items()
        if address in result.in_doubt or each != verified[address]
    }
    verified |= second
    kept_by_hand = {
        action.address
        for action in plan.actions
        if isinstance(action, Update) and action.keeps_hand_edits
    }
    remembered = [
        Applied(
            address=each.address,
            desired_digest=each.desired_digest,
            live_digest=each.live_digest,
            session=session.id,
            at=at,
        )
        for each in verified.values()
        if each.live_digest
        and each.address not in result.unlinked
        and each.address not in kept_by_hand
        and not (each.not_stored and each.address in unsure)
    ]
    state.put_applied(session.source, session.destination_instance, remembered)
    applied = [verified[Address(row.address)] for row in remembered]
    remember_agreed(plan, session, applied, desired, state, at=at)
    return tuple(not_stored for each in verified.values() for not_stored in each.not_stored)


def _discard_old_letters(plan: Plan, session: Session, result: RunResult, state: State) -> None:
    """Discard letters of other sessions for items that are done, unchanged, or have a new letter.

    A letter whose item still fails stays, unless this run has written a newer one.
    """
    others = state.other_dead_letters(session)
    if not others:
        return
    over = {action.address for action in plan.actions if reason_of(action) == "unchanged"}
    over.update(address for address, how in result.outcomes.items() if how == "done")
    over |= result.buried
    _ = state.discard(number for number, address in others.items() if address in over)
