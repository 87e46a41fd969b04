"""Ways in which a real Looker may differ: what looker-api.md leaves open, either way.

Each field is a question of its section 7. The defaults are what the section's pages take as true.
"""

from __future__ import annotations

from typing import Literal

import msgspec


class Behaviour(msgspec.Struct, kw_only=True):
    """How an instance answers where the facts are not sure."""

    #: What a PATCH of a dashboard or look does with another `user_id` (7.3).
    owner_by_patch: Literal["taken", "ignored", "refused"] = "taken"
    #: Status of a create whose unique value is taken (7.4). None: 409 for slugs, 422 for others.
    duplicate_status: Literal[409, 422] | None = None
    #: Whether the trash keeps the titles of dashboards and looks from others (7.4).
    trash_keeps_titles: bool = False
    #: What a create of a tile does with a query instead of its id (7.5).
    inline_query: Literal["taken", "ignored", "refused"] = "taken"
    #: Whether a tile's component goes with it (7.6).
    tile_takes_component: bool = True
    #: Whether a change of a tile moves `updated_at` of its dashboard (7.7).
    tiles_move_updated_at: bool = False
    #: What a create of a schedule for a disabled owner does (7.8).
    disabled_owner: Literal["taken", "refused"] = "taken"
    #: What a model set does with models that the instance lacks (7.9).
    unknown_models: Literal["kept", "dropped", "refused"] = "kept"
    #: Whether `role_ids` of a user have the roles of the user's groups (7.2).
    inherited_roles: bool = True
    #: Name of a datagroup in a schedule's reply: as it was sent, or `model::name`.
    datagroups: Literal["as-sent", "qualified"] = "as-sent"
