"""The plan as a document for others to read: a comment in Markdown, a page in HTML."""

from lookervault_plan.render.comment import markdown
from lookervault_plan.render.page import html

__all__ = ["html", "markdown"]
