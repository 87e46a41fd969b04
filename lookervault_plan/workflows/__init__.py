"""One module per command: gather, decide, hand back."""
