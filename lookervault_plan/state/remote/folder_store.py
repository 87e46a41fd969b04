"""A folder as a store, such as a network drive that several machines have mounted."""

import os
import secrets
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from lookervault_plan.state import os_lock
from lookervault_plan.state.remote.port import ChangedError, Fetched, store_failure

_LOCK_SECONDS = 10.0
_PAUSE_SECONDS = 0.01
_VERSION_BYTES = 16


class FolderStore:
    """Files beneath a folder. The first bytes of a file are its version, which is random."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.url = folder.absolute().as_uri()

    def fetch(self, key: str) -> Fetched | None:
        try:
            with (self._folder / key).open("rb") as file:
                version = file.read(_VERSION_BYTES).hex()
                data = file.read()
                at_seconds = os.fstat(file.fileno()).st_mtime
        except FileNotFoundError:
            return None
        except OSError as error:
            raise store_failure(self.url, "reading from", str(error)) from error
        return Fetched(data, version, at_seconds)

    def put(self, key: str, data: bytes, *, replacing: str | None) -> str:
        path = self._folder / key
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._locked(path):
                current = self.fetch(key)
                if (current.version if current else None) != replacing:
                    raise ChangedError(key)
                version = secrets.token_bytes(_VERSION_BYTES)
                self._replace(path, version + data)
        except OSError as error:
            raise store_failure(self.url, "writing to", str(error)) from error
        return version.hex()

    def list_keys(self) -> list[str]:
        files = (path for path in self._folder.glob("*/*") if path.is_file())
        return sorted(
            path.relative_to(self._folder).as_posix() for path in files if not path.suffix
        )

    def now_seconds(self) -> float:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self._folder, suffix=".clock") as file:
                _ = file.write(b"?")
                file.flush()
                return os.fstat(file.fileno()).st_mtime
        except OSError as error:
            raise store_failure(self.url, "writing to", str(error)) from error

    def close(self) -> None:
        pass

    @contextmanager
    def _locked(self, path: Path) -> Generator[None]:
        end = time.monotonic() + _LOCK_SECONDS
        while (lock := os_lock.take(path.with_name(f"{path.name}.lock"))) is None:
            if time.monotonic() > end:
                raise store_failure(self.url, "writing to", f"{path} stays locked")
            time.sleep(_PAUSE_SECONDS)
        try:
            yield
        finally:
            lock.release()

    def _replace(self, path: Path, data: bytes) -> None:
        descriptor, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
        try:
            with os.fdopen(descriptor, "wb") as file:
                _ = file.write(data)
                file.flush()
                os.fsync(file.fileno())
            _ = Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
