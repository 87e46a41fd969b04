"""What a remaps file may hold: its top-level keys, one table; and the JSON Schema made of it."""

import re
from collections.abc import Callable, Mapping
from typing import cast

import msgspec

from lookervault_plan.content.folder_paths import split_path
from lookervault_plan.content.table.kinds import CODES

#: the twelve content types
TYPES = tuple(CODES)


class Section(msgspec.Struct, frozen=True):
    """What a top-level key holds."""

    #: as `Entry.section` has it
    name: str
    description: str
    #: says what is wrong with an old or new name, or ""
    check: Callable[[str], str]


def _wrong_id(text: str) -> str:
    return "" if text and not re.search(r"\s", text) else "an id has no spaces"


def _wrong_email(text: str) -> str:
    is_one = re.fullmatch(r"[^@\s]+@[^@\s]+", text)
    return "" if is_one else "expected an email address, as ann@example.com"


def _wrong_path(text: str) -> str:
    names = split_path(text)
    if not all(name.strip() for name in names):
        return r"expected a path without empty names, as Shared/Sales (\/ is a slash inside a name)"
    if len(names) == 1 and text.isdigit():
        return "expected a path; ids of folders go under folder:"
    return ""


def _wrong_name(text: str) -> str:
    return "" if text.strip() and "::" not in text else "expected a name"


def _wrong_explore(text: str) -> str:
    model, _, explore = text.partition("::")
    is_one = model and explore and "::" not in explore
    return "" if is_one else "expected model::explore"


def _ids_of(type_: str) -> Section:
    return Section(type_, f"Id of a {type_} in the backup: its id in the destination.", _wrong_id)


_BY_NAME: Mapping[str, Section] = {
    "emails": Section(
        "emails", "Email address of a user in the backup: the one in the destination.", _wrong_email
    ),
    "folders": Section(
        "folders",
        "Path of a folder in the backup: its path in the destination. All below it follows.",
        _wrong_path,
    ),
    "models": Section(
        "models", "Name of a LookML model in the backup: its name in the destination.", _wrong_name
    ),
    "explores": Section(
        "explores",
        "model::explore in the backup: model::explore in the destination.",
        _wrong_explore,
    ),
    "connections": Section(
        "connections",
        "Name of a database connection in the backup: its name in the destination.",
        _wrong_name,
    ),
}

#: every top-level key; plurals of types too, save where they are names
SECTIONS: Mapping[str, Section] = {
    **{name: _ids_of(type_) for type_ in TYPES for name in (type_, f"{type_}s")},
    **_BY_NAME,
}
#: an id of these that looks like a name is in the wrong place
PLURAL_NAMES = {"folder": "folders", "explore": "explores"}


def schema() -> dict[str, object]:
    """The JSON Schema of the file."""
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
