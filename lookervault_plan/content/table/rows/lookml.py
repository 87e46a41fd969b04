"""LookML models and explores."""

from lookervault_plan.content.node import Raw
from lookervault_plan.content.table import built_in
from lookervault_plan.content.table.columns import (
    Declares,
    ExternalName,
    Field,
    Form,
    ItemColumns,
    JsonType,
    Kind,
    Listing,
    PortableName,
    Probe,
)
from lookervault_plan.content.table.rows.shared import flags, text


def _model_built_in(raw: Raw) -> str | None:
    is_internal = str(raw.get("name") or "").startswith("system__")
    return built_in.OWN_MODEL if is_internal else None


MODEL = Kind(
    name="lookml_model",
    required=("name",),
    path="/lookml_models",
    id_field="name",
    label=("name",),
    fields=(
        Field("name", json_type=JsonType.TEXT),
        *text("project_name"),
        Field("allowed_db_connection_names", Form.SET),
        *flags("unlimited_db_connections"),
    ),
    portable_names=(
        PortableName("lookml_model", ("name",)),
        PortableName("connection", ("allowed_db_connection_names[]",)),
    ),
    external_names=(
        ExternalName("project", "project_name"),
        ExternalName("connection", "allowed_db_connection_names[]"),
    ),
    probe=Probe("/lookml_models"),
    columns=ItemColumns(
        type_number=3,
        name_section="models",
        declares=Declares("explore", "explores[].name"),
        is_managed_apart=True,
        natural_keys=(("name",),),
        facts=("name", "explores[].name"),
        built_in=_model_built_in,
        listing=Listing(
            "/lookml_models", query={"include_internal": True, "include_self_service": True}
        ),
    ),
)

EXPLORE = Kind(
    name="explore",
    path="",
    creatable=False,
    updatable=False,
    columns=ItemColumns(
        type_number=4,
        name_section="explores",
        is_managed_apart=True,
    ),
)
