"""Users of the company."""

from __future__ import annotations

from lookervault_plan.sandbox.company.maker import Maker
from lookervault_plan.sandbox.company.words import FIRST, LAST
from lookervault_plan.sandbox.shapes import Row, text

LOCALES = ("en", "de", "ja_JP", "pt_BR")


def make_users(maker: Maker, count: int) -> None:
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
        user = maker.one("POST", "/users", body)
        maker.user_ids.append(text(user, "id"))
        maker.personal_ids.append(text(user, "personal_folder_id"))
