"""Users of the company."""

from __future__ import annotations

from lookervault_plan.sandbox.company.builder import CompanyBuilder
from lookervault_plan.sandbox.company.vocabulary import FIRST, LAST
from lookervault_plan.sandbox.json_fields import Row, text

LOCALES = ("en", "de", "ja_JP", "pt_BR")


def make_users(builder: CompanyBuilder, count: int) -> None:
    """Users with personal folders; two of them may share a name, none an address."""
    for n in range(count):
        first, last = FIRST[n % len(FIRST)], LAST[n // 2 % len(LAST)]
        body: Row = {
            "first_name": first,
            "last_name": last,
            "locale": LOCALES[n % len(LOCALES)],
            "credentials_email": {
                "email": f"{first}.{last}.{n}@Example.com".replace("'", ""),
                "forced_password_reset_at_next_login": n % 7 == 3,
            },
            "is_disabled": n % 9 == 8,
        }
        if n % 5 == 0:
            body |= {
                "models_dir_validated": True,
                "can_manage_api3_creds": True,
                "ui_state": {"homepageNavExpanded": True, "lastSeen": [1, 2]},
                "home_folder_id": "1",
            }
        user = builder.one("POST", "/users", body)
        builder.user_ids.append(text(user, "id"))
        builder.personal_ids.append(text(user, "personal_folder_id"))
