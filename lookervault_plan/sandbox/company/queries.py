"""Queries and merge queries of the company."""

from __future__ import annotations

import json

from lookervault_plan.sandbox.company.builder import CompanyBuilder
from lookervault_plan.sandbox.company.lookml import EXPLORES, MODELS
from lookervault_plan.sandbox.json_fields import Json, Row


def make_queries(builder: CompanyBuilder, count: int) -> None:
    """A pool of queries, for looks and tiles to share."""
    builder.query_ids = [builder.make("/queries", definition(builder, n)) for n in range(count)]


def make_merges(builder: CompanyBuilder, count: int) -> None:
    """Merge queries over the pool."""
    for n in range(count):
        body: Row = {
            "source_queries": [
                {"query_id": builder.pick(builder.query_ids), "name": "main", "merge_fields": []},
                {
                    "query_id": builder.pick(builder.query_ids),
                    "name": f"q{n}",
                    "merge_fields": [
                        {"field_name": "orders.id", "source_field_name": "events.order_id"}
                    ],
                },
            ],
            "column_limit": "40",
            "dynamic_fields": json.dumps([{"table_calculation": f"c{n}", "expression": "1"}]),
            "limit": str(500 + n),
            "pivots": ["orders.status"],
            "sorts": ["orders.count desc"],
            "total": n % 2 == 0,
            "vis_config": vis_config(builder, n),
        }
        builder.merge_ids.append(builder.make("/merge_queries", body))


def definition(builder: CompanyBuilder, number: int) -> Row:
    """A query; `number` makes it differ from all others."""
    words = builder.vocabulary
    view = words.random.choice(EXPLORES)
    plain: Row = {
        "model": words.random.choice(MODELS),
        "view": view,
        "fields": [f"{view}.created_date", f"{view}.count", f"{view}.measure_{number}"],
        "filters": {f"{view}.created_date": "7 days", f"{view}.status": "a,b"},
        "limit": "500",
        "sorts": [f"{view}.created_date desc"],
        "vis_config": vis_config(builder, number),
    }
    if number % 3:
        return plain
    calculation = {"table_calculation": "calc", "label": "Δ vs prior", "expression": "${a}/${b}"}
    special: Row = {
        "column_limit": "50",
        "dynamic_fields": json.dumps([calculation]),
        "fill_fields": [f"{view}.created_date"],
        "filter_config": {
            f"{view}.status": [{"type": "=", "values": [{"constant": "a"}], "id": 3}]
        },
        "filter_expression": f"${{{view}.count}} > {number}",
        "pivots": [f"{view}.status"],
        "query_timezone": "Europe/Berlin",
        "row_total": "right",
        "subtotals": [f"{view}.status"],
        "total": True,
        "visible_ui_sections": "data,vis",
    }
    return plain | special


def vis_config(builder: CompanyBuilder, number: int) -> Row:
    """Visualisation settings: big and nested, with ids of a colour collection."""
    words = builder.vocabulary
    series: dict[str, Json] = {f"s{n}": words.colour() for n in range(8)}
    axes: list[Json] = [
        {"label": "", "orientation": side, "series": [{"id": f"m{n}", "axisId": f"m{n}"}]}
        for n, side in enumerate(("left", "right"))
    ]
    return {
        "type": words.random.choice(("looker_line", "looker_column", "single_value", "table")),
        "color_application": {
            "collection_id": "7c56cc21-66e4-41c9-81ce-a60e1c3967b2",
            "palette_id": "5d189dfc-4f46-46f3-822b-bfb0b61777b1",
            "custom": {"id": f"c{number}", "label": "Custom", "type": "discrete"},
        },
        "series_colors": series,
        "y_axes": axes,
        "show_value_labels": words.chance(0.5),
        "custom_label": "Größe",
        "defaults_version": 1,
    }
