"""Choose items of a backup: read selections and evaluate them. Pure."""
