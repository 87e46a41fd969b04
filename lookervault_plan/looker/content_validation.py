"""Let Looker validate the content of folders: which tiles and looks do not work.

Source: docs/looker-api.md, section 2.4.
"""

from collections.abc import Iterator, Sequence

import msgspec

from lookervault_plan.looker.client import Client

PATH = "/content_validation"
#: Folders of one request: it takes its time, and an answer must come before the timeout.
_FOLDERS_AT_ONCE = 20


class _Titled(msgspec.Struct):
    id: str | None = None
    title: str | None = None
    name: str | None = None


class _Error(msgspec.Struct):
    message: str | None = None


class _Found(msgspec.Struct):
    look: _Titled | None = None
    dashboard: _Titled | None = None
    dashboard_element: _Titled | None = None
    dashboard_filter: _Titled | None = None
    alert: _Titled | None = None
    scheduled_plan: _Titled | None = None
    errors: list[_Error] = []


class _Validation(msgspec.Struct):
    content_with_errors: list[_Found] = []


class BrokenThing(msgspec.Struct, frozen=True, kw_only=True):
    """A dashboard, look or part that refers to what the LookML lacks."""

    #: Where it is, as in `dashboard 12 "Sales"`.
    item: str
    #: As in `tile "Revenue"`; "" for the item itself.
    part: str
    messages: tuple[str, ...]


_decoder = msgspec.json.Decoder(_Validation)


def broken_content(client: Client, folder_ids: Sequence[str]) -> Iterator[BrokenThing]:
    """Yield what does not work in these folders. Raise ApiError if Looker refuses to look."""
    for start in range(0, len(folder_ids), _FOLDERS_AT_ONCE):
        ids = list(folder_ids[start : start + _FOLDERS_AT_ONCE])
        reply = client.read(PATH, _decoder.decode, query={"space_ids": ids})
        for found in reply.content_with_errors:
            messages = dict.fromkeys(each.message or "unknown error" for each in found.errors)
            yield BrokenThing(item=_item(found), part=_part(found), messages=tuple(messages))


def _item(found: _Found) -> str:
    for noun, titled in (("dashboard", found.dashboard), ("look", found.look)):
        if titled is not None:
            return f"{noun} {titled.id or ''} {_quoted(titled)}".strip()
    return "content without a name"


def _part(found: _Found) -> str:
    parts = (
        ("tile", found.dashboard_element),
        ("filter", found.dashboard_filter),
        ("alert", found.alert),
        ("schedule", found.scheduled_plan),
    )
    return next((f"{noun} {_quoted(titled)}" for noun, titled in parts if titled is not None), "")


def _quoted(titled: _Titled) -> str:
    return f'"{titled.title or titled.name or titled.id or ""}"'
