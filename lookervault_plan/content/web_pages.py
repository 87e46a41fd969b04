"""Web pages of items: where people see an item in their browser."""

from urllib.parse import quote

from lookervault_plan.content.node import Ref
from lookervault_plan.content.table.kinds import KINDS


def web_page(instance_url: str | None, ref: Ref[str]) -> str | None:
    """Return the URL of an item's page. None: it has no page, or the address is not known."""
    row = KINDS[ref.kind].item
    if not instance_url or not ref.id or not (row.link_segments or row.admin_page):
        return None
    page = row.admin_page or f"/{row.link_segments[0]}/{{0}}"
    return instance_url.rstrip("/") + page.format(quote(ref.id, safe=""))
