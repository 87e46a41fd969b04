"""Looks: a query, with a title and a place in a folder.

A folder holds one live look of a title. A look of LookerVault's backups lacks the body of its
query, which may be found in a tile (looker-api.md 4.6).

`fields` and `refs` can be written; `not_written` says why the API's other writable fields are not.
The fields that the API itself calls read-only are in `content/table/read_only.py`.
"""

from lookervault_plan.content.table.columns import (
    BodiesElsewhere,
    Field,
    Form,
    IfMissing,
    ItemColumns,
    JsonType,
    Kind,
    Listing,
    Probe,
    Reference,
)
from lookervault_plan.content.table.rows.shared import CERTIFICATION, text

ROWS = (
    Kind(
        name="look",
        required=("title", "folder_id", "query_id"),
        path="/looks",
        fields=(
            Field("title", json_type=JsonType.TEXT),
            *text("description", links=True),
            Field("is_run_on_load", Form.FLAG),
            Field("public", Form.FLAG),
            # a new look is not in the trash; a PATCH takes a look out of it (looker-api.md 2.2)
            Field("deleted", Form.FLAG, on_create=False, is_trash_flag=True),
            *CERTIFICATION,
        ),
        refs=(
            Reference("folder_id", "folder"),
            Reference("user_id", "user", if_missing=IfMissing.API_USER, policy="owners"),
            Reference(
                "query_id",
                "query",
                body_paths=("query",),
                # looks of LookerVault lack it; tiles have it (looker-api.md 4.6)
                bodies_elsewhere=BodiesElsewhere(
                    "dashboard",
                    "dashboard_elements[]",
                    ("look.query", "result_maker.query", "query"),
                ),
            ),
        ),
        not_written={
            "folder": "folder_id says it",
            "query": "query_id says it",
        },
        probe=Probe("/looks/search", search_paths=("folder_id", "title")),
        takes_fields_param=True,
        columns=ItemColumns(
            type_number=2,
            model_path="model.id",
            facts=("created_at", "updated_at"),
            natural_keys=(("folder_id", "title"),),
            link_segments=("looks",),
            unique_keys=(("folder_id", "title"),),
            listing=Listing(
                "/looks/search",
                page_size=500,
                trash_query={"deleted": True},
                complete_path="/folders/{id}/looks",
                complete_by="folder_id",
                search_path="/looks/search",
            ),
        ),
    ),
)
