"""The table against looker-sdk's own write models."""

import attrs
import looker_sdk.sdk.api40.models as sdk
import pytest

from lookervault_plan.content.json_path import head
from lookervault_plan.content.table.columns import JsonType
from lookervault_plan.content.table.kinds import CODES, KINDS
from lookervault_plan.content.table.read_only import READ_ONLY

MODELS = {
    "folder": sdk.CreateFolder,
    "look": sdk.WriteLookWithQuery,
    "dashboard": sdk.WriteDashboard,
    "dashboard_filter": sdk.WriteDashboardFilter,
    "alert": sdk.WriteAlert,
    "dashboard_element": sdk.WriteDashboardElement,
    "dashboard_layout": sdk.WriteDashboardLayout,
    "dashboard_layout_component": sdk.WriteDashboardLayoutComponent,
    "query": sdk.WriteQuery,
    "merge_query": sdk.WriteMergeQuery,
    "lookml_model": sdk.WriteLookmlModel,
    "permission_set": sdk.WritePermissionSet,
    "model_set": sdk.WriteModelSet,
    "user": sdk.WriteUser,
    "role": sdk.WriteRole,
    "group": sdk.WriteGroup,
    "board": sdk.WriteBoard,
    "board_section": sdk.WriteBoardSection,
    "board_item": sdk.WriteBoardItem,
    "scheduled_plan": sdk.WriteScheduledPlan,
    "content_access": sdk.WriteContentMeta,
    "access_entry": sdk.ContentMetaGroupUser,
}

#: Kinds without a write model in the SDK -> how they are written.
WITHOUT_MODEL = {
    "group_user": "GroupIdForGroupUserInclusion, in a path of its own",
    "group_group": "GroupIdForGroupInclusion, in a path of its own",
    "role_user": "a list of ids",
    "role_group": "a list of ids",
}


def fields_of(kind):
    row = KINDS[kind]
    return {head(path.path) for path in (*row.fields, *row.refs)}


@pytest.mark.parametrize("kind", MODELS)
def test_a_row_has_every_field_that_looker_sdk_can_write(kind):
    writable = {field.name for field in attrs.fields(MODELS[kind])}

    assert fields_of(kind) == writable - set(KINDS[kind].not_written)


#: Kinds with other read models than the write model without `Write`.
READ = {
    "folder": (sdk.Folder, sdk.FolderBase),
    "look": (sdk.Look, sdk.LookWithQuery, sdk.LookWithDashboards),
    "dashboard": (sdk.Dashboard, sdk.DashboardBase),
    "group": (sdk.Group, sdk.GroupSearch, sdk.GroupHierarchy),
}
#: Read-only keys that a plan names all the same: they show what can't be written.
NAMED = {"board_item": {"custom_image_url"}}


@pytest.mark.parametrize("kind", MODELS)
def test_every_key_of_looker_sdk_s_read_models_is_known(kind):
    row = KINDS[kind]
    name = MODELS[kind].__name__.removeprefix("Write")
    models = READ.get(kind, (getattr(sdk, name),))
    shown = {field.name for model in models for field in attrs.fields(model)}
    fields = fields_of(kind) | {row.id_field, *row.not_written}
    fields |= {head(each.path) for each in row.item.collections}
    fields |= {head(path) for ref in row.refs for path in (*ref.body_paths, *ref.other_paths)}

    assert shown - fields <= READ_ONLY[kind] | NAMED.get(kind, set())
    assert not READ_ONLY[kind] & fields


@pytest.mark.parametrize("kind", MODELS)
def test_a_row_gives_reasons_for_fields_that_looker_sdk_can_write_and_no_others(kind):
    writable = {field.name for field in attrs.fields(MODELS[kind])}

    assert set(KINDS[kind].not_written) <= writable
    assert all(KINDS[kind].not_written.values())


def test_every_writable_kind_is_compared_with_a_write_model():
    written = {
        row.name
        for row in KINDS.values()
        if (row.creatable or row.updatable) and row.name not in WITHOUT_MODEL
    }

    assert written == set(MODELS)


def test_patchable_fields_of_an_alert_are_those_of_looker_sdk():
    patchable = {field.name for field in attrs.fields(sdk.AlertPatch)}

    assert KINDS["alert"].part.patchable == patchable


def test_schedule_destinations_have_every_writable_field_except_secrets():
    writable = {field.name for field in attrs.fields(sdk.ScheduledPlanDestination)}
    read_only = {"id", "scheduled_plan_id", "looker_recipient"}
    field = KINDS["scheduled_plan"].field("scheduled_plan_destination")

    assert set(field.object_keys) == writable - read_only - {"secret_parameters"}


def test_content_types_have_the_numbers_of_lookervault():
    assert dict(CODES) == {
        "dashboard": 1,
        "look": 2,
        "lookml_model": 3,
        "explore": 4,
        "folder": 5,
        "board": 6,
        "user": 7,
        "group": 8,
        "role": 9,
        "permission_set": 10,
        "model_set": 11,
        "scheduled_plan": 12,
    }


#: JSON type of the table -> annotations of looker-sdk that mean it.
SDK_TYPES = {
    JsonType.TEXT: ("str", "ComparisonType", "PermissionType"),
    JsonType.FLAG: ("bool",),
    JsonType.NUMBER: ("int", "float", "str"),
    JsonType.LIST: ("Sequence[",),
    JsonType.TEXTS: ("Sequence[str]",),
    JsonType.OBJECTS: ("Sequence[",),
    JsonType.OBJECT: ("MutableMapping[", "Dashboard", "Any", "dict"),
}


def test_json_types_are_those_of_looker_sdk():
    for kind, model in MODELS.items():
        for field in attrs.fields(model):
            found = KINDS[kind].find_field(field.name)
            if found and found.json_type:
                said = str(field.type)
                assert any(word in said for word in SDK_TYPES[found.json_type]), (kind, said)
