"""`python -m lookervault_plan.sandbox`: serve a simulated Looker until SIGTERM or Ctrl-C."""

import argparse
import sys

from lookervault_plan.sandbox.company import COMPANIES
from lookervault_plan.sandbox.server import serve


class Options(argparse.Namespace):
    """What argparse finds."""

    port: int = 0
    seed: int = 7
    latency_ms: float = 0.0
    company: str = "none"
    load: str | None = None


def _announce(url: str) -> None:
    _ = sys.stdout.write(f"{url}\n")
    _ = sys.stdout.flush()


def main() -> None:
    """Read the options and serve."""
    parser = argparse.ArgumentParser(prog="python -m lookervault_plan.sandbox", description=__doc__)
    _ = parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    _ = parser.add_argument("--seed", type=int, default=7, help="of ids, dates and content")
    _ = parser.add_argument("--latency-ms", type=float, default=0.0, help="of every call")
    _ = parser.add_argument("--company", choices=sorted(COMPANIES), default="none", help="content")
    _ = parser.add_argument("--load", default=None, help="a file that POST /_sandbox/save wrote")
    options = parser.parse_args(namespace=Options())
    serve(
        port=options.port,
        seed=options.seed,
        latency_seconds=options.latency_ms / 1000,
        company=options.company,
        load=options.load,
        announce=_announce,
    )


if __name__ == "__main__":
    main()
