"""Why no plan writes an item that Looker or its administrators make; nouns for counting them."""

from collections.abc import Mapping

LOOKML_DASHBOARD = "a LookML dashboard lives in its project"
SERVICE_ACCOUNT = "a service account"
LOOKER_EMPLOYEE = "a Looker employee"
EMBED_USER = "an embed user is made by signing in"
SSO_USER = "a user without email credentials is made by signing in"
MANAGED_GROUP = "a group managed outside Looker"
OWN_GROUP = "a group of Looker's own"
OWN_SET = "a set of Looker's own"
OWN_ROLE = "a role of Looker's own"
EMPTY_ROLE = "a role without permissions"
ROOT_FOLDER = "a root folder"
EMBED_FOLDER = "an embed folder is made by signing in"
PERSONAL_FOLDER = "a personal folder comes with its user"
OWN_MODEL = "a model of Looker's own"
ONE_TIME_SCHEDULE = "a schedule that runs once"

#: Reason -> singular noun for counts: `2 embed folders`. Its plural ends in "s".
NOUNS: Mapping[str, str] = {
    LOOKML_DASHBOARD: "LookML dashboard",
    SERVICE_ACCOUNT: "service account",
    LOOKER_EMPLOYEE: "Looker employee",
    EMBED_USER: "embed user",
    SSO_USER: "SSO user",
    MANAGED_GROUP: "SCIM group",
    OWN_GROUP: "system group",
    OWN_SET: "system set",
    OWN_ROLE: "system role",
    EMPTY_ROLE: "empty role",
    ROOT_FOLDER: "root folder",
    EMBED_FOLDER: "embed folder",
    PERSONAL_FOLDER: "personal folder",
    OWN_MODEL: "system model",
    ONE_TIME_SCHEDULE: "one-time schedule",
}
