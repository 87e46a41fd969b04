"""The sign and the words of each action."""

from collections.abc import Mapping

import msgspec

from lookervault_plan.plan_file import Verb


class ActionStyle(msgspec.Struct, frozen=True):
    """How every format shows an action."""

    sign: str
    #: Follows a count: `12 to add`.
    phrase: str
    #: Stands in the legend.
    verb: str


#: In the order in which summaries count them.
ACTIONS: Mapping[Verb, ActionStyle] = {
    "create": ActionStyle("+", "to add", "create"),
    "update": ActionStyle("~", "to change", "update in place"),
    "delete": ActionStyle("-", "to destroy", "destroy"),
    "blocked": ActionStyle("!", "blocked", "blocked"),
    "skip": ActionStyle("=", "unchanged", "left as it is"),
}
