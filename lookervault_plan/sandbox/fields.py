"""The `fields` parameter: which parts of a reply are wanted.

Source:
    docs/looker-api.md, section 1.5: nested syntax `id,title,folder(id,name)` [observed in gzr].
"""

from __future__ import annotations

import functools
import re
from typing import TypeAlias

from lookervault_plan.sandbox import bodies
from lookervault_plan.sandbox.json_fields import Json, Row
from lookervault_plan.sandbox.refusals import RefusedError

Wanted: TypeAlias = "dict[str, Wanted | None]"
TOKEN = re.compile(r"\s*([A-Za-z0-9_]+|[(),])")


@functools.cache
def parse(text: str, model: str) -> Wanted:
    """The tree of wanted fields; 400 for one that `model` lacks.

    Source:
        That an unknown name is refused is the sandbox's own strictness: it catches a client that
        would otherwise never get the field it waits for.
    """
    tokens = [match[1] for match in TOKEN.finditer(text)]
    if "".join(tokens) != re.sub(r"\s", "", text):
        raise RefusedError(400, f"fields is malformed: {text}")
    wanted, rest = _level(tokens, model)
    if rest:
        raise RefusedError(400, f"fields is malformed: {text}")
    return wanted


def _level(tokens: list[str], model: str) -> tuple[Wanted, list[str]]:
    wanted: Wanted = {}
    while tokens and tokens[0] != ")":
        name, tokens = tokens[0], tokens[1:]
        if name == ",":
            continue
        inner = bodies.nested_model(model, name)
        if inner is None:
            raise RefusedError(400, f"fields names {name}, which {model} does not have")
        wanted[name] = None
        if tokens and tokens[0] == "(":
            wanted[name], tokens = _level(tokens[1:], inner)
            if not tokens:
                raise RefusedError(400, "fields lacks a closing bracket")
            tokens = tokens[1:]
    return wanted, tokens


def trim(value: Json, wanted: Wanted | None) -> Json:
    """Only what is wanted of a reply, lists item by item."""
    if wanted is None:
        return value
    if isinstance(value, list):
        return [trim(one, wanted) for one in value]
    if isinstance(value, dict):
        return trimmed(value, wanted)
    return value


def trimmed(row: Row, wanted: Wanted) -> Row:
    """Only what is wanted of an object."""
    return {
        name: value if inner is None else trim(value, inner)
        for name, inner in wanted.items()
        if (value := row.get(name)) is not None or name in row
    }
