"""Perform one step: send it, interpret the answer, record the outcome.

The engine has written the intent of the step to the journal before the walk gets the step.
"""

import time
import traceback
from collections.abc import Callable, Mapping

from lookervault_plan.content.node import Address, Json, LiveId, Node, Raw, SourceRef
from lookervault_plan.content.redact import scrubbed, without_secrets
from lookervault_plan.content.table.kinds import KINDS, Probe
from lookervault_plan.errors import PlanError
from lookervault_plan.execution.events import Event, RateLimited, Retry
from lookervault_plan.execution.ids import Listing, Workspace
from lookervault_plan.execution.lost_replies import Attempts, ProbeReason, candidates
from lookervault_plan.execution.ports import Failure, Journal, Limiter, Looker
from lookervault_plan.execution.replies import (
    Aftermath,
    RequestError,
    aftermath,
    checked_json,
    listed_objects,
    reveals_id,
    status_of,
)
from lookervault_plan.execution.revealed import outcome_of, revealed_ids
from lookervault_plan.execution.walk import Abort, Finished, StepResult, Wait
from lookervault_plan.looker.error_rules import Decision, Symptom, decide_after_error, symptom
from lookervault_plan.looker.errors import ApiError, ConnectionFailed
from lookervault_plan.looker.retry import DEFAULT_RETRY_POLICY, RetryPolicy
from lookervault_plan.state.rows import StepOutcome
from lookervault_plan.steps.request import (
    Request,
    Rewrite,
    UnresolvedError,
    build_request,
    differing_fields,
    limited_to,
    probe_request,
    without_soft,
)
from lookervault_plan.steps.step import (
    CreateStep,
    DeferredStep,
    DeleteLeftoversStep,
    FindStep,
    InterimNameStep,
    OrderStep,
    ResendFieldStep,
    Step,
    UpdateStep,
)
from lookervault_plan.steps.step_id import StepId

_KILLED = "an earlier run was killed while it was sent, or just before"
_GONE = "{}: it has vanished or is not visible"
#: errors after which Looker may have carried out the request
_IN_DOUBT = frozenset({Symptom.SERVER, Symptom.LOST})
#: pause before a step checks again whether the item it refers to has been recreated
_AWAIT_SECONDS = 0.1


class Performer:
    """Performs steps; may be used from any thread."""

    def __init__(
        self,
        *,
        looker: Looker,
        limiter: Limiter,
        journal: Journal,
        now: Callable[[], str],
        rewrite: Rewrite,
        on_event: Callable[[Event], None],
        policy: RetryPolicy = DEFAULT_RETRY_POLICY,
        unanswered_seconds: float = 120.0,
        broken_connection_seconds: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`now` is the time of day for the journal; seconds are those of `RunSettings`."""
        self._looker = looker
        self._limiter = limiter
        self._journal = journal
        self._now = now
        self._rewrite = rewrite
        self._on_event = on_event
        self._policy = policy
        self._unanswered_seconds = unanswered_seconds
        self._broken_connection_seconds = broken_connection_seconds
        self._clock = clock
        #: steps that did not succeed at once
        self._attempts: dict[StepId, Attempts] = {}
        self.failures: dict[StepId, Failure] = {}
        #: items with a step that counts as done, though no reply of its own said so
        self.in_doubt: set[Address] = set()

    def note_earlier_attempt(
        self, step: Step, attempts: int, *, pending_seconds: float = 0.0
    ) -> None:
        """Note that an earlier run may have sent this step and its outcome is unknown.

        Looker may still carry it out for `pending_seconds`.
        """
        earlier = Attempts(max(attempts, 1))
        earlier.was_lost = True
        if _probe_of(step) is not None and not _is_repeatable(step):
            earlier.require_probe(ProbeReason.RESUMED, until=self._clock() + pending_seconds)
        self._attempts[step.id] = earlier

    def perform(self, step: Step, workspace: Workspace) -> StepResult:
        """Send a step, probe for its object, or skip it if nothing of it is needed."""
        try:
            request = self._build(step, workspace)
        except UnresolvedError as error:
            is_awaited = workspace.awaits(error.ref)
            return Wait(_AWAIT_SECONDS) if is_awaited else self._give_up(step, error)
        attempts = self._attempts.get(step.id)
        if isinstance(step, CreateStep) and attempts is not None and attempts.probe_reason:
            return self._probe(step, workspace, request, attempts)
        needed = _needed_request(step, request, workspace)
        if needed is None:
            return self._succeed(step, workspace, None, skipped=True)
        return self._send(step, workspace, needed)

    def _build(self, step: Step, workspace: Workspace) -> Request:
        """Build the request; leave out soft references without an id. Raises UnresolvedError."""
        try:
            return build_request(step.request, workspace.resolve, self._rewrite)
        except UnresolvedError as error:
            if workspace.awaits(error.ref):
                raise
            template = without_soft(step.kind, step.request, workspace.resolve)
            return build_request(template, workspace.resolve, self._rewrite)

    # --- sending ----------------------------------------------------------------------------

    def _send(self, step: Step, workspace: Workspace, request: Request) -> StepResult:
        if (seconds := self._limiter.reserve()) > 0:
            return Wait(seconds, everyone=True)
        try:
            reply = self._looker.request(
                step.request.method,
                request.path,
                query=request.query or None,
                body=request.payload,
            )
            reply_json = checked_json(step, reply, _target_of(step, workspace))
        except (ApiError, ConnectionFailed, PlanError) as error:
            return self._handle_error(step, workspace, request, error)
        return self._succeed(step, workspace, reply_json)

    def _handle_error(
        self, step: Step, workspace: Workspace, request: Request, error: RequestError
    ) -> StepResult:
        attempts = self._attempts.setdefault(step.id, Attempts())
        if status_of(error) == 429:
            attempts.throttled += 1
        else:
            attempts.count += 1
        attempts.error = error
        decision = decide_after_error(
            error,
            method=step.request.method,
            idempotent=_is_repeatable(step),
            attempt=max(attempts.count, 1),
            throttled=attempts.throttled,
            policy=self._policy,
        )
        if attempts.was_lost and _says_it_is_there(step, error, decision):
            decision = Decision.ADOPT if reveals_id(step) else Decision.DONE
        attempts.was_lost = attempts.was_lost or symptom(error) in _IN_DOUBT
        match decision:
            case Decision.RETRY:
                return self._wait(step, workspace, attempts)
            case Decision.PROBE if _probe_of(step) is not None:
                until = self._clock() + self._seconds_to_run(error)
                attempts.require_probe(ProbeReason.LOST, until=until)
                return self._wait(step, workspace, attempts)
            case Decision.ADOPT if (
                isinstance(step, CreateStep) and step.probe is not None and attempts.was_lost
            ):
                attempts.probe_reason = ProbeReason.REFUSED
                return self._probe(step, workspace, request, attempts)
            case Decision.DONE:
                return self._succeed(step, workspace, None, in_doubt=True)
            case Decision.STOP:
                return Abort(error)
            case _:
                is_gone = decision is Decision.TARGET_GONE
                message = _GONE.format(error) if is_gone else ""
                return self._give_up(step, error, message, request)

    def _wait(self, step: Step, workspace: Workspace, attempts: Attempts) -> Wait:
        error = attempts.error
        status = status_of(error)
        seconds = self._wait_seconds(error, max(attempts.count + attempts.fruitless_probes, 1))
        if attempts.probe_reason and (left := attempts.until - self._clock()) > 0:
            seconds = min(seconds, left)
        if status == 429:
            paused = self._limiter.paused_seconds()
            self._on_event(RateLimited(seconds=paused, step=str(step.id)))
        else:
            self._on_event(
                Retry(
                    address=workspace.address,
                    step=str(step.id),
                    attempt=attempts.count + 1,
                    seconds=seconds,
                    error=scrubbed(_words(error) if error else _KILLED, step.request.body),
                    http_status=status,
                    in_doubt=attempts.probe_reason is not None,
                )
            )
        return Wait(seconds)

    def _wait_seconds(self, error: Exception | None, tries: int) -> float:
        if error is None:
            return float(self._policy.delay_seconds(tries))
        return float(self._policy.wait_seconds(error, tries))  # a plain one: events are encoded

    def _seconds_to_run(self, error: RequestError) -> float:
        """Return for how many seconds Looker may still carry out a create after this error."""
        match aftermath(error):
            case Aftermath.OVER:
                return 0.0
            case Aftermath.BROKEN:
                return self._broken_connection_seconds
            case Aftermath.LATE:
                return self._unanswered_seconds

    # --- after a lost reply -----------------------------------------------------------------

    def _probe(
        self, step: CreateStep, workspace: Workspace, request: Request, attempts: Attempts
    ) -> StepResult:
        """Look for the object that a create may have made; send it again if there is none."""
        if step.probe is None:
            raise ValueError(f"{step.id} has no probe")
        sent = request.body or {}
        listed = self._list_objects(step, step.probe, workspace, sent, attempts)
        if not isinstance(listed, list):
            return listed
        found = candidates(step, sent, listed, workspace)
        id_field = KINDS[step.kind].id_field
        if len(found) > 1 and not KINDS[step.kind].is_part:
            names = ", ".join(str(raw.get(id_field)) for raw in found)
            return self._give_up(step, AmbiguousError(f"each of {names} may be the one it made"))
        for raw in found:
            if workspace.claim(step.source, LiveId(str(raw[id_field]))):
                attempts.probe_reason = None
                return self._succeed(step, workspace, raw, in_doubt=True)
        return self._handle_no_candidate(step, workspace, request, attempts)

    def _list_objects(
        self, step: CreateStep, probe: Probe, workspace: Workspace, sent: Raw, attempts: Attempts
    ) -> list[Raw] | StepResult:
        """List the objects that may be the step's own. Steps of a killed run share one list."""
        path, query = probe_request(probe, sent)
        now = self._clock()
        is_resumed = attempts.probe_reason is ProbeReason.RESUMED
        earlier = workspace.listings.get(path) if is_resumed and not query else None
        if earlier is not None and (
            earlier.at >= attempts.until
            or (now < attempts.until and now < earlier.at + self._policy.base_seconds)
        ):
            attempts.probed_at = earlier.at
            return list(earlier.listed)
        if probe.page_size:
            query = {**query, "limit": str(probe.page_size), "offset": str(len(attempts.listed))}
        if (seconds := self._limiter.reserve()) > 0:
            return Wait(seconds, everyone=True)
        try:
            reply = self._looker.request("GET", path, query=query or None)
            listed = listed_objects(reply, probe.list_path)
        except (ApiError, ConnectionFailed, PlanError) as error:
            return self._handle_probe_error(step, workspace, attempts, error)
        attempts.probe_failures = 0
        if not attempts.listed:
            attempts.probed_at = now
        if probe.page_size and len(listed) >= probe.page_size and not _repeats(attempts, listed):
            attempts.listed += listed
            return Wait(0.0)  # the next page
        listed, attempts.listed = [*attempts.listed, *listed], []
        if not query:
            workspace.listings[path] = Listing(listed, now)
        return listed

    def _handle_no_candidate(
        self, step: CreateStep, workspace: Workspace, request: Request, attempts: Attempts
    ) -> StepResult:
        is_refused = attempts.probe_reason is ProbeReason.REFUSED
        if not is_refused and attempts.probed_at < attempts.until:
            attempts.fruitless_probes += 1
            return self._wait(step, workspace, attempts)
        attempts.probe_reason = None
        is_last = is_refused or not self._policy.may_retry(attempts.count)
        if is_last and attempts.error is not None:
            return self._give_up(step, attempts.error, request=request)
        return self._send(step, workspace, request)

    def _handle_probe_error(
        self, step: CreateStep, workspace: Workspace, attempts: Attempts, error: RequestError
    ) -> StepResult:
        if status_of(error) == 429:
            attempts.throttled += 1
        else:
            attempts.probe_failures += 1
        attempts.error = error
        decision = decide_after_error(
            error,
            method="GET",
            attempt=max(attempts.probe_failures, 1),
            throttled=attempts.throttled,
            policy=self._policy,
        )
        if decision is Decision.RETRY:
            return self._wait(step, workspace, attempts)
        return Abort(error) if decision is Decision.STOP else self._give_up(step, error)

    # --- the end of a step ------------------------------------------------------------------

    def _succeed(
        self,
        step: Step,
        workspace: Workspace,
        reply_json: Json,
        *,
        skipped: bool = False,
        in_doubt: bool = False,
    ) -> StepResult:
        """Record a step as done; `in_doubt` if no reply of its own says so."""
        if len(leftovers := workspace.leftovers.get(step.id, [])) > 1:
            _ = leftovers.pop(0)
            return Wait(0.0)
        revealed = revealed_ids(step, reply_json, workspace) if reply_json is not None else {}
        if isinstance(step, CreateStep) and not self._claim(step, workspace, revealed):
            return Wait(0.0)
        for ref, id_ in revealed.items():
            workspace.put(ref, id_)
        if in_doubt:
            self.in_doubt.add(workspace.address)
        attempts = self._attempts.pop(step.id, None)
        if not isinstance(step, FindStep):
            count = 0 if skipped else (attempts.count if attempts else 0) + 1
            self._journal.finish(
                outcome_of(
                    step, workspace, revealed, at=self._now(), attempts=count, skipped=skipped
                )
            )
        return Finished(succeeded=True)

    def _claim(
        self, step: CreateStep, workspace: Workspace, revealed: Mapping[SourceRef, LiveId]
    ) -> bool:
        """Claim the id that a reply revealed. Return False if an equal part has claimed it.

        The two objects are alike. The equal part took this one after a probe, so probe for the
        other object.
        """
        id_ = revealed.get(step.source)
        if step.probe is None or id_ is None or workspace.claim(step.source, id_):
            return True
        self._attempts.setdefault(step.id, Attempts()).require_probe(ProbeReason.LOST)
        return False

    def _give_up(
        self, step: Step, error: Exception, message: str = "", request: Request | None = None
    ) -> Finished:
        """Record that the step has failed for good."""
        attempts = self._attempts.pop(step.id, Attempts())
        status, count = status_of(error), max(attempts.count + attempts.throttled, 1)
        sent = step.request.body
        text = scrubbed(message or _words(error), sent)
        self.failures[step.id] = Failure(
            step=step.id,
            error=text,
            http_status=status,
            attempts=count,
            trace=scrubbed("".join(traceback.format_exception(error)), sent),
            sent=_sent(step, request) if request else None,
        )
        if not isinstance(step, FindStep):
            self._journal.finish(
                StepOutcome(
                    step=str(step.id),
                    outcome="failed",
                    at=self._now(),
                    attempts=count,
                    error=text,
                    http_status=status,
                )
            )
        return Finished(succeeded=False)


class AmbiguousError(Exception):
    """A reply was lost, and more than one object could be the one that the request made."""


def _repeats(attempts: Attempts, page: list[Raw]) -> bool:
    """Say whether a page brings nothing new, as from a server that ignores the offset."""
    return all(raw in attempts.listed for raw in page)


def _probe_of(step: Step) -> Probe | None:
    return step.probe if isinstance(step, CreateStep) else None


def _target_of(step: Step, workspace: Workspace) -> LiveId | None:
    """Return the id of the object that an update is about; None for any other step."""
    if isinstance(step, UpdateStep | DeferredStep | OrderStep | InterimNameStep):
        return workspace.resolve(step.request.target) if step.request.target else None
    return None


def _says_it_is_there(step: Step, error: RequestError, decision: Decision) -> bool:
    """Whether an answer means that an earlier attempt has done what the step is to do."""
    if isinstance(step, ResendFieldStep):
        return decision is Decision.ADOPT
    known = KINDS[step.kind].part.already_there if isinstance(step, CreateStep) else None
    return known is not None and (
        decision is Decision.ADOPT
        or (isinstance(error, ApiError) and known.matches(error.status, str(error)))
    )


def _sent(step: Step, request: Request) -> Raw:
    """Describe a request without its secrets."""
    body = without_secrets(request.payload)
    return {"method": step.request.method, "path": request.path, "body": body}


def _words(error: Exception) -> str:
    """Say what went wrong, with the reason if the error has one."""
    detail = error.diagnostic.detail if isinstance(error, PlanError) else ""
    return f"{error}: {detail}" if detail else str(error)


def _is_repeatable(step: Step) -> bool:
    """Whether sending the step twice does no harm."""
    return step.is_repeatable if isinstance(step, CreateStep) else True


def _needed_request(step: Step, request: Request, workspace: Workspace) -> Request | None:
    """Return the request with only the fields that Looker lacks; None if it lacks nothing."""
    match step:
        case ResendFieldStep(field=field, request=template):
            reply_json = workspace.reply_objects.get(template.target) if template.target else None
            return None if reply_json and reply_json.get(field) else request
        case CreateStep(skip_if_found=True, source=source):
            return request if workspace.resolve(source) is None else None
        case DeleteLeftoversStep(id=id_):
            leftovers = workspace.leftovers.get(id_)
            return Request(f"{request.path}/{leftovers[0]}", None) if leftovers else None
        case (
            UpdateStep(diff_against=Node() as wanted) | DeferredStep(diff_against=Node() as wanted)
        ):
            if (reply_json := workspace.reply_objects.get(wanted.ref)) is None:
                return request
            heads = differing_fields(wanted, reply_json, workspace.resolve)
            return limited_to(request, heads) if heads else None
        case _:
            return request
