"""In doubt: a create was sent, or may have been, and nobody knows what became of it."""

from collections.abc import Sequence
from enum import Enum

from lookervault_plan.content.node import Raw
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.execution.ids import Workspace
from lookervault_plan.steps.request import is_same
from lookervault_plan.steps.step import Step


class Doubt(Enum):
    """Why a step has to be looked for before it is sent."""

    NONE = "none"
    LOST = "lost"  # no reply
    RESUMED = "resumed"  # an earlier run was killed
    REFUSED = "refused"  # Looker has one already; it may be ours


class Trouble:
    """What a step has been through."""

    __slots__ = (
        "attempts",
        "doubt",
        "error",
        "listed",
        "looked_at",
        "looks",
        "probes",
        "throttled",
        "until",
        "was_lost",
    )

    def __init__(self, attempts: int = 0) -> None:
        #: requests that were answered, or not, otherwise than by 429
        self.attempts = attempts
        self.throttled = 0
        #: probes that failed in a row, and probes that found nothing
        self.probes = 0
        self.looks = 0
        self.doubt = Doubt.NONE
        #: a reply was lost at some time: what exists may be ours
        self.was_lost = False
        #: until then a request without an answer may still be carried out
        self.until = 0.0
        #: when the latest probe was sent, and its pages so far
        self.looked_at = 0.0
        self.listed: list[Raw] = []
        self.error: Exception | None = None

    def begin(self, doubt: Doubt, *, until: float = 0.0) -> None:
        self.doubt = doubt
        self.until = until
        self.was_lost = True


def candidates(step: Step, sent: Raw, listed: Sequence[Raw], space: Workspace) -> list[Raw]:
    """What the step may have made: new since the intent, nobody else's, equal to what was sent."""
    row = KINDS[step.kind]
    return [
        raw
        for raw in listed
        if (id_ := str(raw.get(row.id_field) or ""))
        and id_ not in step.known_ids
        and not space.is_taken(step.kind, id_)
        and is_same(step.kind, sent, raw)
    ]
