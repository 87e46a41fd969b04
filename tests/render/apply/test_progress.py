"""The live display of apply, fed with events."""

import io

import pytest
from rich.console import Console, RenderableType
from syrupy.assertion import SnapshotAssertion

from lookervault_plan.content.node import Address
from lookervault_plan.execution.events import (
    ApplyComplete,
    ApplyErrored,
    ApplyStart,
    ChangeSummary,
    Checkpoint,
    DlqAdded,
    RateLimited,
    Retry,
)
from lookervault_plan.render.amounts import duration
from lookervault_plan.render.apply.progress import (
    Progress,
    TypeProgress,
    progress_line,
    progress_text,
)
from lookervault_plan.render.apply.progress_counter import ProgressCounter
from tests.builders import a_plan, an_action

FOLDER, LOOK, BOARD = Address("folder:1"), Address("look:2"), Address("board:3")


def shown(renderable: RenderableType, *, width: int = 80) -> str:
    file = io.StringIO()
    console = Console(file=file, width=width, color_system=None, legacy_windows=False, _environ={})
    console.print(renderable)
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines())


def a_progress(*, throttle: str = "", is_stopping: bool = False) -> Progress:
    return Progress(
        types=(
            TypeProgress(type="folder", done=10, total=10),
            TypeProgress(type="dashboard", done=300, failed=2, total=1200),
            TypeProgress(type="user"),
        ),
        calls_per_second=42.5,
        calls=6250,
        calls_total=24000,
        in_flight=8,
        workers=8,
        current=tuple(f"dashboard:{n}" for n in range(8)),
        throttle=throttle,
        retries=1,
        elapsed_seconds=147,
        eta_seconds=418,
        is_stopping=is_stopping,
    )


def test_progress_on_a_terminal(snapshot: SnapshotAssertion):
    assert shown(progress_text(a_progress(throttle="Looker asked for a pause of 8s"))) == snapshot


def test_progress_in_a_log():
    assert progress_line(a_progress()) == (
        "Applying: 310/1,210 items, 2 failed. 6,250 of about 24,000 API calls, 42.5/s, "
        "8 in flight, 1 retry, 2m 27s elapsed, about 6m 58s left."
    )


def test_progress_says_why_it_waits():
    assert progress_line(a_progress(throttle="pause")).endswith(" Throttled: pause.")
    assert " Stopping: waiting for requests in flight." in progress_line(
        a_progress(is_stopping=True)
    )
    assert "Stopping: " in shown(progress_text(a_progress(is_stopping=True)))


def test_progress_before_anything_happened():
    assert progress_line(Progress()) == "Applying: 0/0 items. 0 in flight, 0s elapsed."
    assert shown(progress_text(Progress())).strip() == "0 in flight, 0s elapsed."


@pytest.mark.parametrize("width", [30, 80])
def test_progress_fits_the_terminal(width: int):
    lines = shown(progress_text(a_progress()), width=width).splitlines()

    assert max(map(len, lines)) <= width


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-1, "0s"), (7.6, "8s"), (59.4, "59s"), (59.6, "1m 00s"), (125, "2m 05s"), (3720, "1h 02m")],
)
def test_durations_are_short(seconds: float, text: str):
    assert duration(seconds) == text


def a_counter(*, at_seconds: float = 0) -> ProgressCounter:
    plan = a_plan(
        [
            an_action("create", FOLDER, calls=1),
            an_action("update", LOOK, calls=3),
            an_action("create", BOARD, calls=6),
            an_action("skip", "look:9"),
            an_action("blocked", "look:10"),
        ]
    )
    return ProgressCounter(plan, workers=4, at_seconds=at_seconds)


def started(address: Address) -> ApplyStart:
    return ApplyStart(address=address, action="create", name="")


def test_a_counter_counts_what_is_done_and_in_flight():
    counter = a_counter(at_seconds=100)

    counter.count(started(FOLDER), at_seconds=100)
    counter.count(ApplyComplete(address=FOLDER, action="create"), at_seconds=102)
    counter.count(started(LOOK), at_seconds=102)
    snapshot = counter.snapshot(at_seconds=105)

    assert snapshot.types == (
        TypeProgress(type="folder", done=1, total=1),
        TypeProgress(type="look", total=1),
        TypeProgress(type="board", total=1),
    )
    assert (snapshot.calls, snapshot.calls_total) == (1, 10)
    assert (snapshot.in_flight, snapshot.current) == (1, (LOOK,))
    assert snapshot.elapsed_seconds == 5
    assert snapshot.calls_per_second == 0.2
    assert snapshot.eta_seconds == 45


def test_a_counter_counts_a_failure_once():
    counter = a_counter()

    counter.count(started(FOLDER), at_seconds=0)
    counter.count(ApplyErrored(address=FOLDER, action="create", error="422"), at_seconds=1)
    for address, cause in ((FOLDER, None), (LOOK, FOLDER)):
        letter = DlqAdded(address=address, error_type="x", error="y", cause=cause)
        counter.count(letter, at_seconds=1)
    snapshot = counter.snapshot(at_seconds=4)

    assert (snapshot.done, snapshot.failed, snapshot.total) == (0, 2, 3)
    assert snapshot.calls == 4
    assert snapshot.in_flight == 0
    assert snapshot.calls_per_second == 0.25


def test_a_counter_forgets_the_pace_of_long_ago():
    counter = a_counter()

    counter.count(started(FOLDER), at_seconds=0)
    counter.count(ApplyComplete(address=FOLDER, action="create"), at_seconds=1)

    assert counter.snapshot(at_seconds=0).calls_per_second is None
    assert counter.snapshot(at_seconds=2).eta_seconds is None
    assert counter.snapshot(at_seconds=31).calls_per_second == 1 / 30
    assert counter.snapshot(at_seconds=32).calls_per_second == 0
    assert counter.snapshot(at_seconds=32).eta_seconds is None


def test_a_counter_knows_retries_pauses_and_what_was_done_before():
    counter = a_counter()

    counter.count_earlier(FOLDER)
    counter.count_earlier(BOARD, failed=True)
    counter.count_earlier(Address("look:77"))  # not in the plan any more
    counter.count(Retry(address=LOOK, step="s", attempt=1, seconds=2, error="502"), at_seconds=0)
    counter.count(RateLimited(seconds=9), at_seconds=1)
    counter.count(Checkpoint(steps=1), at_seconds=1)
    counter.count(ChangeSummary(add=1, change=0, remove=0), at_seconds=1)

    assert counter.snapshot(at_seconds=2).throttle == "Looker asked for a pause of 8s"
    assert counter.snapshot(at_seconds=11).throttle == ""
    assert counter.snapshot(at_seconds=2).retries == 1
    assert counter.snapshot(at_seconds=2).done == 1
    assert counter.snapshot(at_seconds=2).failed == 1
    assert counter.snapshot(at_seconds=2, is_stopping=True).is_stopping
