"""LookML models and explores."""

from lookervault_plan.content.kind import Kind, Listing, Mention

ROWS = (
    Kind(
        name="lookml_model",
        code=3,
        path="/lookml_models",
        id_field="name",
        label=("name",),
        creatable=False,
        updatable=False,
        mentions=(
            Mention("lookml_model", ("name",)),
            Mention("connection", ("allowed_db_connection_names[]",)),
        ),
        natural_keys=(("name",),),
        facts=("name", "explores[].name"),
        listing=Listing(
            "/lookml_models", query={"include_internal": True, "include_self_service": True}
        ),
    ),
    Kind(name="explore", code=4, path="", creatable=False, updatable=False),
)
