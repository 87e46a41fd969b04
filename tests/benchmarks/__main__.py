"""Run the benchmarks, or those named: `python -m tests.benchmarks apply company 500`.

Numbers go to the benchmark that stands before them.
"""

import importlib
import sys
from itertools import takewhile

NAMES = ("apply", "backup", "plan", "journal", "soak", "selectors", "company", "sequence", "remote")

if __name__ == "__main__":
    words = sys.argv[1:] or list(NAMES)
    for place, name in enumerate(words):
        if not name.isdigit():
            numbers = map(int, takewhile(str.isdigit, words[place + 1 :]))
            importlib.import_module(f"tests.benchmarks.bench_{name}").main(*numbers)
