"""One step against every kind of trouble."""

from typing import Any

import msgspec
import pytest

from lookervault_plan.content.node import Ref
from lookervault_plan.content.normalise import normalise
from lookervault_plan.content.table.kinds import Probe
from lookervault_plan.errors import Diagnostic
from lookervault_plan.execution.events import RateLimited
from lookervault_plan.execution.ids import Ids, Workspace
from lookervault_plan.execution.perform import Performer
from lookervault_plan.execution.walk import Abort, Finished, StepResult, Wait
from lookervault_plan.looker.errors import AuthenticationFailed, ConnectionFailed
from lookervault_plan.looker.http_reply import Reply
from lookervault_plan.looker.retry import RetryPolicy
from lookervault_plan.plan_file import Delete, Writing
from lookervault_plan.steps.recipes import expand
from lookervault_plan.steps.step import Step, is_shared
from lookervault_plan.steps.step_id import StepId
from tests.execution.content import (
    Raw,
    a_dashboard,
    a_folder,
    a_look,
    a_plan,
    a_tile,
    changes,
    creating,
    deleting,
    tiled,
    updating,
)
from tests.execution.fakes import FakeJournal, FakeLimiter, FakeLooker, answered, lost

DONE, FAILED = Finished(succeeded=True), Finished(succeeded=False)


def a_delete() -> Delete:
    return deleting("folder", a_folder(), "70")


class Bench:
    """One action's steps, performed one at a time, with a clock that stands still."""

    def __init__(
        self, kind: str = "folder", raw: Any = None, action: Writing | None = None
    ) -> None:
        raw = raw or a_folder()
        action = action or creating(kind, raw)
        self.steps = {str(step.id): step for step in expand(action, normalise(kind, raw))}
        self.space = Workspace(Ids(a_plan(action, remaps={"folder:1": "101"})), action)
        self.looker, self.journal, self.limiter = FakeLooker(), FakeJournal(), FakeLimiter()
        self.events: list[Any] = []
        self.now = 100.0
        self.performer = Performer(
            looker=self.looker,
            limiter=self.limiter,
            journal=self.journal,
            now=lambda: "2026-01-01T00:00:00Z",
            rewrite=lambda value, _: value,
            on_event=self.events.append,
            policy=RetryPolicy(base_seconds=2, max_seconds=60, attempts=3),
            unanswered_seconds=120,
            clock=lambda: self.now,
        )

    def perform(self, step: str | Step = "folder:7#create") -> StepResult:
        step = self.steps[step] if isinstance(step, str) else step
        return self.performer.perform(step, self.space)

    def failing(self, method: str, path: str, *errors: Exception, after: bool = False) -> "Bench":
        for error in errors:
            self.looker.fail(method, path, error, after=after)
        return self

    @property
    def sent(self) -> list[str]:
        return [f"{each.method} {each.path}" for each in self.looker.sent]


def all_alike(tiles: int) -> Raw:
    raw = tiled(tiles)
    same = [tile | {"title": "Same"} for tile in raw["dashboard_elements"]]
    return raw | {"folder_id": "1", "dashboard_elements": same}


def an_update() -> Bench:
    action = updating("folder", a_folder(), "70", changes=changes("name"))
    return Bench(action=action)


UPDATE = "folder:7#update"


@pytest.mark.parametrize(
    "error",
    [answered(500), answered(503), lost("reset"), lost("timeout")],
    ids=["500", "503", "reset", "timeout"],
)
def test_an_update_is_sent_again_after_a_server_error_or_a_lost_reply(error: Exception):
    bench = an_update().failing("PATCH", "/folders", error)

    waits, done = bench.perform(UPDATE), bench.perform(UPDATE)

    assert isinstance(waits, Wait)
    assert 2 <= waits.seconds <= 60
    assert not waits.everyone
    assert done == DONE
    assert bench.sent == ["PATCH /folders/70"] * 2
    assert bench.journal.outcome(UPDATE).attempts == 2
    assert bench.events[0].attempt == 2
    assert msgspec.json.encode(bench.events)


def test_a_step_is_given_up_after_the_last_attempt():
    bench = an_update().failing("PATCH", "/folders", *[answered(500)] * 3)

    verdicts = [bench.perform(UPDATE) for _ in range(3)]

    assert verdicts[2] == FAILED
    failure = bench.performer.failures[StepId.parse(UPDATE)]
    assert (failure.attempts, failure.http_status) == (3, 500)
    assert bench.journal.outcome(UPDATE).outcome == "failed"


def test_answers_of_429_do_not_count_as_attempts():
    bench = an_update().failing("PATCH", "/folders", *[answered(429)] * 8)

    verdicts = [bench.perform(UPDATE) for _ in range(9)]

    assert verdicts[-1] == DONE
    assert bench.journal.outcome(UPDATE).attempts == 1
    assert bench.events == [RateLimited(seconds=2.5, step=UPDATE)] * 8


def test_the_limiter_is_asked_before_each_request():
    bench = an_update()
    bench.limiter.waits = [0.5]

    assert bench.perform(UPDATE) == Wait(0.5, everyone=True)
    assert bench.sent == []


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 422])
def test_a_step_that_looker_refuses_is_given_up_at_once(status: int):
    bench = an_update().failing("PATCH", "/folders", answered(status))

    assert bench.perform(UPDATE) == FAILED
    assert bench.performer.failures[StepId.parse(UPDATE)].http_status == status


def test_bad_credentials_abort_the_walk():
    refused = AuthenticationFailed(Diagnostic(code="looker.auth", summary="no"))
    bench = Bench().failing("POST", "/folders", refused)

    assert bench.perform() == Abort(refused)
    assert bench.journal.outcomes == []


def test_a_post_that_never_left_is_sent_again_without_a_probe():
    refused = ConnectionFailed("refused", sent=False)
    bench = Bench().failing("POST", "/folders", refused)

    assert isinstance(bench.perform(), Wait)
    assert bench.perform() == DONE
    assert bench.sent == ["POST /folders"] * 2


def test_a_query_whose_reply_was_lost_is_sent_again():
    bench = Bench("look", a_look(folder="1")).failing("POST", "/queries", lost(), after=True)
    query = next(step for step in bench.steps.values() if is_shared(step))

    assert isinstance(bench.perform(query), Wait)
    assert bench.perform(query) == DONE
    assert bench.sent == ["POST /queries"] * 2


def test_a_lost_create_that_landed_is_adopted():
    bench = Bench().failing("POST", "/folders", lost(), after=True)
    bench.looker.lists["/folders/search"] = [
        {"id": "55", "name": "sales", "parent_id": "101"},
        {"id": "56", "name": "Sales", "parent_id": "101"},
    ]

    assert isinstance(bench.perform(), Wait)
    assert bench.perform() == DONE
    assert bench.sent == ["POST /folders", "GET /folders/search"]
    assert bench.space.resolve(Ref("folder", "7")) == "56"
    assert bench.journal.outcome("folder:7#create").revealed == {"folder:7": "56"}


@pytest.mark.parametrize(
    ("error", "seconds"), [(lost("reset"), 10), (answered(502), 10), (answered(500), 0)]
)
def test_a_lost_create_that_did_not_land_is_sent_again(error: Exception, seconds: float):
    bench = Bench().failing("POST", "/folders", error)

    assert isinstance(bench.perform(), Wait)
    bench.now += seconds
    assert bench.perform() == DONE
    assert bench.sent == ["POST /folders", "GET /folders/search", "POST /folders"]


@pytest.mark.parametrize("error", [lost("timeout"), answered(504), lost("reset"), answered(502)])
def test_probes_for_an_unanswered_create_go_on_while_looker_may_still_carry_it_out(
    error: Exception,
):
    bench = Bench().failing("POST", "/folders", error)

    assert isinstance(bench.perform(), Wait)
    assert isinstance(bench.perform(), Wait)
    assert isinstance(bench.perform(), Wait)
    bench.looker.lists["/folders/search"] = [{"id": "56", "name": "Sales", "parent_id": "101"}]
    assert bench.perform() == DONE
    assert bench.sent.count("POST /folders") == 1


def test_an_unanswered_create_is_sent_again_once_looker_can_no_longer_carry_it_out():
    bench = Bench().failing("POST", "/folders", lost("timeout"))

    assert isinstance(bench.perform(), Wait)
    bench.now += 121
    assert bench.perform() == DONE
    assert bench.sent == ["POST /folders", "GET /folders/search", "POST /folders"]


def test_probes_for_a_create_of_a_killed_run_go_on_while_looker_may_still_carry_it_out():
    """Waits get no longer than that, and all steps of a place share what they see."""
    raw = all_alike(2)
    bench = Bench("dashboard", raw)
    assert bench.perform("dashboard:42#create") == DONE
    ids = [f"dashboard:42/dashboard_element:{n}#create" for n in (70, 71)]
    for id_ in ids:
        bench.performer.note_earlier_attempt(bench.steps[id_], attempts=0, pending_seconds=3)

    waits = [bench.perform(id_) for id_ in ids]
    bench.now += 2.9
    last = bench.perform(ids[0])
    bench.now += 0.1
    ends = [bench.perform(id_) for id_ in ids]

    assert all(isinstance(wait, Wait) and 2 <= wait.seconds <= 3 for wait in waits)
    assert isinstance(last, Wait)
    assert last.seconds <= 0.1001
    assert ends == [DONE, DONE]
    assert bench.sent[1:] == [
        *["GET /dashboards/1001/dashboard_elements"] * 3,
        *["POST /dashboard_elements"] * 2,
    ]
    assert bench.events[-1].in_doubt


def test_two_objects_that_a_lost_create_may_have_made_are_left_to_a_person():
    bench = Bench().failing("POST", "/folders", lost())
    twin = {"name": "Sales", "parent_id": "101"}
    bench.looker.lists["/folders/search"] = [{"id": "55", **twin}, {"id": "56", **twin}]

    _ = bench.perform()

    assert bench.perform() == FAILED
    assert "55, 56" in bench.performer.failures[StepId.parse("folder:7#create")].error


def test_an_object_that_existed_before_any_attempt_is_not_adopted():
    bench = Bench().failing("POST", "/folders", answered(422, code="already_exists"))
    bench.looker.lists["/folders/search"] = [{"id": "56", "name": "Sales", "parent_id": "101"}]

    assert bench.perform() == FAILED
    assert bench.sent == ["POST /folders"]


def test_an_object_that_exists_after_a_lost_reply_is_adopted():
    """The request was carried out after the probe had looked."""
    exists = answered(422, code="already_exists")
    bench = Bench().failing("POST", "/folders", lost(), exists)

    assert isinstance(bench.perform(), Wait)
    request = bench.looker.request

    def late(method: Any, path: str, **more: Any) -> Any:
        if method == "POST":
            found = {"id": "56", "name": "Sales", "parent_id": "101"}
            bench.looker.lists["/folders/search"] = [found]
        return request(method, path, **more)

    bench.looker.request = late  # type: ignore[method-assign]
    bench.now += 10
    assert bench.perform() == DONE
    assert bench.space.resolve(Ref("folder", "7")) == "56"


def test_a_part_known_before_the_session_is_not_adopted():
    raw = a_dashboard(tiles=[a_tile("70"), a_tile("71")])
    bench = Bench("dashboard", raw | {"folder_id": "1"})
    assert bench.perform("dashboard:42#create") == DONE
    step = bench.steps["dashboard:42/dashboard_element:70#create"]
    known = msgspec.structs.replace(step, known_ids=("7",))
    old = {"id": "7", "type": "text", "title": "Revenue", "dashboard_layout_id": "10010"}
    bench.looker.lists["/dashboards/1001/dashboard_elements"] = [old, old | {"id": "8"}]
    _ = bench.failing("POST", "/dashboard_elements", lost())

    assert isinstance(bench.perform(known), Wait)
    assert bench.perform(known) == DONE
    assert bench.space.resolve(Ref("dashboard_element", "70")) == "8"


def test_equal_siblings_are_claimed_once_each():
    raw = all_alike(3)
    bench = Bench("dashboard", raw)
    assert bench.perform("dashboard:42#create") == DONE
    twins = [
        {"id": id_, "type": "text", "title": "Same", "dashboard_layout_id": "10010"}
        for id_ in ("8", "9")
    ]
    bench.looker.lists["/dashboards/1001/dashboard_elements"] = twins
    ids = [f"dashboard:42/dashboard_element:{n}#create" for n in (70, 71, 72)]
    _ = bench.failing("POST", "/dashboard_elements", lost(), lost(), lost())

    for id_ in ids:
        assert isinstance(bench.perform(id_), Wait)
    bench.now += 10
    assert [bench.perform(id_) for id_ in ids] == [DONE] * 3
    found = [bench.space.resolve(Ref("dashboard_element", key)) for key in ("70", "71", "72")]
    assert found == ["8", "9", "1002"]


def test_a_reply_that_names_an_object_a_sibling_claimed_leads_to_a_probe():
    raw = all_alike(2)
    bench = Bench("dashboard", raw)
    assert bench.perform("dashboard:42#create") == DONE
    assert bench.space.claim(Ref("dashboard_element", "71"), "1002")
    bench.looker.lists["/dashboards/1001/dashboard_elements"] = [
        {"id": id_, "type": "text", "title": "Same", "dashboard_layout_id": "10010"}
        for id_ in ("1002", "999")
    ]

    assert bench.perform("dashboard:42/dashboard_element:70#create") == Wait(0.0)
    assert bench.perform("dashboard:42/dashboard_element:70#create") == DONE
    assert bench.space.resolve(Ref("dashboard_element", "70")) == "999"


def test_a_probe_that_fails_is_repeated():
    bench = Bench().failing("POST", "/folders", lost()).failing("GET", "/folders", answered(500))
    bench.looker.lists["/folders/search"] = [{"id": "56", "name": "Sales", "parent_id": "101"}]

    assert isinstance(bench.perform(), Wait)
    assert isinstance(bench.perform(), Wait)
    assert bench.perform() == DONE
    assert bench.sent.count("POST /folders") == 1


def test_a_probe_of_a_list_without_end_ends():
    """The server ignores the offset: it answers each page with the first."""
    bench = Bench().failing("POST", "/folders", lost())
    bench.looker.lists["/folders/search"] = [
        {"id": id_, "name": "Other", "parent_id": "101"} for id_ in ("56", "57")
    ]
    step = bench.steps["folder:7#create"]
    paged = msgspec.structs.replace(step, probe=Probe("/folders/search", page_size=2))

    _ = bench.perform(paged)
    bench.now += 1000
    results = [bench.perform(paged) for _ in range(2)]

    assert results == [Wait(0.0), DONE]
    assert bench.sent.count("POST /folders") == 2


def test_a_probe_that_is_throttled_too_often_is_given_up():
    throttled = [answered(429)] * 60
    bench = Bench().failing("POST", "/folders", lost()).failing("GET", "/folders", *throttled)

    results = [bench.perform() for _ in range(61)]

    assert all(isinstance(each, Wait) for each in results[:60])
    assert results[60] == FAILED
    assert bench.performer.failures[StepId.parse("folder:7#create")].http_status == 429


def test_a_repeated_delete_of_something_gone_is_done():
    bench = Bench(action=a_delete()).failing("DELETE", "/folders", lost(), answered(404))

    assert isinstance(bench.perform("folder:7#delete"), Wait)
    assert bench.perform("folder:7#delete") == DONE


def test_a_first_delete_of_something_gone_fails():
    bench = Bench(action=a_delete()).failing("DELETE", "/folders", answered(404))

    assert bench.perform("folder:7#delete") == FAILED


def test_a_missing_id_is_reported_by_its_source_reference():
    bench = Bench("look", a_look(folder="unknown"), creating("look", a_look(folder="unknown")))
    look = bench.steps["look:9#create"]

    assert bench.perform(look) == FAILED
    assert "query:" in bench.performer.failures[StepId.parse("look:9#create")].error
    assert bench.sent == []


def test_a_reply_to_a_create_without_an_id_counts_as_lost():
    bench = Bench()
    bench.looker._answer = lambda *_: {"name": "Sales"}  # type: ignore[method-assign]

    assert isinstance(bench.perform(), Wait)
    assert bench.events[0].in_doubt


def test_a_request_that_is_throttled_too_often_is_given_up():
    bench = an_update().failing("PATCH", "/folders", *[answered(429)] * 60)

    verdicts = [bench.perform(UPDATE) for _ in range(60)]

    assert all(isinstance(verdict, Wait) for verdict in verdicts[:59])
    assert verdicts[59] == FAILED
    assert bench.performer.failures[StepId.parse(UPDATE)].http_status == 429


def test_a_retry_is_told_with_all_that_a_reader_needs_and_no_secret():
    raw = {"id": "6", "name": "Nightly", "user_id": "3", "lookml_dashboard_id": "m::d"}
    raw["scheduled_plan_destination"] = [{"type": "webhook", "address": "https://hook/T0"}]
    action = updating("scheduled_plan", raw, "60", changes=changes("scheduled_plan_destination"))
    bench = Bench("scheduled_plan", raw, action)
    step = "scheduled_plan:6#update"
    refused = answered(503, message="https://hook/T0 is down")

    wait = bench.failing("PATCH", "/scheduled_plans", refused).perform(step)

    (event,) = bench.events
    assert isinstance(wait, Wait)
    assert (event.address, event.step, event.attempt) == ("scheduled_plan:6", step, 2)
    assert (event.http_status, event.in_doubt, event.seconds) == (503, False, wait.seconds)
    assert "(sensitive) is down" in event.error
    assert "T0" not in event.error


def test_a_retry_after_a_kill_says_that_its_outcome_is_unknown():
    bench = Bench()
    step = bench.steps["folder:7#create"]
    bench.looker.lists["/folders/search"] = []
    bench.performer.note_earlier_attempt(step, 1, pending_seconds=30)

    assert isinstance(bench.perform(), Wait)

    (event,) = bench.events
    assert event.in_doubt
    assert "killed" in event.error
    assert event.http_status is None


def test_an_update_of_something_gone_says_so_and_another_refusal_does_not():
    gone = an_update().failing("PATCH", "/folders", answered(404, message="Not found"))
    refused = an_update().failing("PATCH", "/folders", answered(403, message="Forbidden"))

    assert gone.perform(UPDATE) == refused.perform(UPDATE) == FAILED

    of_gone, of_refused = (
        bench.performer.failures[StepId.parse(UPDATE)].error for bench in (gone, refused)
    )
    assert "Not found" in of_gone
    assert "it has vanished or is not visible" in of_gone
    assert "vanished" not in of_refused


def a_new_user(**more: Any) -> Bench:
    email = {"email": "ann@x.example"}
    raw = {"id": "3", "first_name": "Ann", "credentials_email": email, **more}
    return Bench("user", raw)


def replying(bench: Bench, **fields: Any) -> None:
    """Let the fake show these fields in its replies to creates."""
    request = bench.looker.request

    def shown(method: Any, path: str, **options: Any) -> Any:
        reply = request(method, path, **options)
        if method != "POST":
            return reply
        body = msgspec.json.decode(reply.body) | fields
        return msgspec.structs.replace(reply, body=msgspec.json.encode(body))

    bench.looker.request = shown  # type: ignore[method-assign]


LOGIN = "user:3#credentials_email"


def test_a_login_that_looker_took_the_first_time_counts_as_done():
    """The reply to the first attempt was lost, and the second finds the login there."""
    bench = a_new_user()
    exists = answered(409, code="already_exists")
    assert bench.perform("user:3#create") == DONE
    bench.space.reply_objects.clear()
    _ = bench.failing("POST", "/users/1001/credentials_email", lost(), exists)

    first, second = bench.perform(LOGIN), bench.perform(LOGIN)

    assert isinstance(first, Wait)
    assert second == DONE


def test_a_login_that_somebody_else_has_is_a_failure():
    bench = a_new_user()
    assert bench.perform("user:3#create") == DONE
    bench.space.reply_objects.clear()
    _ = bench.failing("POST", "/users/1001/credentials_email", answered(409, code="already_exists"))

    assert bench.perform(LOGIN) == FAILED


def test_the_personal_folder_of_a_new_user_is_known_from_the_reply():
    bench = a_new_user(personal_folder_id="30")
    replying(bench, personal_folder_id=3000)

    assert bench.perform("user:3#create") == DONE

    assert bench.space.resolve(Ref("folder", "30")) == "3000"
    outcome = bench.journal.outcome("user:3#create")
    assert outcome.revealed == {"user:3": "1001", "folder:30": "3000"}
    assert {(each.type, each.source_id, each.destination_id) for each in outcome.mappings} == {
        ("user", "3", "1001"),
        ("folder", "30", "3000"),
    }


def test_a_folder_that_the_plan_has_a_place_for_is_not_replaced_by_a_new_one():
    raw = {"id": "3", "personal_folder_id": "30"}
    action = creating("user", raw)
    bench = Bench("user", raw, action)
    bench.space = Workspace(Ids(a_plan(action, remaps={"folder:30": "99"})), action)
    replying(bench, personal_folder_id="3000")

    assert bench.perform("user:3#create") == DONE

    assert bench.space.resolve(Ref("folder", "30")) == "99"


def test_of_the_layouts_in_a_reply_the_active_one_is_adopted():
    bench = Bench("dashboard", tiled(0) | {"folder_id": "1"})
    layouts = [{"id": "1", "active": False}, {"id": "2", "active": True}, {"id": "3"}]
    replying(bench, dashboard_layouts=layouts)

    assert bench.perform("dashboard:42#create") == DONE

    layout = Ref("dashboard_layout", "60")
    assert bench.space.resolve(layout) == "2"
    assert bench.space.reply_objects[layout] == layouts[1]


def test_without_an_active_layout_the_first_is_adopted():
    bench = Bench("dashboard", tiled(0) | {"folder_id": "1"})
    replying(bench, dashboard_layouts=[{"id": "1"}, {"id": "2"}])

    assert bench.perform("dashboard:42#create") == DONE

    assert bench.space.resolve(Ref("dashboard_layout", "60")) == "1"


def test_an_alert_is_looked_for_on_every_page():
    wanted = {
        "id": "90",
        "dashboard_element_id": "70",
        "owner_id": "1",
        "threshold": 5,
        "comparison_type": "GREATER_THAN",
        "cron": "0 5 * * *",
        "destinations": [],
    }
    raw = a_dashboard(tiles=[a_tile("70")], folder="1", alerts=[wanted])
    bench = Bench("dashboard", raw)
    for step in ("dashboard:42#create", "dashboard:42/dashboard_element:70#create"):
        assert bench.perform(step) == DONE
    alert = "dashboard:42/alert:90#create"
    _ = bench.failing("POST", "/alerts", lost())
    assert isinstance(bench.perform(alert), Wait)
    tile = bench.space.resolve(Ref("dashboard_element", "70"))
    ours = wanted | {"id": "500", "dashboard_element_id": tile}
    others = [ours | {"id": str(n), "threshold": 1} for n in range(64)]
    asked: list[Any] = []

    def paged(method: Any, path: str, *, query: Any = None, body: Any = None) -> Any:
        asked.append((method, path, query["limit"], query["offset"]))
        page = others if query["offset"] == "0" else [ours]
        return Reply(status=200, headers={}, body=msgspec.json.encode(page))

    bench.looker.request = paged  # type: ignore[method-assign]

    assert bench.perform(alert) == Wait(0.0)
    assert bench.perform(alert) == DONE
    assert asked == [
        ("GET", "/alerts/search", "64", "0"),
        ("GET", "/alerts/search", "64", "64"),
    ]
    assert bench.space.resolve(Ref("alert", "90")) == "500"


def test_an_object_that_the_plan_has_for_another_item_is_not_adopted():
    action = creating("folder", a_folder())
    bench = Bench(action=action)
    ids = Ids(a_plan(action, remaps={"folder:1": "101", "folder:8": "55"}))
    bench.space = Workspace(ids, action)
    _ = bench.failing("POST", "/folders", lost())
    bench.looker.lists["/folders/search"] = [{"id": "55", "name": "Sales", "parent_id": "101"}]

    assert isinstance(bench.perform(), Wait)
    bench.now += 1000
    assert bench.perform() == DONE

    assert bench.sent[-1] == "POST /folders"
    assert bench.space.resolve(Ref("folder", "7")) != "55"
