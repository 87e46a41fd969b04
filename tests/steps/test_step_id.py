"""The written form of step ids, which journals of earlier versions hold."""

import pytest

from lookervault_plan.content.node import Address, Ref
from lookervault_plan.steps.step_id import StepId

DASHBOARD = Address("dashboard:42")


@pytest.mark.parametrize(
    ("step", "text"),
    [
        (StepId(DASHBOARD, "create"), "dashboard:42#create"),
        (
            StepId.of_part(DASHBOARD, Ref("dashboard_element", "7"), "update"),
            "dashboard:42/dashboard_element:7#update",
        ),
        (StepId.of_collection(DASHBOARD, "access", "delete"), "dashboard:42/access#delete"),
        (
            StepId.of_part(DASHBOARD, Ref("dashboard_filter", "a#b"), "create"),
            "dashboard:42/dashboard_filter:a#b#create",
        ),
        (StepId(Address("explore:shop::orders"), "create"), "explore:shop::orders#create"),
    ],
)
def test_a_step_id_reads_as_it_is_written(step: StepId, text: str):
    assert str(step) == text
    assert StepId.parse(text) == step
