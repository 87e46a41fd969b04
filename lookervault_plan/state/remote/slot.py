"""One object of a store that this process alone may change."""

import hashlib
from threading import Lock

from lookervault_plan.state.remote.port import ChangedError, Fetched, Store


class Slot:
    """An object, and the version that this process knows. Safe for several threads.

    The reply to a put may be lost, so that nobody knows whether it was carried out. The content
    of each put is remembered: if the store has one of these, it was.
    """

    def __init__(self, store: Store, key: str) -> None:
        self._store = store
        self.key = key
        self.version: str | None = None
        self._unanswered: list[str] = []
        self._lock = Lock()

    def fetch(self) -> Fetched | None:
        """Fetch the object, and take its version for the one to replace."""
        found = self._store.fetch(self.key)
        with self._lock:
            self.version = found.version if found else None
            self._unanswered.clear()
        return found

    def put(self, data: bytes) -> None:
        """Replace the object. Raises ChangedError if anybody else has changed it.

        After a PlanError the put may be repeated, with the same content or with another.
        """
        with self._lock:
            digest = hashlib.sha256(data).hexdigest()
            before = self._unanswered[:]
            self._unanswered.append(digest)
            try:
                self.version = self._store.put(self.key, data, replacing=self.version)
            except ChangedError:
                current = self._store.fetch(self.key)
                found = hashlib.sha256(current.data).hexdigest() if current else None
                if current is None or found not in {*before, digest}:
                    raise
                self.version = current.version
                if found != digest:
                    self.version = self._store.put(self.key, data, replacing=self.version)
            self._unanswered.clear()
