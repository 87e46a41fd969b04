"""Sandboxes, backups and the program, as tests of the command line have them."""

from tests.cli.conftest import (
    away_from_home,
    backup,
    dev,
    empty,
    prod,
    run,
    saved,
    untouched,
    use,
)

__all__ = ["away_from_home", "backup", "dev", "empty", "prod", "run", "saved", "untouched", "use"]
