"""Who may see and edit a folder or a board: its access list, a part of it.

Source:
    A 3.5. What stops inheriting gets copies of the entries it inherited; back again, all of its
    own entries are gone.
"""

from collections.abc import Mapping

from lookervault_plan.content.table.columns import (
    AccessEntryColumns,
    AutoCreated,
    Collection,
    CopiedFrom,
    Field,
    Form,
    Kind,
    MadeFor,
    PartColumns,
    Reference,
)

#: the key under which our backups keep it: content metadata's id, `inherits`, `entries`
KEY = "access"
METADATA_ID = "content_metadata_id"

BROUGHT: Mapping[str, str] = {METADATA_ID: "content_access"}


def collections(
    *, inherits_at_birth: bool, initial_entries: CopiedFrom | MadeFor
) -> tuple[Collection, ...]:
    """The access list of an item and its entries, and how they are when the item is new."""
    return (
        Collection("access", "content_access", KEY, at_birth={"inherits": inherits_at_birth}),
        Collection("entries", "access_entry", f"{KEY}.entries", initial_entries=initial_entries),
    )


ROWS = (
    Kind(
        name="content_access",
        path="/content_metadata",
        creatable=False,
        fields=(Field("inherits", Form.FLAG),),
        columns=PartColumns(
            auto_created=AutoCreated(owner_kind=""),
            # an item has one
            pairing=((),),
        ),
    ),
    Kind(
        name="access_entry",
        path="/content_metadata_access",
        deletable=True,
        fields=(Field("permission_type"),),
        refs=(
            Reference(METADATA_ID, "content_access"),
            Reference("group_id", "group"),
            Reference("user_id", "user"),
        ),
        columns=AccessEntryColumns(
            position_refs=(METADATA_ID,),
            pairing=(("group_id",), ("user_id",)),
        ),
    ),
)
