"""Record what `doctor --probe` creates in Looker, so that it is removed even after a kill.

Each thing is written down before its request leaves, with a name that no other run uses, and
again with its address once Looker has answered. The file lies beside the state.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from lookervault_plan.looker.client import Client
from lookervault_plan.looker.decode import objects_with
from lookervault_plan.looker.errors import ApiError


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line of the record."""

    #: Path of the collection that a create was about to be sent to.
    path: str
    #: Address of the new object below the collection. Empty: no answer has come.
    id: str = ""
    #: Where to look for an object whose id is not known, by its name. Empty: it lies in the
    #: scratch folder and goes with it.
    listed_at: str = ""
    name: str = ""
    #: Address of the instance.
    instance: str = ""


_entry = msgspec.json.Decoder(Entry)


class ScratchRecord:
    """The record file of one state and instance."""

    def __init__(self, path: Path, instance: str) -> None:
        self.path = path
        self.instance = instance

    def add(self, entry: Entry) -> None:
        """Write a line, and wait until it is on the disk."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        line = msgspec.json.encode(msgspec.structs.replace(entry, instance=self.instance))
        with os.fdopen(
            os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab"
        ) as f:
            _ = f.write(line + b"\n")
            f.flush()
            os.fsync(f.fileno())

    def entries(self) -> list[Entry]:
        """Read the lines of this instance. A line that a kill has cut counts as none."""
        return [each for each in self._all() if each.instance == self.instance]

    def _all(self) -> Iterator[Entry]:
        try:
            lines = self.path.read_bytes().splitlines()
        except FileNotFoundError:
            return
        for line in lines:
            try:
                yield _entry.decode(line)
            except msgspec.DecodeError:
                continue

    def clean_up(self, client: Client) -> int:
        """Delete in Looker what the record names, newest first; return how much there was.

        Raise ApiError if something can't be deleted; the record then stays.
        """
        entries = self.entries()
        removed = sum(_delete(client, f"{each.path}/{each.id}") for each in _known(entries))
        for each in dict.fromkeys(
            msgspec.structs.replace(each, id="") for each in entries if each.listed_at
        ):
            removed += sum(_delete(client, path) for path in _found(client, each))
        others = [each for each in self._all() if each.instance != self.instance]
        self.path.unlink(missing_ok=True)
        for each in others:  # of another instance that uses the same state
            ScratchRecord(self.path, each.instance).add(each)
        return removed


def _known(entries: Iterable[Entry]) -> list[Entry]:
    return [each for each in entries if each.id][::-1]


def _found(client: Client, entry: Entry) -> Iterator[str]:
    """Yield the addresses of objects that a lost create has made."""
    try:
        query = {"name": entry.name} if entry.listed_at.endswith("/search") else None
        listed = client.read(entry.listed_at, objects_with("id", "name"), query=query)
    except ApiError as error:
        if error.status == 404:
            return
        raise
    for each in listed:
        if _text(each, "name") == entry.name:
            yield f"{entry.path}/{_text(each, 'id')}"


def _text(raw: Mapping[str, object], name: str) -> str:
    return str(raw.get(name) or "")


def _delete(client: Client, path: str) -> int:
    try:
        _ = client.request("DELETE", path)
    except ApiError as error:
        if error.status != 404:
            raise
        return 0
    return 1
