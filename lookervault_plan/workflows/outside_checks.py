"""Warn of what content mentions and the destination lacks: nothing here keeps a plan from applying.

A list that can't be read is unknown, never empty: a note says so.
"""

from collections.abc import Iterator, Mapping, Sequence

from lookervault_plan.content.mentions import Mentioned
from lookervault_plan.content.node import Json
from lookervault_plan.errors import Diagnostic
from lookervault_plan.looker.client import Client
from lookervault_plan.looker.decode import one_object
from lookervault_plan.looker.errors import ApiError, ConnectionFailed
from lookervault_plan.looker.live_reader import LiveReader
from lookervault_plan.looker.refusals import Refusal
from lookervault_plan.looker.urls import api_path
from lookervault_plan.workflows.unseen import unseen_names

#: Users of a thing that a warning names.
_SHOWN = 10
#: The lists of an explore's reply that hold its fields.
_FIELD_LISTS = ("dimensions", "measures", "filters", "parameters")

Users = Sequence[str]


def warn_of_mentions(
    reader: LiveReader, mentioned: Mapping[Mentioned, Users]
) -> Iterator[Diagnostic]:
    """Warn of each user attribute, theme, colour collection or integration that is missing.

    Read a list only if something mentions its kind.
    """
    for kind in sorted({kind for kind, _ in mentioned}):
        there = reader.external_names(kind)
        if isinstance(there, Refusal):
            named = {user for (of, _), users in mentioned.items() if of == kind for user in users}
            yield unseen_names(there, sorted(named))
            continue
        for (of, name), users in sorted(mentioned.items()):
            if of == kind and name not in there:
                yield Diagnostic(
                    severity="warning",
                    code="outside.lacking",
                    summary=f"the destination has no {_words(kind)} {name}",
                    detail=f"named by {_some(users)}; it is kept as it is",
                    fix="make it in the destination, since no plan does",
                )


def warn_of_fields(client: Client, used: Mapping[str, Mapping[str, Users]]) -> Iterator[Diagnostic]:
    """Warn of each field that a query asks for and its explore lacks. One request an explore.

    `used` maps explores that the destination has (`model::explore`) to fields and their users.
    """
    for explore, fields in sorted(used.items()):
        try:
            there = _fields_of(client, explore)
        except (ApiError, ConnectionFailed) as error:
            yield _unknown(f"fields of explore {explore}", error)
            continue
        if not there:
            yield _unknown(f"fields of explore {explore}", "it lists none")
            continue
        for field, users in sorted(fields.items()):
            if field not in there:
                yield Diagnostic(
                    severity="warning",
                    code="field.missing",
                    summary=f"the destination's explore {explore} has no field {field}",
                    detail=f"asked for by {_some(users)}; their queries will show an error",
                    fix="deploy the LookML project to the destination first",
                )


def _fields_of(client: Client, explore: str) -> frozenset[str]:
    model, _, name = explore.partition("::")
    lists = ",".join(f"{each}(name)" for each in _FIELD_LISTS)
    path = api_path("/lookml_models/{model}/explores/{name}", model=model, name=name)
    fields = client.read(path, one_object, query={"fields": f"fields({lists})"}).get("fields")
    return frozenset(_names(fields) if isinstance(fields, Mapping) else ())


def _names(fields: Mapping[str, Json]) -> Iterator[str]:
    for each in _FIELD_LISTS:
        listed = fields.get(each)
        for field in listed if isinstance(listed, list) else ():
            if isinstance(field, Mapping) and isinstance(name := field.get("name"), str):
                yield name


def _unknown(what: str, why: object) -> Diagnostic:
    return Diagnostic(
        severity="note",
        code="note.not-seen",
        summary=f"the {what} of the destination could not be read, so they were not checked: {why}",
    )


def _some(users: Users) -> str:
    more = f" and {len(users) - _SHOWN} more" if users[_SHOWN:] else ""
    return f"{', '.join(users[:_SHOWN])}{more}"


def _words(kind: str) -> str:
    return kind.replace("_", " ")
