"""The statements of `queries.sql`, by name."""

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


#: Name -> statement, led by the comment that explains it.
QUERIES: Final = _load()
