import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from lookervault_plan.errors import PlanError
from lookervault_plan.state.journal import Journal
from lookervault_plan.state.rows import (
    ACTION,
    Applied,
    Checkpoint,
    DeadLetter,
    IdMapping,
    PartMapping,
    StepIntent,
    StepOutcome,
    StepRecord,
)
from lookervault_plan.state.store import State, open_state
from tests.state.conftest import AT, DEV, LATER, PROD, a_session


def an_intent(step: str = "look:1#create", kind: str = "look", **more: object) -> StepIntent:
    return replace(StepIntent(step=step, kind=kind, at=AT), **more)


def an_outcome(step: str = "look:1#create", **more: object) -> StepOutcome:
    return replace(StepOutcome(step=step, outcome="done", at=LATER), **more)


@pytest.fixture
def journal(state: State) -> Iterator[Journal]:
    state.create_session(a_session(), b"{}")
    with Journal(state, "s1") as opened:
        yield opened


@pytest.fixture
def on_disk(path: Path) -> Callable[[str], list[tuple[object, ...]]]:
    """What another process would see."""

    def read(query: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(path)) as connection:
            return connection.execute(query).fetchall()

    return read


INCOMPRESSIBLE = random.Random(1).randbytes(100_000)
OnDisk = Callable[[str], list[tuple[object, ...]]]


def test_an_intent_is_on_disk_when_intend_returns(journal: Journal, on_disk: OnDisk):
    journal.intend([an_intent("look:1#create"), an_intent("look:2#create")])

    assert on_disk("SELECT step, outcome FROM journal_steps") == [
        ("look:1#create", None),
        ("look:2#create", None),
    ]


def test_outcomes_reach_the_disk_soon_and_with_all_they_revealed(journal: Journal, on_disk: OnDisk):
    journal.intend([an_intent()])
    journal.finish(
        an_outcome(
            revealed={"id": "77"},
            mappings=(IdMapping("look", "1", "77"),),
            parts=(PartMapping("look:1", "query", "5", "50"),),
            applied=Applied("look:1", "d", "l", "s1", LATER),
        )
    )

    for _ in range(100):
        if on_disk("SELECT 1 FROM journal_steps WHERE outcome IS NOT NULL"):
            break
        time.sleep(0.02)
    assert on_disk("SELECT destination_id, session_id FROM id_mappings") == [("77", "s1")]
    assert on_disk("SELECT destination_id FROM part_mappings") == [("50",)]
    assert on_disk("SELECT live_digest FROM applied") == [("l",)]


def test_mappings_of_an_unknown_source_are_kept_under_the_fingerprint(state: State):
    state.create_session(a_session(source=None), b"{}")
    with Journal(state, "s1") as journal:
        journal.intend([an_intent()])
        journal.finish(an_outcome(mappings=(IdMapping("look", "1", "77"),)))

    assert state.mappings("f1", PROD) == {("look", "1"): "77"}


def test_steps_come_back_as_they_were(journal: Journal):
    journal.intend([an_intent(known_ids=("7", "8"), before=b'{"title": null}')])
    journal.intend([an_intent("look:2#update")])
    journal.finish(
        an_outcome("look:2#update", outcome="failed", attempts=5, error="no", http_status=422)
    )

    first, second = journal.steps()

    assert first == StepRecord(
        step="look:1#create",
        kind="look",
        intended_at=AT,
        known_ids=("7", "8"),
        outcome=None,
        finished_at=None,
        attempts=0,
        revealed={},
        error=None,
        http_status=None,
    )
    assert (second.outcome, second.attempts, second.http_status) == ("failed", 5, 422)
    assert second.error == "no"


def test_before_images_are_kept_from_the_first_time(journal: Journal, state: State):
    journal.intend([an_intent(before=b'{"title": "first"}'), an_intent("look:2#create")])
    journal.finish(an_outcome(outcome="failed"))
    journal.intend([an_intent(before=b'{"title": "second"}')])

    assert state.before_image("s1", "look:1#create") == b'{"title": "first"}'
    assert state.before_image("s1", "look:2#create") is None
    assert state.before_image("s1", "look:3#create") is None


def test_a_step_begun_again_keeps_the_ids_known_before_the_first_request(journal: Journal):
    """Else the orphan of a lost reply would count as known, and be made twice."""
    journal.intend([an_intent(known_ids=("7",))])
    journal.intend([an_intent(known_ids=("7", "8"))])
    assert journal.steps()[0].known_ids == ("7",)

    journal.finish(an_outcome(outcome="failed", attempts=2))
    journal.intend([an_intent(known_ids=("7", "9"))])
    (step,) = journal.steps()
    assert (step.known_ids, step.outcome, step.attempts) == (("7", "9"), None, 2)


def test_order_holds_within_one_commit(journal: Journal, state: State):
    with state.writing():  # the writer has to wait, so all of this is one commit
        tickets = [journal.intend_ahead([an_intent()])]
        journal.finish(an_outcome(outcome="failed"))
        tickets.append(journal.intend_ahead([an_intent()]))
        journal.finish(an_outcome("look:1#create", revealed={"id": "9"}))
        journal.finish(an_outcome(mappings=(IdMapping("look", "1", "8"),)))
        journal.finish(an_outcome(mappings=(IdMapping("look", "1", "9"),)))
    for ticket in tickets:
        ticket.wait()

    assert journal.steps()[0].outcome == "done"
    assert state.mappings(DEV, PROD) == {("look", "1"): "9"}


def test_a_failure_and_its_dead_letter_are_one(journal: Journal, state: State):
    letter = DeadLetter(
        session="s1",
        type="look",
        id="1",
        data=b"{}",
        error_message="no",
        error_type="ValidationError",
        failed_at=LATER,
    )
    journal.intend([an_intent()])
    journal.finish(an_outcome(outcome="failed", dead_letter=letter))
    journal.flush()

    assert [each.address for each in state.dead_letters("s1")] == ["look:1"]


def test_progress_shows_as_checkpoints(journal: Journal, state: State):
    journal.intend(
        [an_intent(f"{type_}:{id_}", ACTION) for type_ in ("folder", "look") for id_ in "123"]
    )
    journal.intend([an_intent("look:1/query:5#create", "query")])
    journal.finish(an_outcome("look:2"))
    journal.finish(an_outcome("look:3", outcome="failed"))
    for id_ in "123":
        journal.finish(an_outcome(f"folder:{id_}"))
    journal.flush()

    look, folder = state.checkpoints("s1")
    assert look == Checkpoint(
        session="s1",
        type="look",
        completed_ids=("2",),
        last_updated=LATER,
        started_at=AT,
        completed_at=None,
        item_count=1,
        error_count=1,
    )
    assert (folder.completed_ids, folder.completed_at) == (("1", "2", "3"), None)

    state.set_session_status("s1", "interrupted", completed_at=LATER)
    look, folder = state.checkpoints("s1")
    assert (look.completed_at, folder.completed_at) == (None, LATER)


def test_many_threads_lose_nothing(journal: Journal):
    def carry_out(number: int) -> None:
        step = f"look:{number}#create"
        journal.intend([an_intent(step)])
        journal.finish(an_outcome(step, revealed={"id": str(number)}))

    with ThreadPoolExecutor(16) as pool:
        _ = list(pool.map(carry_out, range(300)))

    steps = journal.steps()
    assert {step.step for step in steps if step.outcome == "done"} == {
        f"look:{number}#create" for number in range(300)
    }


def test_a_closed_journal_takes_no_more(state: State):
    state.create_session(a_session(), b"{}")
    journal = Journal(state, "s1")
    journal.close()
    journal.close()

    with pytest.raises(RuntimeError):
        journal.intend([an_intent()])


# Failures of the writer


def fill_up(state: State) -> None:
    """No room on the disk: the file may not grow any more."""
    (pages,) = state._connection.execute("PRAGMA page_count").fetchone()
    state._connection.execute(f"PRAGMA max_page_count = {pages}")


def test_a_full_disk_is_raised_to_all_and_keeps_what_was_committed(state: State, on_disk: OnDisk):
    state.create_session(a_session(), b"{}")
    journal = Journal(state, "s1")
    journal.intend([an_intent()])
    fill_up(state)

    with pytest.raises(PlanError) as caught:
        journal.intend([an_intent("look:2#create", before=INCOMPRESSIBLE)])
    for act in (
        lambda: journal.intend([an_intent("look:3#create")]),
        lambda: journal.finish(an_outcome()),
        journal.flush,
        journal.close,
    ):
        with pytest.raises(PlanError) as again:
            act()
        assert again.value.diagnostic == caught.value.diagnostic

    assert caught.value.diagnostic.code == "state.write"
    assert "full" in caught.value.diagnostic.summary
    assert "make room" in caught.value.diagnostic.fix
    assert on_disk("SELECT step FROM journal_steps") == [("look:1#create",)]


def test_waiting_threads_are_woken_by_a_failure(state: State):
    state.create_session(a_session(), b"{}")
    journal = Journal(state, "s1")
    raised = list[str]()
    fill_up(state)

    def begin(number: int) -> None:
        try:
            journal.intend([an_intent(f"look:{number}", before=INCOMPRESSIBLE)])
        except PlanError as error:
            raised.append(error.diagnostic.code)

    with state.writing():
        threads = [threading.Thread(target=begin, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
    for thread in threads:
        thread.join(timeout=10)

    assert raised == ["state.write"] * 8
    with pytest.raises(PlanError):
        journal.close()


def test_a_failure_outcome_does_not_hide_the_error_that_ended_the_session(state: State):
    state.create_session(a_session(), b"{}")

    def run() -> None:
        with Journal(state, "s1") as journal:
            fill_up(state)
            journal.finish(an_outcome(error="x" * 100_000))
            raise KeyError("the real reason")

    with pytest.raises(KeyError):
        run()


# kill -9

KILLED = """
import sys, threading
from pathlib import Path
from lookervault_plan.state.journal import Journal
from lookervault_plan.state.rows import IdMapping, StepIntent, StepOutcome
from lookervault_plan.state.store import open_state

state = open_state(Path(sys.argv[1]))
journal = Journal(state, "s1")
says = threading.Lock()

def work(worker):
    number = 0
    while True:
        number += 1
        source = f"{worker}-{number}"
        step = f"look:{source}#create"
        journal.intend([StepIntent(step=step, kind="look", at="")])
        with says:
            print(step, flush=True)  # the request leaves
        journal.finish(StepOutcome(step=step, outcome="done", at="", revealed={"id": source},
                                   mappings=(IdMapping("look", source, source),)))

for worker in range(4):
    threading.Thread(target=work, args=(worker,)).start()
"""


@pytest.mark.parametrize("after_seconds", [0.05, 0.3])
def test_kill_9_loses_no_intent(path: Path, after_seconds: float):
    with open_state(path) as state:
        state.create_session(a_session(), b"{}")
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        sent = [process.stdout.readline().strip()]
        time.sleep(after_seconds)
        process.send_signal(signal.SIGKILL)
        sent += process.stdout.read().split("\n")[:-1]

    with open_state(path) as state, Journal(state, "s1") as journal:
        steps = {step.step: step for step in journal.steps()}
        done = {step.revealed["id"] for step in steps.values() if step.outcome == "done"}

        assert len(sent) > 4
        assert set(sent) <= steps.keys()
        assert {source for _, source in state.mappings(DEV, PROD)} == done
        journal.intend([an_intent("look:next#create")])
