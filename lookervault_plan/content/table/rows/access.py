"""Who may see and edit a folder or a board: its access list, a part of it.

An item that stops inheriting gets copies of the entries it inherited; one that inherits again
loses its own.

Source: docs/looker-api.md, section 3.5.
"""

from collections.abc import Mapping

from lookervault_plan.content.table.columns import (
    AccessEntryColumns,
    AutoCreated,
    Collection,
    CopiedFrom,
    Field,
    Form,
    JsonType,
    Kind,
    MadeFor,
    PartColumns,
    Probe,
    Reference,
    Requirement,
)

#: The collections of an item with an access list: the list itself, and its entries.
LIST, ENTRIES = "access", "entries"
#: Their kinds.
LIST_KIND, ENTRY_KIND = "content_access", "access_entry"
#: Where our backups keep the list in an item: its metadata id, `inherits` and `entries`.
KEY = LIST
#: The list's field: whether the item inherits the entries of the item above.
INHERITS = "inherits"
#: An entry's field that says what its people may do, and the value that allows least.
LEVEL, LOWEST = "permission_type", "view"
METADATA_ID = "content_metadata_id"

#: Fields of an entry that a backup keeps.
ENTRY_FIELDS = ("id", METADATA_ID, "permission_type", "group_id", "user_id")

#: `ItemColumns.also_creates` of items with an access list.
ALSO_CREATED: Mapping[str, str] = {METADATA_ID: "content_access"}


def collections(
    *, inherits_at_birth: bool, initial_entries: CopiedFrom | MadeFor
) -> tuple[Collection, ...]:
    """The access list of an item and its entries, and how they are when the item is new."""
    return (
        Collection(
            LIST,
            "content_access",
            KEY,
            is_single=True,
            noun="access list",
            at_birth={INHERITS: inherits_at_birth},
        ),
        Collection(
            ENTRIES,
            "access_entry",
            f"{KEY}.{ENTRIES}",
            noun="access entry",
            danger="access",
            initial_entries=initial_entries,
        ),
    )


ROWS = (
    Kind(
        name="content_access",
        path="/content_metadata",
        creatable=False,
        fields=(Field(INHERITS, Form.FLAG),),
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
        fields=(Field(LEVEL, json_type=JsonType.TEXT),),
        required=(LEVEL,),
        requirements=(Requirement(("group_id", "user_id")),),
        refs=(
            Reference(METADATA_ID, "content_access"),
            Reference("group_id", "group"),
            Reference("user_id", "user"),
        ),
        not_written={
            "can": "read-only",
            "id": "read-only",
        },
        # only after a lost reply that Looker repeats with "exists"
        probe=Probe("/content_metadata_access", search_paths=(METADATA_ID,)),
        columns=AccessEntryColumns(
            position_refs=(METADATA_ID,),
            pairing=(("group_id",), ("user_id",)),
        ),
    ),
)
