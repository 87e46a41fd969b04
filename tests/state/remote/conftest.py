"""Each store in turn, on a server of its own."""

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest

from lookervault_plan.state.remote.port import Store
from lookervault_plan.state.remote.stores import open_store

_PLACES = count(1)
STORES = ("folder", "s3", "postgres")


@pytest.fixture(params=STORES)
def url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of an empty store."""
    return url_of(request.param, request, tmp_path, monkeypatch)


def url_of(
    kind: str, request: pytest.FixtureRequest, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> str:
    if kind == "folder":
        return (folder / "store").as_uri()
    if kind == "s3":
        for name, value in request.getfixturevalue("s3").items():
            monkeypatch.setenv(name, value)
        return f"s3://bucket/place-{os.getpid()}-{next(_PLACES)}"
    server = request.getfixturevalue("postgres")
    name = f"place_{os.getpid()}_{next(_PLACES)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return server.replace("/postgres", f"/{name}")


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = open_store(url)
    yield opened
    opened.close()
