"""The format of selectors.yml: its types, and the JSON Schema generated from them."""

from collections.abc import Mapping
from typing import Annotated, cast

import msgspec
from msgspec import UNSET, Meta, UnsetType

from lookervault_plan.selectors.methods import METHODS

Text = Annotated[str, Meta(min_length=1)]


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What picks items: a criterion (method and value), a union or an intersection.

    An exclude takes away from what the mapping it stands in picks; alone in a list, from what
    that list picks.
    """

    method: Annotated[str, Meta(description="What the value is compared with.")] | UnsetType = UNSET
    value: (
        Annotated[str | int, Meta(description="* is any text, ? any character; see the method.")]
        | UnsetType
    ) = UNSET
    dependencies: Annotated[
        bool, Meta(description="With all that the items need: folders, looks, owners, models.")
    ] = False
    dependents: Annotated[bool, Meta(description="With all that needs the items.")] = False
    union: (
        Annotated[
            tuple["str | Rule", ...],
            Meta(min_length=1, description="Items that any of these picks."),
        ]
        | UnsetType
    ) = UNSET
    intersection: (
        Annotated[
            tuple["str | Rule", ...],
            Meta(min_length=1, description="Items that all of these pick."),
        ]
        | UnsetType
    ) = UNSET
    exclude: (
        Annotated[tuple["str | Rule", ...], Meta(min_length=1, description="Items to leave out.")]
        | UnsetType
    ) = UNSET


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A selector."""

    name: Annotated[Text, Meta(description="What --selector and `method: selector` call it.")]
    definition: Annotated[
        str | Rule, Meta(description="A rule, or a selection as on the command line.")
    ]
    description: Annotated[str, Meta(description="What it is for.")] = ""
    default: Annotated[bool, Meta(description="Use it where the command line selects nothing.")] = (
        False
    )


class Document(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Named selections of Looker content for lookervault-plan."""

    selectors: Annotated[tuple[Entry, ...], Meta(min_length=1)]


def schema() -> dict[str, object]:
    """Generate the JSON Schema from the types and the table of methods."""
    made = msgspec.json.schema(Document)
    rule = cast("dict[str, object]", cast("Mapping[str, object]", made["$defs"])["Rule"])
    properties = cast("dict[str, dict[str, object]]", rule["properties"])
    properties["method"] = {
        "description": properties["method"]["description"],
        "oneOf": [
            {"const": row.name, "description": f"{row.picks}: {row.form.value}"}
            for row in METHODS.values()
        ],
    }
    rule["oneOf"] = [
        _only(rule, ["method", "value"], "dependencies", "dependents", "exclude"),
        _only(rule, ["union"], "exclude"),
        _only(rule, ["intersection"], "exclude"),
        _only(rule, ["exclude"]),
    ]
    rule["allOf"] = [
        {
            "if": {"required": ["method"], "properties": {"method": {"const": row.name}}},
            "then": {"properties": {"value": {"enum": list(row.labels)}}},
        }
        for row in METHODS.values()
        if row.labels
    ]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Selectors of lookervault-plan",
        **made,
    }


def _only(rule: Mapping[str, object], needed: list[str], *allowed: str) -> dict[str, object]:
    """Describe one form of a rule: needed keys, allowed keys, no others."""
    names = cast("Mapping[str, object]", rule["properties"])
    others = [name for name in names if name not in needed and name not in allowed]
    return {"required": needed, "properties": dict.fromkeys(others, False)}
