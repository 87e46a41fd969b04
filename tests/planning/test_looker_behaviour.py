"""What `doctor --probe` found out about a Looker, and what plans make of it."""

from typing import Any

import pytest

from lookervault_plan.plan_file import Blocked, Update
from lookervault_plan.planning.looker_behaviour import USUAL, LookerBehaviour, behaviour_of
from tests.planning.objects import (
    SHARED,
    a_dashboard,
    a_folder,
    a_look,
    a_user,
    by_address,
    plan_of,
)

FOLDERS = [SHARED, a_folder()]
ANN, BOB = a_user("3", "ann@x.example"), a_user("4", "bob@x.example")


def a_schedule(**more: Any) -> dict[str, Any]:
    destination = {"type": "email", "format": "wysiwyg_pdf", "address": "a@x.example"}
    return {
        "id": "50",
        "name": "daily",
        "dashboard_id": "42",
        "crontab": "0 6 * * *",
        "user_id": "3",
        "scheduled_plan_destination": [destination],
        **more,
    }


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({}, USUAL),
        ({"owner-by-patch:look": "taken", "token": "3600s", "other": "refused"}, USUAL),
        (
            {"owner-by-patch:look": "ignored", "owner-by-patch:dashboard": "refused"},
            LookerBehaviour(keeps_owner_of=frozenset({"look", "dashboard"})),
        ),
        ({"disabled-owner": "refused"}, LookerBehaviour(refuses_disabled_owners=True)),
        ({"unknown-models": "refused"}, LookerBehaviour(refuses_unknown_models=True)),
        ({"unknown-models": "dropped"}, USUAL),
        ({"tiles-updated-at": "stays"}, LookerBehaviour(hides_tile_changes=True)),
    ],
)
def test_answers_mean_what_plans_need_to_know(answers: dict[str, str], expected: LookerBehaviour):
    assert behaviour_of(answers) == expected


def test_owners_that_a_looker_keeps_are_noted_and_not_planned():
    desired = {"folder": FOLDERS, "user": [ANN, BOB], "look": [a_look(user_id="3")]}
    live = {"folder": FOLDERS, "user": [ANN, BOB], "look": [a_look(user_id="4")]}
    keeps = LookerBehaviour(keeps_owner_of=frozenset({"look"}))

    usual = plan_of(desired, live, same_instance=True, owners=True)
    kept = plan_of(desired, live, same_instance=True, owners=True, behaviour=keeps)

    assert isinstance(by_address(usual)["look:9"], Update)
    assert by_address(kept)["look:9"].verb == "skip"
    (note,) = (each.summary for each in kept.diagnostics if each.code == "note.not-written")
    assert note.endswith("this Looker keeps owners, says doctor --probe")


@pytest.mark.parametrize(
    ("person", "verb"), [({**ANN, "is_disabled": True}, "blocked"), (ANN, "create")]
)
def test_a_new_schedule_of_a_disabled_owner_is_blocked_where_looker_refuses_it(
    person: dict[str, Any], verb: str
):
    desired = {
        "folder": FOLDERS,
        "user": [person],
        "dashboard": [a_dashboard()],
        "scheduled_plan": [a_schedule()],
    }
    live = {"folder": FOLDERS, "user": [person], "dashboard": [a_dashboard()]}
    refuses = LookerBehaviour(refuses_disabled_owners=True)

    decisions = plan_of(desired, live, same_instance=True, behaviour=refuses)

    assert by_address(decisions)["scheduled_plan:50"].verb == verb
    told = [each.summary for each in decisions.diagnostics if each.code == "owner.refused"]
    assert bool(told) is (verb == "blocked")


def test_dashboards_have_no_owner_to_be_refused():
    live = {"folder": FOLDERS, "user": [ANN]}
    desired = {**live, "dashboard": [a_dashboard(user_id="3")]}

    decisions = plan_of(
        desired,
        live,
        same_instance=True,
        behaviour=LookerBehaviour(refuses_disabled_owners=True),
    )

    assert by_address(decisions)["dashboard:42"].verb == "create"


def test_a_new_model_set_with_an_unknown_model_is_blocked_where_looker_refuses_it():
    model = {"id": "shop", "name": "shop", "project_name": "shop"}
    sets = [
        {"id": "1", "name": "good", "models": ["shop", "new"]},
        {"id": "2", "name": "odd", "models": ["shop", "nowhere"]},
    ]
    desired = {
        "lookml_model": [model, {"id": "new", "name": "new", "project_name": "shop"}],
        "model_set": sets,
    }
    refuses = LookerBehaviour(refuses_unknown_models=True)

    decisions = plan_of(desired, {"lookml_model": [model]}, behaviour=refuses)

    assert by_address(decisions)["model_set:1"].verb == "create"
    blocked = by_address(decisions)["model_set:2"]
    assert isinstance(blocked, Blocked)
    assert "the destination lacks the model nowhere" in blocked.reason
