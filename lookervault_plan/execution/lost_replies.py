"""Count a step's attempts, and pick the objects that an unanswered create may have made."""

from collections.abc import Sequence
from enum import Enum

from lookervault_plan.content.node import LiveId, Raw
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.execution.ids import Workspace
from lookervault_plan.steps.request import is_same
from lookervault_plan.steps.step import CreateStep


class ProbeReason(Enum):
    """Why a step looks for its object before it is sent (again)."""

    LOST = "lost"  # no reply came
    RESUMED = "resumed"  # an earlier run was killed
    REFUSED = "refused"  # Looker has such an object; an earlier attempt may have made it


class Attempts:
    """The attempts at a step that did not succeed at once."""

    __slots__ = (
        "count",
        "error",
        "fruitless_probes",
        "listed",
        "probe_failures",
        "probe_reason",
        "probed_at",
        "throttled",
        "until",
        "was_lost",
    )

    def __init__(self, count: int = 0) -> None:
        #: requests sent, without those answered by 429
        self.count = count
        #: requests answered by 429
        self.throttled = 0
        #: probes that failed, in a row
        self.probe_failures = 0
        #: probes that found nothing
        self.fruitless_probes = 0
        #: None if the step may be sent without a probe
        self.probe_reason: ProbeReason | None = None
        #: True once a reply was lost: an existing object may be this step's
        self.was_lost = False
        #: moment until which Looker may still carry out an unanswered request
        self.until = 0.0
        #: moment of the latest probe
        self.probed_at = 0.0
        #: objects on the pages of that probe so far
        self.listed: list[Raw] = []
        self.error: Exception | None = None

    def require_probe(self, reason: ProbeReason, *, until: float = 0.0) -> None:
        """Look for the object before sending again; `until`, it may still appear."""
        self.probe_reason = reason
        self.until = until
        self.was_lost = True


def candidates(
    step: CreateStep, sent: Raw, listed: Sequence[Raw], workspace: Workspace
) -> list[Raw]:
    """Return the objects that the step may have made.

    They are new since the intent, no other step has claimed them, and they equal what was sent.
    """
    row = KINDS[step.kind]
    return [
        raw
        for raw in listed
        if (id_ := LiveId(str(raw.get(row.id_field) or "")))
        and id_ not in step.known_ids
        and not workspace.is_taken(step.kind, id_)
        and is_same(step.kind, sent, raw)
    ]
