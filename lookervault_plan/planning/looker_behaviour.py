"""How the destination behaves where Looker's documentation does not say: `doctor --probe` asks it.

Without an answer a plan takes the usual behaviour for true.
"""

from collections.abc import Mapping

import msgspec

#: Question about the owner of a kind: `owner-by-patch:look`.
_OWNER = "owner-by-patch:"
#: Answers that say that Looker does not do it.
_NOT_TAKEN = frozenset({"ignored", "refused"})


class LookerBehaviour(msgspec.Struct, frozen=True, kw_only=True):
    """The answers that plans take into account."""

    #: Kinds whose live items keep their owner, whatever a PATCH says.
    keeps_owner_of: frozenset[str] = frozenset()
    #: True: a new schedule for a disabled owner is refused.
    refuses_disabled_owners: bool = False
    #: True: a new model set with a model that does not exist is refused.
    refuses_unknown_models: bool = False
    #: True: `updated_at` of a dashboard does not tell of changed tiles.
    hides_tile_changes: bool = False


USUAL = LookerBehaviour()


def behaviour_of(answers: Mapping[str, str]) -> LookerBehaviour:
    """Read the answers of `doctor --probe`. Questions that are not asked here are left aside."""
    return LookerBehaviour(
        keeps_owner_of=frozenset(
            name.removeprefix(_OWNER)
            for name, answer in answers.items()
            if name.startswith(_OWNER) and answer in _NOT_TAKEN
        ),
        refuses_disabled_owners=answers.get("disabled-owner") == "refused",
        refuses_unknown_models=answers.get("unknown-models") == "refused",
        hides_tile_changes=answers.get("tiles-updated-at") == "stays",
    )
