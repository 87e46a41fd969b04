"""Run the benchmarks, or those named: `python -m tests.benchmarks apply plan`."""

import importlib
import sys

NAMES = ("apply", "plan", "journal", "soak", "selectors")

if __name__ == "__main__":
    for name in sys.argv[1:] or NAMES:
        importlib.import_module(f"tests.benchmarks.bench_{name}").main()
