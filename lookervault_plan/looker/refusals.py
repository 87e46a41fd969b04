"""Reads that Looker refused (403, 404) and that a plan or backup can do without."""

from enum import Enum

import msgspec

from lookervault_plan.content.node import LiveRef
from lookervault_plan.looker.errors import ApiError


class Unknown(Enum):
    """What is unknown after a refused read."""

    #: A collection of an item. It is left as it is.
    PARTS = "parts"
    #: Some parts of a collection, while others are shown. None is added to it.
    SOME_PARTS = "some parts"
    #: The definition of a query.
    DEFINITION = "definition"
    #: Who somebody is, such as a member of a group.
    PERSON = "person"
    #: Who the API user is.
    API_USER = "api user"
    #: Names of external things, such as datagroups.
    NAMES = "names"
    #: What an older endpoint does not tell.
    DETAILS = "details"


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """A read that Looker refused, and what is unknown because of it."""

    unknown: Unknown
    #: The unknown things, as in "the users of 3 groups": `users`.
    what: str
    #: Their endpoint as in the table: `/groups/{id}/users`.
    endpoint: str
    status: int
    #: The item concerned. None: it is about no single item.
    ref: LiveRef | None = None
    #: Permission that the API user needs. Empty: not known.
    needs: str = ""

    @property
    def reason(self) -> str:
        """The answer and the endpoint: `403 GET /groups/{id}/users`."""
        return f"{self.status} GET {self.endpoint}"


def status_of(error: ApiError) -> int:
    """Return the status of a refusal. Raise any other error."""
    if not error.is_refusal:
        raise error
    return error.status
