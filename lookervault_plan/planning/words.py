"""Quote and count names in the texts of a plan."""

import json


def quoted(name: str) -> str:
    """Write a name in double quotes."""
    return json.dumps(name, ensure_ascii=False)


def counted(number: int, kind: str) -> str:
    """Count things of a kind: `1 look`, `3 queries`."""
    noun = kind.replace("_", " ")
    if noun.endswith("y"):
        several = f"{noun[:-1]}ies"
    else:
        several = f"{noun}es" if noun.endswith("s") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else several}"
