"""Real servers for tests, on 127.0.0.1: moto's S3 and PostgreSQL; each stops with its block."""

import logging
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import requests

#: Where Debian's package puts the programs, which are not on PATH there.
_DEBIAN = Path("/usr/lib/postgresql")
_USER = "nobody"
_SECONDS = 60


@contextmanager
def s3_server() -> Generator[dict[str, str]]:
    """Run S3 with a bucket called `bucket`; give the variables that lead to it."""
    from moto.server import ThreadedMotoServer  # noqa: PLC0415 — takes 0.5 s

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    try:
        assert requests.put(f"{endpoint}/bucket", timeout=10).ok
        yield {
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ALLOW_HTTP": "true",
        }
    finally:
        server.stop()


@contextmanager
def postgres_server() -> Generator[str]:
    """Run PostgreSQL with a user `ann` whose password is `secret`; give its URL."""
    initdb, postgres = _program("initdb"), _program("postgres")
    if initdb is None or postgres is None:
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL is missing: `apt-get install postgresql`")
        pytest.skip("PostgreSQL is not installed")
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    prefix: list[str] = []
    if os.geteuid() == 0:  # it refuses to run as root
        shutil.chown(folder, _USER, "nogroup")
        prefix = ["setpriv", f"--reuid={_USER}", "--regid=nogroup", "--clear-groups"]
    password = folder / "password"
    password.write_text("secret")
    password.chmod(0o644)
    try:
        command = [initdb, "-D", folder / "data", "-U", "ann", "--auth=scram-sha-256"]
        more = [f"--pwfile={password}", "--no-sync", "-E", "UTF8", "--locale=C"]
        subprocess.run([*prefix, *command, *more], check=True, capture_output=True, cwd=folder)
        port = _free_port()
        fast = [word for name in ("fsync", "full_page_writes") for word in ("-c", f"{name}=off")]
        listen = ["-h", "127.0.0.1", "-p", str(port), "-k", "", *fast]
        log = (folder / "log").open("wb")
        with (
            log,
            subprocess.Popen(
                [*prefix, postgres, "-D", folder / "data", *listen],
                stdout=log,
                stderr=log,
                cwd=folder,
            ) as process,
        ):
            try:
                _wait_for(port, process, folder / "log")
                yield f"postgresql://ann:secret@127.0.0.1:{port}/postgres"
            finally:
                process.send_signal(signal.SIGINT)  # don't wait for clients
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _program(name: str) -> str | None:
    found = sorted(_DEBIAN.glob(f"*/bin/{name}"))
    return str(found[-1]) if found else shutil.which(name)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _SECONDS
    while True:
        assert process.poll() is None, log.read_text()
        try:
            psycopg.connect(f"postgresql://ann:secret@127.0.0.1:{port}/postgres").close()
        except psycopg.OperationalError:
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.05)
        else:
            return
