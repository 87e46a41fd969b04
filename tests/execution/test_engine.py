"""A session: plan, fakes of the world, accounts."""

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from lookervault_plan.content.node import Address, Node, Ref
from lookervault_plan.content.normalise import normalise
from lookervault_plan.content.text_links import Instances
from lookervault_plan.errors import Diagnostic, PlanError
from lookervault_plan.execution.engine import Environment, RunResult, RunSettings, run
from lookervault_plan.execution.events import Event
from lookervault_plan.execution.run_types import LookAgain, SecondLook
from lookervault_plan.execution.walk import Stop
from lookervault_plan.looker.errors import AuthenticationFailed
from lookervault_plan.looker.retry import RetryPolicy
from lookervault_plan.plan_file import Interim, PartAction, Parts, Plan
from lookervault_plan.state.rows import ACTION
from tests.execution.content import (
    Raw,
    a_component,
    a_dashboard,
    a_filter,
    a_folder,
    a_layout,
    a_look,
    a_plan,
    a_tile,
    changes,
    creating,
    deleting,
    loader,
    tiled,
    updating,
)
from tests.execution.fakes import FakeJournal, FakeLimiter, FakeLooker, answered, lost

FAST = RetryPolicy(base_seconds=0.001, max_seconds=0.002, attempts=3)
ROOT = {"folder:1": "101", "folder:7": "107"}


class Session:
    """A run, with all that it worked on at hand."""

    def __init__(
        self,
        plan: Plan,
        *objects: tuple[str, Raw],
        looker: FakeLooker | None = None,
        journal: FakeJournal | None = None,
        limiter: FakeLimiter | None = None,
        before: Callable[[Ref], Raw | None] = lambda _: None,
        load: Any = None,
        look_again: LookAgain | None = None,
        stop: Stop | None = None,
        **settings: Any,
    ) -> None:
        self.looker = looker or FakeLooker()
        self.journal = journal or FakeJournal()
        self.events: list[Event] = []
        options: dict[str, Any] = {
            "session": "s1",
            "policy": FAST,
            "workers": 3,
            "broken_connection_seconds": 0.0,
        }
        self.result: RunResult = run(
            plan,
            Environment(
                looker=self.looker,
                limiter=limiter or FakeLimiter(),
                journal=self.journal,
                load=load or loader(*objects),
                live_before=before,
                look_again=look_again,
                now=lambda: "2026-01-01T00:00:00Z",
                on_event=self.events.append,
            ),
            RunSettings(**(options | settings)),
            stop,
        )

    @property
    def writes(self) -> list[str]:
        return self.looker.writes()

    def told(self, type_: str) -> list[Any]:
        return [event for event in self.events if event.__struct_config__.tag == type_]

    def letters(self) -> list[Any]:
        return [each.dead_letter for each in self.journal.outcomes if each.dead_letter]


def folders(*names: str) -> tuple[Plan, list[tuple[str, Raw]]]:
    """Folders in each other."""
    raws = [
        a_folder(str(10 + n), name, parent=str(9 + n) if n else "1") for n, name in enumerate(names)
    ]
    actions = [
        creating("folder", raw, depends_on=(Address(f"folder:{raw['parent_id']}"),)) for raw in raws
    ]
    return a_plan(*actions, remaps=ROOT), [("folder", raw) for raw in raws]


def dashboard(raw: Raw, **more: Any) -> Plan:
    return a_plan(creating("dashboard", raw, **more), remaps=ROOT)


def test_new_ids_are_put_into_later_requests():
    plan, objects = folders("A", "B")

    session = Session(plan, *objects)

    bodies = [sent.body for sent in session.looker.sent]
    assert bodies == [{"name": "A", "parent_id": "101"}, {"name": "B", "parent_id": "1001"}]
    assert session.result.is_complete
    outcome = session.journal.outcome("folder:10#create")
    assert outcome.revealed == {"folder:10": "1001"}
    assert [msgspec.structs.astuple(each) for each in outcome.mappings] == [
        ("folder", "10", "1001")
    ]
    assert session.journal.outcome("folder:10").outcome == "done"


def test_intents_are_committed_before_requests_and_together():
    session = Session(dashboard(tiled(2)), ("dashboard", tiled(2)))

    assert session.journal.batches == [len(session.journal.intents)]
    assert session.journal.intents[0].kind == ACTION
    intended = {each.step for each in session.journal.intents}
    assert {each.step for each in session.journal.outcomes} == intended
    assert "dashboard:42/dashboard_layout:60#find" not in intended


def test_a_layout_component_that_looker_placed_right_is_not_written():
    raw = tiled(3)

    session = Session(dashboard(raw), ("dashboard", raw))

    assert sorted(session.writes) == [
        "PATCH /dashboard_layouts/10010",
        *["POST /dashboard_elements"] * 3,
        "POST /dashboards",
    ]
    placed = session.journal.outcome("dashboard:42/dashboard_layout_component:80#update")
    assert placed.outcome == "skipped"
    assert [(part.part_kind, part.source_part_id) for part in placed.parts] == [
        ("dashboard_layout_component", "80")
    ]


def test_only_differing_fields_of_a_layout_component_are_written():
    place = a_component("80", "70", row=0, height=9, granular_row=3)
    raw = a_dashboard(tiles=[a_tile()], layouts=[a_layout("60", place)])

    session = Session(dashboard(raw), ("dashboard", raw))

    sent = [each for each in session.looker.sent if "components/" in each.path]
    assert [each.body for each in sent] == [{"height": 9, "granular_row": 3}]


def test_an_update_sends_changed_fields_and_keeps_a_before_image():
    raw = a_dashboard(tiles=[a_tile("70", "New")], description="New")
    entry = PartAction(key="70", live_id="7000", changes=changes("title"))
    action = updating(
        "dashboard",
        raw,
        "4200",
        changes=changes("description"),
        parts={"elements": Parts(update=(entry,), live={"7000": "d"})},
    )
    old = a_dashboard("4200", tiles=[a_tile("7000", "Old")], description="Old")

    session = Session(a_plan(action), ("dashboard", raw), before=lambda _: old)

    assert [(each.path, each.body) for each in session.looker.sent] == [
        ("/dashboards/4200", {"description": "New"}),
        ("/dashboard_elements/7000", {"title": "New"}),
    ]
    images = {each.step: each.before for each in session.journal.intents}
    assert msgspec.json.decode(images["dashboard:42#update"] or b"")["description"] == "Old"
    assert b"dashboard_elements" not in (images["dashboard:42#update"] or b"")
    tile = images["dashboard:42/dashboard_element:70#update"] or b""
    assert msgspec.json.decode(tile)["title"] == "Old"


def test_deletes_work_by_live_ids():
    raw = a_look()
    action = deleting("look", raw, "99")

    session = Session(a_plan(action), ("look", raw))

    assert session.writes == ["DELETE /looks/99"]
    assert session.result.is_complete


def test_a_failure_goes_to_the_queue_and_dependents_are_not_tried():
    plan, objects = folders("A", "B", "C")
    looker = FakeLooker()
    looker.fail("POST", "/folders", answered(422, code="invalid", message="bad name"))

    session = Session(plan, *objects, looker=looker)

    assert session.writes == ["POST /folders"]
    assert dict(session.result.outcomes) == {
        "folder:10": "failed",
        "folder:11": "not tried",
        "folder:12": "not tried",
    }
    first, second, third = session.letters()
    assert (first.error_type, first.http_status) == ("ValidationError", 422)
    assert "bad name" in first.error_message
    assert first.step == "folder:10#create"
    assert "ApiError" in first.stack_trace
    assert msgspec.json.decode(first.data)["name"] == "A"
    assert (second.error_type, second.cause) == ("DependencyError", "folder:10")
    assert (third.error_type, third.cause) == ("DependencyError", "folder:11")
    assert [event.address for event in session.told("dlq_added")] == [
        "folder:10",
        "folder:11",
        "folder:12",
    ]
    assert not session.result.is_complete


def test_a_failed_tile_fails_its_dashboard_but_not_the_other_tiles():
    raw = tiled(3)
    looker = FakeLooker()
    looker.fail("POST", "/dashboard_elements", answered(422, code="invalid"))

    session = Session(dashboard(raw), ("dashboard", raw), looker=looker)

    assert session.writes.count("POST /dashboard_elements") == 3
    assert session.result.outcomes[Address("dashboard:42")] == "failed"
    (letter,) = session.letters()
    assert letter.step == "dashboard:42/dashboard_element:70#create"
    assert session.journal.outcome("dashboard:42/dashboard_element:71#create").outcome == "done"
    assert session.journal.outcome("dashboard:42").outcome == "failed"


def test_a_failed_query_fails_every_item_that_needs_it():
    raws = [a_look("9", "A"), a_look("10", "B")]
    looker = FakeLooker()
    looker.fail("POST", "/queries", answered(400))
    plan = a_plan(*(creating("look", raw) for raw in raws), remaps=ROOT)

    session = Session(plan, *(("look", raw) for raw in raws), looker=looker)

    assert session.writes == ["POST /queries"]
    first, second = session.letters()
    assert first.step == second.step
    assert first.step.startswith("query:")
    assert session.result.count("failed") == 2


def test_the_session_stops_when_the_queue_is_full():
    raws = [a_folder(str(20 + n), f"F{n}") for n in range(30)]
    looker = FakeLooker()
    for _ in raws:
        looker.fail("POST", "/folders", answered(403))
    plan = a_plan(*(creating("folder", raw) for raw in raws), remaps=ROOT)

    session = Session(
        plan, *(("folder", raw) for raw in raws), looker=looker, max_dead_letters=2, workers=1
    )

    assert session.result.dlq_is_full
    assert session.result.dead_letters == 2
    assert len(session.result.left) == 28


def test_an_unreadable_item_gets_a_dead_letter():
    plan, _ = folders("A")
    problem = Diagnostic(code="backup.corrupt", summary="torn", detail="cut off")

    session = Session(plan, load=lambda _: problem)

    (letter,) = session.letters()
    assert letter.error_type == "DeserializationError"
    assert "torn" in letter.error_message
    assert session.writes == []


def test_items_blocked_for_their_blob_get_a_letter_at_apply():
    raw = a_folder("7")
    found = Diagnostic(code="backup.corrupt", address="folder:7", summary="unreadable")
    other = Diagnostic(code="match.ambiguous", address="folder:8", summary="two of them")

    session = Session(a_plan(diagnostics=(found, other)), ("folder", raw))

    (letter,) = session.letters()
    assert (letter.address, letter.error_type) == ("folder:7", "DeserializationError")


def test_secrets_stay_out_of_letters():
    raw = a_folder() | {"secret_parameters": "x", "nested": [{"password_reset_url": "u", "a": 1}]}
    looker = FakeLooker()
    looker.fail("POST", "/folders", answered(400))

    session = Session(a_plan(creating("folder", raw), remaps=ROOT), ("folder", raw), looker=looker)

    data = msgspec.json.decode(session.letters()[0].data)
    assert data["secret_parameters"] == "(sensitive)"
    assert data["nested"] == [{"password_reset_url": "(sensitive)", "a": 1}]


def test_a_fatal_error_ends_the_session_and_is_returned():
    plan, objects = folders("A", "B")
    looker = FakeLooker()
    refused = AuthenticationFailed(Diagnostic(code="looker.auth", summary="no"))
    looker.fail("POST", "/folders", refused)

    session = Session(plan, *objects, looker=looker)

    assert isinstance(session.result.error, PlanError)
    assert session.result.left == ("folder:10", "folder:11")
    assert session.letters() == []


def test_a_stopped_session_returns_the_items_left_over():
    plan, objects = folders("A", "B", "C")
    stop = Stop()
    looker = FakeLooker()
    request = looker.request

    def stopping(*args: Any, **more: Any) -> Any:
        stop.ask()
        return request(*args, **more)

    looker.request = stopping  # type: ignore[method-assign]
    session = Session(plan, *objects, looker=looker, stop=stop)

    assert session.result.left == ("folder:11", "folder:12")
    assert session.result.outcomes == {"folder:10": "done"}


def test_deferred_text_is_written_when_both_ends_exist():
    one = a_dashboard("42", title="One", tiles=[a_tile("70", body_text="to /dashboards/43")])
    two = a_dashboard("43", title="Two", tiles=[a_tile("71", body_text="to /dashboards/42")])
    plan = a_plan(
        creating("dashboard", one, deferred=("elements/70:body_text",)),
        creating("dashboard", two, depends_on=(Address("dashboard:42"),)),
        remaps=ROOT,
    )

    session = Session(
        plan, ("dashboard", one), ("dashboard", two), instances=Instances(), workers=1
    )

    made = {raw["title"]: raw["id"] for raw in session.looker.made["dashboards"]}
    second = next(raw for raw in session.looker.made["dashboard_elements"] if "body_text" in raw)
    assert second["body_text"] == f"to /dashboards/{made['One']}"
    last = session.looker.sent[-1]
    assert (last.method, last.body) == ("PATCH", {"body_text": f"to /dashboards/{made['Two']}"})
    assert session.result.is_complete
    actions = [each.step for each in session.journal.outcomes if "#" not in each.step]
    assert sorted(actions) == ["dashboard:42", "dashboard:43"]


def test_a_deferred_link_is_left_out_if_its_target_fails():
    one = a_dashboard("42", title="One", description="to /dashboards/43")
    two = a_dashboard("43", title="Two")
    plan = a_plan(
        creating("dashboard", one, deferred=("description",)),
        creating("dashboard", two, depends_on=(Address("dashboard:42"),)),
        remaps=ROOT,
    )
    looker = FakeLooker()
    request = looker.request

    def failing(method: str, path: str, **more: Any) -> Any:
        if method == "POST" and more["body"].get("title") == "Two":
            raise answered(400)
        return request(method, path, **more)

    looker.request = failing  # type: ignore[method-assign]
    session = Session(plan, ("dashboard", one), ("dashboard", two), looker=looker)

    assert dict(session.result.outcomes) == {"dashboard:42": "done", "dashboard:43": "failed"}
    assert session.result.unlinked == {"dashboard:42": ("dashboard:43",)}
    assert [letter.address for letter in session.letters()] == ["dashboard:43"]
    assert session.looker.sent[-1].body == {"description": "to /dashboards/43"}


def test_items_that_swap_titles_go_through_an_interim_one():
    one, two = a_dashboard("42", title="A"), a_dashboard("43", title="B")
    plan = a_plan(
        updating(
            "dashboard",
            one,
            "420",
            changes=changes("title"),
            deferred=("title",),
            interim=(Interim(path="title", value="A~", until=Address("dashboard:43")),),
        ),
        updating(
            "dashboard",
            two,
            "430",
            changes=changes("title"),
            depends_on=(Address("dashboard:42"),),
        ),
    )

    session = Session(plan, ("dashboard", one), ("dashboard", two))

    assert [(sent.path, sent.body) for sent in session.looker.sent] == [
        ("/dashboards/420", {"title": "A~"}),
        ("/dashboards/430", {"title": "B"}),
        ("/dashboards/420", {"title": "A"}),
    ]
    assert session.result.is_complete


def test_events_report_each_item_and_the_summary():
    plan, objects = folders("A", "B")

    session = Session(plan, *objects, checkpoint_interval=1)

    types = [event.__struct_config__.tag for event in session.events]
    assert types[0] == "apply_start"
    assert types[-1] == "change_summary"
    assert types.count("apply_complete") == types.count("checkpoint") == 2
    assert session.told("apply_complete")[0].destination_id == "1001"
    assert msgspec.json.decode(msgspec.json.encode(session.events[-1])) == {
        "type": "change_summary",
        "add": 2,
        "change": 0,
        "remove": 0,
    }


def test_checkpoints_count_upwards_whichever_thread_sends_them():
    names = [f"F{number}" for number in range(200)]
    raws = [a_folder(str(100 + n), name, parent="1") for n, name in enumerate(names)]
    plan = a_plan(*(creating("folder", raw) for raw in raws), remaps=ROOT)

    session = Session(plan, *(("folder", raw) for raw in raws), checkpoint_interval=2, workers=16)

    assert [each.steps for each in session.told("checkpoint")] == list(range(2, 201, 2))


def test_the_limiter_delays_all_workers_and_uses_no_attempt():
    plan, objects = folders("A")

    session = Session(plan, *objects, limiter=FakeLimiter(0.001, 0.001))

    assert session.writes == ["POST /folders"]
    assert session.journal.outcome("folder:10#create").attempts == 1


# --- going on after a kill ---------------------------------------------------------------------


def objects_of(raw: Raw) -> tuple[str, Raw]:
    return ("dashboard", raw)


@pytest.mark.parametrize("kept", range(9))
def test_a_killed_session_goes_on_without_twins(kept: int):
    """Whatever outcomes reached the disk, going on makes nothing twice."""
    raw = tiled(3, filters=[a_filter()])
    first = Session(dashboard(raw), objects_of(raw), workers=1)
    ended = [each.step for each in first.journal.outcomes]
    journal = first.journal.written(lose=ended[kept:])
    looker = first.looker
    made = looker.made
    looker.lists = {
        "/dashboards/search": made["dashboards"],
        "/dashboards/1001/dashboard_filters": made["dashboard_filters"],
        "/dashboards/1001/dashboard_layouts": made["dashboards"][0]["dashboard_layouts"],
        "/dashboards/1001/dashboard_elements": made["dashboard_elements"],
    }
    for each in made["dashboards"]:
        each["folder_id"] = "107"
    before = len(looker.sent)

    second = Session(dashboard(raw), objects_of(raw), looker=looker, journal=journal)

    assert second.result.is_complete
    again = [sent for sent in looker.sent[before:] if sent.method == "POST"]
    assert again == []
    assert second.journal.outcome("dashboard:42").outcome == "done"


def test_a_resumed_session_does_not_load_items_that_are_done():
    plan, objects = folders("A", "B")
    first = Session(plan, *objects)

    second = Session(plan, *objects, journal=first.journal.written())

    assert second.looker.sent == []
    assert second.result.is_complete
    assert dict(second.result.outcomes) == {"folder:10": "done", "folder:11": "done"}


def test_ids_of_finished_items_are_known_after_a_kill():
    plan, objects = folders("A", "B")
    first = Session(plan, *objects)
    journal = first.journal.written(lose=["folder:11#create", "folder:11", "folder:10"])
    journal.records = [each for each in journal.records if each.step.startswith("folder:10")]

    sent = len(first.looker.sent)
    second = Session(plan, *objects, journal=journal, looker=first.looker)

    assert [each.body for each in first.looker.sent[sent:]] == [{"name": "B", "parent_id": "1001"}]
    assert second.result.is_complete


def test_failed_actions_stay_failed_and_are_not_buried_twice():
    plan, objects = folders("A", "B")
    looker = FakeLooker()
    looker.fail("POST", "/folders", answered(400))
    first = Session(plan, *objects, looker=looker)

    second = Session(plan, *objects, journal=first.journal.written())

    assert second.looker.sent == []
    assert second.result.outcomes[Address("folder:10")] == "failed"
    assert [letter.address for letter in second.letters()] == ["folder:11"]


def test_a_create_of_a_killed_run_that_made_nothing_is_sent_again():
    plan, objects = folders("A")
    first = Session(plan, *objects)
    journal = first.journal.written(lose=["folder:10#create", "folder:10"])

    second = Session(plan, *objects, journal=journal)

    assert [sent.path for sent in second.looker.sent] == ["/folders/search", "/folders"]
    assert second.looker.sent[0].query == {"parent_id": "101", "name": "A"}


def test_a_create_whose_reply_was_lost_is_probed_for():
    raw = tiled(2)
    looker = FakeLooker()
    looker.fail("POST", "/dashboard_elements", lost(), after=True)

    session = Session(dashboard(raw), objects_of(raw), looker=looker)

    assert session.writes.count("POST /dashboard_elements") == 2
    assert session.result.is_complete
    assert session.told("retry")[0].in_doubt


def test_callbacks_come_one_at_a_time():
    raws = [a_folder(str(20 + n), f"F{n}") for n in range(20)]
    plan = a_plan(*(creating("folder", raw) for raw in raws), remaps=ROOT)
    inside = threading.Lock()
    clashes: list[bool] = []

    def tell(_: Event) -> None:
        clashes.append(not inside.acquire(blocking=False))
        inside.release()

    _ = run(
        plan,
        Environment(
            looker=FakeLooker(),
            limiter=FakeLimiter(),
            journal=FakeJournal(),
            load=loader(*(("folder", raw) for raw in raws)),
            now=lambda: "",
            on_event=tell,
        ),
        RunSettings(session="s", workers=8),
    )

    assert not any(clashes)


def test_nothing_to_do_is_complete():
    session = Session(a_plan())

    assert session.result.is_complete
    assert session.looker.sent == []


def test_a_soft_reference_to_a_failed_item_is_left_out():
    user = {"id": "5", "first_name": "Zoë", "home_folder_id": "10", "credentials_email": None}
    folder = a_folder("10", "Home")
    plan = a_plan(
        creating("folder", folder),
        creating("user", user, depends_on=(Address("folder:10"),)),
        remaps=ROOT,
    )
    looker = FakeLooker()
    looker.fail("POST", "/folders", answered(422))

    session = Session(plan, ("folder", folder), ("user", user), looker=looker)

    assert session.result.outcomes[Address("user:5")] == "done"
    assert session.result.unlinked == {"user:5": ("folder:10",)}
    assert "home_folder_id" not in session.looker.sent[-1].body


@pytest.mark.parametrize("is_failing", [False, True])
def test_an_item_is_loaded_once_whether_it_is_done_or_cut_off(is_failing: bool):
    plan, objects = folders("A", "B", "C")
    load, loaded, looker = loader(*objects), Counter[Ref](), FakeLooker()
    if is_failing:
        looker.fail("POST", "/folders", answered(422))

    def counting(ref: Ref) -> Node:
        loaded[ref] += 1
        return load(ref)

    session = Session(plan, looker=looker, load=counting)

    assert set(session.result.outcomes.values()) == (
        {"failed", "not tried"} if is_failing else {"done"}
    )
    assert set(loaded.values()) == {1}


# --- an update whose live item is gone ----------------------------------------------------------


def an_update_of_a_look(**more: Any) -> Plan:
    action = updating("look", a_look(), "90", changes=changes("title"), **more)
    return a_plan(action, remaps={**ROOT, "look:9": "90"})


def seeing(live: Node | None, obstacle: str = "") -> LookAgain:
    return lambda _action, _item, _resolve: SecondLook(live=live, obstacle=obstacle)


@pytest.mark.parametrize("status", [404, 422])
def test_a_look_that_vanished_meanwhile_is_created_whole(status: int):
    looker = FakeLooker()
    looker.fail("PATCH", "/looks/90", answered(status))

    session = Session(
        an_update_of_a_look(), ("look", a_look()), looker=looker, look_again=seeing(None)
    )

    assert session.writes == ["PATCH /looks/90", "POST /queries", "POST /looks"]
    assert session.result.is_complete
    assert session.letters() == []
    # Later items and the state refer to the new look.
    assert session.result.ids.resolve(Ref("look", "9")) == "1002"
    assert [action.verb for action in session.result.plan.actions] == ["create"]


@pytest.mark.parametrize("status", [404, 422])
def test_a_tile_that_vanished_meanwhile_is_created_and_the_rest_goes_on(status: int):
    raw = a_dashboard(tiles=[a_tile("70"), a_tile("71", "B")], layouts=[a_layout("60")])
    updates = tuple(
        PartAction(key=key, live_id=f"{key}00", changes=changes("title")) for key in ("70", "71")
    )
    parts = {
        "layouts": Parts(keep=(PartAction(key="60", live_id="600"),)),
        "elements": Parts(update=updates),
    }
    plan = a_plan(updating("dashboard", raw, "4200", parts=parts))
    live = a_dashboard("4200", tiles=[a_tile("7100", "B", layout="600")], layouts=[a_layout("600")])
    looker = FakeLooker()
    looker.fail("PATCH", "/dashboard_elements/7000", answered(status))

    session = Session(
        plan,
        ("dashboard", raw),
        looker=looker,
        look_again=seeing(normalise("dashboard", live)),
        workers=1,
    )

    assert session.result.is_complete
    assert session.writes.count("PATCH /dashboard_elements/7100") == 1
    (made,) = [sent for sent in looker.sent if sent.method == "POST"]
    assert (made.path, made.body["title"]) == ("/dashboard_elements", "Revenue")


def test_a_refused_value_of_an_item_that_is_there_is_a_failure():
    looker = FakeLooker()
    looker.fail("PATCH", "/looks/90", answered(422, message="bad title"))

    session = Session(
        an_update_of_a_look(),
        ("look", a_look()),
        looker=looker,
        look_again=seeing(normalise("look", a_look("90"))),
    )

    assert session.writes == ["PATCH /looks/90"]
    (letter,) = session.letters()
    assert (letter.http_status, letter.error_type) == (422, "ValidationError")
    assert "bad title" in letter.error_message


def test_another_error_makes_nobody_look_again():
    def look_again(*_: Any) -> SecondLook:
        raise AssertionError

    looker = FakeLooker()
    looker.fail("PATCH", "/looks/90", answered(403))

    session = Session(
        an_update_of_a_look(), ("look", a_look()), looker=looker, look_again=look_again
    )

    assert [letter.http_status for letter in session.letters()] == [403]


def test_an_item_that_may_not_be_created_again_fails_and_says_why():
    looker = FakeLooker()
    looker.fail("PATCH", "/looks/90", answered(404))

    session = Session(
        an_update_of_a_look(),
        ("look", a_look()),
        looker=looker,
        look_again=seeing(None, "Its title is taken."),
    )

    assert session.writes == ["PATCH /looks/90"]
    (letter,) = session.letters()
    assert "Its title is taken." in letter.error_message


def test_if_looking_again_fails_the_first_failure_is_reported():
    def look_again(*_: Any) -> SecondLook:
        raise answered(500)

    looker = FakeLooker()
    looker.fail("PATCH", "/looks/90", answered(404, message="Not found"))

    session = Session(
        an_update_of_a_look(), ("look", a_look()), looker=looker, look_again=look_again
    )

    assert [letter.http_status for letter in session.letters()] == [404]


def test_without_being_asked_to_nothing_is_created_again():
    looker = FakeLooker()
    looker.fail("PATCH", "/looks/90", answered(404))

    session = Session(an_update_of_a_look(), ("look", a_look()), looker=looker)

    assert session.writes == ["PATCH /looks/90"]
    assert len(session.letters()) == 1


def test_a_replaced_list_and_a_deleted_item_keep_their_before_images():
    role = {
        "id": "6",
        "name": "Viewer",
        "permission_set": {"id": "1"},
        "model_set": {"id": "1"},
        "role_users": [{"user_id": "3"}],
    }
    users = Parts(create=(PartAction(key="3"),), live={"40": "d"})
    plan = a_plan(
        updating("role", role, "60", parts={"users": users}), deleting("look", a_look(), "90")
    )
    live = {
        "role": role | {"id": "60", "role_users": [{"user_id": "40"}]},
        "look": a_look("90", "Old"),
    }

    session = Session(plan, ("role", role), ("look", a_look()), before=lambda ref: live[ref.kind])

    images = {each.step: each.before for each in session.journal.intents}
    assert msgspec.json.decode(images["role:6/role_user#update"] or b"") == [{"user_id": "40"}]
    assert msgspec.json.decode(images["look:9#delete"] or b"")["title"] == "Old"
