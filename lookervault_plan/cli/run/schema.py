"""Run `schema`: print the JSON Schema of a format."""

from collections.abc import Callable, Mapping, Sequence
from inspect import cleandoc
from typing import cast

import msgspec

from lookervault_plan import plan_file
from lookervault_plan.cli import json_lines
from lookervault_plan.cli.options import Common
from lookervault_plan.cli.screen import Screen
from lookervault_plan.remaps import sections as remaps
from lookervault_plan.selectors import file_format as selectors


def schema(name: str, *, common: Common) -> int:
    """Print the schema of that name."""
    Screen(common).write(schema_document(name))
    return 0


def schema_document(name: str) -> bytes:
    """Return the schema as it is printed, and as the file in schemas/ has it."""
    encoded = msgspec.json.encode(_with_clean_descriptions(SCHEMAS[name]()), order="sorted")
    return msgspec.json.format(encoded, indent=2) + b"\n"


def _with_clean_descriptions(value: object) -> object:
    """Dedent descriptions: msgspec up to 0.22 leaves docstrings indented, and later ones do not."""
    if isinstance(value, Mapping):
        items = cast("Mapping[str, object]", value).items()
        return {
            key: cleandoc(inner)
            if key == "description" and isinstance(inner, str)
            else _with_clean_descriptions(inner)
            for key, inner in items
        }
    if isinstance(value, list | tuple):
        return [_with_clean_descriptions(inner) for inner in cast("Sequence[object]", value)]
    return value


def _plan() -> dict[str, object]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Plan file of lookervault-plan",
        **plan_file.schema(),
    }


SCHEMAS: Mapping[str, Callable[[], dict[str, object]]] = {
    "plan": _plan,
    "events": json_lines.schema,
    "selectors": selectors.schema,
    "remaps": remaps.schema,
}
