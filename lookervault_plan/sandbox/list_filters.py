"""Filters, order and pages of lists.

Source:
    docs/looker-api.md, sections 1.5 (pages, order) and 5 (search): text parameters are SQL LIKE
    without case, `IS NULL` and `NOT NULL` are magic, ids take comma lists, filter_or makes AND an
    OR.
"""

from __future__ import annotations

import functools
import re
import zlib
from collections.abc import Callable, Mapping

from lookervault_plan.sandbox.json_fields import Json, Row
from lookervault_plan.sandbox.refusals import RefusedError

PAGING = frozenset({"limit", "offset", "page", "per_page"})
Test = Callable[[Json, str], bool]


@functools.lru_cache(maxsize=4096)
def like(pattern: str) -> re.Pattern[str]:
    """SQL LIKE as a regular expression: %, _ and no case."""
    parts = (".*" if c == "%" else "." if c == "_" else re.escape(c) for c in pattern)
    return re.compile("".join(parts), re.IGNORECASE | re.DOTALL)


def _matches_text(value: Json, wanted: str) -> bool:
    return value is not None and like(wanted).fullmatch(str(value)) is not None


def _matches_id(value: Json, wanted: str) -> bool:
    return str(value) in wanted.split(",")


def _matches_flag(value: Json, wanted: str) -> bool:
    return bool(value) == (wanted.lower() in {"true", "1"})


def _matches_list(value: Json, wanted: str) -> bool:
    return isinstance(value, list) and wanted in value


TESTS: Mapping[str, Test] = {
    "like": _matches_text,
    "id": _matches_id,
    "flag": _matches_flag,
    "list": _matches_list,
}


def select(rows: list[Row], query: Mapping[str, str], search: Mapping[str, str]) -> list[Row]:
    """The rows that the parameters ask for."""
    wanted = [
        (name, TESTS[how], query[name])
        for name, how in search.items()
        if name in query and how in TESTS
    ]
    if not wanted:
        return rows
    join = any if query.get("filter_or", "").lower() == "true" else all
    return [row for row in rows if join(_test(row, *one) for one in wanted)]


def _test(row: Row, name: str, test: Test, wanted: str) -> bool:
    if wanted.upper() in {"IS NULL", "NULL"}:
        return row.get(name) is None
    if wanted.upper() == "NOT NULL":
        return row.get(name) is not None
    return test(row.get(name), wanted)


def natural(value: Json) -> tuple[int, float, str]:
    """Sort key: nulls first, whole numbers by size, the rest by text."""
    if value is None:
        return (0, 0, "")
    if isinstance(value, int | float):
        return (1, value, "")
    shown = str(value)
    return (1, int(shown), "") if shown.isdigit() else (2, 0, shown)


def ordered(rows: list[Row], sorts: str, allowed: tuple[str, ...]) -> list[Row]:
    """Rows by `sorts` ("title desc, id"); 400 for a field that can't be sorted by [spec]."""
    for part in reversed([part.split() for part in sorts.split(",") if part.strip()]):
        field, direction = part[0], part[1:] or ["asc"]
        if field not in allowed or direction[0].lower() not in {"asc", "desc"}:
            raise RefusedError(400, f"cannot sort by {' '.join(part)}")
        rows = sorted(
            rows,
            key=lambda row, name=field: natural(row.get(name)),
            reverse=direction[0].lower() == "desc",
        )
    return rows


def shuffled(rows: list[Row], salt: str) -> list[Row]:
    """Shuffle rows anew for each page: without `sorts` the order is open (looker-api.md 1.5)."""
    return sorted(rows, key=lambda row: zlib.crc32(f"{salt}:{row.get('id')}".encode()))


def page(query: Mapping[str, str]) -> tuple[int, int | None]:
    """Read offset and limit, else the deprecated page and per_page (looker-api.md 1.5)."""
    try:
        if "limit" in query or "offset" in query:
            limit = query.get("limit")
            return int(query.get("offset", "0")), None if limit is None else int(limit)
        if "per_page" in query:
            size = int(query["per_page"])
            return (int(query.get("page", "1")) - 1) * size, size
    except ValueError:
        raise RefusedError(400, "limit and offset must be whole numbers") from None
    return 0, None
