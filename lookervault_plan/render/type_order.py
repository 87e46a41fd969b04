"""The order in which content types are shown."""

from lookervault_plan.content.table.kinds import ITEM_KINDS

_RANKS = {name: rank for rank, name in enumerate(ITEM_KINDS)}


def type_order(name: str) -> tuple[int, str]:
    """Sort types as the table of kinds does, dependencies first; unknown types come last."""
    return _RANKS.get(name, len(_RANKS)), name
