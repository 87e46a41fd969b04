"""The table of kinds, a module per subject: rows, and the functions that only one kind needs."""
