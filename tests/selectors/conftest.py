import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from lookervault_plan.backup.reader import Backup, open_backup

FIXTURES = Path(__file__).parent.parent / "fixtures"


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small backup that LookerVault wrote."""
    path = tmp_path_factory.mktemp("backup") / "small.db"
    path.write_bytes(gzip.decompress((FIXTURES / "lookervault-v4-small.db.gz").read_bytes()))
    return path


@pytest.fixture
def backup(recorded: Path) -> Iterator[Backup]:
    with open_backup(recorded) as opened:
        yield opened
