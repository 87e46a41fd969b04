"""The sign and the words of each action."""

from collections.abc import Mapping

import msgspec


class ActionStyle(msgspec.Struct, frozen=True):
    """How every format shows an action."""

    sign: str
    #: Follows a count: `12 to add`.
    phrase: str
    #: Stands in the legend.
    verb: str


#: In the order in which summaries count them.
ACTIONS: Mapping[str, ActionStyle] = {
    "create": ActionStyle("+", "to add", "create"),
    "update": ActionStyle("~", "to change", "update in place"),
    "delete": ActionStyle("-", "to destroy", "destroy"),
    "blocked": ActionStyle("!", "blocked", "blocked"),
    "skip": ActionStyle("=", "unchanged", "left as it is"),
}

#: For an action of a newer minor version of the plan's format.
_UNKNOWN = ActionStyle("?", "other", "unknown to this version")


def style_of(action: str) -> ActionStyle:
    return ACTIONS.get(action, _UNKNOWN)
