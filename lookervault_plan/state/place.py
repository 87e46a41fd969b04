"""Where a state is: in a file, or beneath a URL that many machines share."""

from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from typing_extensions import override

#: The state of somebody who has not said where it is.
LOCAL_STATE = ".lookervault-plan/state.db"


class StatePlace:
    """A file, or a URL with one state per destination beneath it."""

    def __init__(self, text: str | Path) -> None:
        #: As it was given, maybe with a password in it: never show it.
        self.text = str(text)

    @property
    def is_remote(self) -> bool:
        return "://" in self.text

    @property
    def path(self) -> Path:
        """The file. A remote place has none."""
        assert not self.is_remote
        return Path(self.text)

    @property
    def beside(self) -> Path:
        """The file beside which this machine keeps notes of its own."""
        return Path(LOCAL_STATE) if self.is_remote else self.path

    @property
    def shown(self) -> str:
        """The place without a password."""
        return without_password(self.text) if self.is_remote else self.text

    @override
    def __str__(self) -> str:
        return self.shown

    @override
    def __repr__(self) -> str:
        return f"StatePlace({self.shown!r})"

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, StatePlace) and self.text == other.text

    @override
    def __hash__(self) -> int:
        return hash(self.text)


def without_password(url: str) -> str:
    """Return a URL without the password in it; libpq finds it in PGPASSWORD or .pgpass, too."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    pairs = parts.query.split("&")
    query = "&".join(pair for pair in pairs if not pair.lower().startswith("password="))
    return urlunsplit(parts._replace(netloc=f"{user.partition(':')[0]}{at}{host}", query=query))
