"""The program run in this process, far from the settings of whoever runs the tests."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from lookervault_plan.cli.app import main
from lookervault_plan.sandbox.company import fill
from lookervault_plan.sandbox.server import Sandbox

COMPANY = {"dashboards": 4, "looks": 4, "folders": 3, "users": 3}
#: content alone: what people may do and get is for other tests
TYPES = ("folders", "looks", "dashboards", "users", "lookml_models")


class Ran(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self):
        return msgspec.json.decode(self.out)

    @property
    def lines(self):
        return [msgspec.json.decode(line) for line in self.out.splitlines()]

    @property
    def error(self):
        """The one error object that --json leaves, and nothing else."""
        return self.json["error"]


Run = Callable[..., Ran]


@pytest.fixture(autouse=True)
def away_from_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in list(os.environ):
        if name.startswith(("LOOKERSDK_", "LOOKERVAULT_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run_(*words: str | Path) -> Ran:
        capsys.readouterr()
        code = main([str(word) for word in words])
        out, err = capsys.readouterr()
        return Ran(code, out, err)

    return run_


@pytest.fixture(scope="session")
def dev() -> Iterator[Sandbox]:
    """A source, with a company's content; only to be read."""
    with Sandbox(seed=7) as sandbox:
        fill(sandbox.looker.call, seed=1, **COMPANY)
        yield sandbox


@pytest.fixture(scope="session")
def untouched() -> Iterator[Sandbox]:
    """A destination with the same people and nothing else; only to be read."""
    with Sandbox(seed=8) as sandbox:
        fill(sandbox.looker.call, seed=1, dashboards=0, looks=0, folders=0, users=3)
        yield sandbox


@pytest.fixture
def empty(untouched: Sandbox, use: Callable[[Sandbox], None]) -> Iterator[Sandbox]:
    """As `untouched`, and the one that the program is to talk to."""
    use(untouched)
    yield untouched
    assert untouched.writes() == [], "a test wrote to the destination that others only read"


@pytest.fixture
def prod(use: Callable[[Sandbox], None]) -> Iterator[Sandbox]:
    """The same again, to be written to."""
    with Sandbox(seed=9) as sandbox:
        fill(sandbox.looker.call, seed=1, dashboards=0, looks=0, folders=0, users=3)
        use(sandbox)
        yield sandbox


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Callable[[Sandbox], None]:
    """Talk to another one from now on."""

    def use_(sandbox: Sandbox) -> None:
        for name, value in settings(sandbox).items():
            monkeypatch.setenv(name, value)

    return use_


def settings(sandbox: Sandbox) -> dict[str, str]:
    return {
        "LOOKERSDK_BASE_URL": sandbox.url,
        "LOOKERSDK_CLIENT_ID": sandbox.client_id,
        "LOOKERSDK_CLIENT_SECRET": sandbox.client_secret,
        # what is killed here has nothing in flight for long
        "LOOKERVAULT_PLAN_RETRY_SECONDS": "0.2",
    }


@pytest.fixture(scope="session")
def saved(dev: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a backup of `dev`."""
    path = tmp_path_factory.mktemp("saved") / "backup.db"
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings(dev).items():
            patch.setenv(name, value)
        assert main(["backup", "--db-path", str(path), "--quiet", *TYPES]) == 0
    return path.read_bytes()


@pytest.fixture
def backup(saved: bytes, tmp_path: Path) -> Path:
    """A backup of `dev` in the working directory."""
    path = tmp_path / "backup.db"
    path.write_bytes(saved)
    return path
