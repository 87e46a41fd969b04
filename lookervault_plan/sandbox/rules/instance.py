"""Versions and the API session.

Source:
    docs/looker-api.md, section 1.1: the fingerprint of an instance; API sessions start in
    production.
"""

from __future__ import annotations

from collections.abc import Iterator

from lookervault_plan.sandbox.context import Context
from lookervault_plan.sandbox.json_fields import Row
from lookervault_plan.sandbox.kinds import Answer, Route


def _versions(ctx: Context) -> Answer:
    version = ctx.instance.looker_version
    current: Row = {
        "version": "4.0",
        "full_version": f"4.0.{version}",
        "status": "current",
        "swagger_url": f"{ctx.instance.api_url}/swagger.json",
    }
    return Answer(
        {
            "looker_release_version": version,
            "current_version": current,
            "supported_versions": [current],
            "api_server_url": ctx.instance.base_url,
            "web_server_url": ctx.instance.base_url,
        }
    )


def _session(_ctx: Context) -> Answer:
    return Answer({"can": {}, "workspace_id": "production", "sudo_user_id": None})


def routes() -> Iterator[Route]:
    """Operations on the instance as a whole."""
    yield Route(method="GET", path="/versions", handle=_versions, fields="ApiVersion")
    yield Route(method="GET", path="/session", handle=_session)
    yield Route(method="PATCH", path="/session", handle=_session, has_body=True)
