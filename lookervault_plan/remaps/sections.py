"""The sections that a remaps file may have, and the JSON Schema generated from them.

A new section is a new row of `_BY_NAME`.
"""

import re
from collections.abc import Callable, Mapping
from typing import cast

import msgspec

from lookervault_plan.content.folder_paths import split_path
from lookervault_plan.content.table.kinds import CODES

#: the twelve content types
TYPES = tuple(CODES)


class Section(msgspec.Struct, frozen=True):
    """A top-level key of the file."""

    #: value of `Entry.section`: the singular of a content type, or the key itself
    name: str
    description: str
    #: gives the reason if an id or name is malformed; empty if it is fine
    problem: Callable[[str], str]
    #: True: a `*` in a name stands for any text.
    has_patterns: bool = False


def _id_problem(text: str) -> str:
    return "" if text and not re.search(r"\s", text) else "IDs contain no spaces"


def _email_problem(text: str) -> str:
    is_one = re.fullmatch(r"[^@\s]+@[^@\s]+", text)
    return "" if is_one else "expected an email address, as ann@example.com"


def _path_problem(text: str) -> str:
    names = split_path(text)
    if not all(name.strip() for name in names):
        return r"expected a path without empty names, as Shared/Sales (\/ is a slash inside a name)"
    if len(names) == 1 and text.isdigit():
        return "expected a path; ids of folders go under folder:"
    return ""


def _name_problem(text: str) -> str:
    return "" if text.strip() and "::" not in text else "expected a name"


def _explore_problem(text: str) -> str:
    model, _, explore = text.partition("::")
    is_one = model and explore and "::" not in explore
    return "" if is_one else "expected model::explore"


def _ids_of(type_: str) -> Section:
    return Section(type_, f"Id of a {type_} in the backup: its id in the destination.", _id_problem)


_ANY_TEXT = "A * stands for any text, and fills the * of the new one."

_BY_NAME: Mapping[str, Section] = {
    "emails": Section(
        "emails",
        "Email address of a user in the backup: the one in the destination. " + _ANY_TEXT,
        _email_problem,
        has_patterns=True,
    ),
    "owners": Section(
        "owners",
        "Email address of an owner in the backup: that of the person in the destination who gets "
        "the dashboards, looks, boards, schedules and alerts. Owners are compared then. "
        + _ANY_TEXT,
        _email_problem,
        has_patterns=True,
    ),
    "recipients": Section(
        "recipients",
        "Email address that schedules and alerts of the backup send to: the one in the "
        "destination. " + _ANY_TEXT,
        _email_problem,
        has_patterns=True,
    ),
    "folders": Section(
        "folders",
        "Path of a folder in the backup: its path in the destination. All below it follows. "
        + _ANY_TEXT,
        _path_problem,
        has_patterns=True,
    ),
    "models": Section(
        "models",
        "Name of a LookML model in the backup: its name in the destination.",
        _name_problem,
    ),
    "explores": Section(
        "explores",
        "model::explore in the backup: model::explore in the destination.",
        _explore_problem,
    ),
    "connections": Section(
        "connections",
        "Name of a database connection in the backup: its name in the destination.",
        _name_problem,
    ),
}

#: sections by top-level key; types also in plural, unless the plural is a section of names
SECTIONS: Mapping[str, Section] = {
    **{name: _ids_of(type_) for type_ in TYPES for name in (type_, f"{type_}s")},
    **_BY_NAME,
}
#: section for names by section for ids, to suggest the right one
NAME_SECTIONS = {"folder": "folders", "explore": "explores"}


def schema() -> dict[str, object]:
    """Generate the JSON Schema of the file."""
    document = msgspec.defstruct(
        "RemapsFile",
        [
            (name, dict[str, str] if name in _BY_NAME else dict[str, str | int], {})
            for name in SECTIONS
        ],
        forbid_unknown_fields=True,
    )
    found = cast("dict[str, dict[str, dict[str, object]]]", msgspec.json.schema(document))
    (definition,) = found["$defs"].values()
    described = cast("dict[str, dict[str, object]]", definition["properties"])
    for name, section in SECTIONS.items():
        described[name]["description"] = section.description
        _ = described[name].pop("default", None)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Remaps of lookervault-plan",
        **found,
    }
