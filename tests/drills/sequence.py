"""A random sequence of faults, kills, cut-offs and resumes that must end as if nothing happened.

Whenever a session is over, what it left in the dead letter queue is tried again without faults, the
instance is compared with the source on raw JSON, and the next session begins.
"""

import signal
import subprocess
import time
from collections.abc import Sequence
from typing import NamedTuple

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from lookervault_plan.sandbox.faults import Body, Fault, Kind
from tests.drills.endpoints import Case, Scene

WRITES = "POST|PATCH|PUT|DELETE"
#: Faults that are added before each run.
TROUBLES_PER_RUN = 3
SECONDS = 60.0

#: Kinds of faults that retries get over, mostly; the others leave dead letters.
PASSING: Sequence[Kind] = ("reset_before", "reset_after", "spoil", "spoil_after", "too_many")
BODIES: Sequence[Body] = ("html", "cut", "null", "empty", "shape")


class DisturbedSessions(RuleBasedStateMachine):
    """Sessions of one scene after another, each disturbed until it is over."""

    scenes: Sequence[Scene] = ()
    #: Counts over all examples, to tell what was tried.
    steps = runs = kills = ends = 0

    case: Case
    troubles: int
    is_begun: bool

    @initialize(number=st.integers(0, 1))
    def begin(self, number: int) -> None:
        self.case = self.scenes[number].begin()
        self.troubles, self.is_begun = 0, False

    # --- troubles --------------------------------------------------------------------------------

    @rule(
        kind=st.sampled_from(PASSING),
        body=st.sampled_from(BODIES),
        skip=st.integers(0, 60),
        count=st.integers(1, 3),
    )
    def lose_some(self, kind: Kind, body: Body, skip: int, count: int) -> None:
        """Lose requests or replies, or have them answered by somebody else."""
        self._add(Fault(kind=kind, body=body, method=WRITES, skip=skip, count=count, seconds=0.01))

    @rule(status=st.sampled_from([403, 404, 409, 422, 500, 503]), skip=st.integers(0, 80))
    def refuse_one(self, status: int, skip: int) -> None:
        self._add(Fault(kind="error", status=status, method=WRITES, skip=skip, count=1))

    @rule(kind=st.sampled_from(["spoil", "error", "reset_before"]), skip=st.integers(0, 30))
    def disturb_reads(self, kind: Kind, skip: int) -> None:
        self._add(Fault(kind=kind, method="GET", skip=skip, count=1))

    @rule()
    def expire_the_token(self) -> None:
        self._add(Fault(kind="expire_token", skip=20, count=1))

    def _add(self, fault: Fault) -> None:
        self.case.scene.sandbox.faults.add(fault)
        self.troubles += 1
        type(self).steps += 1

    # --- runs ------------------------------------------------------------------------------------

    @precondition(lambda self: self.troubles >= TROUBLES_PER_RUN)
    @rule(writes=st.integers(1, 150))
    def run_until_nothing_works(self, writes: int) -> None:
        """Go on until Looker refuses the login after so many writes."""
        off = Fault(kind="error", status=401, method=WRITES, skip=writes)
        self.case.scene.sandbox.faults.add(off)
        self._run()

    @precondition(lambda self: self.troubles >= TROUBLES_PER_RUN)
    @rule(writes=st.integers(1, 120))
    def run_and_kill(self, writes: int) -> None:
        """Go on in a process of its own, and kill -9 it after so many writes."""
        sandbox = self.case.scene.sandbox
        wanted, process = len(sandbox.writes()) + writes, self._start()
        end = time.monotonic() + SECONDS
        while len(sandbox.writes()) < wanted and process.poll() is None:
            assert time.monotonic() < end
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        _ = process.communicate(timeout=SECONDS)
        sandbox.wait_until_idle()
        type(self).kills += 1
        self._after_a_run(process.returncode)

    @precondition(lambda self: self.troubles >= TROUBLES_PER_RUN)
    @rule()
    def run_to_the_end(self) -> None:
        self._run()

    def _run(self) -> None:
        self._after_a_run(self.case.run_any(*self._words()))

    def _words(self) -> tuple[object, ...]:
        scene = self.case.scene
        return ("apply", scene.plan, "--db-path", scene.backup, "--dlq-ok", "-q")

    def _start(self) -> subprocess.Popen[bytes]:
        return self.case.workdir.start(self.case.scene.sandbox, *map(str, self._words()))

    def _after_a_run(self, code: int) -> None:
        type(self).steps += 1
        type(self).runs += 1
        self.troubles = 0
        self.case.scene.sandbox.faults.clear()
        if code == 0:
            self.finish()

    def finish(self) -> None:
        """Try again what is left, without faults; compare; begin anew with the other scene."""
        case = self.case
        if case.letters():
            case.retry()
        case.link()
        assert case.letters() == []
        case.check()
        type(self).ends += 1
        self.begin(1 - self.scenes.index(case.scene))

    def teardown(self) -> None:
        if hasattr(self, "case") and self.case.scene.sandbox.requests:
            self.case.scene.sandbox.faults.clear()
            code = self.case.run_any(*self._words())
            assert code == 0, code
            self.finish()


class Counts(NamedTuple):
    """What a drill has tried."""

    steps: int
    runs: int
    kills: int
    #: Sessions that ended as if nothing had happened.
    ends: int


def drill(scenes: Sequence[Scene], steps: int, *, examples: int = 1, chance: int = 1) -> Counts:
    """Run sequences of so many steps each; the same ones for the same `chance`."""
    machine = seed(chance)(DisturbedSessions)
    machine.scenes = scenes
    machine.steps = machine.runs = machine.kills = machine.ends = 0
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )
    return Counts(machine.steps, machine.runs, machine.kills, machine.ends)
