"""What looker-sdk's models say, in the form of lookervault_plan/sandbox/models.json.

`python tests/sandbox/sdk_models.py` prints the file anew; a test holds the two together. The
sandbox itself never imports looker_sdk: that alone takes 0.7 s.
"""

import datetime as dt
import enum
import json
import typing

MODELS = [
    "Alert",
    "AlertAppliedDashboardFilter",
    "AlertConditionState",
    "AlertDestination",
    "AlertField",
    "AlertFieldFilter",
    "AlertPatch",
    "ApiSession",
    "ApiVersion",
    "ApiVersionElement",
    "Board",
    "BoardItem",
    "BoardSection",
    "Certification",
    "ContentMeta",
    "ContentMetaGroupUser",
    "CreateDashboardFilter",
    "CreateFolder",
    "CredentialsApi3",
    "CredentialsEmail",
    "Dashboard",
    "DashboardAppearance",
    "DashboardBase",
    "DashboardDownloadSettings",
    "DashboardElement",
    "DashboardFilter",
    "DashboardLayout",
    "DashboardLayoutComponent",
    "DBConnection",
    "Folder",
    "FolderBase",
    "Group",
    "GroupHierarchy",
    "GroupIdForGroupInclusion",
    "GroupSearch",
    "GroupIdForGroupUserInclusion",
    "Look",
    "LookModel",
    "LookWithDashboards",
    "LookWithQuery",
    "LookmlModel",
    "LookmlModelExplore",
    "LookmlModelNavExplore",
    "MergeFields",
    "MergeQuery",
    "MergeQuerySourceQuery",
    "ModelSet",
    "Permission",
    "PermissionSet",
    "Project",
    "Query",
    "ResultMakerFilterables",
    "ResultMakerFilterablesListen",
    "ResultMakerWithIdVisConfigAndDynamicFields",
    "Role",
    "RoleSearch",
    "ScheduledPlan",
    "ScheduledPlanDestination",
    "UpdateFolder",
    "User",
    "UserPublic",
]

# Models without a Write twin: what the API reference marks read-only in them.
READ_ONLY = {
    "AlertAppliedDashboardFilter": ("filter_description",),
    "ContentMetaGroupUser": ("can", "id"),
    "ScheduledPlanDestination": ("id", "scheduled_plan_id", "looker_recipient"),
}
SCALARS = {str: "string", bool: "boolean", int: "integer", float: "number"}


def type_name(hint) -> str:
    """One word for a type: string, [string], object, a model, =a|list|of|values."""
    if isinstance(hint, typing.ForwardRef):
        hint = hint.__forward_arg__
    if isinstance(hint, str):
        return model_or_enum(hint.strip("()'\""))
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Union:
        return type_name(next(arg for arg in args if arg is not type(None)))
    if origin is not None and args and len(args) == 1:
        return f"[{type_name(args[0])}]"
    if origin is not None:
        return "object"
    if hint is dt.datetime:
        return "datetime"
    return SCALARS.get(hint, "any")


def model_or_enum(name: str) -> str:
    from looker_sdk.sdk.api40 import models  # noqa: PLC0415

    name = name.removeprefix("Write")
    found = getattr(models, name)
    if issubclass(found, enum.Enum):
        values = (str(v.value) for v in found if v.value != "invalid_api_enum_value")
        return "=" + "|".join(values)
    return name if name in MODELS else "object"


def extract() -> dict:
    from looker_sdk.sdk.api40 import models  # noqa: PLC0415

    found = {}
    for name in sorted(MODELS):
        read = getattr(models, name).__annotations__
        write = getattr(models, f"Write{name}", None)
        hints = write.__annotations__ if write else read
        locked = set(read) - set(hints) | set(READ_ONLY.get(name, ()))
        required = [f for f, hint in hints.items() if type(None) not in typing.get_args(hint)]
        found[name] = {
            "fields": {field: type_name(hint) for field, hint in read.items()},
            "read_only": [field for field in read if field in locked],
            "required": required,
        }
    return found


def render(models: dict) -> str:
    """One model a line, so that a change of SDK version reads well in a diff."""
    lines = (f"{json.dumps(name)}: {json.dumps(model)}" for name, model in models.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    print(render(extract()), end="")  # noqa: T201
