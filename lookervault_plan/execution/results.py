"""What a run of a plan is given, and what it gives back."""

from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias

import msgspec

from lookervault_plan.content.node import Address, Node, Raw, Ref
from lookervault_plan.content.text_links import Instances
from lookervault_plan.errors import Diagnostic, PlanError
from lookervault_plan.execution.events import Event
from lookervault_plan.execution.ids import Ids
from lookervault_plan.execution.ports import Journal, Limiter, Looker
from lookervault_plan.looker.errors import ApiError, ConnectionFailed
from lookervault_plan.looker.retry import DEFAULT_RETRY_POLICY, RetryPolicy
from lookervault_plan.plan_file import Plan, Update

Load: TypeAlias = Callable[[Ref], Node | Diagnostic]
ItemOutcome = Literal["done", "failed", "not tried"]


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a second look at an item that an update did not find has found."""

    live: Node | None
    #: if it is gone: what holds its place, in words
    held: str = ""


#: the action and its item; how ids are resolved
Look: TypeAlias = Callable[[Update, Node, Callable[[Ref], str | None]], Found]


class World(msgspec.Struct, frozen=True, kw_only=True):
    """What a run works on and with."""

    looker: Looker
    limiter: Limiter
    journal: Journal
    #: an item as the backup has it, or why it can't be read
    load: Load
    #: an item as the stale re-read saw it, by destination id
    before: Callable[[Ref], Raw | None] = lambda _: None
    #: looks for an item that an update did not find; None: what is gone stays gone
    look: Look | None = None
    #: the time of day, ISO 8601 in UTC
    now: Callable[[], str]
    tell: Callable[[Event], None] = lambda _: None


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How a run works."""

    session: str
    workers: int = 8
    policy: RetryPolicy = DEFAULT_RETRY_POLICY
    #: the session stops when so many letters lie in the queue
    max_dead_letters: int | None = None
    #: a `Checkpoint` is told every so many steps
    checkpoint_interval: int = 100
    #: how long a request may still be carried out that nobody answered in time ...
    settle_seconds: float = 120.0
    #: ... and one whose connection broke, as those of a killed run did
    linger_seconds: float = 10.0
    instances: Instances = Instances()


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What a run did; earlier runs of the session count with it."""

    #: the plan, with creates in place of updates whose item was gone
    plan: Plan
    outcomes: Mapping[Address, ItemOutcome]
    ids: Ids
    #: done, with a link or a soft reference to these left as it was: they have failed
    unlinked: Mapping[Address, tuple[Address, ...]] = {}
    dead_letters: int = 0
    #: actions left over: the run was stopped
    left: tuple[Address, ...] = ()
    #: what stopped it, if not a person
    error: ApiError | ConnectionFailed | PlanError | None = None
    #: stopped since the dead letter queue is full
    queue_is_full: bool = False

    def count(self, outcome: ItemOutcome) -> int:
        return sum(each == outcome for each in self.outcomes.values())

    @property
    def is_complete(self) -> bool:
        """Everything was done, by this run or an earlier one."""
        return not self.left and all(outcome == "done" for outcome in self.outcomes.values())
