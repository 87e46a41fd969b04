"""Words for people."""


def singular(collection: str) -> str:
    """`entries` -> `entry`, `elements` -> `element`, `access` stays."""
    if collection.endswith("ies"):
        return collection[:-3] + "y"
    return collection if collection.endswith("ss") else collection.removesuffix("s")
