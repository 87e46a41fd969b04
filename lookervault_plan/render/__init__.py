"""Everything that people read: plans, applies, dead letters, mappings and diagnostics.

`plan/` and `apply/` each hold a model of what is shown and a file for each format. The modules
beside them are shared: trees of lines (`lines`), safe text, Terraform's summary lines, and the
syntax of the terminal, Markdown and HTML.
"""
