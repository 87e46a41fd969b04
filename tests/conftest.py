"""What all tests share: property tests are repeatable and never fail for being slow."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "repeatable",
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("search", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


@pytest.fixture(scope="session")
def s3() -> Iterator[dict[str, str]]:
    """The variables that lead to an S3 server."""
    from tests.servers import s3_server  # noqa: PLC0415 — few tests need its libraries

    with s3_server() as variables:
        yield variables


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server."""
    from tests.servers import postgres_server  # noqa: PLC0415 — few tests need its libraries

    with postgres_server() as url:
        yield url
