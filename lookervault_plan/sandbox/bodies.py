"""Request bodies, checked field by field against looker-sdk's models.

models.json holds what looker-sdk's read and Write models say; tests/sandbox/sdk_models.py makes
it. Where this is stricter than Looker: Looker ignores unknown and read-only properties [spec, for
looks], but a client that sends them believes something untrue, so here both are 422.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from importlib import resources
from typing import cast

import msgspec

from lookervault_plan.sandbox.json_fields import Json, Row, copied, text
from lookervault_plan.sandbox.refusals import RefusedError, error

# A check gets the field's path, the value, and the list to add errors to; it gives the value in
# the server's form (ids and limits as strings, nested objects copied).
Check = Callable[[str, Json, list[Row]], Json]

#: Boolean fields that take null, by model; all others refuse it. Looker shows null in these if they
#: were never set, and gzr sends queries and dashboards back as read. For looks and schedules gzr
#: turns null into false first [observed in gzr: look.rb, plan.rb].
NULLABLE_FLAGS: Mapping[str, frozenset[str]] = {
    "Dashboard": frozenset({"show_filters_bar", "show_title"}),
    "Query": frozenset({"total"}),
}


class Model(msgspec.Struct, frozen=True):
    """A line of models.json."""

    fields: Mapping[str, str]  # name -> string, datetime, [string], object, a model, =a|list …
    read_only: frozenset[str]
    required: tuple[str, ...]


@functools.cache
def models() -> Mapping[str, Model]:
    """All of models.json."""
    raw = resources.files("lookervault_plan.sandbox").joinpath("models.json").read_bytes()
    return msgspec.json.decode(raw, type=dict[str, Model])


def blank(model: str) -> Row:
    """Every field of a model, null: Looker's replies name fields that were never set."""
    return dict.fromkeys(models()[model].fields)


def writable(model: str) -> tuple[str, ...]:
    """The fields of a model that a body may hold."""
    found = models()[model]
    return tuple(name for name in found.fields if name not in found.read_only)


def nested_model(model: str, field: str) -> str | None:
    """The model behind a field; "" for a field without one, None for a field that isn't there."""
    if not model:
        return ""
    kind = models()[model].fields.get(field)
    if kind is None:
        return None
    kind = kind.strip("[]")
    return kind if kind in models() else ""


def check(model: str, body: Json, *, required: tuple[str, ...] = (), strict: bool = True) -> Row:
    """The body in the server's form; 422 with every error found.

    Not strict, unknown and read-only fields are dropped without a word, as Looker does.
    """
    errors: list[Row] = []
    checked = _object(model, strict)("", body, errors)
    given = cast("Row", checked) if isinstance(checked, dict) else {}
    named = {text(one, "field") for one in errors}
    errors.extend(
        error(name, "missing_field", f"{name} is required")
        for name in required
        if given.get(name) in (None, "") and name not in named
    )
    if errors:
        raise RefusedError(422, errors=errors)
    return given


@functools.cache
def _object(model: str, strict: bool) -> Check:  # noqa: FBT001 - a key of the cache
    found = models()[model]
    checks = {
        name: _typed(name, kind, strict)
        for name, kind in found.fields.items()
        if name not in found.read_only
    }
    flags = {name for name in checks if found.fields[name] == "boolean"}
    never_null = flags - NULLABLE_FLAGS.get(model, frozenset())
    read_only = found.read_only

    def checked(path: str, value: Json, errors: list[Row]) -> Json:
        if not isinstance(value, dict):
            errors.append(error(path or "body", "invalid", f"{path or 'body'} must be an object"))
            return None
        prefix = f"{path}." if path else ""
        made: Row = {}
        for name, one in value.items():
            check_one = checks.get(name)
            if check_one is not None:
                may_be_null = one is None and name not in never_null
                made[name] = None if may_be_null else check_one(prefix + name, one, errors)
            elif strict:
                why = "read_only" if name in read_only else "unknown"
                errors.append(error(prefix + name, why, f"{prefix}{name} is {why} in {model}"))
        return made

    return checked


def _typed(name: str, kind: str, strict: bool) -> Check:  # noqa: FBT001
    if kind.startswith("["):
        return _list(_typed(name, kind[1:-1], strict))
    if kind.startswith("="):
        return _one_of(tuple(kind[1:].split("|")))
    if kind in models():
        return _object(kind, strict)
    if kind == "string" and _is_textual_number(name):
        return _id
    return SCALARS[kind]


def _is_textual_number(name: str) -> bool:
    """Ids and limits are strings in API 4.0, and numbers are taken too (looker-api.md 2)."""
    return name.endswith(("_id", "_ids", "_order", "limit")) or name == "id"


def _id(path: str, value: Json, errors: list[Row]) -> Json:
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    errors.append(error(path, "invalid", f"{path} must be a string or a whole number"))
    return None


def _of_type(types: type | tuple[type, ...], word: str) -> Check:
    def checked(path: str, value: Json, errors: list[Row]) -> Json:
        if isinstance(value, types) and (word == "boolean" or not isinstance(value, bool)):
            return copied(value) if isinstance(value, dict | list) else value
        errors.append(error(path, "invalid", f"{path} must be of type {word}"))
        return None

    return checked


def _any(_path: str, value: Json, _errors: list[Row]) -> Json:
    return copied(value)


def _one_of(values: tuple[str, ...]) -> Check:
    def checked(path: str, value: Json, errors: list[Row]) -> Json:
        if value in values:
            return value
        errors.append(error(path, "invalid", f"{path} must be one of {', '.join(values)}"))
        return None

    return checked


def _list(item: Check) -> Check:
    def checked(path: str, value: Json, errors: list[Row]) -> Json:
        if not isinstance(value, list):
            errors.append(error(path, "invalid", f"{path} must be a list"))
            return None
        return [item(f"{path}[{n}]", one, errors) for n, one in enumerate(value)]

    return checked


SCALARS: Mapping[str, Check] = {
    "string": _of_type(str, "string"),
    "datetime": _of_type(str, "date-time"),
    "boolean": _of_type(bool, "boolean"),
    "integer": _of_type(int, "integer"),
    "number": _of_type((int, float), "number"),
    "object": _of_type(dict, "object"),
    "any": _any,
}
