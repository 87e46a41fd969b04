"""Sessions, and the journal's steps as they are read back."""

import zlib
from typing import cast

from lookervault_plan.errors import failure
from lookervault_plan.state.database import Database
from lookervault_plan.state.queries import QUERIES
from lookervault_plan.state.row_codec import as_json
from lookervault_plan.state.rows import Checkpoint, Session, SessionStatus, StepRecord


class Sessions(Database):
    """The tables restoration_sessions and journal_steps. `Journal` writes the latter."""

    def create_session(self, session: Session, plan: bytes) -> None:
        """Add a session with the document of its plan."""
        values = (
            *(session.id, session.started_at, session.completed_at, session.status),
            *(session.total_items, session.success_count, session.error_count),
            *(session.source_instance, session.destination_instance),
            *(as_json(session.config), as_json(session.metadata)),
            *(session.plan_id, session.fingerprint, session.backup_path, zlib.compress(plan, 3)),
        )
        with self.writing() as connection:
            _ = connection.execute(QUERIES["create-session"], values)

    def session(self, id_: str) -> Session | None:
        found = self._read_structs("sessions", {"id": id_, "plan_id": None}, Session)
        return found[0] if found else None

    def sessions(self, *, plan_id: str | None = None) -> list[Session]:
        """List all sessions, or those of one plan, latest first."""
        return self._read_structs("sessions", {"id": None, "plan_id": plan_id}, Session)

    def session_plan(self, id_: str) -> bytes:
        """Read the plan document of a session. Raises PlanError if the session is unknown."""
        found = cast("list[tuple[bytes]]", self._read("session-plan", (id_,)))
        if not found:
            raise failure(
                "state.no-session",
                f"session {id_} does not exist in {self.name}",
                fix="`lookervault-plan status` lists the sessions",
            )
        return self._inflated(found[0][0], f"the plan of session {id_}")

    def set_session_status(
        self,
        id_: str,
        status: SessionStatus,
        *,
        completed_at: str | None = None,
        success_count: int | None = None,
        error_count: int | None = None,
    ) -> None:
        """Set a session's status. A count of None stays; `completed_at` None reopens it."""
        with self.writing() as connection:
            _ = connection.execute(
                QUERIES["set-session-status"],
                {
                    "id": id_,
                    "status": status,
                    "completed_at": completed_at,
                    "success_count": success_count,
                    "error_count": error_count,
                },
            )

    def lose_sessions(self) -> None:
        """Mark sessions that could be resumed as lost: their last steps are missing here."""
        with self.writing() as connection:
            _ = connection.execute(QUERIES["lose-sessions"])

    def steps(self, session: str) -> list[StepRecord]:
        """Read the journal of a session, in the order of the first intents."""
        return self._read_structs("steps", (session,), StepRecord)

    def half_made(self, source: str, destination: str) -> frozenset[str]:
        """List the addresses of items that a session created and none has finished."""
        found = self._read("half-made", {"source": source, "destination": destination})
        return frozenset(address for (address,) in cast("list[tuple[str]]", found))

    def before_image(self, session: str, step: str) -> bytes | None:
        """Read the JSON that a step was first about to overwrite; None if it was not kept."""
        found = cast("list[tuple[bytes | None]]", self._read("before-image", (session, step)))
        if not found or found[0][0] is None:
            return None
        return self._inflated(found[0][0], f"what step {step} was to overwrite")

    def checkpoints(self, session: str) -> list[Checkpoint]:
        """Read the progress of a session per content type, in order of type."""
        return self._read_structs("checkpoints", (session,), Checkpoint)
