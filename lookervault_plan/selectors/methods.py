"""The table of methods that a criterion can use. A new method is a new row of `_ROWS`."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, time
from enum import Enum

import msgspec

from lookervault_plan.content.table.kinds import ITEM_KINDS, type_named
from lookervault_plan.selectors.catalogue import Item
from lookervault_plan.selectors.pattern import folder_pattern, pattern
from lookervault_plan.selectors.suggest import did_you_mean

#: method whose value is `type:id`; on the command line, the address alone is enough
ADDRESS = "address"
#: method whose value is the name of another selector
SELECTOR = "selector"

STATES = ("new", "modified", "unmodified", "unrestorable")
RESULTS = ("applied", "failed", "dlq", "skipped")


class Form(Enum):
    """Form of a method's value, which decides how values are compared. Errors show the text."""

    TYPE = "a type, with * and ? as wildcards"
    TEXT = "a text, with * and ? as wildcards"
    EMAIL = "an email, with * and ? as wildcards"
    FOLDER = "a folder's path, with *, ? and ** as wildcards"
    AFTER = "a date as 2025-01-31 or a time as 2025-01-31T08:00:00Z"
    BEFORE = "a date such as 2025-01-31, or a time such as 2025-01-31T08:00:00Z"
    LABEL = "one of a few words"
    ADDRESS = "an address, type:id"
    SELECTOR = "the name of another selector"


class Method(msgspec.Struct, frozen=True, kw_only=True):
    """A row of METHODS."""

    name: str
    #: shown in the schema and in errors: "method picks …"
    picks: str
    form: Form = Form.TEXT
    #: values of an item that are compared; an item matches if one of them does
    values: Callable[[Item], Sequence[str]] = lambda _: ()
    #: all values of a LABEL method
    labels: tuple[str, ...] = ()
    #: fix for a LABEL method whose labels nobody looked up
    missing_fix: str = ""


def _if_any(value: str) -> tuple[str, ...]:
    return (value,) if value else ()


def _explores(item: Item) -> tuple[str, ...]:
    """Give each explore both as `explore` and as `model::explore`."""
    return (*item.explores, *(each.partition("::")[2] for each in item.explores))


_ROWS = (
    Method(
        name="type",
        picks="items of this type",
        form=Form.TYPE,
        values=lambda item: (item.ref.kind,),
    ),
    Method(name="id", picks="items of any type with this id", values=lambda item: (item.ref.id,)),
    Method(
        name="folder",
        picks="a folder and what lies in it; with /** also all below",
        form=Form.FOLDER,
    ),
    Method(
        name="title",
        picks="dashboards, looks and boards with this title",
        values=lambda item: _if_any(item.title),
    ),
    Method(
        name="name",
        picks="items of any type called so, as `select` shows them",
        values=lambda item: _if_any(item.name),
    ),
    Method(
        name="slug", picks="the dashboard with this slug", values=lambda item: _if_any(item.slug)
    ),
    Method(
        name="owner",
        picks="what belongs to the user with this email",
        form=Form.EMAIL,
        values=lambda item: _if_any(item.owner),
    ),
    Method(
        name="model", picks="what shows data of this LookML model", values=lambda item: item.models
    ),
    Method(
        name="explore",
        picks="what shows data of this explore, given as explore or model::explore",
        values=_explores,
    ),
    Method(
        name="board", picks="what is on the board with this title", values=lambda item: item.boards
    ),
    Method(
        name="updated_after",
        picks="what was changed at this time (UTC) or later",
        form=Form.AFTER,
    ),
    Method(
        name="updated_before", picks="what was changed before this time (UTC)", form=Form.BEFORE
    ),
    Method(name="group", picks="users in this group", values=lambda item: item.groups),
    Method(name="role", picks="users with this role", values=lambda item: item.roles),
    Method(
        name="state",
        picks="what a plan would create (new), change (modified), leave alone (unmodified) "
        "or can't bring back (unrestorable)",
        form=Form.LABEL,
        labels=STATES,
        missing_fix="name the destination with --config-file, or with the LOOKERSDK_* variables",
    ),
    Method(
        name="result",
        picks="what came out so in the last session: applied, failed, skipped, "
        "or still in the dead letter queue (dlq)",
        form=Form.LABEL,
        labels=RESULTS,
        missing_fix="name the state that holds the session with --state",
    ),
    Method(name=SELECTOR, picks="what another selector picks", form=Form.SELECTOR),
    Method(name=ADDRESS, picks="the one item with this address", form=Form.ADDRESS),
)

METHODS: Mapping[str, Method] = {row.name: row for row in _ROWS}


class UnknownWordError(ValueError):
    """A word outside a closed list."""

    def __init__(self, what: str, known: Sequence[str], word: str) -> None:
        super().__init__(what)
        self.expected: str = f"one of {', '.join(known)}"
        self.fix: str = did_you_mean(word, known)


def canonical(method: str, value: str) -> str:
    """Bring a value into the canonical form of its method.

    Raises ValueError with the reason if the method does not take the value.
    """
    if not value:
        raise ValueError("nothing after the method")
    return _CANONICAL[METHODS[method].form](METHODS[method], value)


def is_address(word: str, value: str) -> bool:
    """Tell an address from a criterion of the same word: `folder:12` is the address.

    Ids of these types are digits; only the folder of LookML dashboards has the id `lookml`.
    Source: docs/looker-api.md, section 2.5.
    """
    if word not in ITEM_KINDS:
        return False
    is_number = value.isascii() and value.isdecimal()
    return is_number or (word, value) == ("folder", "lookml")


def parse_time(text: str) -> datetime | None:
    """Parse an ISO 8601 date or time; None if malformed.

    Without an offset, UTC is meant. A date alone means its first instant.
    """
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _canonical_type(_: Method, value: str) -> str:
    kind = type_named(value)
    if kind:
        return kind
    found = pattern(value)
    if not any(found.matches(each) for each in ITEM_KINDS):
        raise UnknownWordError(f"no type is called {value}", ITEM_KINDS, found.longest_text)
    return found.text


def _canonical_time(_: Method, value: str) -> str:
    found = parse_time(value)
    if found is None:
        raise ValueError(f"{value} is not a date")
    if found.timetz() == time(tzinfo=UTC):
        return found.date().isoformat()
    return found.isoformat().replace("+00:00", "Z")


def _canonical_label(method: Method, value: str) -> str:
    if value not in method.labels:
        raise UnknownWordError(f"no {method.name} is called {value}", method.labels, value)
    return value


def _canonical_address(_: Method, value: str) -> str:
    word, id_ = value.partition(":")[::2]
    kind = type_named(word)
    if not id_:
        raise ValueError(f"{value} is not an address")
    if kind is None:
        raise UnknownWordError(f"no type is called {word}", ITEM_KINDS, word)
    return f"{kind}:{_without_wildcards(id_, 'an address, which names one item')}"


def _without_wildcards(value: str, of: str) -> str:
    found = pattern(value)
    if found.literal is None:
        raise ValueError(f"a wildcard in {of}")
    return found.text


_CANONICAL: Mapping[Form, Callable[[Method, str], str]] = {
    Form.TYPE: _canonical_type,
    Form.TEXT: lambda _, value: pattern(value).text,
    Form.EMAIL: lambda _, value: pattern(value).text,
    Form.FOLDER: lambda _, value: folder_pattern(value).text,
    Form.AFTER: _canonical_time,
    Form.BEFORE: _canonical_time,
    Form.LABEL: _canonical_label,
    Form.ADDRESS: _canonical_address,
    Form.SELECTOR: lambda _, value: _without_wildcards(value, "the name of a selector"),
}
