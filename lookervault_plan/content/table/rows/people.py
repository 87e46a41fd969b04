"""Users, groups, roles and the sets that roles are made of."""

from lookervault_plan.content.node import Raw
from lookervault_plan.content.table import built_in
from lookervault_plan.content.table.columns import (
    Collection,
    ExternalName,
    Field,
    FollowUp,
    Form,
    IfMissing,
    ItemColumns,
    JsonType,
    Kind,
    ListedBy,
    Listing,
    MembershipColumns,
    PerItemRead,
    PortableName,
    Probe,
    Reference,
    Requirement,
)
from lookervault_plan.content.table.rows.shared import flags, set_by_looker, text

#: Permission to see people, groups and roles (looker-api.md 5).
SEE_USERS = "see_users"
#: groups that Looker makes itself (looker-api.md 2.8)
ALL_USERS = "All Users"
ADMIN = "Admin"
_OWN_GROUPS = frozenset({ALL_USERS, "Gemini Default Users", "Looker CI Users"})


def _user_built_in(raw: Raw) -> str | None:
    if raw.get("is_service_account"):
        return built_in.SERVICE_ACCOUNT
    if raw.get("verified_looker_employee") or raw.get("presumed_looker_employee"):
        return built_in.LOOKER_EMPLOYEE
    if raw.get("credentials_embed") and not raw.get("credentials_email"):
        return built_in.EMBED_USER
    if not raw.get("credentials_email"):
        return built_in.SSO_USER
    return None


def _group_built_in(raw: Raw) -> str | None:
    if raw.get("externally_managed"):
        return built_in.MANAGED_GROUP
    return built_in.OWN_GROUP if str(raw.get("name")) in _OWN_GROUPS else None


def _set_built_in(raw: Raw) -> str | None:
    return built_in.OWN_SET if raw.get("built_in") or raw.get("all_access") else None


def _role_built_in(raw: Raw) -> str | None:
    if raw.get("internal") or raw.get("name") == ADMIN:
        return built_in.OWN_ROLE
    return None if raw.get("permission_set") else built_in.EMPTY_ROLE


PERMISSION_SET = Kind(
    name="permission_set",
    required=("name",),
    path="/permission_sets",
    label=("name",),
    fields=(
        Field("name", json_type=JsonType.TEXT),
        Field("permissions", Form.SET, create_default=()),
    ),
    external_names=(ExternalName("permission", "permissions[]", if_missing=IfMissing.DROP),),
    probe=Probe("/permission_sets/search", search_paths=("name",)),
    columns=ItemColumns(
        type_number=10,
        is_managed_apart=True,
        rights_field="permissions",
        natural_keys=(("name",),),
        keys_ignore_case=True,
        unique_keys=(("name",),),
        built_in=_set_built_in,
        listing=Listing("/permission_sets", needs=SEE_USERS),
    ),
)

USER = Kind(
    name="user",
    path="/users",
    label=("display_name", "email"),
    fields=(
        *text("first_name", "last_name"),
        *set_by_looker("locale", form=Form.TEXT),
        *flags("is_disabled", "can_manage_api3_creds"),
        # in the body of the POST; nothing is mailed (looker-api.md 2.7)
        Field("credentials_email.email", create_only=True),
    ),
    refs=(Reference("home_folder_id", "folder", if_missing=IfMissing.DROP),),
    not_written={
        "ui_state": "what somebody did on one instance",
        "models_dir_validated": "what somebody did on one instance",
    },
    portable_names=(
        PortableName("email", ("email",)),
        PortableName("email", ("credentials_email.email",)),
    ),
    probe=Probe("/users/search", search_paths=("credentials_email.email",)),
    takes_fields_param=True,
    columns=ItemColumns(
        type_number=7,
        admin_page="/admin/users/{0}/edit",
        is_managed_apart=True,
        facts=("email", "created_at", "personal_folder_id"),
        natural_keys=(("email",),),
        # emails compare case-insensitively [observed in tf-devoteam]
        keys_ignore_case=True,
        built_in=_user_built_in,
        also_creates={"personal_folder_id": "folder"},
        sign_in_off_field="is_disabled",
        lacks_follow_up=built_in.SSO_USER,
        substitutes=(
            *("credentials_google", "credentials_ldap", "credentials_looker_openid"),
            *("credentials_oidc", "credentials_saml", "credentials_workforce"),
        ),
        reply_fields=("home_folder_id",),
        # nested in POST /users [spec]; both Terraform providers use the call (looker-api.md 2.7)
        follow_ups=(FollowUp("credentials_email", "/users/{0}/credentials_email", "email"),),
        listing=Listing("/users", page_size=500, search_path="/users/search", needs=SEE_USERS),
    ),
)

MODEL_SET = Kind(
    name="model_set",
    required=("name",),
    path="/model_sets",
    label=("name",),
    fields=(Field("name", json_type=JsonType.TEXT), Field("models", Form.SET, create_default=())),
    portable_names=(PortableName("lookml_model", ("models[]",)),),
    probe=Probe("/model_sets/search", search_paths=("name",)),
    columns=ItemColumns(
        type_number=11,
        is_managed_apart=True,
        rights_field="models",
        natural_keys=(("name",),),
        keys_ignore_case=True,
        unique_keys=(("name",),),
        built_in=_set_built_in,
        listing=Listing("/model_sets", needs=SEE_USERS),
    ),
)

ROLE = Kind(
    name="role",
    required=("name",),
    requirements=(Requirement(("permission_set_id",)), Requirement(("model_set_id",))),
    path="/roles",
    label=("name",),
    fields=(Field("name", json_type=JsonType.TEXT),),
    # written by id, read as objects (looker-api.md 2.9)
    refs=(
        Reference("permission_set_id", "permission_set", other_paths=("permission_set.id",)),
        Reference("model_set_id", "model_set", other_paths=("model_set.id",)),
    ),
    not_written={
        "permission_set": "permission_set_id says it",
        "model_set": "model_set_id says it",
    },
    probe=Probe("/roles/search", search_paths=("name",)),
    columns=ItemColumns(
        type_number=9,
        admin_page="/admin/roles/{0}/edit",
        is_managed_apart=True,
        natural_keys=(("name",),),
        unique_keys=(("name",),),
        built_in=_role_built_in,
        collections=(
            Collection(
                "users",
                "role_user",
                "role_users",
                noun="assignment to a user",
                danger="assignments",
                listed_by=ListedBy("user", "role_ids"),
            ),
            Collection(
                "groups",
                "role_group",
                "role_groups",
                noun="assignment to a group",
                danger="assignments",
                listed_by=ListedBy("group", "role_ids"),
            ),
        ),
        per_item_reads=(
            PerItemRead(
                "role_users",
                "/roles/{id}/users",
                {"direct_association_only": True, "fields": "id"},
                "user_id",
                needs=SEE_USERS,
            ),
            PerItemRead(
                "role_groups", "/roles/{id}/groups", {"fields": "id"}, "group_id", needs=SEE_USERS
            ),
        ),
        listing=Listing("/roles", needs=SEE_USERS),
    ),
)

GROUP = Kind(
    name="group",
    required=("name",),
    path="/groups",
    label=("name",),
    fields=(
        Field("name", json_type=JsonType.TEXT),
        *set_by_looker("can_add_to_content_metadata", json_type=JsonType.FLAG),
    ),
    probe=Probe("/groups/search", search_paths=("name",)),
    takes_fields_param=True,
    columns=ItemColumns(
        type_number=8,
        is_managed_apart=True,
        natural_keys=(("name",),),
        unique_keys=(("name",),),
        built_in=_group_built_in,
        collections=(
            Collection(
                "users",
                "group_user",
                "group_users",
                noun="member",
                danger="members",
                listed_by=ListedBy("user", "group_ids"),
            ),
            Collection(
                "groups",
                "group_group",
                "group_groups",
                noun="member group",
                danger="members",
                listed_by=ListedBy("group", "parent_group_ids"),
            ),
        ),
        per_item_reads=(
            PerItemRead(
                "group_users", "/groups/{id}/users", {"fields": "id"}, "user_id", needs=SEE_USERS
            ),
            PerItemRead(
                "group_groups", "/groups/{id}/groups", {"fields": "id"}, "group_id", needs=SEE_USERS
            ),
        ),
        listing=Listing(
            "/groups/search/with_hierarchy",
            page_size=500,
            needs=SEE_USERS,
            # older, without the hierarchy (looker-api.md 2.8)
            fallback_path="/groups",
            fallback_lacks=("role_ids", "parent_group_ids"),
        ),
    ),
)


def is_everybody(kind: str, name: object) -> bool:
    """Whether it is the group that all users are in."""
    return (kind, name) == (GROUP.name, ALL_USERS)


def _membership(name: str, path: str, target: str, *, is_assignment: bool = False) -> Kind:
    field = f"{target}_id"
    return Kind(
        name=name,
        path=path,
        id_field=field,
        required=(field,),
        updatable=False,
        deletable=True,
        refs=(Reference(field, target),),
        columns=MembershipColumns(
            target=target,
            is_assignment=is_assignment,
        ),
    )


MEMBERSHIPS = (
    _membership("group_user", "/groups/{0}/users", "user"),
    _membership("group_group", "/groups/{0}/groups", "group"),
    # each PUT replaces all (looker-api.md 3.5)
    _membership("role_user", "/roles/{0}/users", "user", is_assignment=True),
    _membership("role_group", "/roles/{0}/groups", "group", is_assignment=True),
)
