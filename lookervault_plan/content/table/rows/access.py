"""Who may see and edit a folder or a board: its access list, a part of it.

Source:
    A 3.5. What stops inheriting gets copies of the entries it inherited; back again, all of its
    own entries are gone.
"""

from collections.abc import Mapping

from lookervault_plan.content.node import Json
from lookervault_plan.content.table.columns import (
    AutoCreated,
    Collection,
    Field,
    Form,
    Kind,
    Reference,
)

#: the key under which our backups keep it: content metadata's id, `inherits`, `entries`
KEY = "access"
METADATA_ID = "content_metadata_id"

BROUGHT: Mapping[str, str] = {METADATA_ID: "content_access"}


def collections(
    at_birth: Mapping[str, Json], *, above: str | None = None, made_for: str | None = None
) -> tuple[Collection, ...]:
    """The access list of an item that starts like this."""
    return (
        Collection("access", "content_access", KEY, at_birth=at_birth),
        Collection("entries", "access_entry", f"{KEY}.entries", above=above, made_for=made_for),
    )


ROWS = (
    Kind(
        name="content_access",
        path="/content_metadata",
        creatable=False,
        auto_created=AutoCreated(owner_kind=""),
        fields=(Field("inherits", Form.FLAG),),
        # an item has one
        pairing=((),),
    ),
    Kind(
        name="access_entry",
        path="/content_metadata_access",
        deletable=True,
        dropped_with_target=True,
        create_is_idempotent=True,
        updated_by_put=True,
        is_copied_on_own_list=True,
        fields=(Field("permission_type"),),
        refs=(
            Reference(METADATA_ID, "content_access"),
            Reference("group_id", "group"),
            Reference("user_id", "user"),
        ),
        position_refs=(METADATA_ID,),
        pairing=(("group_id",), ("user_id",)),
    ),
)
