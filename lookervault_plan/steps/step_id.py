"""Step ids: the names by which journal, events and dead letters know a step."""

import msgspec

from lookervault_plan.content.node import Address, Ref


class StepId(msgspec.Struct, frozen=True, gc=False):
    """Name of a step, unique in a session and the same in every run of it.

    Written as `dashboard:42#create` for the item, `dashboard:42/dashboard_element:7#create` for a
    part, `group:5/group_group#update` for a whole collection, and `query:<content key>#create` for
    a query that the session shares.
    """

    address: Address
    #: `create`, `update`, `delete`; `find` reads the ids of parts that Looker created; `fix` writes
    #: deferred values; `order` writes the order of parts; `interim` writes an interim name. A
    #: follow-up is named after its field.
    operation: str
    #: `kind:source id` of a part (its live id to delete it), `kind` for a whole collection, "" for
    #: the item itself
    part: str = ""

    @staticmethod
    def of_part(address: Address, part: Ref[str], operation: str) -> "StepId":
        """Name a step that writes one part."""
        return StepId(address, operation, part.address)

    @staticmethod
    def of_collection(address: Address, kind: str, operation: str) -> "StepId":
        """Name a step that writes all parts of one kind."""
        return StepId(address, operation, kind)

    @staticmethod
    def parse(text: str) -> "StepId":
        """Read the written form. Ids of items and parts may hold colons."""
        subject, _, operation = text.rpartition("#")
        address, _, part = subject.partition("/")
        return StepId(Address(address), operation, part)

    def __str__(self) -> str:
        part = f"/{self.part}" if self.part else ""
        return f"{self.address}{part}#{self.operation}"
