"""Quote names in the texts of a plan."""

import json


def quoted(name: str) -> str:
    """Write a name in double quotes."""
    return json.dumps(name, ensure_ascii=False)
