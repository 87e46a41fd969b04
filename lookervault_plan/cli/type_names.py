"""Read names of content types as people write them."""

from lookervault_plan.content.table.kinds import ITEM_KINDS, type_named
from lookervault_plan.selectors.suggest import did_you_mean


def singular(name: str) -> str:
    """Return the kind that a name means: `dashboards`, `Dashboard` and `lookml-model` are known.

    Raise ValueError for an unknown name.
    """
    if kind := type_named(name):
        return kind
    hint = did_you_mean(name, ITEM_KINDS, as_sentence=True) or f"Types: {', '.join(ITEM_KINDS)}."
    raise ValueError(f"There is no content type {name}. {hint}")
