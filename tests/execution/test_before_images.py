"""What a step overwrites or deletes, as it was before."""

from typing import Any

import msgspec

from lookervault_plan.content.node import Address, Ref
from lookervault_plan.execution.before_images import before_image, overwrites
from lookervault_plan.steps.step import (
    CreateStep,
    DeleteStep,
    ReplaceListStep,
    RequestTemplate,
    Step,
    UpdateStep,
)
from lookervault_plan.steps.step_id import StepId

DASHBOARD: Any = {
    "id": "4200",
    "title": "Old",
    "dashboard_elements": [{"id": "7000", "title": "A"}, {"id": "7001", "title": "B"}],
    "dashboard_layouts": [
        {"id": "600", "dashboard_layout_components": [{"id": "8000", "row": 4}]},
    ],
}
REQUEST = RequestTemplate(method="PATCH", path="/x")


def a_step(type_: Any, kind: str, **more: Any) -> Any:
    return type_(id=StepId(Address("dashboard:42"), "x"), kind=kind, request=REQUEST, **more)


def image(step: Step, item: Any = DASHBOARD) -> Any:
    found = before_image(step, item)
    return None if found is None else msgspec.json.decode(found)


def updating(kind: str, live: str) -> Any:
    source = Ref(kind, "1")
    return a_step(UpdateStep, kind, source=source, live=Ref(kind, live))


def test_a_changed_item_is_kept_without_its_parts_and_a_deleted_one_with_them():
    deleting = a_step(DeleteStep, "dashboard", live=Ref("dashboard", "4200"))

    assert image(updating("dashboard", "4200")) == {"id": "4200", "title": "Old"}
    assert image(deleting) == DASHBOARD


def test_a_part_is_found_by_its_live_id_wherever_it_lies():
    component = Ref("dashboard_layout_component", "8000")

    assert image(updating("dashboard_element", "7001")) == {"id": "7001", "title": "B"}
    assert image(a_step(DeleteStep, component.kind, live=component)) == {"id": "8000", "row": 4}
    assert image(updating("dashboard_element", "9")) is None


def test_of_a_list_that_is_replaced_the_whole_list_is_kept():
    role = {"id": "6", "name": "Viewer", "role_users": [{"user_id": "1"}]}

    assert image(a_step(ReplaceListStep, "role_user"), role) == [{"user_id": "1"}]


def test_what_only_adds_has_no_image():
    create = a_step(CreateStep, "look", source=Ref("look", "9"))
    fresh = a_step(UpdateStep, "look", source=Ref("look", "9"))

    assert image(create) is None
    assert image(fresh) is None
    assert [overwrites(step) for step in (create, fresh)] == [False, False]
    assert overwrites(updating("look", "90"))
    assert overwrites(a_step(DeleteStep, "look", live=Ref("look", "90")))
    assert overwrites(a_step(ReplaceListStep, "role_user"))


def test_secrets_are_hidden():
    schedule = {"id": "60", "name": "Daily", "secret_parameters": "T1"}

    assert image(updating("scheduled_plan", "60"), schedule)["secret_parameters"] == "(sensitive)"
