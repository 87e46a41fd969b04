"""Find keys that JSON from a person repeats: readers take the last, people see the first."""

import json
import re
from collections.abc import Iterable

#: Ways to write a key that make `":` no count of the keys.
_UNUSUAL = re.compile(rb'"\s+:|\\u0022')


def key_count(data: bytes) -> int:
    """Count `":`, once for each key, and for each such text in a string."""
    return data.count(b'":')


def repeated_key(data: bytes, once: Iterable[int]) -> str | None:
    """Return a key that an object of this JSON holds twice; None if no object does.

    `once` are the counts (`key_count`) of parts of the same JSON, decoded and encoded again, which
    drops repeated keys. Only if they do not add up is the JSON read again with care.
    """
    if key_count(data) == sum(once) and not _UNUSUAL.search(data):
        return None
    repeated: list[str] = []

    def note(pairs: list[tuple[str, object]]) -> None:
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                repeated.append(key)
            seen.add(key)

    json.loads(data, object_pairs_hook=note)
    return repeated[0] if repeated else None
