"""The statements of `queries.sql`, loaded once."""

import re
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Final

_HEADING = re.compile(r"^-- name: (\S+)\n", re.MULTILINE)


def _load() -> Mapping[str, str]:
    text = files("lookervault_plan.state").joinpath("queries.sql").read_text(encoding="utf-8")
    _, *parts = _HEADING.split(text)
    return MappingProxyType(dict(zip(parts[::2], map(str.strip, parts[1::2]), strict=True)))


#: Name -> statement.
QUERIES: Final = _load()

#: What makes a new database, in order.
SCHEMA: Final = tuple(text for name, text in QUERIES.items() if name.startswith("schema-"))
