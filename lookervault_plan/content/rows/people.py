"""Users."""

from lookervault_plan.content.kind import Kind, Listing, Mention
from lookervault_plan.content.node import Raw


def _user_built_in(raw: Raw) -> str | None:
    if raw.get("is_service_account"):
        return "a service account"
    if raw.get("verified_looker_employee") or raw.get("presumed_looker_employee"):
        return "a Looker employee"
    if raw.get("credentials_embed") and not raw.get("credentials_email"):
        return "an embed user is made by signing in"
    return None


ROWS = (
    Kind(
        name="user",
        code=7,
        path="/users",
        label=("display_name", "email"),
        creatable=False,
        updatable=False,
        mentions=(Mention("email", ("email",)),),
        facts=("email", "created_at", "personal_folder_id"),
        natural_keys=(("email",),),
        # emails compare case-insensitively [observed in tf-devoteam]
        folds_case=True,
        built_in=_user_built_in,
        brings={"personal_folder_id": "folder"},
        listing=Listing("/users", limit=500),
        trims=True,
    ),
)
