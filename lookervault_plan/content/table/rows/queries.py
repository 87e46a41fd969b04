"""Queries and merge queries: immutable, content-addressed, shared by all who show them."""

from lookervault_plan.content.table.columns import (
    DefinitionColumns,
    Field,
    Form,
    Kind,
    PortableName,
    Reference,
)
from lookervault_plan.content.table.rows.shared import text

ROWS = (
    Kind(
        name="query",
        path="/queries",
        label=("view",),
        updatable=False,
        fields=(
            *text("model", "view", "filter_expression", "query_timezone", "visible_ui_sections"),
            Field("fields", Form.TREE),
            Field("pivots", Form.TREE),
            Field("fill_fields", Form.TREE),
            Field("filters", Form.TREE),
            Field("sorts", Form.TREE),
            Field("limit", Form.NUMBER),
            Field("column_limit", Form.NUMBER),
            Field("total", Form.FLAG),
            Field("row_total", Form.TEXT),
            Field("subtotals", Form.TREE),
            Field("vis_config", Form.TREE),
            Field("filter_config", Form.TREE),
            Field("dynamic_fields", Form.JSON),
        ),
        not_written={
            "client_id": "refused when another query has it (looker-api.md 3.1)",
        },
        portable_names=(PortableName("explore", ("model", "view")),),
        takes_fields_param=True,
        columns=DefinitionColumns(),
    ),
    Kind(
        name="merge_query",
        path="/merge_queries",
        label=("id",),
        updatable=False,
        fields=(
            Field("column_limit", Form.NUMBER),
            Field("limit", Form.NUMBER),
            Field("dynamic_fields", Form.JSON),
            Field("pivots", Form.TREE),
            Field("sorts", Form.TREE),
            Field("total", Form.FLAG),
            Field("vis_config", Form.TREE),
            # the order of sources is significant (looker-api.md 3.1)
            Field("source_queries[].name", Form.TEXT, filled_in_as="q{0}"),
            Field("source_queries[].merge_fields", Form.TREE),
        ),
        refs=(
            Reference("source_queries[].query_id", "query", body_paths=("source_queries[].query",)),
        ),
        takes_fields_param=True,
        columns=DefinitionColumns(),
    ),
)
