"""models.json says what looker-sdk's models say."""

from pathlib import Path

import lookervault_plan.sandbox
from tests.sandbox import sdk_models

MODELS = Path(lookervault_plan.sandbox.__file__).with_name("models.json")


def test_models_json_is_what_looker_sdk_says():
    assert MODELS.read_text() == sdk_models.render(sdk_models.extract())
