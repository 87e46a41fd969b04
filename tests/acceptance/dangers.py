"""A plan with eight dangers among ordinary changes, for tests and for readers of reports.

The backup is older than the instance. Restoring it would grant rights to All Users, remove a tile
with an alert, send a schedule to an outsider, move a folder, rename a dashboard among many other
changes, change an owner, widen a permission set, and take a dashboard out of the trash.
"""

from typing import Any

from lookervault_plan.sandbox.company import fill
from lookervault_plan.sandbox.server import Sandbox
from tests.acceptance.command_line import Planned, Workdir, call_sandbox

#: Danger -> texts that each report must hold for a reader to find it.
DANGERS: dict[str, tuple[str, ...]] = {
    "grant to All Users": ("All Users", "edit"),
    "removed tile with an alert": ("Churn by week", "alert"),
    "outside recipient": ("eve@outsider.example",),
    "moved folder": ("Payroll",),
    "hidden rename": ("Net revenue", "Gross revenue"),
    "owner change": ("owner", "mallory@corp.example"),
    "widened permission set": ("see_sql", "Analysts"),
    "dashboard from the trash": ("Old prices", "trash"),
}


#: Content types of the backup.
TYPES = (
    *("folders", "looks", "dashboards", "users", "groups", "roles"),
    *("permission_sets", "model_sets", "scheduled_plans"),
)


class Company:
    """The instance whose backup is restored, and calls to change it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def get(self, path: str, **query: Any) -> Any:
        return call_sandbox(self._sandbox, "GET", path, **query)

    def post(self, path: str, **body: Any) -> Any:
        return call_sandbox(self._sandbox, "POST", path, body)

    def patch(self, path: str, **body: Any) -> Any:
        return call_sandbox(self._sandbox, "PATCH", path, body)

    def delete(self, path: str) -> None:
        _ = call_sandbox(self._sandbox, "DELETE", path)

    def tile(self, dashboard: str, title: str, query: str) -> Any:
        return self.post(
            "/dashboard_elements", dashboard_id=dashboard, type="vis", title=title, query_id=query
        )


def plan_with_dangers(workdir: Workdir, sandbox: Sandbox, *options: str) -> Planned:
    """Back up a small company, change it, and plan to restore the backup."""
    fill(sandbox.looker.call, seed=5, dashboards=16, looks=10, folders=6, users=5)
    company = Company(sandbox)
    query = company.post("/queries", model="finance", view="orders", fields=["orders.count"])["id"]
    people = {
        name: company.post(
            "/users", first_name=name, credentials_email={"email": f"{name.lower()}@corp.example"}
        )["id"]
        for name in ("Mallory", "Trent")
    }
    finance = company.post("/folders", name="Finance Board", parent_id="1")
    payroll = company.post("/folders", name="Payroll", parent_id="1")
    metadata = finance["content_metadata_id"]
    _ = company.patch(f"/content_metadata/{metadata}", inherits=False)
    everybody = next(each for each in company.get("/groups") if each["name"] == "All Users")["id"]
    for entry in company.get("/content_metadata_access", content_metadata_id=metadata):
        if entry["group_id"] == everybody:
            company.delete(f"/content_metadata_access/{entry['id']}")
    grant = company.post(
        "/content_metadata_access",
        content_metadata_id=metadata,
        permission_type="edit",
        group_id=everybody,
    )
    permissions = ["access_data", "see_looks", "see_user_dashboards", "see_lookml_dashboards"]
    analysts = company.post(
        "/permission_sets", name="Analysts", permissions=[*permissions, "see_sql"]
    )
    churn = company.post("/dashboards", title="Churn", folder_id=finance["id"])["id"]
    _ = company.tile(churn, "Customers", query)
    revenue = company.post("/dashboards", title="Gross revenue", folder_id=finance["id"])["id"]
    tiles = [company.tile(revenue, f"Region {number}", query) for number in range(9)]
    prices = company.post("/dashboards", title="Old prices", folder_id=finance["id"])["id"]
    owned = company.post(
        "/dashboards", title="Forecast", folder_id=finance["id"], user_id=people["Mallory"]
    )["id"]
    schedule = company.post(
        "/scheduled_plans",
        name="Board pack",
        dashboard_id=churn,
        crontab="0 6 * * 1",
        enabled=True,
        scheduled_plan_destination=[
            _email("ann@corp.example"),
            _email("eve@outsider.example"),
        ],
    )["id"]
    backup = workdir.backup(sandbox, *TYPES)

    company.delete(f"/content_metadata_access/{grant['id']}")
    lost = company.tile(churn, "Churn by week", query)["id"]
    _ = company.post(
        "/alerts",
        comparison_type="GREATER_THAN",
        threshold=5,
        cron="0 7 * * *",
        custom_title="Churn is high",
        field={"title": "Orders", "name": "orders.count"},
        destinations=[{"destination_type": "EMAIL", "email_address": "ann@corp.example"}],
        owner_id=people["Trent"],
        dashboard_element_id=lost,
    )
    _ = company.patch(
        f"/scheduled_plans/{schedule}", scheduled_plan_destination=[_email("ann@corp.example")]
    )
    _ = company.patch(f"/folders/{payroll['id']}", parent_id=finance["id"])
    _ = company.patch(f"/dashboards/{revenue}", title="Net revenue", description="By region")
    for number, tile in enumerate(tiles):
        _ = company.patch(f"/dashboard_elements/{tile['id']}", title=f"region {number}")
    _ = company.patch(f"/dashboards/{owned}", user_id=people["Trent"])
    _ = company.patch(f"/permission_sets/{analysts['id']}", permissions=permissions)
    _ = company.patch(f"/dashboards/{prices}", deleted=True)
    for look in company.get("/looks", fields="id")[:7]:
        _ = company.patch(f"/looks/{look['id']}", description="Updated by hand")
    return workdir.plan(sandbox, backup, "--owners", *options)


def _email(address: str) -> dict[str, Any]:
    return {"type": "email", "address": address, "format": "wysiwyg_pdf"}
