"""Choose items: the grammar, the file, and what a selection picks. Pure."""
