"""The table of methods: what a criterion can ask for."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, time
from enum import Enum

import msgspec

from lookervault_plan.content.table.kinds import ITEM_KINDS
from lookervault_plan.selectors.catalogue import Item
from lookervault_plan.selectors.pattern import folder_pattern, pattern
from lookervault_plan.selectors.place import did_you_mean

#: the method whose value is `type:id`; on the command line the address stands alone
ADDRESS = "address"
#: the method that puts in another selector
SELECTOR = "selector"

STATES = ("new", "modified", "unmodified", "unrestorable")
RESULTS = ("applied", "failed", "dlq", "skipped")


class Form(Enum):
    """What a value is, and so how it is compared."""

    TYPE = "a type, with * and ? as wildcards"
    TEXT = "a text, with * and ? as wildcards"
    EMAIL = "an email, with * and ? as wildcards"
    FOLDER = "a folder's path, with *, ? and ** as wildcards"
    AFTER = "a date as 2025-01-31 or a time as 2025-01-31T08:00:00Z"
    BEFORE = "a date such as 2025-01-31, or a time such as 2025-01-31T08:00:00Z"
    WORD = "one of a few words"
    ADDRESS = "an address, type:id"
    NAME = "the name of another selector"


class Method(msgspec.Struct, frozen=True, kw_only=True):
    """A row of METHODS."""

    name: str
    #: what it picks, for people
    picks: str
    form: Form = Form.TEXT
    #: what is compared; an item may have none, one or several of them
    values: Callable[[Item], Sequence[str]] = lambda _: ()
    #: all that a WORD may be
    words: tuple[str, ...] = ()
    #: where a WORD can't be told, what it takes
    lacking: str = ""


def _some(value: str) -> tuple[str, ...]:
    return (value,) if value else ()


def _explores(item: Item) -> tuple[str, ...]:
    """An explore is known by its own name and with its model."""
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
        values=lambda item: _some(item.title),
    ),
    Method(
        name="name",
        picks="items of any type called so, as `select` shows them",
        values=lambda item: _some(item.name),
    ),
    Method(name="slug", picks="the dashboard with this slug", values=lambda item: _some(item.slug)),
    Method(
        name="owner",
        picks="what belongs to the user with this email",
        form=Form.EMAIL,
        values=lambda item: _some(item.owner),
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
        form=Form.WORD,
        words=STATES,
        lacking="name the destination with --config-file, or with the LOOKERSDK_* variables",
    ),
    Method(
        name="result",
        picks="what came out so in the last session: applied, failed, skipped, "
        "or still in the dead letter queue (dlq)",
        form=Form.WORD,
        words=RESULTS,
        lacking="name the state that holds the session with --state",
    ),
    Method(name=SELECTOR, picks="what another selector picks", form=Form.NAME),
    Method(name=ADDRESS, picks="the one item with this address", form=Form.ADDRESS),
)

METHODS: Mapping[str, Method] = {row.name: row for row in _ROWS}


class UnknownWordError(ValueError):
    """A word that is none of those known."""

    def __init__(self, what: str, known: Sequence[str], word: str) -> None:
        super().__init__(what)
        self.expected: str = f"one of {', '.join(known)}"
        self.fix: str = did_you_mean(word, known)


def canonical(method: str, value: str) -> str:
    """The value as its method has it. Raises ValueError that says what is wrong with it."""
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


def singular(word: str) -> str | None:
    """The type that a word names in singular or plural, as commands take it, if it names one."""
    return _TYPES.get(word.lower().replace("-", "_"))


def moment(text: str) -> datetime | None:
    """A time; without an offset in UTC, a date alone is its first instant. None: nonsense."""
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _type(_: Method, value: str) -> str:
    kind = singular(value)
    if kind:
        return kind
    found = pattern(value)
    if not any(found.matches(each) for each in ITEM_KINDS):
        raise UnknownWordError(f"no type is called {value}", ITEM_KINDS, found.core)
    return found.text


def _moment(_: Method, value: str) -> str:
    found = moment(value)
    if found is None:
        raise ValueError(f"{value} is no date")
    if found.timetz() == time(tzinfo=UTC):
        return found.date().isoformat()
    return found.isoformat().replace("+00:00", "Z")


def _word(method: Method, value: str) -> str:
    if value not in method.words:
        raise UnknownWordError(f"no {method.name} is called {value}", method.words, value)
    return value


def _address(_: Method, value: str) -> str:
    word, id_ = value.partition(":")[::2]
    kind = singular(word)
    if not id_:
        raise ValueError(f"{value} is no address")
    if kind is None:
        raise UnknownWordError(f"no type is called {word}", ITEM_KINDS, word)
    return f"{kind}:{_literal(id_, 'an address, which names one item')}"


def _literal(value: str, of: str) -> str:
    found = pattern(value)
    if found.literal is None:
        raise ValueError(f"a wildcard in {of}")
    return found.text


_CANONICAL: Mapping[Form, Callable[[Method, str], str]] = {
    Form.TYPE: _type,
    Form.TEXT: lambda _, value: pattern(value).text,
    Form.EMAIL: lambda _, value: pattern(value).text,
    Form.FOLDER: lambda _, value: folder_pattern(value).text,
    Form.AFTER: _moment,
    Form.BEFORE: _moment,
    Form.WORD: _word,
    Form.ADDRESS: _address,
    Form.NAME: lambda _, value: _literal(value, "the name of a selector"),
}

_TYPES: Mapping[str, str] = {word: kind for kind in ITEM_KINDS for word in (kind, f"{kind}s")}
