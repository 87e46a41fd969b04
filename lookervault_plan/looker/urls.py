"""Paths and query strings of API requests."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote, urlencode

QueryValue = str | int | float | bool | Sequence[str] | Sequence[int] | None
Query = Mapping[str, QueryValue]


def api_path(template: str, **ids: str | int) -> str:
    """Put quoted ids into a path: `api_path("/dashboards/{id}", id="model::name")`."""
    return template.format_map({name: _segment(name, id_) for name, id_ in ids.items()})


def encode_query(query: Query) -> str:
    """Encode a query: leave out None, write booleans in lower case, join lists by commas."""
    return urlencode(
        {name: _query_text(value) for name, value in query.items() if value is not None},
        quote_via=quote,
        safe=",",
    )


def _query_text(value: QueryValue) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str() | int() | float():
            return str(value)
        case None:
            return ""
        case _:
            return ",".join(map(str, value))


def _segment(name: str, id_: str | int) -> str:
    text = str(id_)
    if not text:
        raise ValueError(f"an empty {name} would make this the path of a whole collection")
    quoted = quote(text, safe="")
    return quoted.replace(".", "%2E") if set(text) == {"."} else quoted
