"""One module per command: gather what it needs, call the pure parts, return the result."""
