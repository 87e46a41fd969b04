"""Fields of a newer Looker: keys that no model of `models.json` has, in replies at every depth.

The instance gives each of them one value that nobody can change: bodies may hold them, to no
effect. Maps with free keys (`vis_config`, `filters`) have no fields, so nothing is added to them.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

from lookervault_plan.sandbox import bodies
from lookervault_plan.sandbox.json_fields import Json


@functools.cache
def inner_fields() -> frozenset[str]:
    """The fields that hold an object of a known model, or a list of them, in every model."""
    modelled: set[str] = set()
    free: set[str] = set()
    for name, model in bodies.models().items():
        for field, kind in model.fields.items():
            if bodies.nested_model(name, field):
                modelled.add(field)
            elif kind in {"object", "any"}:
                free.add(field)
    return frozenset(modelled - free)


def added(value: Json, fields: Mapping[str, Json]) -> Json:
    """The reply with the newer fields in every object of it."""
    if isinstance(value, list):
        return [added(one, fields) for one in value]
    if not isinstance(value, dict):
        return value
    inner = inner_fields()
    known = {name: added(one, fields) if name in inner else one for name, one in value.items()}
    return {**known, **fields}


def left_out(value: Json, fields: Mapping[str, Json]) -> Json:
    """The body without the newer fields."""
    if isinstance(value, list):
        return [left_out(one, fields) for one in value]
    if not isinstance(value, dict):
        return value
    inner = inner_fields()
    return {
        name: left_out(one, fields) if name in inner else one
        for name, one in value.items()
        if name not in fields
    }
