"""Write rows that only the journal writes, without one."""

from collections.abc import Iterable

from msgspec.structs import astuple

from lookervault_plan.state.queries import QUERIES
from lookervault_plan.state.row_codec import dead_letter_values
from lookervault_plan.state.rows import DeadLetter, PartMapping
from lookervault_plan.state.store import State
from tests.state.conftest import DEV, PROD


def bury(state: State, letters: Iterable[DeadLetter]) -> None:
    with state.writing() as connection:
        values = map(dead_letter_values, letters)
        _ = connection.executemany(QUERIES["add-dead-letter"], values)


def put_parts(state: State, parts: Iterable[PartMapping]) -> None:
    with state.writing() as connection:
        values = ((DEV, PROD, *astuple(part)) for part in parts)
        _ = connection.executemany(QUERIES["set-part-mapping"], values)
