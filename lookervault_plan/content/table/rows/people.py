"""Users, groups, roles and the sets that roles are made of."""

from lookervault_plan.content.node import Raw
from lookervault_plan.content.table.columns import (
    Apart,
    Collection,
    Field,
    Form,
    Kind,
    Listing,
    Mention,
    Miss,
    More,
    Outside,
    Probe,
    Reference,
)
from lookervault_plan.content.table.rows.shared import flags, text

#: groups that Looker makes itself (A 2.8)
ALL_USERS = "All Users"
ADMIN = "Admin"
_OWN_GROUPS = frozenset({ALL_USERS, "Gemini Default Users", "Looker CI Users"})


def _user_built_in(raw: Raw) -> str | None:
    if raw.get("is_service_account"):
        return "a service account"
    if raw.get("verified_looker_employee") or raw.get("presumed_looker_employee"):
        return "a Looker employee"
    if raw.get("credentials_embed") and not raw.get("credentials_email"):
        return "an embed user is made by signing in"
    if not raw.get("credentials_email"):
        return "a user without email credentials is made by signing in"
    return None


def _group_built_in(raw: Raw) -> str | None:
    if raw.get("externally_managed"):
        return "a group managed outside Looker"
    return "a group of Looker's own" if raw.get("name") in _OWN_GROUPS else None


def _set_built_in(raw: Raw) -> str | None:
    return "a set of Looker's own" if raw.get("built_in") or raw.get("all_access") else None


def _role_built_in(raw: Raw) -> str | None:
    if raw.get("internal") or raw.get("name") == ADMIN:
        return "a role of Looker's own"
    return None if raw.get("permission_set") else "a role without permissions"


PERMISSION_SET = Kind(
    name="permission_set",
    code=10,
    required=("name",),
    path="/permission_sets",
    label=("name",),
    fields=(Field("name"), Field("permissions", Form.SET)),
    outside=(Outside("permission", "permissions[]", miss=Miss.DROP),),
    natural_keys=(("name",),),
    folds_case=True,
    unique=(("name",),),
    built_in=_set_built_in,
    listing=Listing("/permission_sets"),
    probe=Probe("/permission_sets/search", by=("name",)),
)

USER = Kind(
    name="user",
    code=7,
    path="/users",
    label=("display_name", "email"),
    fields=(
        *text("first_name", "last_name", "locale"),
        *flags("is_disabled", "can_manage_api3_creds"),
        # in the body of the POST; nothing is mailed (A 2.7)
        Field("credentials_email.email", create_only=True),
    ),
    refs=(Reference("home_folder_id", "folder", miss=Miss.DROP),),
    mentions=(
        Mention("email", ("email",)),
        Mention("email", ("credentials_email.email",)),
    ),
    facts=("email", "created_at", "personal_folder_id"),
    natural_keys=(("email",),),
    # emails compare case-insensitively [observed in tf-devoteam]
    folds_case=True,
    built_in=_user_built_in,
    brings={"personal_folder_id": "folder"},
    signs_in=True,
    shows=("home_folder_id",),
    # nested in POST /users [spec]; both Terraform providers use the call (A 2.7)
    apart=(Apart("credentials_email", "/users/{0}/credentials_email"),),
    listing=Listing("/users", limit=500, search="/users/search"),
    probe=Probe("/users/search", by=("credentials_email.email",)),
    trims=True,
)

MODEL_SET = Kind(
    name="model_set",
    code=11,
    required=("name",),
    path="/model_sets",
    label=("name",),
    fields=(Field("name"), Field("models", Form.SET)),
    mentions=(Mention("lookml_model", ("models[]",)),),
    natural_keys=(("name",),),
    folds_case=True,
    unique=(("name",),),
    built_in=_set_built_in,
    listing=Listing("/model_sets"),
    probe=Probe("/model_sets/search", by=("name",)),
)

ROLE = Kind(
    name="role",
    code=9,
    required=("name",),
    path="/roles",
    label=("name",),
    fields=(Field("name"),),
    # written by id, read as objects (A 2.9)
    refs=(
        Reference("permission_set_id", "permission_set", also=("permission_set.id",)),
        Reference("model_set_id", "model_set", also=("model_set.id",)),
    ),
    natural_keys=(("name",),),
    unique=(("name",),),
    built_in=_role_built_in,
    collections=(
        Collection("users", "role_user", "role_users", turned=("user", "role_ids")),
        Collection("groups", "role_group", "role_groups", turned=("group", "role_ids")),
    ),
    more=(
        More(
            "role_users",
            "/roles/{id}/users",
            {"direct_association_only": True, "fields": "id"},
            "user_id",
        ),
        More("role_groups", "/roles/{id}/groups", {"fields": "id"}, "group_id"),
    ),
    listing=Listing("/roles"),
    probe=Probe("/roles/search", by=("name",)),
)

GROUP = Kind(
    name="group",
    code=8,
    required=("name",),
    path="/groups",
    label=("name",),
    fields=(Field("name"), Field("can_add_to_content_metadata")),
    natural_keys=(("name",),),
    unique=(("name",),),
    built_in=_group_built_in,
    collections=(
        Collection("users", "group_user", "group_users", turned=("user", "group_ids")),
        Collection("groups", "group_group", "group_groups", turned=("group", "parent_group_ids")),
    ),
    more=(
        More("group_users", "/groups/{id}/users", {"fields": "id"}, "user_id"),
        More("group_groups", "/groups/{id}/groups", {"fields": "id"}, "group_id"),
    ),
    listing=Listing("/groups/search/with_hierarchy", limit=500),
    probe=Probe("/groups/search", by=("name",)),
    trims=True,
)


def is_everybody(kind: str, name: object) -> bool:
    """Whether it is the group that all users are in."""
    return (kind, name) == (GROUP.name, ALL_USERS)


def _edge(name: str, path: str, kind: str, *, assigns: bool = False) -> Kind:
    """That a user or a group belongs to an item, or has a role: no content of its own."""
    field = f"{kind}_id"
    return Kind(
        name=name,
        path=path,
        id_field=field,
        edge=kind,
        whole=assigns,
        grants=assigns,
        updatable=False,
        deletable=True,
        refs=(Reference(field, kind),),
    )


EDGES = (
    _edge("group_user", "/groups/{0}/users", "user"),
    _edge("group_group", "/groups/{0}/groups", "group"),
    # each PUT replaces all (A 3.5)
    _edge("role_user", "/roles/{0}/users", "user", assigns=True),
    _edge("role_group", "/roles/{0}/groups", "group", assigns=True),
)
