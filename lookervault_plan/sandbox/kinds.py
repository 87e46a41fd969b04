"""Row types of the sandbox's table of kinds, and the routes and answers of operations.

The rows are in rules/, beside the functions that only one kind needs; operations.py applies them.
"""

from collections.abc import Callable, Mapping

import msgspec

from lookervault_plan.sandbox.context import Context
from lookervault_plan.sandbox.json_fields import Json, Row

View = Callable[[Context, Row], Row]
OnGiven = Callable[[Context, Row], None]
OnRow = Callable[[Context, Row, Row], None]
OnDelete = Callable[[Context, Row], None]
Sees = Callable[[Context, Row], bool]


def pass_given(_ctx: Context, _given: Row) -> None:
    """No rule of its own for a new row."""


def pass_row(_ctx: Context, _row: Row, _given: Row) -> None:
    """No rule of its own for a change."""


def pass_delete(_ctx: Context, _row: Row) -> None:
    """No rule of its own for a deletion."""


def seen_by_all(_ctx: Context, _row: Row) -> bool:
    """Everybody sees it."""
    return True


class Reference(msgspec.Struct, frozen=True):
    """A field that holds the id of a row of another table."""

    field: str
    table: str


class Unique(msgspec.Struct, frozen=True, kw_only=True):
    """Fields that no two rows may share; the first of them is an index of the table."""

    fields: tuple[str, ...]
    shown: str  # errors[].field
    message: str
    status: int = 422  # on create; a change is always 422
    among_live: bool = False  # rows in the trash don't count


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the table."""

    table: str
    path: str  # the collection; one item is path/{id}
    model: str  # looker-sdk's read model, and with it the fields that a body may hold
    create_model: str = ""  # where the body of a POST has another model
    update_model: str = ""
    key: str = "id"  # the field that names it in paths
    required: tuple[str, ...] = ()
    defaults: Mapping[str, Json] = {}  # what the server sets where the body is silent or null
    references: tuple[Reference, ...] = ()
    unique: tuple[Unique, ...] = ()
    indexes: tuple[str, ...] = ()
    search: Mapping[str, str] = {}  # query parameter -> how it matches (list_filters.py)
    sorts: tuple[str, ...] = ("id",)
    stamped: tuple[str, ...] = ()  # which of created_at, updated_at the server sets
    admin_only: int = 0  # the status that others get for a write; 0: they may
    view: View
    sees: Sees = seen_by_all
    edits: Sees = seen_by_all
    before_create: OnGiven = pass_given
    after_create: OnRow = pass_row
    before_update: OnRow = pass_row
    after_update: OnRow = pass_row
    before_delete: OnDelete = pass_delete


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """An operation of the API."""

    method: str
    path: str
    handle: "Callable[[Context], Answer]"
    query: frozenset[str] = frozenset()  # parameters it takes; others are 400 in strict mode
    fields: str = ""  # the model that a `fields` parameter names parts of; "" if it takes none
    has_body: bool = False  # it needs one: none is 400


class Answer(msgspec.Struct, frozen=True):
    """What a route gives: a body, unless the status is 204."""

    body: Json = None
    status: int = 200
    total: int | None = None  # of a paged list: all rows that matched


NOTHING = Answer(status=204)
