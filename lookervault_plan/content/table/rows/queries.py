"""Queries and merge queries: immutable, content-addressed, shared by all who show them."""

from lookervault_plan.content.table.columns import (
    DefinitionColumns,
    Field,
    Form,
    JsonType,
    Kind,
    Mention,
    PortableName,
    Reference,
    Requirement,
)
from lookervault_plan.content.table.rows.shared import text

#: Collections of colours have ids that mean the same where they come with Looker.
_COLOURS = Mention("color_collection", "vis_config", key="collection_id")
_VIS_TYPE = "vis_config.type"

ROWS = (
    Kind(
        name="query",
        path="/queries",
        required=("model", "view"),
        label=("view",),
        updatable=False,
        fields=(
            *text("model", "view", "filter_expression", "query_timezone", "visible_ui_sections"),
            Field("fields", Form.TREE, JsonType.TEXTS),
            Field("pivots", Form.TREE, JsonType.TEXTS),
            Field("fill_fields", Form.TREE, JsonType.TEXTS),
            Field("filters", Form.TREE, JsonType.OBJECT, keys_are_content=True),
            Field("sorts", Form.TREE, JsonType.TEXTS),
            Field("limit", Form.NUMBER),
            Field("column_limit", Form.NUMBER),
            Field("total", Form.FLAG),
            Field("row_total", Form.TEXT),
            Field("subtotals", Form.TREE, JsonType.TEXTS),
            Field("vis_config", Form.TREE, JsonType.OBJECT),
            Field("filter_config", Form.TREE, keys_are_content=True),
            Field("dynamic_fields", Form.JSON),
        ),
        not_written={
            "client_id": "refused when another query has it (looker-api.md 3.1)",
        },
        portable_names=(PortableName("explore", ("model", "view")),),
        mentions=(_COLOURS,),
        takes_fields_param=True,
        columns=DefinitionColumns(
            field_lists=("fields[]", "pivots[]", "fill_fields[]", "sorts[]"),
            field_keys=("filters",),
            own_fields=("dynamic_fields",),
            summary={
                "model": "model",
                "explore": "view",
                "fields": "fields",
                "pivots": "pivots",
                "filters": "filters",
                "filter_expression": "filter_expression",
                "sorts": "sorts",
                "visualization": _VIS_TYPE,
            },
            vis_type_path=_VIS_TYPE,
        ),
    ),
    Kind(
        name="merge_query",
        path="/merge_queries",
        required=("source_queries[].query_id",),
        requirements=(Requirement(("source_queries[].query_id",)),),
        label=("id",),
        updatable=False,
        fields=(
            Field("column_limit", Form.NUMBER),
            Field("limit", Form.NUMBER),
            Field("dynamic_fields", Form.JSON),
            Field("pivots", Form.TREE, JsonType.TEXTS),
            Field("sorts", Form.TREE, JsonType.TEXTS),
            Field("total", Form.FLAG),
            Field("vis_config", Form.TREE, JsonType.OBJECT),
            # the order of sources is significant (looker-api.md 3.1)
            Field("source_queries[].name", Form.TEXT, filled_in_as="q{0}"),
            Field("source_queries[].merge_fields", Form.TREE, JsonType.OBJECTS),
        ),
        refs=(
            Reference("source_queries[].query_id", "query", body_paths=("source_queries[].query",)),
        ),
        mentions=(_COLOURS,),
        takes_fields_param=True,
        columns=DefinitionColumns(
            summary={"visualization": _VIS_TYPE},
            vis_type_path=_VIS_TYPE,
        ),
    ),
)
