"""What the acceptance tests share: a desk to work at, and instances with ids that get mixed up."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from lookervault_plan.sandbox.server import Sandbox
from tests.acceptance.companies import crowd
from tests.acceptance.drive import Desk

#: Start an instance with that seed.
Serve = Callable[[int], Sandbox]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
def serve() -> Iterator[Serve]:
    with ExitStack() as stack:

        def start(seed: int) -> Sandbox:
            sandbox = stack.enter_context(Sandbox(seed=seed))
            crowd(sandbox.looker, seed)
            return sandbox

        yield start
