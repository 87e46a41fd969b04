"""Fixtures: a working directory, and instances whose ids are easily mixed up."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from lookervault_plan.sandbox.server import Sandbox
from tests.acceptance.command_line import Workdir
from tests.acceptance.companies import overlap_ids

#: Starts an instance; takes its seed.
Serve = Callable[[int], Sandbox]


@pytest.fixture
def workdir(tmp_path: Path) -> Workdir:
    return Workdir(tmp_path)


@pytest.fixture
def serve() -> Iterator[Serve]:
    with ExitStack() as stack:

        def start(seed: int) -> Sandbox:
            sandbox = stack.enter_context(Sandbox(seed=seed))
            overlap_ids(sandbox.looker, seed)
            return sandbox

        yield start
