"""Quote and count names in the texts of a plan."""

import json


def quoted(name: str) -> str:
    """Write a name in double quotes."""
    return json.dumps(name, ensure_ascii=False)


def counted(number: int, noun: str, plural: str = "") -> str:
    """Count things of a kind: `1 look`, `3 queries`, `2 assignments to a user`."""
    first, to, rest = noun.replace("_", " ").partition(" to ")
    if first.endswith("y"):
        several = f"{first[:-1]}ies"
    else:
        several = f"{first}es" if first.endswith("s") else f"{first}s"
    return f"{number:,} {f'{first}{to}{rest}' if number == 1 else plural or f'{several}{to}{rest}'}"
