"""Speed, as ratios in one run; printed, never asserted. `python -m tests.benchmarks [NAME]`."""
