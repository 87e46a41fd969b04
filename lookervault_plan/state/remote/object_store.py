"""An S3 bucket as a store, by obstore. Google and Azure go the same way; that is untested."""

import os
from datetime import timedelta
from typing import TypedDict

import msgspec
import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
from obstore.store import from_url

from lookervault_plan.state.remote.port import ChangedError, Fetched, store_failure

_CONNECT_SECONDS = 5
_RETRIES = 2
_TRUE = {"1", "true", "yes", "on"}
#: An object that is written for its date, which is the store's clock.
_CLOCK = "clock"


class _Version(msgspec.Struct, omit_defaults=True):
    e_tag: str | None = None
    version: str | None = None


class _UpdateVersion(TypedDict, total=False):
    e_tag: str | None
    version: str | None


class ObjectStore:
    """Objects beneath a prefix of a bucket. Credentials are read as obstore reads them."""

    def __init__(self, url: str, *, request_seconds: float) -> None:
        self.url = url
        is_plain = os.environ.get("AWS_ALLOW_HTTP", "").lower() in _TRUE
        try:
            self._store = from_url(
                url,
                client_options={
                    "timeout": timedelta(seconds=request_seconds),
                    "connect_timeout": timedelta(seconds=_CONNECT_SECONDS),
                    "allow_http": is_plain,
                },
                retry_config={
                    "max_retries": _RETRIES,
                    "retry_timeout": timedelta(seconds=request_seconds),
                },
            )
        except (BaseError, ValueError) as error:
            raise store_failure(url, "connecting to", _first_line(error)) from error

    def fetch(self, key: str) -> Fetched | None:
        try:
            found = obstore.get(self._store, key)
            data = bytes(found.bytes())
        except FileNotFoundError:
            return None
        except (BaseError, OSError) as error:
            raise store_failure(self.url, "reading from", _first_line(error)) from error
        meta = found.meta
        version = _version(meta["e_tag"], meta["version"])
        return Fetched(data, version, meta["last_modified"].timestamp())

    def put(self, key: str, data: bytes, *, replacing: str | None) -> str:
        try:
            done = obstore.put(
                self._store, key, data, mode="create" if replacing is None else _update(replacing)
            )
        except (AlreadyExistsError, PreconditionError) as error:
            raise ChangedError(key) from error
        except (BaseError, OSError) as error:
            raise store_failure(self.url, "writing to", _first_line(error)) from error
        return _version(done["e_tag"], done["version"])

    def list_keys(self) -> list[str]:
        try:
            found: list[str] = []
            # The variant for Arrow, which we don't use, has no types.
            for batch in obstore.list(self._store):  # pyright: ignore[reportUnknownMemberType]
                found += [meta["path"] for meta in batch]
            return sorted(found)
        except (BaseError, OSError) as error:
            raise store_failure(self.url, "reading from", _first_line(error)) from error

    def now_seconds(self) -> float:
        try:
            _ = obstore.put(self._store, _CLOCK, b"")
            return obstore.head(self._store, _CLOCK)["last_modified"].timestamp()
        except (BaseError, OSError) as error:
            raise store_failure(self.url, "writing to", _first_line(error)) from error

    def close(self) -> None:
        pass


def _version(e_tag: str | None, version: str | None) -> str:
    return msgspec.json.encode(_Version(e_tag, version)).decode()


def _update(text: str) -> _UpdateVersion:
    """Return the condition of a put. A version of None must not be named."""
    known = msgspec.json.decode(text, type=_Version)
    condition: _UpdateVersion = {"e_tag": known.e_tag}
    if known.version is not None:
        condition["version"] = known.version
    return condition


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
