"""The answers that say no, with Looker's bodies (Error and ValidationError of API 4.0).

Source:
    docs/looker-api.md, section 1.2, 1.3: which status means what, and which texts were seen in the
    wild.
"""

from __future__ import annotations

from typing import Final

from lookervault_plan.sandbox.json_fields import Json, Row

DOCS: Final = "https://cloud.google.com/looker/docs/"
MESSAGES: Final = {
    400: "Bad Request",
    401: "Requires authentication.",
    403: "Forbidden",
    404: "Not found",
    405: "Method Not Allowed",
    409: "Conflict",
    422: "Validation Failed",
    429: "Too many requests",
    500: "An error has occurred.",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


class RefusedError(Exception):
    """A request that is answered with an error; nothing was written."""

    def __init__(self, status: int, message: str = "", *, errors: list[Row] | None = None) -> None:
        self.status: int = status
        self.message: str = message or MESSAGES[status]
        self.errors: list[Row] | None = errors
        super().__init__(f"{status} {self.message} {errors or ''}")

    def body(self, documentation_url: str) -> Json:
        """The reply's JSON."""
        body: Row = {"message": self.message, "documentation_url": documentation_url}
        if self.errors is not None:
            body["errors"] = [
                {**one, "documentation_url": documentation_url} for one in self.errors
            ]
        return body


def error(field: str, code: str, message: str) -> Row:
    """An item of ValidationError.errors."""
    return {"field": field, "code": code, "message": message}


def invalid(field: str, code: str, message: str) -> RefusedError:
    """422 with one error."""
    return RefusedError(422, errors=[error(field, code, message)])


def missing(field: str, table: str) -> RefusedError:
    """422 for a reference to nothing; the text is looker-sdk-ruby issue 8's."""
    return invalid(field, "missing", f"{table} not found for {field}")


def taken(field: str, message: str) -> RefusedError:
    """422 for a value that must be unique."""
    return invalid(field, "already_exists", message)


def not_found() -> RefusedError:
    """404: absent, or not for this user's eyes; Looker doesn't tell which."""
    return RefusedError(404)


def documentation_url(status: int, method: str, template: str) -> str:
    """Build the URL of newer servers from status, verb and path (looker-api.md 1.2).

    A plain 401 points at the home page of the documentation.
    """
    if status == 401 or template.startswith("/log"):
        return DOCS
    return f"{DOCS}r/err/4.0/{status}/{method.lower()}{template.replace('{', ':').replace('}', '')}"
