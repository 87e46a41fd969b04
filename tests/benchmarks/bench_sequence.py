"""A long random sequence of faults, kills and resumes: `python -m tests.benchmarks sequence 2000`.

The numbers are the steps of each sequence, how many sequences, and which.
"""

import tempfile
import time
from pathlib import Path

from tests.drills.endpoints import scenes
from tests.drills.sequence import drill


def main(steps: int = 1_000, examples: int = 2, chance: int = 1) -> None:
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, scenes(Path(folder)) as both:
        counts = drill(both, steps, examples=examples, chance=chance)
    print(
        f"sequence: {counts.steps} steps, {counts.runs} runs, {counts.kills} kills, "
        f"{counts.ends} sessions ended equal in {time.perf_counter() - begun:.0f} s"
    )
