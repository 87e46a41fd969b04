"""A random sequence of faults, kills and resumes, the same in every run."""

from pathlib import Path

from tests.drills.endpoints import scenes
from tests.drills.sequence import drill


def test_a_random_sequence_of_faults_kills_and_resumes_ends_equal(tmp_path: Path):
    with scenes(tmp_path) as both:
        counts = drill(both, 100, examples=3, chance=7)

    assert counts.steps >= 190
    assert min(counts.kills, counts.ends) > 0
