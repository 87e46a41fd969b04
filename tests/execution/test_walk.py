"""The walk, with steps that do nothing."""

import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookervault_plan.content.node import Address, Ref
from lookervault_plan.execution.walk import (
    Abort,
    Expansion,
    Finished,
    StepResult,
    Stop,
    Unit,
    UnitCutOff,
    UnitDone,
    UnitFailed,
    UnitResult,
    Wait,
    Walk,
)
from lookervault_plan.steps.step import CreateQueryStep, InterimNameStep, RequestTemplate, Step
from lookervault_plan.steps.step_id import StepId

REQUEST = RequestTemplate(method="PATCH", path="/looks/1")


def an_id(name: str) -> StepId:
    return StepId(Address(name), "update")


def a_step(
    name: str, *, needs: Sequence[str] = (), after: Sequence[str] = (), shared: bool = False
) -> Step:
    id_, waits = an_id(name), {"needs": map(an_id, needs), "after": map(an_id, after)}
    order: Any = {key: tuple(ids) for key, ids in waits.items()}
    if shared:
        return CreateQueryStep(
            id=id_, kind="query", request=REQUEST, source=Ref("query", name), **order
        )
    return InterimNameStep(id=id_, kind="look", request=REQUEST, **order)


class Recorder:
    """Notes the steps performed; `results` are the first results of a step, then it succeeds."""

    def __init__(self, results: Mapping[str, Sequence[StepResult]] | None = None) -> None:
        self.performed: list[str] = []
        self.units: dict[str, UnitResult[str]] = {}
        self.expanded: list[str] = []
        self.results = {id_: list(each) for id_, each in (results or {}).items()}
        self.on_perform: Callable[[Step], None] = lambda _: None
        self.lock = threading.Lock()

    def perform(self, step: Step, _key: str) -> StepResult:
        with self.lock:
            self.performed.append(step.id.address)
        self.on_perform(step)
        answers = self.results.get(step.id.address)
        return answers.pop(0) if answers else Finished(succeeded=True)

    def report(self, result: UnitResult[str]) -> None:
        with self.lock:
            assert result.key not in self.units
            self.units[result.key] = result

    def outcomes(self) -> dict[str, str]:
        words = {UnitDone: "done", UnitFailed: "failed", UnitCutOff: "cut off"}
        return {key: words[type(result)] for key, result in self.units.items()}


def walk(
    steps: Mapping[str, Sequence[Step]],
    recorder: Recorder,
    *,
    depends_on: Mapping[str, Sequence[str]] | None = None,
    lengths: Mapping[str, int] | None = None,
    finished: Sequence[str] = (),
    workers: int = 1,
    stop: Stop | None = None,
    **more: Any,
) -> tuple[str, ...]:
    units = [
        Unit(key, tuple((depends_on or {}).get(key, ())), (lengths or {}).get(key, 1))
        for key in steps
    ]

    def expand(keys: Sequence[str]) -> list[Expansion]:
        recorder.expanded.extend(keys)
        return [Expansion(steps[key], frozenset(map(an_id, finished))) for key in keys]

    return Walk(
        units,
        expand=expand,
        perform=recorder.perform,
        report=recorder.report,
        workers=workers,
        stop=stop,
        **more,
    ).run()


def test_units_run_after_what_they_depend_on():
    steps = {key: [a_step(key)] for key in "cba"}
    recorder = Recorder()

    left = walk(steps, recorder, depends_on={"a": "b", "b": "c"}, workers=3)

    assert recorder.performed == ["c", "b", "a"]
    assert left == ()
    assert set(recorder.outcomes().values()) == {"done"}


def test_a_dependency_that_is_no_unit_is_ignored():
    recorder = Recorder()

    _ = walk({"a": [a_step("a")]}, recorder, depends_on={"a": ["folder:1"]})

    assert recorder.performed == ["a"]


def test_the_longest_remaining_path_goes_first():
    chain = [a_step("l1"), a_step("l2", needs=["l1"]), a_step("l3", needs=["l2"])]
    steps = {"s1": [a_step("s1")], "s2": [a_step("s2")], "long": chain}
    recorder = Recorder()

    _ = walk(steps, recorder, lengths={"long": 3})

    assert recorder.expanded[0] == "long"
    assert recorder.performed[:2] in (["l1", "l2"], ["s1", "l1"], ["l1", "s1"])


def test_a_short_unit_with_long_dependents_is_long():
    steps = {"short": [a_step("short")], "root": [a_step("root")], "tail": [a_step("tail")]}
    recorder = Recorder()

    _ = walk(
        steps, recorder, depends_on={"tail": ["root"]}, lengths={"short": 3, "root": 1, "tail": 5}
    )

    assert recorder.expanded[0] == "root"


def test_shared_steps_are_performed_once_and_awaited_by_all():
    shared = a_step("q", shared=True)
    steps = {key: [shared, a_step(key, needs=["q"])] for key in "abc"}
    recorder = Recorder()

    _ = walk(steps, recorder, workers=4)

    assert sorted(recorder.performed) == ["a", "b", "c", "q"]
    assert recorder.performed[0] == "q"


def test_a_failed_shared_step_fails_each_unit_that_needs_it():
    shared = a_step("q", shared=True)
    steps = {key: [shared, a_step(key, needs=["q"])] for key in "ab"} | {"c": [a_step("c")]}
    recorder = Recorder({"q": [Finished(succeeded=False)]})

    _ = walk(steps, recorder, workers=2)

    assert recorder.outcomes() == {"a": "failed", "b": "failed", "c": "done"}
    assert recorder.units["a"] == UnitFailed("a", an_id("q"))
    assert sorted(recorder.performed) == ["c", "q"]


def test_a_failed_step_fails_steps_that_need_it_but_not_steps_that_come_after_it():
    steps = {
        "u": [
            a_step("u"),
            a_step("tile1", needs=["u"]),
            a_step("tile2", needs=["u"], after=["tile1"]),
            a_step("place1", needs=["tile1"]),
            a_step("place2", needs=["tile2"]),
        ],
        "board": [a_step("board")],
    }
    recorder = Recorder({"tile1": [Finished(succeeded=False)]})

    _ = walk(steps, recorder, depends_on={"board": ["u"]})

    assert recorder.performed == ["u", "tile1", "tile2", "place2"]
    assert recorder.outcomes() == {"u": "failed", "board": "cut off"}
    assert recorder.units["u"] == UnitFailed("u", an_id("tile1"))
    assert recorder.units["board"] == UnitCutOff("board", by="u")


def test_dependents_of_dependents_are_cut_off_too_each_once():
    steps = {key: [a_step(key)] for key in "abcd"}
    recorder = Recorder({"a": [Finished(succeeded=False)]})

    left = walk(steps, recorder, depends_on={"b": "a", "c": "ab", "d": "c"})

    assert recorder.outcomes() == {"a": "failed", "b": "cut off", "c": "cut off", "d": "cut off"}
    assert left == ()


def test_a_unit_that_cannot_be_expanded_fails_with_its_dependents():
    recorder = Recorder()
    walking = Walk(
        [Unit("a"), Unit("b", ("a",))],
        expand=lambda keys: [Expansion((), failed=True) for _ in keys],
        perform=recorder.perform,
        report=recorder.report,
        workers=1,
    )

    assert walking.run() == ()
    assert recorder.outcomes() == {"a": "failed", "b": "cut off"}


def test_finished_steps_are_not_performed_again():
    steps = {"a": [a_step("a1"), a_step("a2", needs=["a1"])], "b": [a_step("b")]}
    recorder = Recorder()

    _ = walk(steps, recorder, finished=["a1", "b"], depends_on={"b": "a"})

    assert recorder.performed == ["a2"]
    assert recorder.outcomes() == {"a": "done", "b": "done"}


def test_a_step_that_waits_lets_others_go_first():
    steps = {key: [a_step(key)] for key in "ab"}
    recorder = Recorder({"a": [Wait(0.01)]})

    _ = walk(steps, recorder)

    assert recorder.performed == ["a", "b", "a"]


def test_while_one_step_waits_workers_perform_the_rest():
    chain = [a_step("c0")] + [a_step(f"c{n}", needs=[f"c{n - 1}"]) for n in range(1, 20)]
    steps = {"waits": [a_step("w")], "chain": chain}
    gate = threading.Event()
    recorder = Recorder({"w": [Wait(0.001)] * 1000})

    def on_perform(step: Step) -> None:
        if step.id.address == "c19":
            gate.set()
            recorder.results["w"] = []

    recorder.on_perform = on_perform
    _ = walk(steps, recorder)

    assert gate.is_set()
    assert recorder.outcomes() == {"waits": "done", "chain": "done"}


def test_when_everyone_must_wait_nothing_else_starts():
    steps = {"a": [a_step("a"), a_step("a2", needs=["a"])], "b": [a_step("b")]}
    recorder = Recorder({"a": [Wait(0.02, everyone=True)]})

    _ = walk(steps, recorder, lengths={"a": 2})

    assert recorder.performed[:2] == ["a", "a"]


def test_an_idle_worker_performs_a_step_when_its_wait_is_over():
    """One worker is busy for as long as the other has not performed what was put back."""
    done = threading.Event()
    recorder = Recorder({"later": [Wait(0.01)]})
    seen: list[str] = []

    def on_perform(step: Step) -> None:
        seen.append(step.id.address)
        if step.id.address == "later" and seen.count("later") == 2:
            done.set()
        if step.id.address == "busy":
            assert done.wait(10)

    recorder.on_perform = on_perform
    steps = {"later": [a_step("later")], "busy": [a_step("busy")]}
    _ = walk(steps, recorder, lengths={"later": 2}, workers=2)

    assert done.is_set()


def test_a_stop_finishes_steps_in_flight_and_returns_the_units_left_over():
    stop = Stop()
    recorder = Recorder()

    def on_perform(step: Step) -> None:
        if step.id.address == "b":
            stop.ask()

    recorder.on_perform = on_perform
    steps = {key: [a_step(key)] for key in "abcd"}

    left = walk(steps, recorder, depends_on={"b": "a", "c": "b", "d": "c"}, stop=stop)

    assert recorder.performed == ["a", "b"]
    assert recorder.outcomes() == {"a": "done", "b": "done"}
    assert left == ("c", "d")


def test_an_urgent_stop_does_not_wait():
    stop, hang = Stop(), threading.Event()
    recorder = Recorder()

    def on_perform(_step: Step) -> None:
        stop.ask()
        stop.ask()
        _ = hang.wait(30)

    recorder.on_perform = on_perform
    left = walk({"a": [a_step("a")], "b": [a_step("b")]}, recorder, stop=stop)
    hang.set()

    assert set(left) == {"a", "b"}


def test_an_aborting_step_ends_the_walk_with_its_error():
    recorder = Recorder({"a": [Abort(RuntimeError("no login"))]})

    with pytest.raises(RuntimeError, match="no login"):
        _ = walk({"a": [a_step("a")], "b": [a_step("b")]}, recorder, depends_on={"b": "a"})

    assert recorder.performed == ["a"]


@pytest.mark.parametrize("broken", ["perform", "report", "expand"])
def test_an_error_of_a_function_handed_in_ends_the_walk(broken: str):
    recorder = Recorder()

    def fail(*_: Any) -> Any:
        raise OSError("disk full")

    def expand(keys: Sequence[str]) -> list[Expansion]:
        return [Expansion([a_step(key)]) for key in keys]

    walking = Walk(
        [Unit("a"), Unit("b")],
        expand=fail if broken == "expand" else expand,
        perform=fail if broken == "perform" else recorder.perform,
        report=fail if broken == "report" else recorder.report,
        workers=2,
    )

    with pytest.raises(OSError, match="disk full"):
        _ = walking.run()


def test_units_that_wait_for_each_other_are_refused():
    with pytest.raises(ValueError, match="a, b"):
        _ = walk({"a": [], "b": []}, Recorder(), depends_on={"a": "b", "b": "a"})


def test_few_units_are_expanded_at_a_time():
    running: set[str] = set()
    most = 0
    recorder = Recorder()
    steps = {f"u{n}": [a_step(f"u{n}.1"), a_step(f"u{n}.2", needs=[f"u{n}.1"])] for n in range(500)}

    def expand(keys: Sequence[str]) -> list[Expansion]:
        nonlocal most
        with recorder.lock:
            running.update(keys)
            most = max(most, len(running))
        return [Expansion(steps[key]) for key in keys]

    def report(result: UnitResult[str]) -> None:
        with recorder.lock:
            running.discard(result.key)

    units = [Unit(key, (), 2) for key in steps]
    _ = Walk(units, expand=expand, perform=recorder.perform, report=report, workers=4).run()

    assert len(recorder.performed) == 1000
    assert most <= 4 * 4 + 4


@given(
    edges=st.lists(st.tuples(st.integers(0, 14), st.integers(0, 14)), max_size=40),
    bad=st.sets(st.integers(0, 14), max_size=4),
    workers=st.integers(1, 5),
)
def test_every_unit_gets_exactly_one_result(
    edges: list[tuple[int, int]], bad: set[int], workers: int
):
    depends_on: dict[str, list[str]] = defaultdict(list)
    for low, high in edges:
        if low != high:
            depends_on[str(max(low, high))].append(str(min(low, high)))
    steps = {str(n): [a_step(str(n))] for n in range(15)}
    recorder = Recorder({str(n): [Finished(succeeded=False)] for n in bad})

    left = walk(steps, recorder, depends_on=depends_on, workers=workers)

    outcomes = recorder.outcomes()
    assert left == ()
    assert set(outcomes) == set(steps)
    assert len(recorder.performed) == len(set(recorder.performed))
    for key, outcome in outcomes.items():
        needed = [outcomes[other] for other in depends_on[key]]
        assert (outcome == "cut off") == any(each != "done" for each in needed)
        if outcome == "done":
            where = recorder.performed.index(key)
            assert all(recorder.performed.index(other) < where for other in depends_on[key])


def test_a_unit_that_failed_may_be_expanded_once_more():
    """Before any other, though others fill all the room there is: they may wait for it."""
    recorder = Recorder(
        {"a": [Finished(succeeded=False)]} | {f"w{n}": [Wait(0.01)] * 30 for n in range(20)}
    )
    steps = {"a": [a_step("a")], **{f"w{n}": [a_step(f"w{n}")] for n in range(20)}}
    asked: list[UnitFailed[str]] = []

    def may_expand_again(failed: UnitFailed[str]) -> bool:
        asked.append(failed)
        return True

    walk(
        steps,
        recorder,
        depends_on={"b": "a"},
        lengths={"a": 5},
        workers=2,
        may_expand_again=may_expand_again,
    )

    assert asked == [UnitFailed("a", an_id("a"))]
    assert recorder.expanded.count("a") == 2
    assert set(recorder.outcomes().values()) == {"done"}


def test_a_unit_fails_if_it_is_not_to_be_expanded_again():
    recorder = Recorder({"a": [Finished(succeeded=False)]})

    walk(
        {"a": [a_step("a")], "b": [a_step("b")]},
        recorder,
        depends_on={"b": "a"},
        may_expand_again=lambda _: False,
    )

    assert recorder.outcomes() == {"a": "failed", "b": "cut off"}


def test_a_unit_that_can_do_without_a_failed_one_is_carried_out():
    recorder = Recorder({"a": [Finished(succeeded=False)]})
    keys = "abcd"

    walk(
        {key: [a_step(key)] for key in keys},
        recorder,
        depends_on={"b": "a", "c": "b", "d": "ab"},
        is_needed=lambda unit, failed: (unit, failed) != ("d", "a") and unit != "c",
    )

    assert recorder.outcomes() == {"a": "failed", "b": "cut off", "c": "done", "d": "cut off"}
