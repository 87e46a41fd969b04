"""The dead letter queue. `Journal` adds to it, with the outcome of the failed item."""

from collections.abc import Iterable
from typing import cast

from lookervault_plan.content.table.kinds import BY_CODE
from lookervault_plan.state.database import Database
from lookervault_plan.state.queries import QUERIES
from lookervault_plan.state.rows import DeadLetter, Session


class DeadLetters(Database):
    """The table dead_letter_queue."""

    def dead_letters(self, session: str | None = None) -> list[DeadLetter]:
        """Read the dead letters of one session or all, with payloads, oldest first."""
        return self._read_structs("dead-letters", {"session": session, "number": None}, DeadLetter)

    def dead_letter(self, number: int) -> DeadLetter | None:
        parameters = {"session": None, "number": number}
        found = self._read_structs("dead-letters", parameters, DeadLetter)
        return found[0] if found else None

    def count_dead_letters(self, session: str | None = None) -> int:
        found = cast("list[tuple[int]]", self._read("count-dead-letters", {"session": session}))
        return found[0][0]

    def other_dead_letters(self, session: Session) -> dict[int, str]:
        """Read number -> address of other sessions' dead letters, between the same instances."""
        parameters = {
            "session": session.id,
            "source": session.source,
            "destination": session.destination_instance,
        }
        found = self._read("dead-letter-keys", parameters)
        keys = cast("list[tuple[int, str, int, str]]", found)
        return {number: f"{BY_CODE[type_]}:{id_}" for number, _, type_, id_ in keys}

    def discard(self, numbers: Iterable[int]) -> int:
        """Remove dead letters by number; return how many there were."""
        rows = [(number,) for number in numbers]
        with self.writing() as connection:
            return connection.executemany(QUERIES["discard-dead-letter"], rows).rowcount
