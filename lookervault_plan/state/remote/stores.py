"""Open the store that a URL names."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from lookervault_plan.errors import PlanError, failure
from lookervault_plan.state.remote.port import Store

OBJECT_SCHEMES = ("s3", "gs", "az")
POSTGRES_SCHEMES = ("postgresql", "postgres")
FOLDER_SCHEME = "file"
#: Long enough for 100 MB at 50 Mbit/s.
REQUEST_SECONDS = 20.0


def open_store(url: str, *, request_seconds: float = REQUEST_SECONDS) -> Store:
    """Open a store whose requests may take so long.

    Raises PlanError for an unknown scheme, or without the package it needs.
    """
    scheme = urlsplit(url).scheme.lower()
    if scheme == FOLDER_SCHEME:
        from lookervault_plan.state.remote.folder_store import FolderStore  # noqa: PLC0415

        return FolderStore(Path(unquote(urlsplit(url).path)))
    if scheme in OBJECT_SCHEMES:
        try:
            from lookervault_plan.state.remote.object_store import (  # noqa: PLC0415 — is optional
                ObjectStore,
            )
        except ImportError as error:
            raise _missing(scheme, "s3") from error
        return ObjectStore(url.rstrip("/"), request_seconds=request_seconds)
    if scheme in POSTGRES_SCHEMES:
        try:
            from lookervault_plan.state.remote.postgres_store import (  # noqa: PLC0415
                PostgresStore,
            )
        except ImportError as error:
            raise _missing(scheme, "postgres") from error
        return PostgresStore(url, request_seconds=request_seconds)
    known = ", ".join(f"{one}://" for one in (*OBJECT_SCHEMES, "postgresql", FOLDER_SCHEME))
    raise failure(
        "state.scheme",
        f"a state can't be kept at {scheme}://",
        fix=f"give a file, or an address that begins with {known}",
    )


def _missing(scheme: str, extra: str) -> PlanError:
    return failure(
        "state.extra",
        f"states at {scheme}:// need a package that is not installed",
        fix=f"`pip install 'lookervault-plan[{extra}]'`",
    )
