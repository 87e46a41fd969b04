"""Looks."""

from lookervault_plan.content.table.columns import (
    Field,
    Form,
    Kind,
    Listing,
    Miss,
    Probe,
    Reference,
)
from lookervault_plan.content.table.rows.shared import CERTIFICATION, text

ROWS = (
    Kind(
        name="look",
        code=2,
        required=("title",),
        path="/looks",
        fields=(
            Field("title"),
            *text("description", links=True),
            Field("is_run_on_load", Form.FLAG),
            Field("public", Form.FLAG),
            Field("deleted", Form.FLAG, on_create=False),
            *CERTIFICATION,
        ),
        refs=(
            Reference("folder_id", "folder"),
            Reference("user_id", "user", miss=Miss.SELF, policy="owners"),
            Reference("query_id", "query", bodies=("query",)),
        ),
        facts=("created_at", "updated_at"),
        natural_keys=(("folder_id", "title"),),
        unique=(("folder_id", "title"),),
        probe=Probe("/looks/search", by=("folder_id", "title")),
        listing=Listing(
            "/looks/search",
            limit=500,
            trash={"deleted": True},
            whole="/folders/{id}/looks",
            scope="folder_id",
            search="/looks/search",
        ),
        trims=True,
    ),
)
