"""The progress of an apply, and the report of it in each of its formats."""
