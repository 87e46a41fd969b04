"""Perform one step: send it, understand the answer, record it.

The intent is in the journal before: the walk expands an action only when its intents are on disk.
"""

import time
import traceback
from collections.abc import Callable, Mapping
from typing import TypeVar

from lookervault_plan.content.node import Json, Raw
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.errors import PlanError
from lookervault_plan.execution.events import Event, RateLimited, Retry
from lookervault_plan.execution.ids import Listing, Workspace
from lookervault_plan.execution.lost_replies import Doubt, Trouble, candidates
from lookervault_plan.execution.ports import Failure, Journal, Limiter, Looker
from lookervault_plan.execution.redact import scrubbed
from lookervault_plan.execution.replies import (
    Failed,
    Run,
    json_of,
    may_run_on,
    status_of,
    understood,
)
from lookervault_plan.execution.revealed import objects_of, outcome_of, revealed
from lookervault_plan.execution.walk import Again, Halt, Over, Verdict
from lookervault_plan.looker.error_rules import Decision, decide_after_error
from lookervault_plan.looker.errors import ApiError, ConnectionFailed
from lookervault_plan.looker.retry import DEFAULT_RETRY_POLICY, RetryPolicy
from lookervault_plan.state.rows import StepOutcome
from lookervault_plan.steps.request import (
    Request,
    Rewrite,
    UnresolvedError,
    differing,
    fill,
    only,
    probe_of,
    without_soft,
)
from lookervault_plan.steps.step import Step

T = TypeVar("T")
_KILLED = "an earlier run was killed while it was sent, or just before"
_GONE = "{}: it has vanished or is not visible"
#: how often a step looks whether what it points to has been made anew
_LOOK_AGAIN_SECONDS = 0.1


class Performer:
    """Performs steps, for any number of threads."""

    def __init__(
        self,
        *,
        looker: Looker,
        limiter: Limiter,
        journal: Journal,
        now: Callable[[], str],
        rewrite: Rewrite,
        tell: Callable[[Event], None],
        policy: RetryPolicy = DEFAULT_RETRY_POLICY,
        settle_seconds: float = 120.0,
        linger_seconds: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`now` is the time of day for the journal.

        A request that nobody answered in time may still be carried out for `settle_seconds`, one
        whose connection broke for `linger_seconds`.
        """
        self._looker = looker
        self._limiter = limiter
        self._journal = journal
        self._now = now
        self._rewrite = rewrite
        self._tell = tell
        self._policy = policy
        self._settle_seconds = settle_seconds
        self._linger_seconds = linger_seconds
        self._clock = clock
        #: steps that did not go through at once
        self._troubles: dict[str, Trouble] = {}
        self.failures: dict[str, Failure] = {}

    def resume(self, step: Step, attempts: int, *, settled_in: float = 0.0) -> None:
        """An earlier run meant to send this step; nobody knows whether it did.

        If it did, Looker may still carry it out for `settled_in` seconds.
        """
        trouble = Trouble(attempts=max(attempts, 1))
        if step.probe is not None and not step.idempotent:
            trouble.begin(Doubt.RESUMED, until=self._clock() + settled_in)
        self._troubles[step.id] = trouble

    def perform(self, step: Step, space: Workspace) -> Verdict:
        try:
            request = self._fill(step, space)
        except UnresolvedError as error:
            is_awaited = space.awaits(error.ref)
            return Again(_LOOK_AGAIN_SECONDS) if is_awaited else self._give_up(step, error)
        trouble = self._troubles.get(step.id)
        if trouble is not None and trouble.doubt is not Doubt.NONE:
            return self._probe(step, space, request, trouble)
        if _is_needless(step, space):
            return self._finish(step, space, None, skipped=True)
        if (rest := space.rest.get(step.id)) is not None:
            if not rest:
                return self._finish(step, space, None, skipped=True)
            request = Request(f"{request.path}/{rest[0]}", None)
        if step.wanted is not None and (shown := space.shown.get(step.wanted.ref)) is not None:
            heads = differing(step.wanted, shown, space.resolve)
            if not heads:
                return self._finish(step, space, None, skipped=True)
            request = only(request, heads)
        return self._send(step, space, request)

    def _fill(self, step: Step, space: Workspace) -> Request:
        """Put the ids in. Raises UnresolvedError."""
        try:
            return fill(step, space.resolve, self._rewrite)
        except UnresolvedError as error:
            if space.awaits(error.ref):
                raise
            return fill(without_soft(step, space.resolve), space.resolve, self._rewrite)

    # --- sending ----------------------------------------------------------------------------

    def _send(self, step: Step, space: Workspace, request: Request) -> Verdict:
        if (seconds := self._limiter.reserve()) > 0:
            return Again(seconds, everyone=True)
        try:
            reply = self._looker.request(
                step.method, request.path, query=request.query or None, body=request.payload
            )
            shown = understood(step, reply)
        except (ApiError, ConnectionFailed, PlanError) as error:
            return self._failed(step, space, request, error)
        return self._finish(step, space, shown)

    def _failed(self, step: Step, space: Workspace, request: Request, error: Failed) -> Verdict:
        was_sent = step.id in self._troubles
        trouble = self._troubles.setdefault(step.id, Trouble())
        if status_of(error) == 429:
            trouble.throttled += 1
        else:
            trouble.attempts += 1
        trouble.error = error
        attempt = max(trouble.attempts, 1)
        decision = decide_after_error(
            error,
            method=step.method,
            idempotent=step.idempotent,
            attempt=attempt,
            throttled=trouble.throttled,
            policy=self._policy,
        )
        if step.apart and was_sent and decision is Decision.ADOPT:
            decision = Decision.DONE  # it was taken the first time
        match decision:
            case Decision.RETRY:
                return self._again(step, space, trouble)
            case Decision.PROBE if step.probe is not None:
                trouble.begin(Doubt.LOST, until=self._clock() + self._seconds_to_run(error))
                return self._again(step, space, trouble)
            case Decision.ADOPT if step.probe is not None and trouble.was_lost:
                trouble.doubt = Doubt.REFUSED
                return self._probe(step, space, request, trouble)
            case Decision.DONE:
                return self._finish(step, space, None)
            case Decision.STOP:
                return Halt(error)
            case _:
                is_gone = decision is Decision.CREATE_INSTEAD
                return self._give_up(step, error, _GONE.format(error) if is_gone else "")

    def _again(self, step: Step, space: Workspace, trouble: Trouble) -> Again:
        error = trouble.error
        status = status_of(error)
        tries = max(trouble.attempts + trouble.looks, 1)
        seconds = self._wait_seconds(error, tries)
        if trouble.doubt is not Doubt.NONE and (left := trouble.until - self._clock()) > 0:
            seconds = min(seconds, left)
        if status == 429:
            self._tell(RateLimited(seconds=self._limiter.paused_seconds(), step=step.id))
        else:
            self._tell(
                Retry(
                    address=space.address,
                    step=step.id,
                    attempt=trouble.attempts + 1,
                    seconds=seconds,
                    error=scrubbed(str(error or _KILLED), step.body),
                    http_status=status,
                    in_doubt=trouble.doubt is not Doubt.NONE,
                )
            )
        return Again(seconds)

    def _wait_seconds(self, error: Exception | None, tries: int) -> float:
        if error is None:
            return self._policy.delay_seconds(tries)
        return self._policy.wait_seconds(error, tries)

    def _seconds_to_run(self, error: Failed) -> float:
        """How much longer a create that failed like this may be carried out."""
        limits = {Run.OVER: 0.0, Run.BROKEN: self._linger_seconds, Run.LATE: self._settle_seconds}
        return limits[may_run_on(error)]

    # --- in doubt ---------------------------------------------------------------------------

    def _probe(self, step: Step, space: Workspace, request: Request, trouble: Trouble) -> Verdict:
        """Look for what a create may have made; send it again only where nothing is."""
        sent = request.body or {}
        listed = self._list(step, space, sent, trouble)
        if not isinstance(listed, list):
            return listed
        found = candidates(step, sent, listed, space)
        id_field = KINDS[step.kind].id_field
        if len(found) > 1 and not KINDS[step.kind].is_part:
            names = ", ".join(str(raw.get(id_field)) for raw in found)
            return self._give_up(step, AmbiguousError(f"each of {names} may be the one it made"))
        for raw in found:
            if space.claim(_must(step.source), str(raw[id_field])):
                trouble.doubt = Doubt.NONE
                return self._finish(step, space, raw)
        return self._not_found(step, space, request, trouble)

    def _list(
        self, step: Step, space: Workspace, sent: Raw, trouble: Trouble
    ) -> list[Raw] | Verdict:
        """What lies where the step's object would; read once for all steps of a killed run."""
        path, query = probe_of(step, sent)
        now = self._clock()
        kept = space.listings.get(path) if trouble.doubt is Doubt.RESUMED and not query else None
        if kept is not None and (
            kept.at >= trouble.until
            or (now < trouble.until and now < kept.at + self._policy.base_seconds)
        ):
            trouble.looked_at = kept.at
            return list(kept.listed)
        limit = step.probe.page_size if step.probe else 0
        if limit:
            query = {**query, "limit": str(limit), "offset": str(len(trouble.listed))}
        if (seconds := self._limiter.reserve()) > 0:
            return Again(seconds, everyone=True)
        try:
            shown = json_of(self._looker.request("GET", path, query=query or None))
            within = step.probe.list_path if step.probe else None
            listed = objects_of(
                shown.get(within) if within and isinstance(shown, Mapping) else shown
            )
        except (ApiError, ConnectionFailed, PlanError) as error:
            return self._probe_failed(step, space, trouble, error)
        trouble.probes = 0
        if not trouble.listed:
            trouble.looked_at = now
        if limit and len(listed) >= limit:
            trouble.listed += listed
            return Again(0.0)  # the next page
        listed, trouble.listed = [*trouble.listed, *listed], []
        if not query:
            space.listings[path] = Listing(listed, now)
        return listed

    def _not_found(
        self, step: Step, space: Workspace, request: Request, trouble: Trouble
    ) -> Verdict:
        is_refused = trouble.doubt is Doubt.REFUSED
        if not is_refused and trouble.looked_at < trouble.until:
            trouble.looks += 1
            return self._again(step, space, trouble)
        trouble.doubt = Doubt.NONE
        is_last = is_refused or not self._policy.may_retry(trouble.attempts)
        if is_last and trouble.error is not None:
            return self._give_up(step, trouble.error)
        return self._send(step, space, request)

    def _probe_failed(
        self, step: Step, space: Workspace, trouble: Trouble, error: Failed
    ) -> Verdict:
        trouble.probes += 1
        trouble.error = error
        decision = decide_after_error(
            error, method="GET", attempt=trouble.probes, policy=self._policy
        )
        if decision is Decision.RETRY:
            return self._again(step, space, trouble)
        return Halt(error) if decision is Decision.STOP else self._give_up(step, error)

    # --- the end of a step ------------------------------------------------------------------

    def _finish(
        self, step: Step, space: Workspace, shown: Json, *, skipped: bool = False
    ) -> Verdict:
        if len(rest := space.rest.get(step.id, [])) > 1:
            _ = rest.pop(0)
            return Again(0.0)
        trouble = self._troubles.get(step.id)
        known = revealed(step, shown, space) if shown is not None else {}
        source = step.source
        if step.probe is not None and source in known and not space.claim(source, known[source]):
            # An equal sibling's probe was faster than this reply: its own is still unclaimed.
            trouble = self._troubles.setdefault(step.id, Trouble())
            trouble.begin(Doubt.LOST)
            return Again(0.0)
        for ref, id_ in known.items():
            space.put(ref, id_)
        _ = self._troubles.pop(step.id, None)
        if step.operation != "find":
            attempts = 0 if skipped else (trouble.attempts if trouble else 0) + 1
            self._journal.finish(
                outcome_of(step, space, known, at=self._now(), attempts=attempts, skipped=skipped)
            )
        return Over(succeeded=True)

    def _give_up(self, step: Step, error: Exception, why: str = "") -> Over:
        """The step has failed for good. An item that is gone may still be made anew."""
        trouble = self._troubles.pop(step.id, Trouble())
        status, attempts = status_of(error), max(trouble.attempts, 1)
        said = scrubbed(why or str(error), step.body)
        self.failures[step.id] = Failure(
            step=step.id,
            error=said,
            http_status=status,
            attempts=attempts,
            trace=scrubbed("".join(traceback.format_exception(error)), step.body),
        )
        if step.operation != "find":
            self._journal.finish(
                StepOutcome(
                    step=step.id,
                    outcome="failed",
                    at=self._now(),
                    attempts=attempts,
                    error=said,
                    http_status=status,
                )
            )
        return Over(succeeded=False)


class AmbiguousError(Exception):
    """A reply was lost, and more than one object could be what the request made."""


def _must(value: T | None) -> T:
    if value is None:
        raise ValueError("a create without a source")
    return value


def _is_needless(step: Step, space: Workspace) -> bool:
    """Whether a read has found it, or the reply to the create has shown it."""
    if step.apart and step.target and (space.shown.get(step.target) or {}).get(step.apart):
        return True
    found = space.resolve(step.source) if step.unless_found and step.source else None
    return found is not None
